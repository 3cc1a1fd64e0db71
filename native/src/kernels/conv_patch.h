/*
 * The right-hand matrix of a convolution, packed straight from the image: a row for each channel and element of the
 * kernel, a column for each place of the result. The part of the image that a tile of places meets is copied once, with
 * its padding, and strided places are put side by side meanwhile; panels are then loads at fixed distances. It refuses
 * to hold all columns at once (im2col): a panel for one block of k is what there is.
 */
#pragma once

#include "kernels/matmul_pack.h"
#include "kernels/plan/convolution.h"
#include "kernels/subnormals.h"

ADJ_ISA_BEGIN

/* What a tile of places meets of an image, and where in the copy. */
struct PatchTile {
  PatchAxis axis[kSpatialAxes];
  int64_t from[kSpatialAxes], count[kSpatialAxes]; /* places */
  int64_t low[kSpatialAxes], span[kSpatialAxes];   /* elements of the image; of the last axis in the copy's order */
  int64_t width;                                   /* of the last axis: places side by side for one phase of it */
  int64_t phases;                                  /* of the last axis' stride */
  int64_t plane;                                   /* elements of the copy of a channel */

  ADJ_ALWAYS int64_t columns() const { return count[0] * count[1] * count[2]; }
  ADJ_ALWAYS int64_t taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
};

/* How far behind the lowest element of the image that tap t of an axis meets element t itself is. */
ADJ_ALWAYS int64_t behind(const PatchAxis& axis, int64_t t) {
  return axis.tap_step < 0 ? (t - (axis.taps - 1)) * axis.tap_step : t * axis.tap_step;
}

/* `tile.axis`, `from` and `count` are given; the rest follows. */
ADJ_ALWAYS void lay_out(PatchTile& tile) {
  for (int d = 0; d < kSpatialAxes; ++d) {
    const PatchAxis& axis = tile.axis[d];
    const int64_t reach = behind(axis, axis.tap_step < 0 ? 0 : axis.taps - 1);
    tile.low[d] = tile.from[d] * axis.step + axis.first - (axis.tap_step < 0 ? reach : 0);
    tile.span[d] = (tile.count[d] - 1) * axis.step + reach + 1;
    if (d < kSpatialAxes - 1) continue;
    tile.phases = axis.step < reach + 1 ? axis.step : reach + 1;
    tile.width = tile.count[d] + reach / axis.step;
    tile.span[d] = tile.phases * tile.width;
  }
  tile.plane = tile.span[0] * tile.span[1] * tile.span[2];
}

/* Where element (t0, t1, t2) of the kernel finds the tile's first place in the copy of a channel. */
ADJ_ALWAYS int64_t offset_of(const PatchTile& tile, int64_t t0, int64_t t1, int64_t t2) {
  const int64_t last = behind(tile.axis[2], t2), step = tile.axis[2].step;
  return (behind(tile.axis[0], t0) * tile.span[1] + behind(tile.axis[1], t1)) * tile.span[2] +
         last % step * tile.width + last / step;
}

/* Where place (i, j) of the tile's outer axes lies behind its first one. */
ADJ_ALWAYS int64_t line_at(const PatchTile& tile, int64_t i, int64_t j) {
  return (i * tile.axis[0].step * tile.span[1] + j * tile.axis[1].step) * tile.span[2];
}

/* Whole vectors, the last of which overlaps the one before. */
template <class T>
ADJ_ALWAYS void copy_elements(const T* from, int64_t count, T* to) {
  constexpr int64_t kL = kLanes<T>;
  if (count < kL) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  for (int64_t i = 0; i < count - kL; i += kL) store(to + i, load<Vector<T>>(from + i));
  store(to + count - kL, load<Vector<T>>(from + count - kL));
}

/* Copies what the tile meets of `channels` planes, which lie one behind the other; outside the image it is 0. */
template <class T>
__attribute__((noinline)) void copy_planes(const PatchTile& tile, const T* planes, int64_t channels, T* to) {
  const PatchAxis &a = tile.axis[0], &b = tile.axis[1], &c = tile.axis[2];
  const int64_t width = tile.width, step = c.step;
  for (int64_t f = 0; f < tile.phases; ++f) {
    /* Of a line, elements first .. last - 1 are the image's. */
    const int64_t low = tile.low[2] + f;
    int64_t first = low < 0 ? (step - 1 - low) / step : 0;
    int64_t last = low < c.image ? (c.image - 1 - low) / step + 1 : 0;
    first = first < width ? first : width;
    last = last < width ? last : width;
    last = last < first ? first : last;
    const T* plane = planes + low + first * step;
    T* line = to + f * width;
    for (int64_t channel = 0; channel < channels; ++channel, plane += a.image * b.image * c.image) {
      for (int64_t i = tile.low[0]; i < tile.low[0] + tile.span[0]; ++i) {
        for (int64_t j = tile.low[1]; j < tile.low[1] + tile.span[1]; ++j, line += tile.span[2]) {
          if (i < 0 || j < 0 || i >= a.image || j >= b.image) {
            for (int64_t x = 0; x < width; ++x) line[x] = T(0);
            continue;
          }
          const T* from = plane + (i * b.image + j) * c.image;
          for (int64_t x = 0; x < first; ++x) line[x] = T(0);
          if (step == 1) {
            copy_elements(from, last - first, line + first);
          } else {
            for (int64_t x = first; x < last; ++x) line[x] = from[(x - first) * step];
          }
          for (int64_t x = last; x < width; ++x) line[x] = T(0);
        }
      }
    }
  }
}

/* Writes where rows `k` .. `k` + `count` of the matrix find the tile's first place in the copy, whose first channel is
 * that of row k. */
ADJ_ALWAYS void row_offsets(const PatchTile& tile, int64_t k, int64_t count, int64_t* offsets) {
  const int64_t n1 = tile.axis[1].taps, n2 = tile.axis[2].taps, taps = tile.taps();
  int64_t channel = 0, t = k % taps, t0 = t / n2 / n1, t1 = t / n2 % n1, t2 = t % n2;
  for (int64_t i = 0; i < count; ++i) {
    offsets[i] = channel * tile.plane + offset_of(tile, t0, t1, t2);
    if (++t2 < n2) continue;
    t2 = 0;
    if (++t1 < n1) continue;
    t1 = 0;
    if (++t0 < tile.axis[0].taps) continue;
    t0 = 0;
    ++channel;
  }
}

/* Where the columns of one vector of a panel lie: on one line, or on two, the first of `lanes` columns; or anywhere. */
template <class T>
struct PatchVector {
  int64_t first,
      second;        /* loads from here give the lanes of the first line, and those of the second, in their places */
  Lanes<T> on_first; /* all bits set in its lanes */
  bool whole, anywhere;
  int64_t at[kLanes<T>]; /* if anywhere */
};

/* The vector of the tile's columns from `column` on; beyond the last one it repeats that. */
template <class T>
ADJ_ALWAYS void vector_at(const PatchTile& tile, int64_t column, PatchVector<T>& v) {
  constexpr int64_t kL = kLanes<T>;
  const int64_t width = tile.count[2], lines = tile.count[1], last = tile.columns() - 1;
  const int64_t first = column < last ? column : last;
  int64_t q = first % width, j = first / width % lines, i = first / width / lines, line = line_at(tile, i, j);
  for (int64_t l = 0; l < kL; ++l) {
    v.at[l] = line + q;
    if (column + l >= last || ++q < width) continue;
    q = 0;
    if (++j == lines) {
      j = 0;
      ++i;
    }
    line = line_at(tile, i, j);
  }
  int64_t split = 1;
  while (split < kL && v.at[split] == v.at[0] + split) ++split;
  v.whole = split == kL;
  v.first = v.at[0];
  v.second = v.whole ? v.first : v.at[split] - split;
  v.anywhere = false;
  for (int64_t l = 0; l < kL; ++l) {
    v.on_first[l] = l < split ? -1 : 0;
    /* Columns that repeat the last one are nobody's: any number does. */
    v.anywhere |= l > split && v.at[l] != v.second + l && column + l <= last;
  }
}

/* Packs `k` rows of one panel. */
template <class T>
__attribute__((noinline)) void pack_panel(const PatchTile& tile, const T* copy, const int64_t* offsets, int64_t k,
                                          int64_t column, T* packed) {
  constexpr int64_t kL = kLanes<T>, kW = kWidth<T>;
  PatchVector<T> v[2];
  vector_at(tile, column, v[0]);
  vector_at(tile, column + kL, v[1]);
  if (v[0].whole && v[1].whole) {
    for (int64_t p = 0; p < k; ++p, packed += kW) {
      const T* from = copy + offsets[p];
      store(packed, load<Vector<T>>(from + v[0].first));
      store(packed + kL, load<Vector<T>>(from + v[1].first));
    }
  } else if (!v[0].anywhere && !v[1].anywhere) {
    for (int64_t p = 0; p < k; ++p, packed += kW) {
      const T* from = copy + offsets[p];
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        const Vector<T> a = load<Vector<T>>(from + v[i].first), b = load<Vector<T>>(from + v[i].second);
        store(packed + i * kL, v[i].on_first ? a : b);
      }
    }
  } else {
    for (int64_t p = 0; p < k; ++p, packed += kW) {
      const T* from = copy + offsets[p];
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        for (int64_t l = 0; l < kL; ++l) packed[i * kL + l] = from[v[i].at[l]];
      }
    }
  }
}

/* How far beyond its elements a copy is read, on either side: lanes that belong to another line, or to none. */
template <class T>
inline constexpr int64_t kSlack = kLanes<T>;

ADJ_ISA_END

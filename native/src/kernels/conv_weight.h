/*
 * convWeight: a product of matrices for each group, whose k are the places of all images. Rows are gathered from the
 * copy of the image that a block of places meets (conv_patch.h) and read in place; columns are the cotangent's
 * channels, packed. A part sums some blocks in order, and a second stage adds the parts' sums in order, in double.
 */
#pragma once

#include "kernels/conv_patch.h"

ADJ_ISA_BEGIN

/* Where a part's sums lie: [channels * taps, co], those of a group's splits one after the other. */
template <class T>
ADJ_ALWAYS T* sums_of(const Part& part, const WeightPlan& plan, int64_t g, int64_t split) {
  return reinterpret_cast<T*>(part.shared) + (g * plan.splits + split) * plan.ci * plan.taps * plan.co;
}

/* A block of k: a tile of places of some images. */
struct WeightUnit {
  int64_t n, images;
  int64_t from; /* places before the tile */
  PatchTile places;
};

ADJ_ALWAYS WeightUnit weight_unit(const WeightPlan& plan, int64_t index) {
  WeightUnit unit;
  for (int d = kSpatialAxes - 1; d >= 0; --d) {
    const PatchAxis axis = patch_axis(plan.axis[d], false, 0);
    const int64_t at = index % plan.tiles[d] * plan.tile[d];
    index /= plan.tiles[d];
    unit.places.axis[d] = axis;
    unit.places.from[d] = at;
    unit.places.count[d] = axis.places - at < plan.tile[d] ? axis.places - at : plan.tile[d];
  }
  lay_out(unit.places);
  unit.n = index * plan.images;
  unit.images = plan.n - unit.n < plan.images ? plan.n - unit.n : plan.images;
  const int64_t* from = unit.places.from;
  unit.from = (from[0] * plan.axis[1].result + from[1]) * plan.axis[2].result + from[2];
  return unit;
}

/* Packs `k` places of `columns` channels, `apart` from one another, as steps `at` .. `at` + `k` of panels of `all`
 * steps. */
template <class T>
__attribute__((noinline)) void pack_places(const T* from, int64_t apart, int64_t columns, int64_t k, int64_t at,
                                           int64_t all, T* packed) {
  constexpr int64_t kL = kLanes<T>, kW = kWidth<T>;
  for (int64_t j = 0; j < columns; j += kL) {
    T* to = packed + (j / kW * all + at) * kW + j % kW;
    transpose<kL>(from + j * apart, apart, columns - j < kL ? columns - j : kL, k, false, to, kW);
  }
  if (columns % kW > 0 && columns % kW <= kL) {
    T* to = packed + (columns / kW * all + at) * kW + kL;
    for (int64_t p = 0; p < k; ++p) store(to + p * kW, Vector<T>{});
  }
}

/* Gathers the places of a tile for each element of the kernel, of `channels` channels: rows `step` apart. Whole vectors
 * are moved; what is too much is written over by the next line, or lies behind the row. */
template <class T>
__attribute__((noinline)) void gather_rows(const PatchTile& tile, const T* copy, int64_t channels, T* rows,
                                           int64_t step) {
  constexpr int64_t kL = kLanes<T>;
  const int64_t width = tile.count[2];
  for (int64_t channel = 0; channel < channels; ++channel, copy += tile.plane) {
    for (int64_t t0 = 0; t0 < tile.axis[0].taps; ++t0) {
      for (int64_t t1 = 0; t1 < tile.axis[1].taps; ++t1) {
        for (int64_t t2 = 0; t2 < tile.axis[2].taps; ++t2, rows += step) {
          const T* from = copy + offset_of(tile, t0, t1, t2);
          T* to = rows;
          for (int64_t i = 0; i < tile.count[0]; ++i) {
            for (int64_t j = 0; j < tile.count[1]; ++j, to += width) {
              const T* line = from + line_at(tile, i, j);
              for (int64_t q = 0; q < width; q += kL) store(to + q, load<Vector<T>>(line + q));
            }
          }
        }
      }
    }
  }
}

/* sums (+)= rows * columns, for `count` rows. */
template <class T>
ADJ_ALWAYS void add_block(const WeightPlan& plan, const T* rows, int64_t count, const T* columns, int64_t k, bool add,
                          T* sums) {
  constexpr int64_t kW = kWidth<T>, kL = kLanes<T>;
  const Cut into = cut(count);
  Piece<T> piece;
  piece.a_m = plan.row_step;
  piece.a_k = 1;
  piece.b_k = kW;
  piece.k = k;
  piece.ldc = plan.co;
  piece.add = add;
  piece.finish = nullptr;
  piece.ahead = {reinterpret_cast<const char*>(columns), 0, 0};
  for (int64_t j = 0; j < plan.co; j += kW) {
    piece.columns = plan.co - j < kW ? plan.co - j : kW;
    piece.a = rows;
    piece.b = columns + j * k;
    piece.c = sums + j;
    const BlockRun<T>* runs = blocks_of<T>().run[0][piece.columns > kL ? 1 : 0][0];
    for (int64_t i = 0; i < into.blocks; ++i) {
      const int64_t height = into.height_of(i);
      runs[height - 1](piece);
      piece.a += height * plan.row_step;
      piece.c += height * plan.co;
    }
  }
}

/* Some blocks of k for some channels of a group. */
template <class T>
void conv_units_part(const Part& part) {
  const SubnormalsAreZero here;
  const WeightPlan& plan = *static_cast<const WeightPlan*>(part.plan);
  const int64_t split = part.index % plan.splits;
  const int64_t channel = part.index / plan.splits % plan.parts_channels * plan.channels;
  const int64_t g = part.index / plan.splits / plan.parts_channels;
  const int64_t channels = plan.ci - channel < plan.channels ? plan.ci - channel : plan.channels;
  const int64_t image = plan.axis[0].image * plan.axis[1].image * plan.axis[2].image;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + (g * plan.ci + channel) * image;
  const T* y = reinterpret_cast<const T*>(part.at[1]) + g * plan.co * plan.places;
  T* copy = reinterpret_cast<T*>(part.lane + plan.copy_at) + kSlack<T>;
  T* rows = reinterpret_cast<T*>(part.lane + plan.rows_at);
  T* columns = reinterpret_cast<T*>(part.lane + plan.columns_at);
  T* sums = sums_of<T>(part, plan, g, split) + channel * plan.taps * plan.co;
  const int64_t first = plan.units * split / plan.splits, last = plan.units * (split + 1) / plan.splits;
  for (int64_t u = first; u < last; ++u) {
    const WeightUnit unit = weight_unit(plan, u);
    const int64_t places = unit.places.columns(), k = places * unit.images;
    for (int64_t i = 0; i < unit.images; ++i) {
      const T* from = y + (unit.n + i) * plan.groups * plan.co * plan.places + unit.from;
      pack_places(from, plan.places, plan.co, places, i * places, k, columns);
    }
    for (int64_t c = 0; c < channels; c += plan.chunk) {
      const int64_t count = channels - c < plan.chunk ? channels - c : plan.chunk;
      for (int64_t i = 0; i < unit.images; ++i) {
        const T* planes = x + ((unit.n + i) * plan.groups * plan.ci + c) * image;
        copy_planes(unit.places, planes, count, copy);
        gather_rows(unit.places, copy, count, rows + i * places, plan.row_step);
      }
      add_block(plan, rows, count * plan.taps, columns, k, u > first, sums + c * plan.taps * plan.co);
    }
  }
}

/* Adds the splits' sums of some rows, and puts them where the weights are. */
template <class T>
__attribute__((noinline)) void join_sums(const Part& part) {
  constexpr int64_t kAtOnce = 64;
  const WeightPlan& plan = *static_cast<const WeightPlan*>(part.plan);
  const int64_t all = plan.ci * plan.taps, apart = all * plan.co, per_group = (all + plan.join - 1) / plan.join;
  const int64_t g = part.index / per_group, from = part.index % per_group * plan.join;
  const int64_t to = all - from < plan.join ? all : from + plan.join;
  const T* sums = sums_of<T>(part, plan, g, 0);
  T* w = reinterpret_cast<T*>(part.at[2]) + g * plan.co * all;
  for (int64_t row = from; row < to; ++row) {
    for (int64_t o = 0; o < plan.co; o += kAtOnce) {
      const int64_t count = plan.co - o < kAtOnce ? plan.co - o : kAtOnce;
      const T* next = sums + row * plan.co + o;
      double total[kAtOnce]{};
      for (int64_t s = 0; s < plan.splits; ++s, next += apart) {
        ADJ_LOOP(int64_t j = 0; j < count; ++j) total[j] += static_cast<double>(next[j]);
      }
      for (int64_t j = 0; j < count; ++j) w[(o + j) * all + row] = static_cast<T>(total[j]);
    }
  }
}

template <class T>
void conv_join_part(const Part& part) {
  const SubnormalsAreZero here;
  join_sums<T>(part);
}

ADJ_ISA_END

/*
 * Convolutions that keep channels apart: each plane of the result follows from one plane of the image and one kernel,
 * so there is no matrix to multiply, and memory sets the pace. A tile's part of the plane is copied with its padding
 * (conv_patch.h), and lines are computed a few vectors at a time.
 */
#pragma once

#include "kernels/conv_product.h"
#include "kernels/conv_weight.h"

ADJ_ISA_BEGIN

inline constexpr int64_t kLineVectors = 4; /* of a line that are computed together */

/* Where the elements of a kernel find the tile's first place in the copy. */
template <class T>
struct Taps {
  const int64_t* offsets;
  const T* weights;
  int64_t count;
};

/* to[0 .. width) = the sums over the taps along a line; whole vectors are written if `beyond`. */
template <int kV, class T>
ADJ_ALWAYS void line_of(const T* from, Taps<T> taps, int64_t width, bool beyond, T* to) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  V sum[kV]{};
  for (int64_t t = 0; t < taps.count; ++t) {
    const V w = splat(taps.weights[t]);
    const T* x = from + taps.offsets[t];
#pragma GCC unroll 4
    for (int v = 0; v < kV; ++v) sum[v] = fma(w, load<V>(x + v * kL), sum[v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < kV; ++v) {
    if (v < kV - 1 || beyond) {
      store(to + v * kL, sum[v]);
    } else {
      store(to + v * kL, sum[v], mask_of<T>(width - v * kL));
    }
  }
}

template <class T>
__attribute__((noinline)) void lines_of(const PatchTile& tile, const T* copy, Taps<T> taps, T* to, bool slack) {
  constexpr int64_t kL = kLanes<T>, kStep = kLineVectors * kL;
  const int64_t width = tile.count[2];
  int64_t behind = tile.columns(); /* elements of the tile from the next line on */
  for (int64_t i = 0; i < tile.count[0]; ++i) {
    for (int64_t j = 0; j < tile.count[1]; ++j, to += width) {
      const T* from = copy + line_at(tile, i, j);
      behind -= width;
      /* What is written beyond a line is the next ones', computed later; beyond the tile's last it is not ours. */
      const bool over = slack || behind >= kL;
      int64_t q = 0;
      for (; q + kStep <= width; q += kStep) line_of<4>(from + q, taps, kStep, true, to + q);
      const int64_t rest = width - q;
      if (rest > 3 * kL) {
        line_of<4>(from + q, taps, rest, over, to + q);
      } else if (rest > 2 * kL) {
        line_of<3>(from + q, taps, rest, over, to + q);
      } else if (rest > kL) {
        line_of<2>(from + q, taps, rest, over, to + q);
      } else if (rest > 0) {
        line_of<1>(from + q, taps, rest, over, to + q);
      }
    }
  }
}

/* Lists the elements of a kernel that meet a phase. */
template <class T>
ADJ_ALWAYS Taps<T> taps_of(const ConvCall& call, const PatchTile& tile, const T* w, int64_t* offsets, T* weights) {
  const PatchAxis &a = tile.axis[0], &b = tile.axis[1], &c = tile.axis[2];
  int64_t count = 0;
  for (int64_t t0 = 0; t0 < a.taps; ++t0) {
    for (int64_t t1 = 0; t1 < b.taps; ++t1) {
      for (int64_t t2 = 0; t2 < c.taps; ++t2, ++count) {
        const int64_t line = (a.tap + t0 * a.period) * call.axis[1].kernel + b.tap + t1 * b.period;
        offsets[count] = offset_of(tile, t0, t1, t2);
        weights[count] = w[line * call.axis[2].kernel + c.tap + t2 * c.period];
      }
    }
  }
  return {offsets, weights, count};
}

/* conv and convInput: a tile of a plane. */
template <class T>
void depthwise_part(const Part& part) {
  const SubnormalsAreZero here;
  const ConvPlan& plan = *static_cast<const ConvPlan*>(part.plan);
  ConvTile tile = conv_tile(plan, part.index);
  if (tile.empty) return;
  lay_out(tile.places);
  const PatchTile& at = tile.places;
  const int64_t plane = tile.n * plan.groups + tile.g;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + plane * at.axis[0].image * at.axis[1].image * at.axis[2].image;
  const T* w = reinterpret_cast<const T*>(part.at[1]) + tile.g * plan.taps;
  T* output = reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + plane * plan.places;
  T* copy = reinterpret_cast<T*>(part.lane + plan.copy_at) + kSlack<T>;
  const Taps<T> taps =
      taps_of(plan, at, w, reinterpret_cast<int64_t*>(part.lane), reinterpret_cast<T*>(part.lane + plan.panel_at));
  const bool spreads = plan.phases[0] * plan.phases[1] * plan.phases[2] > 1;
  T* c = spreads ? reinterpret_cast<T*>(part.lane + plan.product_at)
                 : output + (at.from[0] * at.axis[1].places + at.from[1]) * at.axis[2].places + at.from[2];
  if (taps.count > 0) copy_planes(at, x, 1, copy);
  lines_of(at, copy, taps, c, spreads);
  const T* bias = plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + tile.g : nullptr;
  if (bias != nullptr || plan.activation != 0) {
    finish_rows(c, at.columns(), 1, at.columns(), Epilogue<T>{bias, 0, 0, plan.activation});
  }
  if (spreads) spread(plan, tile, c, output);
}

/* sums[t] += the cotangent's elements by those that tap t meets, for kTaps taps. */
template <int kTaps, class T>
ADJ_ALWAYS void dot_lines(const PatchTile& tile, const T* copy, const int64_t* offsets, const T* y, double* sums) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  const int64_t width = tile.count[2], whole = width / kL * kL;
  Lanes<T> rest{};
  for (int64_t l = 0; l < width - whole; ++l) rest[l] = -1;
  const T* x[kTaps];
#pragma GCC unroll 16
  for (int t = 0; t < kTaps; ++t) x[t] = copy + offsets[t];
  V sum[kTaps]{};
  int64_t behind = tile.columns();
  for (int64_t i = 0; i < tile.count[0]; ++i) {
    for (int64_t j = 0; j < tile.count[1]; ++j, y += width) {
      const int64_t line = line_at(tile, i, j);
      behind -= width;
      for (int64_t q = 0; q < whole; q += kL) {
        const V g = load<V>(y + q);
#pragma GCC unroll 16
        for (int t = 0; t < kTaps; ++t) sum[t] = fma(g, load<V>(x[t] + line + q), sum[t]);
      }
      if (whole == width) continue;
      /* What lies beyond a line is the tile's next ones. */
      const V g = behind >= kL ? (rest ? load<V>(y + whole) : V{}) : load(y + whole, mask_of<T>(width - whole));
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) {
        const V met = load<V>(x[t] + line + whole);
        sum[t] = fma(g, rest ? met : V{}, sum[t]);
      }
    }
  }
  for (int t = 0; t < kTaps; ++t) {
    for (int64_t l = 0; l < kL; ++l) sums[t] += static_cast<double>(sum[t][l]);
  }
}

template <class T>
__attribute__((noinline)) void dot_plane(const PatchTile& tile, const T* copy, Taps<T> taps, const T* y, double* sums) {
  int64_t t = 0;
  for (; t + 9 <= taps.count; t += 9) dot_lines<9>(tile, copy, taps.offsets + t, y, sums + t);
  for (; t + 4 <= taps.count; t += 4) dot_lines<4>(tile, copy, taps.offsets + t, y, sums + t);
  for (; t < taps.count; ++t) dot_lines<1>(tile, copy, taps.offsets + t, y, sums + t);
}

/* convWeight: some tiles of a channel's planes, whose sums stay in double. */
template <class T>
void depthwise_units_part(const Part& part) {
  const SubnormalsAreZero here;
  const WeightPlan& plan = *static_cast<const WeightPlan*>(part.plan);
  const int64_t split = part.index % plan.splits, g = part.index / plan.splits;
  const int64_t image = plan.axis[0].image * plan.axis[1].image * plan.axis[2].image;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + g * image;
  const T* y = reinterpret_cast<const T*>(part.at[1]) + g * plan.places;
  T* copy = reinterpret_cast<T*>(part.lane + plan.copy_at) + kSlack<T>;
  double* sums = reinterpret_cast<double*>(part.shared) + part.index * plan.taps;
  __builtin_memset(sums, 0, static_cast<size_t>(plan.taps) * sizeof(double));
  const int64_t first = plan.units * split / plan.splits, last = plan.units * (split + 1) / plan.splits;
  for (int64_t u = first; u < last; ++u) {
    const WeightUnit unit = weight_unit(plan, u);
    int64_t* offsets = reinterpret_cast<int64_t*>(part.lane);
    row_offsets(unit.places, 0, plan.taps, offsets);
    copy_planes(unit.places, x + unit.n * plan.groups * image, 1, copy);
    dot_plane(unit.places, copy, Taps<T>{offsets, nullptr, plan.taps},
              y + unit.n * plan.groups * plan.places + unit.from, sums);
  }
}

template <class T>
void depthwise_join_part(const Part& part) {
  const WeightPlan& plan = *static_cast<const WeightPlan*>(part.plan);
  const double* sums = reinterpret_cast<const double*>(part.shared) + part.index * plan.splits * plan.taps;
  T* w = reinterpret_cast<T*>(part.at[2]) + part.index * plan.taps;
  for (int64_t t = 0; t < plan.taps; ++t) {
    double total = 0;
    for (int64_t s = 0; s < plan.splits; ++s) total += sums[s * plan.taps + t];
    w[t] = static_cast<T>(total);
  }
}

ADJ_ISA_END

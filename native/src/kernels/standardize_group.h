/*
 * What has to be known of a whole group before an element of it can be written: sums over `lead` runs of `trail`
 * elements that lie side by side. All sums are in double, of deviations from a number of the group itself, so that
 * nothing of F32 leaves the range or loses digits to a large mean; groups of F64 whose squares would leave it are taken
 * in other units.
 */
#pragma once

#include "kernels/moments.h"

ADJ_ISA_BEGIN

/* A group's elements, or some of them: `lead` runs of `trail`, `apart` from one another. */
struct Runs {
  int64_t lead, trail, apart;
  ADJ_ALWAYS double count() const { return static_cast<double>(lead) * static_cast<double>(trail); }
};

/* What is added up: d being an element less the shift, w its cotangent times the scale. */
enum Sum : int { kOfD, kOfSquares, kOfW, kOfProducts, kOfWSquares };
inline constexpr int kForwardSums = 2, kBackwardSums = 5;

/* sums[k] += what f(lanes, i, sums) adds to sum k, over elements i … of a run, a vector of them at a time. */
template <int kSums, class F>
ADJ_ALWAYS void fold_run(int64_t n, double (&sums)[kSums], const F& f) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  constexpr int kAtOnce = kSums > kForwardSums ? 2 : 4; /* as many as keep their sums in registers */
  V s[kAtOnce][kSums]{};
  int64_t i = 0;
  for (; i + kAtOnce * kL <= n; i += kAtOnce * kL) {
#pragma GCC unroll 4
    for (int v = 0; v < kAtOnce; ++v) f(V{}, i + v * kL, s[v]);
  }
  for (; i + kL <= n; i += kL) f(V{}, i, s[0]);
  for (int k = 0; k < kSums; ++k) {
    V sum = s[0][k] + s[1][k];
    if constexpr (kAtOnce == 4) sum += s[2][k] + s[3][k];
    sums[k] += sum_lanes(sum);
  }
  for (; i < n; ++i) f(double{}, i, sums);
}

/* Sums over runs, and from where and in which units their deviations are taken. */
template <int kSums>
struct Fold {
  double unit, shift;
  double sums[kSums];
};

/* Elements of x and, for a gradient, their cotangents, which count times an element of `scale` unless that is null. */
template <class T>
struct Elements {
  const T *x, *g, *scale;
  Runs runs;
};

template <int kSums, class T>
ADJ_ALWAYS Fold<kSums> fold_in_units(const Elements<T>& of, bool centred, double unit) {
  Fold<kSums> fold{};
  fold.unit = unit;
  fold.shift = centred ? static_cast<double>(*of.x) * unit : 0;
  const auto deviation = [&](auto lanes, const T* x) __attribute__((always_inline)) {
    auto v = take<decltype(lanes)>(x);
    if constexpr (sizeof(T) == sizeof(double)) v *= unit;
    return v - fold.shift;
  };
  /* In F32 any element will do: the deviation from it is at most the root of n times the standard one. */
  if (sizeof(T) == sizeof(double) && centred) {
    double sum[1]{};
    for (int64_t l = 0; l < of.runs.lead; ++l) {
      const T* x = of.x + l * of.runs.apart;
      fold_run(
          of.runs.trail,
          sum, [&](auto lanes, int64_t i, auto& s) __attribute__((always_inline)) { s[0] += deviation(lanes, x + i); });
    }
    fold.shift += sum[0] / of.runs.count();
  }
  for (int64_t l = 0; l < of.runs.lead; ++l) {
    const int64_t at = l * of.runs.apart;
    fold_run(
        of.runs.trail, fold.sums, [&](auto lanes, int64_t i, auto& s) __attribute__((always_inline)) {
          using V = decltype(lanes);
          const V d = deviation(lanes, of.x + at + i);
          s[kOfD] += d;
          s[kOfSquares] = fma(d, d, s[kOfSquares]);
          if constexpr (kSums == kBackwardSums) {
            V w = take<V>(of.g + at + i);
            if (of.scale != nullptr) w *= take<V>(of.scale + i);
            s[kOfW] += w;
            s[kOfProducts] = fma(w, d, s[kOfProducts]);
            s[kOfWSquares] = fma(w, w, s[kOfWSquares]);
          }
        });
  }
  return fold;
}

/* A group: its moments, and of its cotangents the sum, that of their products with deviations from the mean, and that
 * of their squares. */
struct Group {
  Moments moments;
  double w, products, squares;
  bool hidden; /* all cotangents are 0, and an infinity or a NaN among the elements has spoilt the sums */
};

template <int kSums>
ADJ_ALWAYS Group group_of(const Fold<kSums>& fold, double n, const StandardizeCall& of) {
  const double rest = of.centred ? fold.sums[kOfD] / n : 0;
  const double variance = (fold.sums[kOfSquares] - fold.sums[kOfD] * rest) / n;
  Group group{moments_of(fold.unit, fold.shift, rest, variance, of), 0, 0, 0, false};
  if constexpr (kSums == kBackwardSums) {
    group.w = fold.sums[kOfW];
    group.products = fold.sums[kOfProducts] - rest * fold.sums[kOfW];
    group.squares = fold.sums[kOfWSquares];
  }
  return group;
}

/* The group with better moments, if those in units of 1 are not good. */
template <int kSums, class T>
ADJ_ALWAYS Group in_better_units(const Group& group, const Elements<T>& of, const StandardizeCall& call) {
  const double unit = better_unit<T>(group.moments, call.epsilon);
  if (unit == 1) return group;
  return group_of(fold_in_units<kSums>(of, call.centred, unit), of.runs.count(), call);
}

template <int kSums, class T>
ADJ_ALWAYS Group fold_group(const Elements<T>& of, const StandardizeCall& call) {
  const Group group = group_of(fold_in_units<kSums>(of, call.centred, 1), of.runs.count(), call);
  return in_better_units<kSums>(group, of, call);
}

template <class T>
ADJ_ALWAYS bool has_no_cotangents(const Elements<T>& of) {
  for (int64_t l = 0; l < of.runs.lead; ++l) {
    const T* g = of.g + l * of.runs.apart;
    for (int64_t i = 0; i < of.runs.trail; ++i) {
      if (g[i] != 0) return false;
    }
  }
  return true;
}

/* The slope of a group, given the factor between its cotangents and those that were added up. Of a hidden group,
 * nothing is passed on. */
template <class T>
ADJ_ALWAYS Slope slope_of_group(Group& group, const Elements<T>& of, double scale, const StandardizeCall& call) {
  group.hidden = group.products != group.products && has_no_cotangents(of);
  if (group.hidden) {
    group.w = group.products = group.squares = 0;
    return {0, 0, 0};
  }
  return slope_of(group.moments, group.w, group.products, of.runs.count(), scale, call);
}

/* y of a group, or of a piece of one. */
template <class T>
ADJ_ALWAYS void write_runs(const Elements<T>& of, const Moments& m, double scale, double shift, bool streams, T* y) {
  const double by = m.inverse * scale;
  in_arithmetic<T>(
      is_calm(m) && is_calm(by, 0x1p100), [&](auto number) __attribute__((always_inline)) {
        using A = decltype(number);
        const Centre<A> centre(m);
        const A times = static_cast<A>(by), plus = static_cast<A>(shift);
        for (int64_t l = 0; l < of.runs.lead; ++l) {
          const int64_t at = l * of.runs.apart;
          each_of_run<A>(
              y + at, of.runs.trail, streams, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
                using V = decltype(lanes);
                prefetch_behind<false>(of.x + at + i, of.runs.trail);
                put(y + at + i, centre.template of<V>(of.x + at + i) * times + plus, streams);
              });
        }
      });
}

/* dx of a group, or of a piece of one. */
template <class T>
ADJ_ALWAYS void write_slopes(const Elements<T>& of, const Moments& m, const Slope& slope, bool streams, T* dx) {
  in_arithmetic<T>(
      is_calm(m) && is_calm(slope), [&](auto number) __attribute__((always_inline)) {
        using A = decltype(number);
        const Centre<A> centre(m);
        const SlopeIn<A> in(slope);
        for (int64_t l = 0; l < of.runs.lead; ++l) {
          const int64_t at = l * of.runs.apart;
          if (in.by == 0) {
            __builtin_memset(dx + at, 0, static_cast<size_t>(of.runs.trail) * sizeof(T));
            continue;
          }
          each_of_run<A>(
              dx + at, of.runs.trail, streams, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
                using V = decltype(lanes);
                prefetch_behind<false>(of.x + at + i, of.runs.trail);
                prefetch_behind<false>(of.g + at + i, of.runs.trail);
                put(dx + at + i, in.at(take<V>(of.g + at + i), centre.template of<V>(of.x + at + i)), streams);
              });
        }
      });
}

ADJ_ISA_END

/*
 * Groups of elements brought to mean 0 and variance 1, and the gradient of that. A group is what lies, for one place on
 * the kept axis, in `lead` runs of `trail` elements; where runs are short, vectors lie across groups instead
 * (standardize_columns.h). A group is read as often as it takes while it is in a cache: for its moments, then for what
 * is written. Everything is computed in double, so that nothing of F32 can leave the range or lose digits to a large
 * mean; groups of F64 whose squares would are taken in other units.
 */
#include "kernels/plan/standardize.h"
#include "kernels/standardize_columns.h"

ADJ_ISA_BEGIN
namespace {

/* A group's elements: `lead` runs of `trail`, `apart` from one another. */
struct Runs {
  int64_t lead, trail, apart;
};

/* sums[k] += what f(lanes, i, sums) adds to sum k, over elements i … of a run, a vector of them at a time. */
template <int kSums, class F>
ADJ_ALWAYS void fold_run(int64_t n, double (&sums)[kSums], const F& f) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  constexpr int kAtOnce = 4;
  V s[kAtOnce][kSums]{};
  int64_t i = 0;
  for (; i + kAtOnce * kL <= n; i += kAtOnce * kL) {
#pragma GCC unroll 4
    for (int v = 0; v < kAtOnce; ++v) f(V{}, i + v * kL, s[v]);
  }
  for (; i + kL <= n; i += kL) f(V{}, i, s[0]);
  for (int k = 0; k < kSums; ++k) sums[k] += sum_lanes((s[0][k] + s[1][k]) + (s[2][k] + s[3][k]));
  for (; i < n; ++i) f(double{}, i, sums);
}

/* f(lanes, i) for elements i … of a run, a vector of them at a time. */
template <class F>
ADJ_ALWAYS void each_of_run(int64_t n, const F& f) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  int64_t i = 0;
#pragma GCC unroll 4
  for (; i + kL <= n; i += kL) f(V{}, i);
  for (; i < n; ++i) f(double{}, i);
}

template <class T>
ADJ_ALWAYS Moments moments_in_units(const T* x, const Runs& runs, const StandardizePlan& plan, double unit) {
  const double n = static_cast<double>(runs.lead) * static_cast<double>(runs.trail);
  Moments m{};
  m.unit = unit;
  m.shift = plan.centred ? in_units(static_cast<double>(*x), unit) : 0;
  /* In F32 any element will do: the deviation from it is at most the root of n times the standard one. */
  if (sizeof(T) == 8 && plan.centred) {
    double sum[1]{};
    for (int64_t l = 0; l < runs.lead; ++l) {
      const T* run = x + l * runs.apart;
      fold_run(
          runs.trail, sum, [&](auto lanes, int64_t i, auto& s) __attribute__((always_inline)) {
            s[0] += deviation(m, wide<decltype(lanes)>(run + i), T{});
          });
    }
    m.shift += sum[0] / n;
  }
  double sums[2]{};
  for (int64_t l = 0; l < runs.lead; ++l) {
    const T* run = x + l * runs.apart;
    fold_run(
        runs.trail, sums, [&](auto lanes, int64_t i, auto& s) __attribute__((always_inline)) {
          const auto d = deviation(m, wide<decltype(lanes)>(run + i), T{});
          s[0] += d;
          s[1] = fma(d, d, s[1]);
        });
  }
  return finished(m, sums[0], sums[1], n, plan);
}

template <class T>
ADJ_ALWAYS Moments moments_of(const T* x, const Runs& runs, const StandardizePlan& plan) {
  const Moments m = moments_in_units(x, runs, plan, 1);
  const double unit = better_unit<T>(m, plan.epsilon);
  return unit == 1 ? m : moments_in_units(x, runs, plan, unit);
}

/* The places on the kept axis that are a part's, and their runs. */
struct Share {
  ADJ_ALWAYS explicit Share(const Part& part) : plan(*static_cast<const StandardizePlan*>(part.plan)) {
    from = part.index * plan.per_part;
    to = plan.kept - from < plan.per_part ? plan.kept : from + plan.per_part;
    runs = {plan.lead, plan.trail, plan.kept * plan.trail};
  }
  const StandardizePlan& plan;
  int64_t from, to;
  Runs runs;
};

template <class T>
void standardize_part(const Part& part) {
  const Share share(part);
  const StandardizePlan& plan = share.plan;
  const Forward<T> of(part, plan);
  if (share.runs.lead == 0 || share.runs.trail == 0) {
    for (int64_t c = share.from; c < share.to; ++c) of.mean[c] = of.variance[c] = static_cast<T>(__builtin_nan(""));
    return;
  }
  if (plan.columns) {
    standardize_columns(of, plan, share.from, share.to, part.lane);
    return;
  }
  for (int64_t c = share.from; c < share.to; ++c) {
    const T* x = of.x + c * plan.trail;
    T* y = of.y + c * plan.trail;
    const Moments m = moments_of(x, share.runs, plan);
    of.mean[c] = static_cast<T>(m.mean);
    of.variance[c] = static_cast<T>(m.variance);
    if (plan.along == Along::kTrail) {
      each_of_run(
          plan.trail, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
            using V = decltype(lanes);
            V v = centred(m, wide<V>(x + i), T{}) * m.inverse * wide<V>(of.scale + i);
            if (plan.shifts) v += wide<V>(of.shift + i);
            narrow(y + i, v);
          });
      continue;
    }
    const double by = of.scale != nullptr ? m.inverse * static_cast<double>(of.scale[c]) : m.inverse;
    const double plus = of.shift != nullptr ? static_cast<double>(of.shift[c]) : 0;
    for (int64_t l = 0; l < plan.lead; ++l) {
      const int64_t at = l * share.runs.apart;
      each_of_run(
          plan.trail, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
            using V = decltype(lanes);
            narrow(y + at + i, centred(m, wide<V>(x + at + i), T{}) * by + plus);
          });
    }
  }
}

/* Σ g and Σ g·d of a group, each g times an element of `scale` unless that is null. */
template <class T>
ADJ_ALWAYS void fold_slopes(const T* x, const T* g, const T* scale, const Moments& m, const Runs& runs,
                            double (&sums)[2]) {
  for (int64_t l = 0; l < runs.lead; ++l) {
    const int64_t at = l * runs.apart;
    fold_run(
        runs.trail, sums, [&](auto lanes, int64_t i, auto& s) __attribute__((always_inline)) {
          using V = decltype(lanes);
          V w = wide<V>(g + at + i);
          if (scale != nullptr) w *= wide<V>(scale + i);
          s[0] += w;
          s[1] = fma(w, centred(m, wide<V>(x + at + i), T{}), s[1]);
        });
  }
}

/* kRows neighbouring rows: dx of each, and what they add to the slopes of the scale and the shift, unless null. */
template <int kRows, class T>
ADJ_ALWAYS void slope_rows(const Backward<T>& of, const StandardizePlan& plan, int64_t r, double* scale_slopes,
                           double* shift_slopes) {
  const int64_t n = plan.trail;
  Moments m[kRows];
  Slope slope[kRows];
  for (int64_t j = 0; j < kRows; ++j) {
    const int64_t at = (r + j) * n;
    m[j] = moments_of(of.x + at, Runs{1, n, 0}, plan);
    double sums[2]{};
    fold_slopes(of.x + at, of.g + at, of.scale, m[j], Runs{1, n, 0}, sums);
    slope[j] = slope_of(m[j], sums[0], sums[1], static_cast<double>(n), 1, plan);
  }
  each_of_run(
      n, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
        using V = decltype(lanes);
        const V scale = wide<V>(of.scale + i);
        V by_scale{}, by_shift{};
#pragma GCC unroll 4
        for (int64_t j = 0; j < kRows; ++j) {
          const int64_t at = (r + j) * n + i;
          const V g = wide<V>(of.g + at), d = centred(m[j], wide<V>(of.x + at), T{});
          by_scale = fma(g, d * m[j].inverse, by_scale);
          by_shift += g;
          narrow(of.dx + at, slope_at(slope[j], g * scale, d, T{}));
        }
        if (scale_slopes != nullptr) add_to(scale_slopes + i, by_scale);
        if (shift_slopes != nullptr) add_to(shift_slopes + i, by_shift);
      });
}

template <class T>
ADJ_ALWAYS void slope_trailing(const Backward<T>& of, const StandardizePlan& plan, int64_t from, int64_t to,
                               double* own) {
  double* scale_slopes = plan.slopes > 0 ? own : nullptr;
  double* shift_slopes = plan.slopes > 1 ? own + plan.trail : nullptr;
  if (plan.slopes > 0) __builtin_memset(own, 0, static_cast<size_t>(plan.slopes * plan.trail) * sizeof(double));
  constexpr int kAtOnce = 4;
  int64_t r = from;
  for (; r + kAtOnce <= to; r += kAtOnce) slope_rows<kAtOnce>(of, plan, r, scale_slopes, shift_slopes);
  for (; r < to; ++r) slope_rows<1>(of, plan, r, scale_slopes, shift_slopes);
}

template <class T>
void standardize_grad_part(const Part& part) {
  const Share share(part);
  const StandardizePlan& plan = share.plan;
  const Backward<T> of(part, plan);
  if (share.runs.lead == 0 || share.runs.trail == 0) {
    for (int64_t c = share.from; c < share.to; ++c) of.write_slopes(c, Moments{}, 0, 0);
    return;
  }
  if (plan.columns) {
    slope_columns(of, plan, share.from, share.to, part.lane);
    return;
  }
  if (plan.along == Along::kTrail) {
    double* own = reinterpret_cast<double*>(part.shared) + part.index * plan.slopes * plan.trail;
    slope_trailing(of, plan, share.from, share.to, own);
    return;
  }
  const double n = static_cast<double>(plan.lead) * static_cast<double>(plan.trail);
  for (int64_t c = share.from; c < share.to; ++c) {
    const T *x = of.x + c * plan.trail, *g = of.g + c * plan.trail;
    T* dx = of.dx + c * plan.trail;
    const Moments m = moments_of(x, share.runs, plan);
    double sums[2]{};
    fold_slopes(x, g, static_cast<const T*>(nullptr), m, share.runs, sums);
    of.write_slopes(c, m, sums[0], sums[1]);
    const Slope slope = slope_of(m, sums[0], sums[1], n, of.scale_of(c), plan);
    for (int64_t l = 0; l < plan.lead; ++l) {
      const int64_t at = l * share.runs.apart;
      each_of_run(
          plan.trail, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
            using V = decltype(lanes);
            narrow(dx + at + i, slope_at(slope, wide<V>(g + at + i), centred(m, wide<V>(x + at + i), T{}), T{}));
          });
    }
  }
}

/* Adds up what the parts have left of some places on the trailing axis, part after part. */
template <class T>
void join_slopes_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const int64_t from = part.index * kSlopesAtOnce;
  const int64_t n = plan.trail - from < kSlopesAtOnce ? plan.trail - from : kSlopesAtOnce;
  const int64_t parts = (plan.kept + plan.per_part - 1) / plan.per_part;
  for (int64_t k = 0; k < plan.slopes; ++k) {
    const double* of = reinterpret_cast<const double*>(part.shared) + k * plan.trail + from;
    double sums[kSlopesAtOnce]{};
    for (int64_t p = 0; p < parts; ++p, of += plan.slopes * plan.trail) {
      ADJ_LOOP(int64_t i = 0; i < n; ++i) sums[i] += of[i];
    }
    T* y = reinterpret_cast<T*>(part.at[4 + k]) + from; /* behind x, g, the scale and dx */
    ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(sums[i]);
  }
}

constexpr StandardizeLoops forward_loops[] = {
    {ADJ_F32, standardize_part<float>, nullptr, kColumns},
    {ADJ_F64, standardize_part<double>, nullptr, kColumns},
};
constexpr StandardizeLoops backward_loops[] = {
    {ADJ_F32, standardize_grad_part<float>, join_slopes_part<float>, kColumns},
    {ADJ_F64, standardize_grad_part<double>, join_slopes_part<double>, kColumns},
};

constexpr Kernel kernels[] = {
    {{"standardize", 1, {1, 0, 0}}, prepare_standardize, forward_loops, 2, 3},
    {{"standardizeGrad", 2, {2, 0, 0}}, prepare_standardize_grad, backward_loops, 2, 6},
};

}  // namespace

extern const Family standardize;
const Family standardize{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

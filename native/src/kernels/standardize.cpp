/*
 * Groups of elements brought to mean 0 and variance 1, and the gradient of that. A group is what lies, for one place on
 * the kept axis, in `lead` runs of `trail` elements. Here a part has whole groups and reads each as often as it takes
 * while it is in a cache: for its sums, then for what is written. Where runs are short, vectors lie across groups
 * instead (standardize_columns.h); few large groups are cut into pieces (standardize_pieces.h).
 */
#include "kernels/plan/standardize.h"
#include "kernels/standardize_columns.h"
#include "kernels/standardize_pieces.h"

ADJ_ISA_BEGIN
namespace {

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

/* A row with a scale and maybe a shift along it. Asks for the next row meanwhile. */
template <class T>
ADJ_ALWAYS void write_row(const Forward<T>& of, const StandardizePlan& plan, int64_t c, const Moments& m) {
  const T* x = of.x + c * plan.trail;
  T* y = of.y + c * plan.trail;
  in_arithmetic<T>(
      is_calm(m), [&](auto number) __attribute__((always_inline)) {
        using A = decltype(number);
        const Centre<A> centre(m);
        const A inverse = static_cast<A>(m.inverse);
        each_of_run<A>(
            y, plan.trail, plan.streams, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
              using V = decltype(lanes);
              prefetch_behind(x + i, plan.trail);
              const V z = centre.template of<V>(x + i) * inverse, scale = take<V>(of.scale + i);
              put(y + i, plan.shifts ? fma(z, scale, take<V>(of.shift + i)) : z * scale, plan.streams);
            });
      });
}

template <class T>
void standardize_part(const Part& part) {
  const Share share(part);
  const StandardizePlan& plan = share.plan;
  const Forward<T> of(part, plan);
  if (share.runs.lead == 0 || share.runs.trail == 0) {
    for (int64_t c = share.from; c < share.to; ++c) of.mean[c] = of.variance[c] = static_cast<T>(__builtin_nan(""));
    return;
  }
  for (int64_t c = share.from; c < share.to; ++c) {
    const Elements<T> group{of.x + c * plan.trail, nullptr, nullptr, share.runs};
    const Moments m = fold_group<kForwardSums>(group, plan).moments;
    of.write_moments(c, m);
    if (plan.along == Along::kTrail) {
      write_row(of, plan, c, m);
    } else {
      write_runs(group, m, of.scale_of(c), of.shift_of(c), plan.streams, of.y + c * plan.trail);
    }
  }
  if (plan.streams) end_streams();
}

/* Both halves of v, widened. */
ADJ_ALWAYS Vector<double> widen_low(Vector<float> v) {
#if defined(__AVX512F__)
  return (Vector<double>)_mm512_cvtps_pd(_mm512_castps512_ps256((__m512)v));
#elif defined(__FMA__)
  return (Vector<double>)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)v));
#else
  return load_wide(reinterpret_cast<const float*>(&v));
#endif
}
ADJ_ALWAYS Vector<double> widen_high(Vector<float> v) {
#if defined(__AVX512F__)
  return (Vector<double>)_mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)v, 1));
#elif defined(__FMA__)
  return (Vector<double>)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)v, 1));
#else
  return load_wide(reinterpret_cast<const float*>(&v) + kLanes<double>);
#endif
}

/* What rows add to the slopes of the scale and the shift, in lanes of double. */
template <class V>
struct Slopes;
template <>
struct Slopes<Vector<float>> {
  ADJ_ALWAYS void add(Vector<float> v) {
    low += widen_low(v);
    high += widen_high(v);
  }
  ADJ_ALWAYS void add_to(double* p) const {
    store(p, load<Vector<double>>(p) + low);
    store(p + kLanes<double>, load<Vector<double>>(p + kLanes<double>) + high);
  }
  Vector<double> low{}, high{};
};
template <>
struct Slopes<Vector<double>> {
  ADJ_ALWAYS void add(Vector<double> v) { sum += v; }
  ADJ_ALWAYS void add_to(double* p) const { store(p, load<Vector<double>>(p) + sum); }
  Vector<double> sum{};
};
template <class A>
struct SlopesOfNumbers {
  ADJ_ALWAYS void add(A v) { sum += static_cast<double>(v); }
  ADJ_ALWAYS void add_to(double* p) const { *p += sum; }
  double sum = 0;
};
template <>
struct Slopes<float> : SlopesOfNumbers<float> {};
template <>
struct Slopes<double> : SlopesOfNumbers<double> {};

/* A row as its elements are written. */
struct Row {
  Moments moments;
  Slope slope;
  bool calm, hidden;
};

template <class T>
ADJ_ALWAYS Row row_of(const Elements<T>& of, const StandardizePlan& plan) {
  Group group = fold_group<kBackwardSums>(of, plan);
  const Slope slope = slope_of_group(group, of, 1, plan);
  /* Without a fused product its rounding, before the mean is taken away, costs digits that the inverse magnifies. */
#if defined(__FMA__)
  constexpr bool kFuses = true;
#else
  constexpr bool kFuses = false;
#endif
  const bool calm =
      sizeof(T) == sizeof(double) || (kFuses && is_calm(group.moments) && is_calm(slope) && !(group.squares > 0x1p120));
  return {group.moments, slope, calm, group.hidden};
}

/* dx of kRows neighbouring rows that are not hidden, and what they add to the slopes of the scale and the shift, unless
 * null. Asks for the rows behind them meanwhile. */
template <class A, int kRows, class T>
ADJ_ALWAYS void write_rows(const Backward<T>& of, const StandardizePlan& plan, int64_t r, const Row* rows,
                           double* scale_slopes, double* shift_slopes) {
  const int64_t n = plan.trail;
  const T *x = of.x + r * n, *g = of.g + r * n;
  T* dx = of.dx + r * n;
  Centre<A> centre[kRows];
  SlopeIn<A> slope[kRows];
  A inverse[kRows];
  for (int j = 0; j < kRows; ++j) {
    centre[j] = Centre<A>(rows[j].moments);
    slope[j] = SlopeIn<A>(rows[j].slope);
    inverse[j] = static_cast<A>(rows[j].moments.inverse);
  }
  each_of_run<A>(
      dx, n, plan.streams, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
        using V = decltype(lanes);
        const V scale = take<V>(of.scale + i);
        Slopes<V> by_scale, by_shift;
#pragma GCC unroll 4
        for (int j = 0; j < kRows; ++j) {
          const int64_t at = j * n + i;
          prefetch_behind<false>(x + at, kRows * n);
          prefetch_behind<false>(g + at, kRows * n);
          const V w = take<V>(g + at), d = centre[j].template of<V>(x + at);
          by_scale.add(w * (d * inverse[j]));
          by_shift.add(w);
          put(dx + at, slope[j].at(w, scale, d), plan.streams);
        }
        if (scale_slopes != nullptr) by_scale.add_to(scale_slopes + i);
        if (shift_slopes != nullptr) by_shift.add_to(shift_slopes + i);
      });
}

/* Rows with a scale along them, kRows at a time where none of those is out of the ordinary. */
template <class T>
ADJ_ALWAYS void slope_trailing(const Backward<T>& of, const StandardizePlan& plan, int64_t from, int64_t to,
                               double* own) {
  constexpr int kRows = 2;
  const int64_t n = plan.trail;
  double* scale_slopes = plan.slopes > 0 ? own : nullptr;
  double* shift_slopes = plan.slopes > 1 ? own + n : nullptr;
  if (plan.slopes > 0) __builtin_memset(own, 0, static_cast<size_t>(plan.slopes * n) * sizeof(double));
  for (int64_t r = from; r < to; r += kRows) {
    const int count = to - r < kRows ? static_cast<int>(to - r) : kRows;
    Row rows[kRows];
    bool ordinary = count == kRows;
    for (int j = 0; j < count; ++j) {
      const int64_t at = (r + j) * n;
      rows[j] = row_of(Elements<T>{of.x + at, of.g + at, of.scale, {1, n, 0}}, plan);
      ordinary = ordinary && rows[j].calm && !rows[j].hidden;
    }
    if (ordinary) {
      write_rows<T, kRows>(of, plan, r, rows, scale_slopes, shift_slopes);
      continue;
    }
    for (int j = 0; j < count; ++j) {
      if (rows[j].hidden) {
        __builtin_memset(of.dx + (r + j) * n, 0, static_cast<size_t>(n) * sizeof(T));
      } else {
        in_arithmetic<T>(
            rows[j].calm, [&](auto number) __attribute__((always_inline)) {
              write_rows<decltype(number), 1>(of, plan, r + j, rows + j, scale_slopes, shift_slopes);
            });
      }
    }
  }
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
  if (plan.along == Along::kTrail) {
    double* own = reinterpret_cast<double*>(part.shared) + part.index * plan.slopes * plan.trail;
    slope_trailing(of, plan, share.from, share.to, own);
  } else {
    for (int64_t c = share.from; c < share.to; ++c) {
      const Elements<T> elements{of.x + c * plan.trail, of.g + c * plan.trail, nullptr, share.runs};
      Group group = fold_group<kBackwardSums>(elements, plan);
      const Slope slope = slope_of_group(group, elements, of.scale_of(c), plan);
      of.write_slopes(c, group.moments, group.w, group.products);
      write_slopes(elements, group.moments, slope, plan.streams, of.dx + c * plan.trail);
    }
  }
  if (plan.streams) end_streams();
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

template <class T>
constexpr StandardizeLoops kForward = {kDtype<T>,
                                       standardize_part<T>,
                                       nullptr,
                                       whole_tile_part<Forward<T>>,
                                       kColumnLoops<Forward<T>>,
                                       kPieceLoops<Forward<T>>,
                                       kLeft<Forward<T>>};
template <class T>
constexpr StandardizeLoops kBackward = {kDtype<T>,
                                        standardize_grad_part<T>,
                                        join_slopes_part<T>,
                                        whole_tile_part<Backward<T>>,
                                        kColumnLoops<Backward<T>>,
                                        kPieceLoops<Backward<T>>,
                                        kLeft<Backward<T>>};

constexpr StandardizeLoops forward_loops[] = {kForward<float>, kForward<double>};
constexpr StandardizeLoops backward_loops[] = {kBackward<float>, kBackward<double>};

constexpr Kernel kernels[] = {
    {{"standardize", 1, {1, 0, 0}}, prepare_standardize, forward_loops, 2, 3},
    {{"standardizeGrad", 2, {2, 0, 0}}, prepare_standardize_grad, backward_loops, 2, 6},
};

}  // namespace

extern const Family standardize;
const Family standardize{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

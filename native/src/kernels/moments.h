/*
 * Mean and variance of a group as they are used: the numbers that bring an element to mean 0 and variance 1, and those
 * that bring a cotangent back. They are found in double. They are used in the arithmetic of the elements, a number or a
 * vector at a time: F32 loses no more there than each operation's rounding, as long as they are calm (below); groups
 * that are not go through double.
 */
#pragma once

#include <type_traits>

#include "kernels/elementwise.h"
#include "kernels/plan/standardize.h"
#include "kernels/rows.h"
#include "kernels/stream.h"

ADJ_ISA_BEGIN

/* Elements from p on, as V: a number or a vector, of double or of T. */
template <class V, class T>
ADJ_ALWAYS V take(const T* p) {
  if constexpr (std::is_arithmetic_v<V>) {
    return static_cast<V>(*p);
  } else if constexpr (std::is_same_v<V, Vector<T>>) {
    return load<V>(p);
  } else {
    return load_wide(p);
  }
}

/* Writes v from p on, rounded to T. */
template <class V, class T>
ADJ_ALWAYS void put(T* p, V v) {
  if constexpr (std::is_arithmetic_v<V>) {
    *p = static_cast<T>(v);
  } else if constexpr (std::is_same_v<V, Vector<T>>) {
    store(p, v);
  } else {
    store_narrow(p, v);
  }
}

/* The same, past the caches if `streams`, which needs p aligned where V is a vector of T. */
template <class V, class T>
ADJ_ALWAYS void put(T* p, V v, bool streams) {
  if constexpr (std::is_same_v<V, Vector<T>>) {
    if (streams) {
      stream(p, v);
      return;
    }
  }
  put(p, v);
}

/* Asks for what lies `by` elements behind p, which may be outside of any object: prefetched then, it does nothing. Into
   the second cache, unless the first has room for it beside what is used meanwhile. */
template <bool kFirst = true, class T>
ADJ_ALWAYS void prefetch_behind(const T* p, int64_t by) {
  __builtin_prefetch(
      reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(p) + static_cast<uintptr_t>(by) * sizeof(T)), 0,
      kFirst ? 3 : 2);
}

/* f(lanes, i) for elements i … of a run, a vector of A at a time; with `streams` those of y are aligned. */
template <class A, class T, class F>
ADJ_ALWAYS void each_of_run(const T* y, int64_t n, bool streams, const F& f) {
  using V = Vector<A>;
  constexpr int64_t kL = kLanes<A>;
  int64_t i = 0;
  if (streams) {
    for (; i < n && reinterpret_cast<uintptr_t>(y + i) % kVectorBytes != 0; ++i) f(A{}, i);
  }
#pragma GCC unroll 2
  for (; i + kL <= n; i += kL) f(V{}, i);
  for (; i < n; ++i) f(A{}, i);
}

/* An element of the group is inverse·((unit·x − shift) − rest) when it has mean 0 and variance 1. */
struct Moments {
  double unit; /* a power of two, 1 but for groups of F64 whose squares would leave the range */
  double shift, rest, inverse;
  double mean, variance; /* as they are, not in units */
};

/* Of unit and shift, what the mean is off the shift, and the variance in units. A group of equal elements has inverse 0
   if epsilon is. */
ADJ_ALWAYS Moments moments_of(double unit, double shift, double rest, double variance, const StandardizeCall& of) {
  const double positive = variance < 0 ? 0 : variance;
  const double total = positive + of.epsilon * unit * unit;
  return {unit, shift, rest, total == 0 ? 0 : 1 / __builtin_sqrt(total), (shift + rest) / unit, positive / unit / unit};
}

/*
 * The unit that a group should be taken in, given its moments in units of 1: those are right as long as squares stay
 * well inside the range. 2^-600 and 2^600 bring the largest and the least numbers there; NaN and infinities stay.
 */
template <class T>
ADJ_ALWAYS double better_unit(const Moments& m, double epsilon) {
  if (sizeof(T) == sizeof(float)) return 1;
  const double total = m.variance + epsilon;
  if (total >= 0x1p-900 && total <= 0x1p900) return 1;
  return total < 0x1p-900 ? 0x1p600 : 0x1p-600;
}

/*
 * dx is by·((w − mean) − d·along), for the cotangent w of an element that is d off the mean, and 0 if `by` is. Of a
 * group whose cotangents are all 0, nothing flows back, whatever its elements are.
 */
struct Slope {
  double by, mean, along;
};

/* Of n elements, given the sums of w and of w·d over them, and the factor between w and the cotangent. */
ADJ_ALWAYS Slope slope_of(const Moments& m, double sum, double product, double n, double scale,
                          const StandardizeCall& of) {
  return {m.inverse * scale * m.unit, of.centred ? sum / n : 0, m.inverse * m.inverse * (product / n)};
}

/* Whether products with x, of numbers up to the square root of their count, stay well inside the range of F32, or are
   0 or NaN in any arithmetic. */
ADJ_ALWAYS bool is_calm(double x, double most) {
  const double magnitude = __builtin_fabs(x);
  return x == 0 || !(magnitude < 1 / most || magnitude > most);
}

ADJ_ALWAYS bool is_calm(const Moments& m) { return is_calm(m.inverse, 0x1p40); }

ADJ_ALWAYS bool is_calm(const Slope& slope) {
  return is_calm(slope.by, 0x1p100) && !(__builtin_fabs(slope.mean) > 0x1p100) &&
         !(__builtin_fabs(slope.along) > 0x1p100);
}

/* f(A{}), A being the arithmetic that elements of T are computed in. */
template <class T, class F>
ADJ_ALWAYS void in_arithmetic(bool calm, const F& f) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (calm) {
      f(float{});
      return;
    }
  }
  f(double{});
}

/* Elements less the mean, in the arithmetic A. */
template <class A>
struct Centre;

template <>
struct Centre<double> {
  Centre() = default;
  ADJ_ALWAYS explicit Centre(const Moments& m) : unit(m.unit), shift(m.shift), rest(m.rest) {}
  template <class V, class T>
  ADJ_ALWAYS V of(const T* x) const {
    V v = take<V>(x);
    if constexpr (sizeof(T) == sizeof(double)) v *= unit;
    return (v - shift) - rest;
  }
  double unit, shift, rest;
};

/* The mean as the nearest F32 and what is left: the first difference is rounded in proportion to itself. */
template <>
struct Centre<float> {
  Centre() = default;
  ADJ_ALWAYS explicit Centre(const Moments& m)
      : high(static_cast<float>(m.mean)), low(static_cast<float>((m.shift - static_cast<double>(high)) + m.rest)) {}
  template <class V, class T>
  ADJ_ALWAYS V of(const T* x) const {
    return (take<V>(x) - high) - low;
  }
  float high, low;
};

/* A slope's numbers in the arithmetic A, its mean as Centre has it. */
template <class A>
struct SlopeIn {
  SlopeIn() = default;
  ADJ_ALWAYS explicit SlopeIn(const Slope& slope)
      : by(static_cast<A>(slope.by)),
        high(static_cast<A>(slope.mean)),
        low(static_cast<A>(slope.mean - static_cast<double>(high))),
        along(static_cast<A>(slope.along)) {}
  template <class V>
  ADJ_ALWAYS V at(V w, V d) const {
    return (((w - high) - low) - d * along) * by;
  }
  /* The same for the cotangent g·scale, whose product is not rounded before the mean is taken away. */
  template <class V>
  ADJ_ALWAYS V at(V g, V scale, V d) const {
    return ((fma(g, scale, V{} - high) - low) - d * along) * by;
  }
  A by, high, low, along;
};

/* Operands of the forward kernel: scale and shift are null where there are none. */
template <class T>
struct Forward {
  ADJ_ALWAYS Forward(const Part& part, const StandardizeCall& of) {
    int at = 0;
    x = reinterpret_cast<const T*>(part.at[at++]);
    if (of.along != Along::kNothing) scale = reinterpret_cast<const T*>(part.at[at++]);
    if (of.shifts) shift = reinterpret_cast<const T*>(part.at[at++]);
    y = reinterpret_cast<T*>(part.at[at++]);
    mean = reinterpret_cast<T*>(part.at[at++]);
    variance = reinterpret_cast<T*>(part.at[at]);
  }
  ADJ_ALWAYS double scale_of(int64_t c) const { return scale != nullptr ? static_cast<double>(scale[c]) : 1; }
  ADJ_ALWAYS double shift_of(int64_t c) const { return shift != nullptr ? static_cast<double>(shift[c]) : 0; }
  ADJ_ALWAYS void write_moments(int64_t c, const Moments& m) const {
    mean[c] = static_cast<T>(m.mean);
    variance[c] = static_cast<T>(m.variance);
  }
  const T *x, *g = nullptr, *scale = nullptr, *shift = nullptr;
  T *y, *mean, *variance;
};

/* Operands of the backward kernel. */
template <class T>
struct Backward {
  ADJ_ALWAYS Backward(const Part& part, const StandardizeCall& of) {
    int at = 0;
    x = reinterpret_cast<const T*>(part.at[at++]);
    g = reinterpret_cast<const T*>(part.at[at++]);
    if (of.along != Along::kNothing) scale = reinterpret_cast<const T*>(part.at[at++]);
    dx = reinterpret_cast<T*>(part.at[at++]);
    if (of.slopes > 0) scale_slopes = reinterpret_cast<T*>(part.at[at++]);
    if (of.slopes > 1) shift_slopes = reinterpret_cast<T*>(part.at[at]);
  }
  ADJ_ALWAYS double scale_of(int64_t c) const { return scale != nullptr ? static_cast<double>(scale[c]) : 1; }
  /* Of a scale and a shift along the kept axis, given the sums of g and of g·d over the group. */
  ADJ_ALWAYS void write_slopes(int64_t c, const Moments& m, double sum, double product) const {
    if (scale_slopes != nullptr) scale_slopes[c] = static_cast<T>(product == 0 ? 0 : m.inverse * product);
    if (shift_slopes != nullptr) shift_slopes[c] = static_cast<T>(sum);
  }
  const T *x, *g, *scale = nullptr;
  T *dx, *scale_slopes = nullptr, *shift_slopes = nullptr;
};

ADJ_ISA_END

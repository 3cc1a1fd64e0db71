/*
 * Mean and variance of a group as they are used: the numbers that bring an element to mean 0 and variance 1, and those
 * that bring a cotangent back. All in double, of numbers, or of vectors of as many elements as have a lane each.
 */
#pragma once

#include <type_traits>

#include "kernels/elementwise.h"
#include "kernels/plan/standardize.h"
#include "kernels/rows.h"

ADJ_ISA_BEGIN

/* Elements from p on, as V: a number or a vector of them. */
template <class V, class T>
ADJ_ALWAYS V wide(const T* p) {
  if constexpr (std::is_same_v<V, double>) {
    return static_cast<double>(*p);
  } else if constexpr (sizeof(T) == sizeof(double)) {
    return load<V>(p);
  } else {
    return load_wide(p);
  }
}

/* Writes v from p on, rounded to T. */
template <class V, class T>
ADJ_ALWAYS void narrow(T* p, V v) {
  if constexpr (std::is_same_v<V, double>) {
    *p = static_cast<T>(v);
  } else if constexpr (sizeof(T) == sizeof(double)) {
    store(p, v);
  } else {
    store_narrow(p, v);
  }
}

template <class V>
ADJ_ALWAYS void add_to(double* p, V v) {
  narrow(p, wide<V>(p) + v);
}

/* An element of the group is inverse·((unit·x − shift) − rest) when it has mean 0 and variance 1. */
struct Moments {
  double unit; /* a power of two, 1 but for groups of F64 whose squares would leave the range */
  double shift, rest, inverse;
  double mean, variance; /* as they are, not in units */
};

template <class V>
ADJ_ALWAYS V in_units(V x, double unit) {
  return x * unit;
}

/* x less the shift. The unit of F32 is 1. */
template <class V, class T>
ADJ_ALWAYS V deviation(const Moments& m, V x, T) {
  if constexpr (sizeof(T) == sizeof(double)) x = in_units(x, m.unit);
  return x - m.shift;
}

/* x less the mean. */
template <class V, class T>
ADJ_ALWAYS V centred(const Moments& m, V x, T of) {
  return deviation(m, x, of) - m.rest;
}

/* Moments whose unit and shift are known, of n elements, given the sum of their deviations from it and of the squares
   of those. A group of equal elements has inverse 0 if epsilon is. */
ADJ_ALWAYS Moments finished(Moments m, double sum, double squares, double n, const StandardizeCall& of) {
  m.rest = of.centred ? sum / n : 0;
  const double variance = (of.centred ? squares - sum * m.rest : squares) / n;
  const double positive = variance < 0 ? 0 : variance;
  const double total = positive + of.epsilon * m.unit * m.unit;
  m.inverse = total == 0 ? 0 : 1 / __builtin_sqrt(total);
  m.mean = (m.shift + m.rest) / m.unit;
  m.variance = positive / m.unit / m.unit;
  return m;
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

/* dx is by·((w − mean) − d·along), for the cotangent w of an element that is d off the mean. */
struct Slope {
  double by, mean, along, unit;
};

/* Of n elements, given the sums of w and of w·d over them, and the factor between w and the cotangent. */
ADJ_ALWAYS Slope slope_of(const Moments& m, double sum, double product, double n, double scale,
                          const StandardizeCall& of) {
  return {m.inverse * scale, of.centred ? sum / n : 0, m.inverse * m.inverse * (product / n), m.unit};
}

template <class V, class T>
ADJ_ALWAYS V slope_at(const Slope& slope, V w, V d, T) {
  const V slopes = ((w - slope.mean) - d * slope.along) * slope.by;
  if constexpr (sizeof(T) == sizeof(double)) return slopes * slope.unit;
  return slopes;
}

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
  const T *x, *scale = nullptr, *shift = nullptr;
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
    if (scale_slopes != nullptr) scale_slopes[c] = static_cast<T>(m.inverse * product);
    if (shift_slopes != nullptr) shift_slopes[c] = static_cast<T>(sum);
  }
  const T *x, *g, *scale = nullptr;
  T *dx, *scale_slopes = nullptr, *shift_slopes = nullptr;
};

ADJ_ISA_END

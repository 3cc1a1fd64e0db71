/*
 * Sums and extremes of a run of elements, for the families that fold rows. Sums are taken in blocks: within a block in
 * vector lanes, F32 in double; across blocks compensated (Knuth's TwoSum), so that the error does not grow with the
 * length.
 */
#pragma once

#include "kernels/compensated.h"
#include "kernels/extremes.h"
#include "kernels/simd.h"

ADJ_ISA_BEGIN

inline constexpr int64_t kSumBlock = 1024;

ADJ_ALWAYS double sum_lanes(Vector<double> v) {
  if constexpr (kLanes<double> >= 8) v += rotate<double, 4>(v);
  if constexpr (kLanes<double> >= 4) v += rotate<double, 2>(v);
  v += rotate<double, 1>(v);
  return v[0];
}

/* The sum of n contiguous elements, n small enough that plain addition in double will do. */
ADJ_ALWAYS double sum_block(const double* x, int64_t n) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  V s0{}, s1{}, s2{}, s3{};
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    s0 += load<V>(x + i);
    s1 += load<V>(x + i + kL);
    s2 += load<V>(x + i + 2 * kL);
    s3 += load<V>(x + i + 3 * kL);
  }
  for (; i + kL <= n; i += kL) s0 += load<V>(x + i);
  double total = sum_lanes((s0 + s1) + (s2 + s3));
  for (; i < n; ++i) total += x[i];
  return total;
}

ADJ_ALWAYS double sum_block(const float* x, int64_t n) {
  using V = Vector<double>;
  using H = VectorOf<float>::half;
  constexpr int64_t kL = kLanes<double>;
  V s0{}, s1{}, s2{}, s3{};
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    s0 += __builtin_convertvector(load<H>(x + i), V);
    s1 += __builtin_convertvector(load<H>(x + i + kL), V);
    s2 += __builtin_convertvector(load<H>(x + i + 2 * kL), V);
    s3 += __builtin_convertvector(load<H>(x + i + 3 * kL), V);
  }
  for (; i + kL <= n; i += kL) s0 += __builtin_convertvector(load<H>(x + i), V);
  double total = sum_lanes((s0 + s1) + (s2 + s3));
  for (; i < n; ++i) total += static_cast<double>(x[i]);
  return total;
}

template <class T>
ADJ_ALWAYS void sum_run(const T* x, int64_t n, int64_t stride, Compensated& sum) {
  for (int64_t i = 0; i < n; i += kSumBlock) {
    const int64_t length = n - i < kSumBlock ? n - i : kSumBlock;
    if (stride == 1) {
      add(sum, sum_block(x + i, length));
    } else {
      double total = 0;
      for (int64_t j = 0; j < length; ++j) total += static_cast<double>(x[(i + j) * stride]);
      add(sum, total);
    }
  }
}

/* The sum of n contiguous elements, to the last digits of T. */
template <class T>
ADJ_ALWAYS double sum_row(const T* x, int64_t n) {
  Compensated sum{0, 0};
  sum_run(x, n, 1, sum);
  return value(sum);
}

/* x if it is larger, else the largest so far; where one is NaN, that. */
template <class V>
ADJ_ALWAYS V larger_of(V x, V so_far) {
  return x > so_far ? x : so_far;
}

template <bool kMax, class T>
ADJ_ALWAYS T extreme_lanes(Vector<T> v) {
  if constexpr (kLanes<T> >= 16) v = extreme_of<kMax>(v, rotate<T, 8>(v));
  if constexpr (kLanes<T> >= 8) v = extreme_of<kMax>(v, rotate<T, 4>(v));
  if constexpr (kLanes<T> >= 4) v = extreme_of<kMax>(v, rotate<T, 2>(v));
  v = extreme_of<kMax>(v, rotate<T, 1>(v));
  return v[0];
}

/* The largest (or smallest) of `so_far` and n elements; NaN if any is. */
template <bool kMax, class T>
ADJ_ALWAYS T extreme_run(const T* x, int64_t n, int64_t stride, T so_far) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  T result = so_far;
  int64_t i = 0;
  if (stride == 1 && n >= kL) {
    V e0 = splat(so_far), e1 = e0, e2 = e0, e3 = e0;
    for (; i + 4 * kL <= n; i += 4 * kL) {
      e0 = extreme_of<kMax>(e0, load<V>(x + i));
      e1 = extreme_of<kMax>(e1, load<V>(x + i + kL));
      e2 = extreme_of<kMax>(e2, load<V>(x + i + 2 * kL));
      e3 = extreme_of<kMax>(e3, load<V>(x + i + 3 * kL));
    }
    for (; i + kL <= n; i += kL) e0 = extreme_of<kMax>(e0, load<V>(x + i));
    result = extreme_lanes<kMax, T>(extreme_of<kMax>(extreme_of<kMax>(e0, e1), extreme_of<kMax>(e2, e3)));
  }
  for (; i < n; ++i) result = extreme_of<kMax>(result, x[i * stride]);
  return result;
}

ADJ_ISA_END

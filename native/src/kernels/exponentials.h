/*
 * Sums of exponentials of a row of contiguous elements whose largest is taken away first, so that nothing overflows:
 * for softmax and its kind, and for regions that end in a logSumExp.
 */
#pragma once

#include "kernels/elementwise.h"
#include "kernels/rows.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

template <class T>
ADJ_ALWAYS bool infinite(T x) {
  return x - x != T(0);
}

/*
 * The largest element of a row. A NaN beside finite numbers is passed over, because looking for it costs more than the
 * maximum: it makes the row's sum of exponentials NaN, and with it all that is divided by that.
 */
template <class T>
ADJ_ALWAYS T largest_of(const T* x, int64_t n) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  T largest = kLeast<true, T>;
  int64_t i = 0;
  if (n >= kL) {
    V m0 = splat(largest), m1 = m0, m2 = m0, m3 = m0;
    for (; i + 4 * kL <= n; i += 4 * kL) {
      m0 = larger_of(load<V>(x + i), m0);
      m1 = larger_of(load<V>(x + i + kL), m1);
      m2 = larger_of(load<V>(x + i + 2 * kL), m2);
      m3 = larger_of(load<V>(x + i + 3 * kL), m3);
    }
    for (; i + kL <= n; i += kL) m0 = larger_of(load<V>(x + i), m0);
    largest = extreme_lanes<true, T>(larger_of(larger_of(m0, m1), larger_of(m2, m3)));
  }
  for (; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
  return infinite(largest) ? extreme_run<true, T>(x, n, 1, kLeast<true, T>) : largest;
}

inline constexpr int64_t kChunk = 1024; /* stays in the first-level cache between exponentials and their sum */

/*
 * What a row's exponentials add up to without the 1 of its largest element: added to 1 they would lose their digits,
 * and the logarithm of the sum with them. Several largest ones are among the others but for one.
 */
struct Exponentials {
  double others;
  ADJ_ALWAYS double all() const { return 1 + others; }
  ADJ_ALWAYS double log_of_all() const { return log1p_of(others); }
};

/*
 * From which sum on `others` is the difference between the sum of all and 1: it keeps six digits of F32 and fourteen of
 * F64. Below no other term reaches 1/2, so that a second pass knows the largest element by its size.
 */
template <class T>
inline constexpr double kClear = sizeof(T) == 4 ? 0x1p-16 : 0.5;

/* y = e^(x - largest), and the sum of that; y may be x. kKeep: whether y is wanted. */
template <bool kKeep, class T>
ADJ_ALWAYS Exponentials exp_row(const T* x, int64_t n, T largest, T* y) {
  T chunk[kKeep ? 1 : kChunk];
  Compensated sum{-1, 0};
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t length = n - i < kChunk ? n - i : kChunk;
    T* e = kKeep ? y + i : chunk;
    ADJ_LOOP(int64_t j = 0; j < length; ++j) e[j] = exp_of(x[i + j] - largest);
    add(sum, sum_block(e, length));
  }
  if (!(value(sum) < kClear<T>)) return {value(sum)};
  sum = {0, 0};
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t length = n - i < kChunk ? n - i : kChunk;
    T less[kChunk];
    ADJ_LOOP(int64_t j = 0; j < length; ++j) {
      const T e = kKeep ? y[i + j] : exp_of(x[i + j] - largest);
      less[j] = e < T(0.5) ? e : T(0);
    }
    add(sum, sum_block(less, length));
  }
  return {value(sum)};
}

#if defined(__AVX512F__)
/* Lanes of F32 added up in F64. */
struct WideSum {
  ADJ_ALWAYS void add(Vector<float> e) {
    low += __builtin_convertvector(__builtin_shufflevector(e, e, 0, 1, 2, 3, 4, 5, 6, 7), Vector<double>);
    high += __builtin_convertvector(__builtin_shufflevector(e, e, 8, 9, 10, 11, 12, 13, 14, 15), Vector<double>);
  }
  ADJ_ALWAYS double total() const { return sum_lanes(low + high); }
  Vector<double> low{}, high{};
};

/* Asks for the line `ahead` elements on, as an integer: it may lie outside of any object. Then that does nothing. */
ADJ_ALWAYS void prefetch(const float* x, int64_t ahead) {
  const uintptr_t line = reinterpret_cast<uintptr_t>(x) + static_cast<uintptr_t>(ahead) * sizeof(float);
  __builtin_prefetch(reinterpret_cast<const void*>(line));
}

/* Lanes that differ from the largest element by d, or by NaN. */
ADJ_ALWAYS __mmask16 below_largest(Vector<float> d) {
  return _mm512_cmp_ps_mask((__m512)d, _mm512_setzero_ps(), _CMP_NEQ_UQ);
}

/* As above, the exponentials added up while they are in registers: four in F32, then in F64. */
template <bool kKeep>
ADJ_ALWAYS Exponentials exp_row(const float* x, int64_t n, float largest, float* y) {
  using V = Vector<float>;
  constexpr int64_t kL = kLanes<float>;
  WideSum sum;
  int64_t peaks = 0;
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    const Unrolled<4> d = load_unrolled<4>(x + i) - largest;
    const Unrolled<4> e = exp_of<true>(d);
    if (kKeep) store_unrolled(y + i, e);
#pragma GCC unroll 4
    for (int64_t j = 0; j < 4; ++j) {
      prefetch(x, n + i + j * kL);
      if (kKeep) prefetch(y, n + i + j * kL);
    }
    Unrolled<4> less;
    uint64_t below = 0;
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const __mmask16 lanes = below_largest(d.v[j]);
      less.v[j] = (V)_mm512_maskz_mov_ps(lanes, (__m512)e.v[j]);
      below |= uint64_t{lanes} << (16 * j);
    }
    peaks += __builtin_popcountll(~below);
    sum.add((less.v[0] + less.v[1]) + (less.v[2] + less.v[3]));
  }
  for (; i < n; i += kL) {
    const __mmask16 lanes = static_cast<__mmask16>(n - i < kL ? (1u << (n - i)) - 1u : 0xffffu);
    const Unrolled<1> d = Unrolled<1>{{(V)_mm512_maskz_loadu_ps(lanes, x + i)}} - largest;
    const V e = exp_of<true>(d).v[0];
    if (kKeep) _mm512_mask_storeu_ps(y + i, lanes, (__m512)e);
    const __mmask16 less = lanes & below_largest(d.v[0]);
    peaks += __builtin_popcount(lanes & ~unsigned{less});
    sum.add((V)_mm512_maskz_mov_ps(less, (__m512)e));
  }
  return {peaks > 1 ? sum.total() + static_cast<double>(peaks - 1) : sum.total()};
}
#endif

/* The sum of e^(x - largest). */
template <class T>
ADJ_ALWAYS Exponentials sum_of_exp(const T* x, int64_t n, T largest) {
  return exp_row<false>(x, n, largest, static_cast<T*>(nullptr));
}

ADJ_ISA_END

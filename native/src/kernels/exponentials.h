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

/* y = e^(x - largest), and the sum of that; y may be x, or one chunk that is written again and again (kKeep false). */
template <bool kKeep, class T>
ADJ_ALWAYS double exp_row(const T* x, int64_t n, T largest, T* y) {
  Compensated sum{0, 0};
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t length = n - i < kChunk ? n - i : kChunk;
    T* e = kKeep ? y + i : y;
    ADJ_LOOP(int64_t j = 0; j < length; ++j) e[j] = exp_of(x[i + j] - largest);
    add(sum, sum_block(e, length));
  }
  return value(sum);
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

/* As above, the exponentials added up while they are in registers: four in F32, then in F64. */
template <bool kKeep>
ADJ_ALWAYS double exp_row(const float* x, int64_t n, float largest, float* y) {
  using V = Vector<float>;
  constexpr int64_t kL = kLanes<float>;
  WideSum sum;
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    const Unrolled<4> e = exp_of<true>(load_unrolled<4>(x + i) - largest);
    if (kKeep) store_unrolled(y + i, e);
#pragma GCC unroll 4
    for (int64_t j = 0; j < 4; ++j) {
      prefetch(x, n + i + j * kL);
      if (kKeep) prefetch(y, n + i + j * kL);
    }
    sum.add((e.v[0] + e.v[1]) + (e.v[2] + e.v[3]));
  }
  for (; i < n; i += kL) {
    const __mmask16 lanes = static_cast<__mmask16>(n - i < kL ? (1u << (n - i)) - 1u : 0xffffu);
    const V e = exp_of<true>(Unrolled<1>{{(V)_mm512_maskz_loadu_ps(lanes, x + i)}} - largest).v[0];
    if (kKeep) _mm512_mask_storeu_ps(y + i, lanes, (__m512)e);
    sum.add((V)_mm512_maskz_mov_ps(lanes, (__m512)e));
  }
  return sum.total();
}
#endif

/* The sum of e^(x - largest). */
template <class T>
ADJ_ALWAYS double sum_of_exp(const T* x, int64_t n, T largest) {
  T chunk[kChunk];
  return exp_row<false>(x, n, largest, chunk);
}

ADJ_ISA_END

/*
 * The register blocks of matmul: a few rows by one or two vectors of columns, whose sums stay in registers for a whole
 * block of k. It refuses to know where its operands come from: plan/matmul.h says what a tile is, matmul.cpp walks
 * it. An instruction set with more registers gets more kRows.
 */
#pragma once

#include <utility>

#include "kernels/elementwise.h"
#include "kernels/epilogue.h"
#include "kernels/plan/matmul.h"
#include "kernels/simd.h"
#include "kernels/tanh.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

/* With two vectors of columns the sums, a row of B and an element of A fill the register file. */
#if defined(__AVX512F__)
inline constexpr int kRows = 14;
#else
inline constexpr int kRows = 6;
#endif

template <class T>
inline constexpr int64_t kWidth = 2 * kLanes<T>; /* columns of a panel */

/* The first lanes of a vector, where a panel ends before the vector does. */
#if defined(__AVX512F__)
inline constexpr bool kMaskedLoads = true; /* at no cost, so B can be read in place up to its last column */

template <class T>
struct Mask {
  uint32_t bits;
};
template <class T>
ADJ_ALWAYS Mask<T> mask_of(int64_t lanes) {
  return {lanes >= kLanes<T> ? 0xffffu : (1u << lanes) - 1u};
}
ADJ_ALWAYS Vector<float> load(const float* p, Mask<float> s) {
  return (Vector<float>)_mm512_maskz_loadu_ps(static_cast<__mmask16>(s.bits), p);
}
ADJ_ALWAYS Vector<double> load(const double* p, Mask<double> s) {
  return (Vector<double>)_mm512_maskz_loadu_pd(static_cast<__mmask8>(s.bits), p);
}
ADJ_ALWAYS void store(float* p, Vector<float> v, Mask<float> s) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>(s.bits), (__m512)v);
}
ADJ_ALWAYS void store(double* p, Vector<double> v, Mask<double> s) {
  _mm512_mask_storeu_pd(p, static_cast<__mmask8>(s.bits), (__m512d)v);
}
#else
inline constexpr bool kMaskedLoads = false;

template <class T>
struct Mask {
  int64_t lanes;
};
template <class T>
ADJ_ALWAYS Mask<T> mask_of(int64_t lanes) {
  return {lanes < kLanes<T> ? lanes : kLanes<T>};
}
template <class T>
ADJ_ALWAYS Vector<T> load(const T* p, Mask<T> s) {
  if (s.lanes == kLanes<T>) return load<Vector<T>>(p);
  Vector<T> v{};
  for (int64_t j = 0; j < s.lanes; ++j) v[j] = p[j];
  return v;
}
template <class T>
ADJ_ALWAYS void store(T* p, Vector<T> v, Mask<T> s) {
  if (s.lanes == kLanes<T>) {
    store(p, v);
    return;
  }
  for (int64_t j = 0; j < s.lanes; ++j) p[j] = v[j];
}
#endif

/*
 * sum += x * y, where the multiply-add reads y itself: an instruction less than a load for both vectors of columns, but
 * a load more. A core does two of each a cycle, and of all instructions four, two if its other hardware thread is busy.
 * So one row in four is read so, which with 14 rows takes 0.96 of the time of 12 rows without in a quiet minute of a
 * virtual machine, and 0.85 where a neighbour seems to have that other thread (Cascade Lake); with half of the rows
 * nothing is gained.
 */
#if defined(__AVX512F__)
inline constexpr int kLoadsApart = 4;

ADJ_ALWAYS void add_product(Vector<float>& sum, Vector<float> x, const float& y) {
  asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(x), "m"(y));
}
ADJ_ALWAYS void add_product(Vector<double>& sum, Vector<double> x, const double& y) {
  asm("vfmadd231pd %2%{1to8%}, %1, %0" : "+v"(sum) : "v"(x), "m"(y));
}
#else
inline constexpr int kLoadsApart = kRows; /* there is no such instruction */

template <class T>
ADJ_ALWAYS void add_product(Vector<T>& sum, Vector<T> x, const T& y) {
  sum = fma(splat(y), x, sum);
}
#endif

inline constexpr int64_t kLineBytes = 64;
inline constexpr int64_t kPrefetchEvery = 4; /* steps of k between two prefetches of a block */
inline constexpr int64_t kShort = 64; /* steps of k that are over before C comes whose prefetch is issued at once */
inline constexpr int64_t kPrefetchRows =
    32; /* steps between the prefetch of packed rows of A and their use: a latency of the last cache */

/* Memory that is wanted soon, prefetched while a block is computed: kWidth elements at a time, `step` bytes apart. */
struct Prefetch {
  const char* at;
  int64_t step, prefetches;
};

/* c[rows x columns] (+)= a[rows x k] * b[k x columns], and what follows. */
template <class T>
struct Piece {
  const T* a;
  int64_t a_m, a_k;
  const T* b;
  int64_t b_k; /* the columns of b lie side by side */
  int64_t k;
  T* c;
  int64_t ldc, columns;
  bool add;
  const Epilogue<T>* finish; /* null for nothing */
  Prefetch ahead;
};

template <int kV, class T>
ADJ_ALWAYS void add_row(Vector<T> (&sum)[kV], const T* row, Mask<T> last) {
  constexpr int64_t kL = kLanes<T>;
#pragma GCC unroll 2
  for (int v = 0; v < kV - 1; ++v) sum[v] += load<Vector<T>>(row + v * kL);
  sum[kV - 1] += load(row + (kV - 1) * kL, last);
}

/* kR rows by kV vectors, the last of which may be part of one; kWhole: b can be read beyond it, which saves an
 * operation a step. Of packed rows of a, a_m is 1 and a_k is kR. */
template <int kR, int kV, bool kPacked, bool kWhole, class T>
__attribute__((noinline)) void block(const Piece<T>& of) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  constexpr int kStep = 4; /* rows that one pointer reaches by 1, 2 and 3 strides */
  const Mask<T> last = mask_of<T>(of.columns - (kV - 1) * kL);
  const int64_t ldc = of.ldc;
  T* row = of.c;
  const bool prefetches = kPacked || of.ahead.prefetches > 0;
  if (!prefetches && of.k > kShort) {
#pragma GCC unroll 1
    for (int i = 0; i < kR; ++i, row += ldc) {
      for (int v = 0; v < kV; ++v) __builtin_prefetch(row + v * kL, 1);
    }
    row = of.c;
  }
  int rows = kR; /* of C that are not prefetched yet */
  V sum[kR][kV]{};
  const int64_t a_m = kPacked ? 1 : of.a_m, a_k = kPacked ? kR : of.a_k, b_k = of.b_k;
  const int64_t a_m3 = 3 * a_m;
  const T* a[(kR + kStep - 1) / kStep];
#pragma GCC unroll 16
  for (int i = 0; i < kR; i += kStep) a[i / kStep] = of.a + i * a_m;
  const T* b = of.b;
  const auto step = [&]() __attribute__((always_inline)) {
    V x[kV];
#pragma GCC unroll 2
    for (int v = 0; v < kV; ++v) {
      x[v] = !kWhole && v == kV - 1 ? load(b + v * kL, last) : load<V>(b + v * kL);
    }
    b += b_k;
#pragma GCC unroll 16
    for (int i = 0; i < kR; ++i) {
      if (kPacked && kV == 2 && i % kLoadsApart == 0) {
#pragma GCC unroll 2
        for (int v = 0; v < kV; ++v) add_product(sum[i][v], x[v], a[0][i]);
        continue;
      }
      const V y = splat(kPacked ? a[0][i] : a[i / kStep][i % kStep == 3 ? a_m3 : i % kStep * a_m]);
#pragma GCC unroll 2
      for (int v = 0; v < kV; ++v) sum[i][v] = fma(y, x[v], sum[i][v]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kR; i += kStep) {
      if (!kPacked || i == 0) a[i / kStep] += a_k;
    }
  };
  Prefetch ahead = of.ahead;
  int64_t p = of.k;
  for (; prefetches && p >= kPrefetchEvery; p -= kPrefetchEvery) {
    if constexpr (kPacked) {
#pragma GCC unroll 16
      for (int64_t byte = 0; byte < kPrefetchEvery * kR * static_cast<int64_t>(sizeof(T)); byte += kLineBytes) {
        __builtin_prefetch(reinterpret_cast<const char*>(a[0] + kPrefetchRows * kR) + byte);
      }
    }
#pragma GCC unroll 4
    for (int64_t byte = 0; byte < kWidth<T> * static_cast<int64_t>(sizeof(T)); byte += kLineBytes) {
      __builtin_prefetch(ahead.at + byte, 0, 2);
    }
    ahead.at += --ahead.prefetches > 0 ? ahead.step : 0;
    /* A row of C at a time: all at once are more lines than a core can wait for. */
#pragma GCC unroll 2
    for (int v = 0; v < kV; ++v) __builtin_prefetch(row + v * kL, 1);
    row += --rows > 0 ? ldc : 0;
#pragma GCC unroll 4
    for (int64_t s = 0; s < kPrefetchEvery; ++s) {
      step();
      asm volatile("" ::: "memory"); /* GCC 12 would load for several steps ahead and keep sums in memory */
    }
  }
  for (; p > 0; --p) step();
  if (of.add) {
    row = of.c;
#pragma GCC unroll 16
    for (int i = 0; i < kR; ++i, row += ldc) add_row<kV>(sum[i], row, last);
  }
  const Epilogue<T>* finish = of.finish;
  /* Of a bias: whether its elements lie along the columns, or are one for a row. */
  const bool apart = finish != nullptr && finish->bias != nullptr && (finish->bias_n & ~int64_t{1}) != 0;
  const bool later = finish != nullptr && (finish->activation > 1 || apart);
  if (finish != nullptr && !later) {
    if (finish->bias != nullptr && finish->bias_n == 0) {
      const T* bias = finish->bias;
#pragma GCC unroll 16
      for (int i = 0; i < kR; ++i, bias += finish->bias_m) {
        const V y = splat(*bias);
#pragma GCC unroll 2
        for (int v = 0; v < kV; ++v) sum[i][v] += y;
      }
    } else if (finish->bias != nullptr) {
      const T* bias = finish->bias;
#pragma GCC unroll 16
      for (int i = 0; i < kR; ++i, bias += finish->bias_m) add_row<kV>(sum[i], bias, last);
    }
    if (finish->activation == 1) {
#pragma GCC unroll 16
      for (int i = 0; i < kR; ++i) {
#pragma GCC unroll 2
        for (int v = 0; v < kV; ++v) sum[i][v] = sum[i][v] <= V{} ? V{} : sum[i][v];
      }
    }
  }
  row = of.c;
#pragma GCC unroll 16
  for (int i = 0; i < kR; ++i, row += ldc) {
#pragma GCC unroll 2
    for (int v = 0; v < kV - 1; ++v) store(row + v * kL, sum[i][v]);
    store(row + (kV - 1) * kL, sum[i][kV - 1], last);
  }
  if (later) finish_rows(of.c, ldc, kR, of.columns, *finish);
}

template <class T>
using BlockRun = void (*)(const Piece<T>&);

/* By whether b is read by masks, how many vectors of columns (from 1), whether a is packed, how many rows (from 1). */
template <class T>
struct Blocks {
  BlockRun<T> run[2][2][2][kRows];
};
template <class T, int... i>
constexpr Blocks<T> all_blocks(std::integer_sequence<int, i...>) {
  constexpr bool kWhole = !kMaskedLoads;
  return {{{{{block<i + 1, 1, false, true, T>...}, {block<i + 1, 1, true, true, T>...}},
            {{block<i + 1, 2, false, true, T>...}, {block<i + 1, 2, true, true, T>...}}},
           {{{block<i + 1, 1, false, kWhole, T>...}, {block<i + 1, 1, true, kWhole, T>...}},
            {{block<i + 1, 2, false, kWhole, T>...}, {block<i + 1, 2, true, kWhole, T>...}}}}};
}

/* Compiled with matmul.cpp for all that multiplies: they take long. */
extern const Blocks<float> float_blocks;
extern const Blocks<double> double_blocks;

template <class T>
ADJ_ALWAYS const Blocks<T>& blocks_of() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return float_blocks;
  } else {
    return double_blocks;
  }
}

ADJ_ISA_END

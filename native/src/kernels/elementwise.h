/*
 * The loops around an elementwise function, for every layout that is worth a loop of its own. A functor has a static
 * template `f` over its operands, and a loop of its own over a contiguous row, `row`, where the compiler's is not good
 * enough; the tables at the end turn it into rows of a family. Nothing here knows any one op.
 */
#pragma once

#include "kernels/dtypes.h"
#include "kernels/plan/elementwise.h"
#include "kernels/simd.h"

ADJ_ISA_BEGIN

/*
 * An output may be exactly an input, which the vectoriser cannot see: every element is read before it is written.
 * Counts are copied out of the block first, because a store of bytes might, for all it knows, change them.
 */
#define ADJ_LOOP _Pragma("GCC ivdep") for

template <class T>
ADJ_ALWAYS T* row(const Block& block, int operand, int64_t r) {
  return reinterpret_cast<T*>(block.at[operand] + r * block.outer[operand]);
}

template <class F, class X, class Y>
void unary_contiguous(const Block& block) {
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const X* x = row<const X>(block, 0, r);
    Y* y = row<Y>(block, 1, r);
    if constexpr (requires { F::row(x, y, n); }) {
      F::row(x, y, n);
    } else {
      ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = F::template f<Y>(x[i]);
    }
  }
}

template <class F, class X, class Y>
void unary_strided(const Block& block) {
  const int64_t sx = block.inner[0], sy = block.inner[1];
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const X* x = row<const X>(block, 0, r);
    Y* y = row<Y>(block, 1, r);
    for (int64_t i = 0; i < n; ++i) y[i * sy] = F::template f<Y>(x[i * sx]);
  }
}

/* kA and kB are 1, or 0 for an operand that is the same along the row. */
template <class F, class X, class Y, int kA, int kB>
void binary_contiguous(const Block& block) {
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const X* a = row<const X>(block, 0, r);
    const X* b = row<const X>(block, 1, r);
    Y* y = row<Y>(block, 2, r);
    if (kA == 1 && kB == 1) {
      ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = F::template f<Y>(a[i], b[i]);
    } else if (kA == 1) {
      const X fixed = b[0];
      ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = F::template f<Y>(a[i], fixed);
    } else {
      const X fixed = a[0];
      ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = F::template f<Y>(fixed, b[i]);
    }
  }
}

template <class F, class X, class Y>
void binary_strided(const Block& block) {
  const int64_t sa = block.inner[0], sb = block.inner[1], sy = block.inner[2];
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const X* a = row<const X>(block, 0, r);
    const X* b = row<const X>(block, 1, r);
    Y* y = row<Y>(block, 2, r);
    for (int64_t i = 0; i < n; ++i) y[i * sy] = F::template f<Y>(a[i * sa], b[i * sb]);
  }
}

template <class F, class X, class Y>
inline constexpr Loops kUnaryLoops{{kDtype<X>, kDtype<Y>}, 2, unary_contiguous<F, X, Y>, nullptr, nullptr,
                                   unary_strided<F, X, Y>};

template <class F, class X, class Y>
inline constexpr Loops kBinaryLoops{{kDtype<X>, kDtype<X>, kDtype<Y>}, 3,
                                    binary_contiguous<F, X, Y, 1, 1>,  binary_contiguous<F, X, Y, 0, 1>,
                                    binary_contiguous<F, X, Y, 1, 0>,  binary_strided<F, X, Y>};

/* The tables of one functor, by the kinds of its operands. */
template <class F>
inline constexpr Loops kUnaryOnFloats[] = {kUnaryLoops<F, float, float>, kUnaryLoops<F, double, double>};

template <class F>
inline constexpr Loops kBinaryOnFloats[] = {kBinaryLoops<F, float, float>, kBinaryLoops<F, double, double>};

/* F on floats and W, which wraps around, on integers. */
template <class F, class W>
inline constexpr Loops kUnaryOnNumbers[] = {kUnaryLoops<F, float, float>, kUnaryLoops<F, double, double>,
                                            kUnaryLoops<W, int32_t, int32_t>, kUnaryLoops<W, int64_t, int64_t>};

template <class F, class W>
inline constexpr Loops kBinaryOnNumbers[] = {kBinaryLoops<F, float, float>, kBinaryLoops<F, double, double>,
                                             kBinaryLoops<W, int32_t, int32_t>, kBinaryLoops<W, int64_t, int64_t>};

template <class W>
inline constexpr Loops kBinaryOnIntegers[] = {kBinaryLoops<W, int32_t, int32_t>, kBinaryLoops<W, int64_t, int64_t>};

template <class W>
inline constexpr Loops kUnaryOnBits[] = {kUnaryLoops<W, int32_t, int32_t>, kUnaryLoops<W, int64_t, int64_t>,
                                         kUnaryLoops<W, uint8_t, uint8_t>};

template <class W>
inline constexpr Loops kBinaryOnBits[] = {kBinaryLoops<W, int32_t, int32_t>, kBinaryLoops<W, int64_t, int64_t>,
                                          kBinaryLoops<W, uint8_t, uint8_t>};

template <class F>
inline constexpr Loops kCompareNumbers[] = {kBinaryLoops<F, float, uint8_t>, kBinaryLoops<F, double, uint8_t>,
                                            kBinaryLoops<F, int32_t, uint8_t>, kBinaryLoops<F, int64_t, uint8_t>};

template <class F>
inline constexpr Loops kCompareAll[] = {kBinaryLoops<F, float, uint8_t>, kBinaryLoops<F, double, uint8_t>,
                                        kBinaryLoops<F, int32_t, uint8_t>, kBinaryLoops<F, int64_t, uint8_t>,
                                        kBinaryLoops<F, uint8_t, uint8_t>};

/* A row of a family's table. */
template <int32_t kCount>
constexpr Kernel elementwise(const char* name, const Loops (&loops)[kCount], int32_t cost) {
  return {{name, loops[0].operands - 1, {kAnyInput, 0, 0}}, prepare_elementwise, loops, kCount, cost};
}

/* A row of a family's table from one of its list of functions. */
#define ADJ_ELEMENTWISE_ROW(kind, name, cost, ...) elementwise(name, k##kind<__VA_ARGS__>, cost),

ADJ_ISA_END

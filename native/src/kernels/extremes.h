/*
 * The larger and the smaller of two numbers, or of two vectors lane by lane: a NaN wins, and zeros have an order.
 */
#pragma once

#include "kernels/number.h"

ADJ_ISA_BEGIN

/* Integers that hold the bits of a number, or of a vector. */
#if defined(ADJ_FOR_DEVICE)
template <int kBytes>
struct BitsOf;
#else
template <int kBytes>
struct BitsOf {
  typedef int64_t type __attribute__((vector_size(kBytes)));
};
#endif
template <>
struct BitsOf<4> {
  using type = uint32_t;
};
template <>
struct BitsOf<8> {
  using type = uint64_t;
};

/* The bits of equal numbers joined: of zeros of both signs 0 for a maximum, -0 for a minimum. */
template <bool kMax, class V>
ADJ_ALWAYS V join_equals(V a, V b) {
  using Bits = typename BitsOf<sizeof(V)>::type;
  const Bits x = __builtin_bit_cast(Bits, a), y = __builtin_bit_cast(Bits, b);
  return __builtin_bit_cast(V, kMax ? Bits(x & y) : Bits(x | y));
}

/*
 * x if it is more extreme, or NaN; else the extreme so far, which a NaN stays. As Java's Math.max and min have it, 0 is
 * larger than -0, so that the sign of a zero does not depend on where it stood.
 */
template <bool kMax, class V>
ADJ_ALWAYS V extreme_of(V so_far, V x) {
  const V extreme = (kMax ? x > so_far : x < so_far) ? x : so_far;
  const V of_equals = x == so_far ? join_equals<kMax>(x, so_far) : extreme;
  return x != x ? x : of_equals;
}

/* What an extreme starts from: every element is at least as extreme. */
template <bool kMax, class T>
inline constexpr T kLeast = kMax ? -static_cast<T>(__builtin_inf()) : static_cast<T>(__builtin_inf());

ADJ_ISA_END

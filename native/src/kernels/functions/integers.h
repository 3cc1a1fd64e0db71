/*
 * Elementwise functions of integers and bits, and the remainder of any numbers. BOOL is a byte of 0 or 1. A quotient
 * by 0 is 0 here: whoever divides by data has `nonZero` look at the divisor first. Their list, at the end, is what
 * every backend makes its kernels of.
 */
#pragma once

#include "kernels/whole.h"

ADJ_ISA_BEGIN

/* Of the sign of b; where fmod is 0, a zero of that sign. */
struct Remainder {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    T r;
    if constexpr (sizeof(T) == 4)
      r = __builtin_fmodf(a, b);
    else
      r = __builtin_fmod(a, b);
    const T zero = b < T(0) || (b == T(0) && T(1) / b < T(0)) ? -T(0) : T(0);
    const T other = (r < T(0)) != (b < T(0)) ? r + b : r;
    return r == T(0) ? zero : other;
  }
};
/* Divided by -1 the least integer would overflow. */
struct RemainderWhole {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    if (b == 0 || b == -1) return 0;
    const T r = static_cast<T>(a % b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
  }
};
struct FloorDiv {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    if (b == 0) return 0;
    if (b == -1) return wrapped<T>(Unsigned<T>(0) - unsigned_of(a));
    const T q = static_cast<T>(a / b);
    return a % b != 0 && (a < 0) != (b < 0) ? static_cast<T>(q - 1) : q;
  }
};
/* How far a shift goes: the low five or six bits count. */
template <class T>
ADJ_ALWAYS Unsigned<T> places(T b) {
  return unsigned_of(b) & (sizeof(T) * 8 - 1);
}
struct ShiftLeft {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) << places(b));
  }
};
struct ShiftRight {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return static_cast<T>(a >> places(b));
  }
};
struct ShiftRightUnsigned {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) >> places(b));
  }
};
struct And {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};
/* Of a BOOL the other of 0 and 1. */
struct Not {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    if constexpr (sizeof(T) == 1)
      return static_cast<T>(x ^ 1);
    else
      return static_cast<T>(~x);
  }
};

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_INTEGERS_FUNCTIONS(F)                                  \
  F(BinaryOnNumbers, "remainder", 20, Remainder, RemainderWhole)   \
  F(BinaryOnIntegers, "floorDiv", 10, FloorDiv)                    \
  F(BinaryOnIntegers, "shiftLeft", 1, ShiftLeft)                   \
  F(BinaryOnIntegers, "shiftRight", 1, ShiftRight)                 \
  F(BinaryOnIntegers, "shiftRightUnsigned", 1, ShiftRightUnsigned) \
  F(BinaryOnBits, "and", 1, And)                                   \
  F(BinaryOnBits, "or", 1, Or)                                     \
  F(BinaryOnBits, "xor", 1, Xor)                                   \
  F(UnaryOnBits, "not", 1, Not)

ADJ_ISA_END

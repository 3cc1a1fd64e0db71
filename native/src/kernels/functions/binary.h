/*
 * Elementwise functions of two operands: y = f(a, b). Their list, at the end, is what every backend makes its kernels
 * of.
 */
#pragma once

#include "kernels/extremes.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN

struct Plus {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return a + b;
  }
};
struct Minus {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return a - b;
  }
};
struct Times {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return a * b;
  }
};
struct Div {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return a / b;
  }
};
struct Pow {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    if constexpr (sizeof(T) == 4)
      return __builtin_powf(a, b);
    else
      return __builtin_pow(a, b);
  }
};
struct Maximum {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return extreme_of<true>(b, a);
  }
};
struct Minimum {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return extreme_of<false>(b, a);
  }
};
/* A product in which a zero factor wins over an infinite or undefined one. */
struct Scale {
  template <class T>
  static ADJ_ALWAYS T f(T g, T d) {
    return (g == T(0)) | (d == T(0)) ? T(0) : g * d;
  }
};
struct LeakyRelu {
  template <class T>
  static ADJ_ALWAYS T f(T x, T s) {
    return x > T(0) ? x : s * x;
  }
};

/* On integers, which wrap around as Java's do. */
struct PlusWhole {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) + unsigned_of(b));
  }
};
struct MinusWhole {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) - unsigned_of(b));
  }
};
struct TimesWhole {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) * unsigned_of(b));
  }
};
struct MaximumWhole {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return a > b ? a : b;
  }
};
struct MinimumWhole {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    return a < b ? a : b;
  }
};

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_BINARY_FUNCTIONS(F)                           \
  F(BinaryOnNumbers, "plus", 1, Plus, PlusWhole)          \
  F(BinaryOnNumbers, "minus", 1, Minus, MinusWhole)       \
  F(BinaryOnNumbers, "times", 1, Times, TimesWhole)       \
  F(BinaryOnFloats, "div", 2, Div)                        \
  F(BinaryOnFloats, "pow", 40, Pow)                       \
  F(BinaryOnNumbers, "maximum", 1, Maximum, MaximumWhole) \
  F(BinaryOnNumbers, "minimum", 1, Minimum, MinimumWhole) \
  F(BinaryOnFloats, "scale", 1, Scale)                    \
  F(BinaryOnFloats, "leakyRelu", 1, LeakyRelu)

ADJ_ISA_END

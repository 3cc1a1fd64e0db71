/*
 * Elementwise functions of two operands: y = f(a, b). To add one, write its functor and its row in the table.
 */
#include "kernels/elementwise.h"
#include "kernels/rows.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN
namespace {

struct Plus {
  template <class T>
  static T f(T a, T b) {
    return a + b;
  }
};
struct Minus {
  template <class T>
  static T f(T a, T b) {
    return a - b;
  }
};
struct Times {
  template <class T>
  static T f(T a, T b) {
    return a * b;
  }
};
struct Div {
  template <class T>
  static T f(T a, T b) {
    return a / b;
  }
};
struct Pow {
  template <class T>
  static T f(T a, T b) {
    if constexpr (sizeof(T) == 4)
      return __builtin_powf(a, b);
    else
      return __builtin_pow(a, b);
  }
};
struct Maximum {
  template <class T>
  static T f(T a, T b) {
    return extreme_of<true>(b, a);
  }
};
struct Minimum {
  template <class T>
  static T f(T a, T b) {
    return extreme_of<false>(b, a);
  }
};
/* A product in which a zero factor wins over an infinite or undefined one. */
struct Scale {
  template <class T>
  static T f(T g, T d) {
    return (g == T(0)) | (d == T(0)) ? T(0) : g * d;
  }
};
struct LeakyRelu {
  template <class T>
  static T f(T x, T s) {
    return x > T(0) ? x : s * x;
  }
};

/* On integers, which wrap around as Java's do. */
struct PlusWhole {
  template <class T>
  static T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) + unsigned_of(b));
  }
};
struct MinusWhole {
  template <class T>
  static T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) - unsigned_of(b));
  }
};
struct TimesWhole {
  template <class T>
  static T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) * unsigned_of(b));
  }
};
struct MaximumWhole {
  template <class T>
  static T f(T a, T b) {
    return a > b ? a : b;
  }
};
struct MinimumWhole {
  template <class T>
  static T f(T a, T b) {
    return a < b ? a : b;
  }
};

#define BINARY_OF_NUMBERS(name, functor, cost) elementwise(name, kBinaryOnNumbers<functor, functor##Whole>, cost)
#define BINARY(name, functor, cost) elementwise(name, kBinaryOnFloats<functor>, cost)

constexpr Kernel kernels[] = {
    BINARY_OF_NUMBERS("plus", Plus, 1),
    BINARY_OF_NUMBERS("minus", Minus, 1),
    BINARY_OF_NUMBERS("times", Times, 1),
    BINARY("div", Div, 2),
    BINARY("pow", Pow, 40),
    BINARY_OF_NUMBERS("maximum", Maximum, 1),
    BINARY_OF_NUMBERS("minimum", Minimum, 1),
    BINARY("scale", Scale, 1),
    BINARY("leakyRelu", LeakyRelu, 1),
};

}  // namespace

extern const Family binary;
const Family binary{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

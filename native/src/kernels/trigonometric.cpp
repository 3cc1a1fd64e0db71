/*
 * Circular and hyperbolic functions and their inverses, as libm computes them. To add one, write its functor and its
 * row in the table.
 */
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

#define LIBM(functor, function)            \
  struct functor {                         \
    template <class T>                     \
    static T f(T x) {                      \
      if constexpr (sizeof(T) == 4)        \
        return __builtin_##function##f(x); \
      else                                 \
        return __builtin_##function(x);    \
    }                                      \
  };

LIBM(Sin, sin)
LIBM(Cos, cos)
LIBM(Tan, tan)
LIBM(Asin, asin)
LIBM(Acos, acos)
LIBM(Atan, atan)
LIBM(Sinh, sinh)
LIBM(Cosh, cosh)
LIBM(Asinh, asinh)
LIBM(Acosh, acosh)
LIBM(Atanh, atanh)

struct Atan2 {
  template <class T>
  static T f(T y, T x) {
    if constexpr (sizeof(T) == 4)
      return __builtin_atan2f(y, x);
    else
      return __builtin_atan2(y, x);
  }
};

#define UNARY(name, functor) elementwise(name, kUnaryOnFloats<functor>, 30)

constexpr Kernel kernels[] = {
    UNARY("sin", Sin),     UNARY("cos", Cos),     UNARY("tan", Tan),
    UNARY("asin", Asin),   UNARY("acos", Acos),   UNARY("atan", Atan),
    UNARY("sinh", Sinh),   UNARY("cosh", Cosh),   UNARY("asinh", Asinh),
    UNARY("acosh", Acosh), UNARY("atanh", Atanh), elementwise("atan2", kBinaryOnFloats<Atan2>, 40),
};

}  // namespace

extern const Family trigonometric;
const Family trigonometric{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

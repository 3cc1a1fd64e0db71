/*
 * Circular and hyperbolic functions and their inverses. sin and cos are branch-free but for huge arguments; the others
 * are as libm computes them. Their list, at the end, is what every backend makes its kernels of.
 */
#pragma once

#include "kernels/circular_function.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

#define LIBM(functor, function)            \
  struct functor {                         \
    template <class T>                     \
    static ADJ_ALWAYS T f(T x) {           \
      if constexpr (sizeof(T) == 4)        \
        return __builtin_##function##f(x); \
      else                                 \
        return __builtin_##function(x);    \
    }                                      \
  };

LIBM(SinByLibm, sin)
LIBM(CosByLibm, cos)
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
  static ADJ_ALWAYS T f(T y, T x) {
    if constexpr (sizeof(T) == 4)
      return __builtin_atan2f(y, x);
    else
      return __builtin_atan2(y, x);
  }
};

/* 1 / cosh x = 2e / (1 + e^2) with e = e^-|x|. */
struct Sech {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return sech_of(x);
  }
};
struct SechSquare {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return sech_square_of(x);
  }
};
/* 1 - x^2, rounded once. */
struct LessSquare {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return fma(-x, x, T(1));
  }
};
/* 1 / sqrt(a^2 + b^2): F32 in double, where no square leaves the range; F64 in another unit. */
struct Rhypot {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    if constexpr (sizeof(T) == 4) {
      const double x = static_cast<double>(a), y = static_cast<double>(b);
      return static_cast<T>(1.0 / sqrt_of(fma(x, x, y * y)));
    } else {
      const T x = magnitude_of(a), y = magnitude_of(b);
      const T larger = x > y ? x : y;
      const T unit = larger > 0x1p500 ? 0x1p-600 : larger < 0x1p-500 ? 0x1p600 : T(1);
      const T u = x * unit, v = y * unit;
      return unit / sqrt_of(fma(u, u, v * v));
    }
  }
};

/* a / (a^2 + b^2), 0 at (0, 0) and where either is infinite; in the units of rhypot. */
struct OverSquares {
  template <class T>
  static ADJ_ALWAYS T f(T a, T b) {
    double x = static_cast<double>(a), y = static_cast<double>(b), unit = 1;
    if constexpr (sizeof(T) == 8) {
      const double p = magnitude_of(x), q = magnitude_of(y);
      const double larger = p > q ? p : q;
      unit = larger > 0x1p500 ? 0x1p-600 : larger < 0x1p-500 ? 0x1p600 : 1.0;
      x *= unit;
      y *= unit;
    }
    const double squares = fma(x, x, y * y);
    const double over = x / squares * unit;
    return static_cast<T>(squares == 0 || squares == __builtin_inf() ? 0.0 : over);
  }
};

/* A circular function: `near` is branch-free, `f` looks whether it may be used. */
#define CIRCULAR(functor, of, far)                     \
  struct functor {                                     \
    template <class T>                                 \
    static ADJ_ALWAYS T near(T x) {                    \
      return of(x);                                    \
    }                                                  \
    template <class T>                                 \
    static ADJ_ALWAYS T f(T x) {                       \
      return is_far_circular(x) ? far::f(x) : near(x); \
    }                                                  \
  };

CIRCULAR(Sin, sin_of, SinByLibm)
CIRCULAR(Cos, cos_of, CosByLibm)
#undef LIBM
#undef CIRCULAR

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_TRIGONOMETRIC_FUNCTIONS(F)          \
  F(Circular, "sin", 6, Sin)                    \
  F(Circular, "cos", 6, Cos)                    \
  F(UnaryOnFloats, "tan", 30, Tan)              \
  F(UnaryOnFloats, "asin", 30, Asin)            \
  F(UnaryOnFloats, "acos", 30, Acos)            \
  F(UnaryOnFloats, "atan", 30, Atan)            \
  F(UnaryOnFloats, "sinh", 30, Sinh)            \
  F(UnaryOnFloats, "cosh", 30, Cosh)            \
  F(UnaryOnFloats, "asinh", 30, Asinh)          \
  F(UnaryOnFloats, "acosh", 30, Acosh)          \
  F(UnaryOnFloats, "atanh", 30, Atanh)          \
  F(BinaryOnFloats, "atan2", 40, Atan2)         \
  F(UnaryOnFloats, "sech", 6, Sech)             \
  F(UnaryOnFloats, "sechSquare", 6, SechSquare) \
  F(UnaryOnFloats, "lessSquare", 1, LessSquare) \
  F(BinaryOnFloats, "rhypot", 6, Rhypot)        \
  F(BinaryOnFloats, "overSquares", 6, OverSquares)

ADJ_ISA_END

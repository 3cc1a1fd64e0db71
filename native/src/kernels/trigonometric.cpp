/*
 * Circular and hyperbolic functions and their inverses. sin and cos are vector code but for huge arguments; the others
 * are as libm computes them. To add one, write its functor and its row in the table.
 */
#include "kernels/circular_function.h"
#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

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
  static T f(T y, T x) {
    if constexpr (sizeof(T) == 4)
      return __builtin_atan2f(y, x);
    else
      return __builtin_atan2(y, x);
  }
};

/* 1 / cosh x = 2e / (1 + e^2) with e = e^-|x|. */
struct Sech {
  template <class T>
  static T f(T x) {
    return sech_of(x);
  }
};
struct SechSquare {
  template <class T>
  static T f(T x) {
    return sech_square_of(x);
  }
};
/* 1 - x^2, rounded once. */
struct LessSquare {
  template <class T>
  static T f(T x) {
    return fma(-x, x, T(1));
  }
};
/* 1 / sqrt(a^2 + b^2): F32 in double, where no square leaves the range; F64 in another unit. */
struct Rhypot {
  template <class T>
  static T f(T a, T b) {
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
  static T f(T a, T b) {
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
    static T f(T x) {                                  \
      return is_far_circular(x) ? far::f(x) : near(x); \
    }                                                  \
  };

CIRCULAR(Sin, sin_of, SinByLibm)
CIRCULAR(Cos, cos_of, CosByLibm)

/* A tile of a row without a far element is vector code; an element's bits do not depend on its neighbours. */
template <class F, class T>
void circular_contiguous(const Block& block) {
  constexpr int64_t kTile = 256;
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t from = 0; from < n; from += kTile) {
      const T* x = row<const T>(block, 0, r) + from;
      T* y = row<T>(block, 1, r) + from;
      const int64_t count = n - from < kTile ? n - from : kTile;
      bool far = false;
      for (int64_t i = 0; i < count; ++i) far |= is_far_circular(x[i]);
      if (far) {
        for (int64_t i = 0; i < count; ++i) y[i] = F::f(x[i]);
      } else {
        ADJ_LOOP(int64_t i = 0; i < count; ++i) y[i] = F::near(x[i]);
      }
    }
  }
}

template <class F, class T>
inline constexpr Loops kCircularLoops{{kDtype<T>, kDtype<T>}, 2, circular_contiguous<F, T>, nullptr, nullptr,
                                      unary_strided<F, T, T>};

template <class F>
inline constexpr Loops kCircular[] = {kCircularLoops<F, float>, kCircularLoops<F, double>};

#define UNARY(name, functor) elementwise(name, kUnaryOnFloats<functor>, 30)

constexpr Kernel kernels[] = {
    elementwise("sin", kCircular<Sin>, 6),
    elementwise("cos", kCircular<Cos>, 6),
    UNARY("tan", Tan),
    UNARY("asin", Asin),
    UNARY("acos", Acos),
    UNARY("atan", Atan),
    UNARY("sinh", Sinh),
    UNARY("cosh", Cosh),
    UNARY("asinh", Asinh),
    UNARY("acosh", Acosh),
    UNARY("atanh", Atanh),
    elementwise("atan2", kBinaryOnFloats<Atan2>, 40),
    elementwise("sech", kUnaryOnFloats<Sech>, 6),
    elementwise("sechSquare", kUnaryOnFloats<SechSquare>, 6),
    elementwise("lessSquare", kUnaryOnFloats<LessSquare>, 1),
    elementwise("rhypot", kBinaryOnFloats<Rhypot>, 6),
    elementwise("overSquares", kBinaryOnFloats<OverSquares>, 6),
};

}  // namespace

extern const Family trigonometric;
const Family trigonometric{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

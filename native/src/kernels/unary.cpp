/*
 * Elementwise functions of one operand: y = f(x). To add one, write its functor and its row in the table.
 */
#include "kernels/elementwise.h"
#include "kernels/tanh.h"
#include "kernels/vector_math.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN
namespace {

struct Neg {
  template <class T>
  static T f(T x) {
    return -x;
  }
};
struct Abs {
  template <class T>
  static T f(T x) {
    return magnitude_of(x);
  }
};
struct Exp {
  template <class T>
  static T f(T x) {
    return exp_of(x);
  }
  template <class T>
  static void row(const T* x, T* y, int64_t n) {
    exp_to(x, y, n);
  }
};
struct Log {
  template <class T>
  static T f(T x) {
    return log_of(x);
  }
};
struct Log1p {
  template <class T>
  static T f(T x) {
    return log1p_of(x);
  }
};
struct Expm1 {
  template <class T>
  static T f(T x) {
    return expm1_of(x);
  }
};
struct Sqrt {
  template <class T>
  static T f(T x) {
    return sqrt_of(x);
  }
};
struct Rsqrt {
  template <class T>
  static T f(T x) {
    return T(1) / sqrt_of(x);
  }
};
struct Reciprocal {
  template <class T>
  static T f(T x) {
    return T(1) / x;
  }
};
struct Square {
  template <class T>
  static T f(T x) {
    return x * x;
  }
};
struct Tanh {
  template <class T>
  static T f(T x) {
    return tanh_of(x);
  }
  template <class T>
  static void row(const T* x, T* y, int64_t n) {
    tanh_row(x, y, n);
  }
};
struct Sigmoid {
  template <class T>
  static T f(T x) {
    return sigmoid_of(x);
  }
};
struct Relu {
  /* Not x > 0 ? x : 0, which would lose NaN. */
  template <class T>
  static T f(T x) {
    return x <= T(0) ? T(0) : x;
  }
};

/* On integers, which wrap around as Java's do. */
struct NegWhole {
  template <class T>
  static T f(T x) {
    return wrapped<T>(Unsigned<T>(0) - unsigned_of(x));
  }
};
struct AbsWhole {
  template <class T>
  static T f(T x) {
    return x < 0 ? NegWhole::f(x) : x;
  }
};
struct SquareWhole {
  template <class T>
  static T f(T x) {
    return wrapped<T>(unsigned_of(x) * unsigned_of(x));
  }
};

struct Sign {
  /* Zeros keep their sign, and NaN stays. */
  template <class T>
  static T f(T x) {
    return x > T(0) ? T(1) : x < T(0) ? T(-1) : x;
  }
};
/* Whole numbers are made by the type's own function, which is one instruction from AVX2 on. */
#define WHOLE(functor, function)           \
  struct functor {                         \
    template <class T>                     \
    static T f(T x) {                      \
      if constexpr (sizeof(T) == 4)        \
        return __builtin_##function##f(x); \
      else                                 \
        return __builtin_##function(x);    \
    }                                      \
  };

WHOLE(Floor, floor)
WHOLE(Ceil, ceil)
WHOLE(Round, rint) /* halves to even */

#define UNARY_OF_NUMBERS(name, functor, cost) elementwise(name, kUnaryOnNumbers<functor, functor##Whole>, cost)

/* A name, a functor, and the cost of an element in plain additions, which decides how finely work is split. */
#define UNARY(name, functor, cost) elementwise(name, kUnaryOnFloats<functor>, cost)

constexpr Kernel kernels[] = {
    UNARY_OF_NUMBERS("neg", Neg, 1),
    UNARY_OF_NUMBERS("abs", Abs, 1),
    UNARY("exp", Exp, 4),
    UNARY("log", Log, 6),
    UNARY("log1p", Log1p, 9),
    UNARY("expm1", Expm1, 5),
    UNARY("sqrt", Sqrt, 3),
    UNARY("rsqrt", Rsqrt, 4),
    UNARY("reciprocal", Reciprocal, 2),
    UNARY_OF_NUMBERS("square", Square, 1),
    UNARY("tanh", Tanh, 6),
    UNARY("sigmoid", Sigmoid, 6),
    UNARY("relu", Relu, 1),
    UNARY("sign", Sign, 1),
    UNARY("floor", Floor, 1),
    UNARY("ceil", Ceil, 1),
    UNARY("round", Round, 1),
};

}  // namespace

extern const Family unary;
const Family unary{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * Elementwise functions of one operand: y = f(x). Their list, at the end, is what every backend makes its kernels of.
 */
#pragma once

#include "kernels/tanh.h"
#include "kernels/vector_math.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN

struct Neg {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return -x;
  }
};
struct Abs {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return magnitude_of(x);
  }
};
struct Exp {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return exp_of(x);
  }
  template <class T>
  static ADJ_ALWAYS void row(const T* x, T* y, int64_t n) {
    exp_to(x, y, n);
  }
};
struct Log {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return log_of(x);
  }
};
struct Log1p {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return log1p_of(x);
  }
};
struct Expm1 {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return expm1_of(x);
  }
};
struct Sqrt {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return sqrt_of(x);
  }
};
struct Rsqrt {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return T(1) / sqrt_of(x);
  }
};
struct Reciprocal {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return T(1) / x;
  }
};
struct Square {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return x * x;
  }
};
struct Tanh {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return tanh_of(x);
  }
  template <class T>
  static ADJ_ALWAYS void row(const T* x, T* y, int64_t n) {
    tanh_row(x, y, n);
  }
};
struct Sigmoid {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return sigmoid_of(x);
  }
};
struct Relu {
  /* Not x > 0 ? x : 0, which would lose NaN. */
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return x <= T(0) ? T(0) : x;
  }
};

/* On integers, which wrap around as Java's do. */
struct NegWhole {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return wrapped<T>(Unsigned<T>(0) - unsigned_of(x));
  }
};
struct AbsWhole {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return x < 0 ? NegWhole::f(x) : x;
  }
};
struct SquareWhole {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return wrapped<T>(unsigned_of(x) * unsigned_of(x));
  }
};

struct Sign {
  /* Zeros keep their sign, and NaN stays. */
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return x > T(0) ? T(1) : x < T(0) ? T(-1) : x;
  }
};
/* Whole numbers are made by the type's own function, which is one instruction from AVX2 on. */
#define WHOLE(functor, function)           \
  struct functor {                         \
    template <class T>                     \
    static ADJ_ALWAYS T f(T x) {           \
      if constexpr (sizeof(T) == 4)        \
        return __builtin_##function##f(x); \
      else                                 \
        return __builtin_##function(x);    \
    }                                      \
  };

WHOLE(Floor, floor)
WHOLE(Ceil, ceil)
WHOLE(Round, rint) /* halves to even */
#undef WHOLE

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_UNARY_FUNCTIONS(F)                        \
  F(UnaryOnNumbers, "neg", 1, Neg, NegWhole)          \
  F(UnaryOnNumbers, "abs", 1, Abs, AbsWhole)          \
  F(UnaryOnFloats, "exp", 4, Exp)                     \
  F(UnaryOnFloats, "log", 6, Log)                     \
  F(UnaryOnFloats, "log1p", 9, Log1p)                 \
  F(UnaryOnFloats, "expm1", 5, Expm1)                 \
  F(UnaryOnFloats, "sqrt", 3, Sqrt)                   \
  F(UnaryOnFloats, "rsqrt", 4, Rsqrt)                 \
  F(UnaryOnFloats, "reciprocal", 2, Reciprocal)       \
  F(UnaryOnNumbers, "square", 1, Square, SquareWhole) \
  F(UnaryOnFloats, "tanh", 6, Tanh)                   \
  F(UnaryOnFloats, "sigmoid", 6, Sigmoid)             \
  F(UnaryOnFloats, "relu", 1, Relu)                   \
  F(UnaryOnFloats, "sign", 1, Sign)                   \
  F(UnaryOnFloats, "floor", 1, Floor)                 \
  F(UnaryOnFloats, "ceil", 1, Ceil)                   \
  F(UnaryOnFloats, "round", 1, Round)

ADJ_ISA_END

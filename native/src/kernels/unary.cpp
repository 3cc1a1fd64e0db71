/*
 * Elementwise functions of one operand: y = f(x). To add one, write its functor and its row in the table.
 */
#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

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
    using F = Float<T>;
    return float_of<T>(bits_of(x) & ~(typename F::Bits(1) << (sizeof(T) * 8 - 1)));
  }
};
struct Exp {
  template <class T>
  static T f(T x) {
    return exp_of(x);
  }
};
struct Log {
  template <class T>
  static T f(T x) {
    return log_of(x);
  }
};
struct Sqrt {
  template <class T>
  static T f(T x) {
    return sqrt_of(x);
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

/* A name, a functor, and the cost of an element in plain additions, which decides how finely work is split. */
#define UNARY(name, functor, cost) elementwise(name, kUnaryOnFloats<functor>, cost)

constexpr Kernel kernels[] = {
    UNARY("neg", Neg, 1),   UNARY("abs", Abs, 1),         UNARY("exp", Exp, 4),
    UNARY("log", Log, 6),   UNARY("sqrt", Sqrt, 3),       UNARY("square", Square, 1),
    UNARY("tanh", Tanh, 6), UNARY("sigmoid", Sigmoid, 6), UNARY("relu", Relu, 1),
};

}  // namespace

extern const Family unary;
const Family unary{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

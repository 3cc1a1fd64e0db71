/*
 * The smooth activations of neural networks. None overflows, and all take their limits at both infinities. To add one,
 * write its functor and its row in the table.
 */
#include "kernels/elementwise.h"
#include "kernels/error_function.h"

ADJ_ISA_BEGIN
namespace {

/* x, but no lower than where x e^x rounds to 0, so that a product with 0 is 0. */
template <class T>
ADJ_ALWAYS T not_far(T x) {
  return x < T(-800) ? T(-800) : x;
}

/* x / (1 + e^-u) for u of the sign of x. */
template <class T>
ADJ_ALWAYS T gated(T x, T u) {
  const T e = exp_of(-magnitude_of(u));
  return (x < T(0) ? not_far(x) * e : x) / (T(1) + e);
}

struct Gelu {
  template <class T>
  static T f(T x) {
    return gelu_of(x);
  }
};
struct GeluTanh {
  /* x (1 + tanh u) / 2 = x / (1 + e^-2u) with 2u = 2 sqrt(2 / pi) (x + 0.044715 x^3). */
  template <class T>
  static T f(T x) {
    return gated(x, T(1.5957691216057308) * x * fma(T(0.044715) * x, x, T(1)));
  }
};
struct Silu {
  template <class T>
  static T f(T x) {
    return gated(x, x);
  }
};
struct Softplus {
  template <class T>
  static T f(T x) {
    return (x > T(0) ? x : T(0)) + log1p_of(exp_of(-magnitude_of(x)));
  }
};
struct Mish {
  /* tanh(log(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1), e = e^x, divided by e^2 where that is large. */
  template <class T>
  static T f(T x) {
    const T e = exp_of(-magnitude_of(x));
    const T low = e * (e + T(2));
    const T two_e = e + e;
    return x < T(0) ? not_far(x) * (low / (low + T(2))) : x * ((T(1) + two_e) / fma(two_e, T(1) + e, T(1)));
  }
};
struct Elu {
  template <class T>
  static T f(T x, T alpha) {
    return x > T(0) ? x : alpha * expm1_of(x);
  }
};

#define UNARY(name, functor, cost) elementwise(name, kUnaryOnFloats<functor>, cost)

constexpr Kernel kernels[] = {
    UNARY("gelu", Gelu, 14),         UNARY("geluTanh", GeluTanh, 8), UNARY("silu", Silu, 7),
    UNARY("softplus", Softplus, 12), UNARY("mish", Mish, 8),         elementwise("elu", kBinaryOnFloats<Elu>, 6),
};

}  // namespace

extern const Family activations;
const Family activations{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * The smooth activations of neural networks. None overflows, and all take their limits at both infinities. Their list,
 * at the end, is what every backend makes its kernels of.
 */
#pragma once

#include "kernels/error_function.h"

ADJ_ISA_BEGIN

/* x, but no lower than where x e^x rounds to 0, so that a product with 0 is 0. */
template <class T>
ADJ_ALWAYS T not_far(T x) {
  return x < T(-800) ? T(-800) : x;
}

/*
 * x / (1 + 2^-n e^-r) for x >= 0; below, x e^u / (1 + e^u) with e^u = 2^n e^r, u = n ln2 + r <= 0. x comes in before
 * the scaling by 2^n: e^u may be denormal where the product is not.
 */
template <class T>
ADJ_ALWAYS T gated(T x, T r, typename Float<T>::Bits n) {
  const T s = expm1_reduced(r) + T(1);
  const T e = scaled_by_power(s, n);
  const T below = T(1) + e;
  return x < T(0) ? scaled_by_power(not_far(x) * s / below, n) : x / below;
}

/* From here on down e^u is so small that 800 times as much is 0, too. */
template <class T>
constexpr T kDecayed = Float<T>::kExpMin - T(16);

/* -|u| = n ln2 + r, or kDecayed in its place where that is larger. */
template <class T>
ADJ_ALWAYS T reduce_decay(T u, typename Float<T>::Bits& n) {
  const T magnitude = magnitude_of(u);
  return reduce_by_ln2(magnitude > -kDecayed<T> ? kDecayed<T> : -magnitude, n);
}

/* geluTanh's constants in two parts: 2 sqrt(2 / pi), and 0.044715. */
template <class T>
struct GeluTanhConstants;
template <>
struct GeluTanhConstants<float> {
  static constexpr float kFactor = 1.5957691669464111f, kFactorLow = -4.534068054340423e-08f;
  static constexpr float kCubic = 0.044714998453855515f, kCubicLow = 1.5461444347053543e-09f;
};
template <>
struct GeluTanhConstants<double> {
  static constexpr double kFactor = 1.5957691216057308, kFactorLow = -9.96930880911092e-17;
  static constexpr double kCubic = 0.044715, kCubicLow = 2.1960211427085595e-18;
};

/*
 * -c |2u| = n ln2 + r with 2u = 2 sqrt(2 / pi) (x + 0.044715 x^3). In the tails an error of 2u is one of e^-2u many
 * times as large, so it is computed in two parts (Dekker, "A floating-point technique for extending the available
 * precision", 1971).
 */
template <class T>
ADJ_ALWAYS T reduce_gelu_tanh(T x, T c, typename Float<T>::Bits& n) {
  using C = GeluTanhConstants<T>;
  const T magnitude = magnitude_of(x), a = magnitude > T(64) ? T(64) : magnitude;
  const T square = a * a, square_low = fma(a, a, -square);
  const T cubic = C::kCubic * square;
  const T cubic_low = fma(C::kCubic, square, -cubic) + fma(C::kCubic, square_low, C::kCubicLow * square);
  const T factor = T(1) + cubic;
  const T factor_low = (cubic < T(1) ? cubic - (factor - T(1)) : T(1) - (factor - cubic)) + cubic_low;
  const T z = factor * a, z_low = fma(factor, a, -z) + factor_low * a;
  const T u = z * C::kFactor;
  const T u_low = fma(z, C::kFactor, -u) + fma(z, C::kFactorLow, z_low * C::kFactor);
  const T high = c * u;
  const T r = reduce_by_ln2(high > -kDecayed<T> ? kDecayed<T> : -high, n);
  return r - c * u_low;
}

struct Gelu {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return gelu_of(x);
  }
};
struct GeluTanh {
  /* x (1 + tanh u) / 2 = x / (1 + e^-2u). */
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    typename Float<T>::Bits n;
    const T r = reduce_gelu_tanh(x, T(1), n);
    return gated(x, r, n);
  }
};
struct GeluTanhSech {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    typename Float<T>::Bits n;
    const T r = reduce_gelu_tanh(x, T(0.5), n);
    const T e = exp_reduced(r, n);
    return (e + e) / fma(e, e, T(1));
  }
};
struct Silu {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    typename Float<T>::Bits n;
    const T r = reduce_decay(x, n);
    return gated(x, r, n);
  }
};
struct Softplus {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return (x > T(0) ? x : T(0)) + log1p_of(exp_of(-magnitude_of(x)));
  }
};
struct Mish {
  /* tanh(log(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1), e = e^x, divided by e^2 where that is large. */
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    typename Float<T>::Bits n;
    const T r = reduce_decay(x, n);
    const T s = expm1_reduced(r) + T(1), e = scaled_by_power(s, n);
    const T low = e * (e + T(2));
    const T two_e = e + e;
    const T below = scaled_by_power(not_far(x) * s * ((e + T(2)) / (low + T(2))), n);
    return x < T(0) ? below : x * ((T(1) + two_e) / fma(two_e, T(1) + e, T(1)));
  }
};
struct SigmoidCrossEntropy {
  /* A class of probability 0 adds nothing, however large x is. */
  template <class T>
  static ADJ_ALWAYS T f(T x, T t) {
    const T far = x > T(0) ? T(1) - t : -t;
    return (far == T(0) ? T(0) : far * x) + log1p_of(exp_of(-magnitude_of(x)));
  }
};
struct Elu {
  template <class T>
  static ADJ_ALWAYS T f(T x, T alpha) {
    return x > T(0) ? x : alpha * expm1_of(x);
  }
};

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_ACTIVATIONS_FUNCTIONS(F)                 \
  F(UnaryOnFloats, "gelu", 14, Gelu)                 \
  F(UnaryOnFloats, "geluTanh", 12, GeluTanh)         \
  F(UnaryOnFloats, "geluTanhSech", 12, GeluTanhSech) \
  F(UnaryOnFloats, "silu", 8, Silu)                  \
  F(UnaryOnFloats, "softplus", 12, Softplus)         \
  F(UnaryOnFloats, "mish", 9, Mish)                  \
  F(BinaryOnFloats, "elu", 6, Elu)                   \
  F(BinaryOnFloats, "sigmoidCrossEntropy", 13, SigmoidCrossEntropy)

ADJ_ISA_END

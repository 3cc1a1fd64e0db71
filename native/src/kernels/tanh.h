/*
 * tanh for F32 and F64: one element, and a row of them, which on AVX-512 is written in vectors. Both give the same
 * bits. Bounds in ULP, checked by native/tests/exhaustive_ulp.cpp (F32 1.5, on AVX-512 1.8, over all floats) and
 * ulp_test.cpp (F64 3). Argument reduction is that of vector_math.h; the polynomials are minimax by Remez' algorithm,
 * computed for this file.
 */
#pragma once

#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

/* (tanh x - x) / x^3 as a polynomial in z = x^2, |x| <= 0.4. */
ADJ_ALWAYS float tanh_tail(float z) {
  float p = 0.0187440608f;
  p = fma(p, z, -0.0535619371f);
  p = fma(p, z, 0.133312136f);
  return fma(p, z, -0.333332986f);
}

/*
 * tanh |x| = d / (d + 2) with d = e^(2|x|) - 1, which keeps all digits near 0. F32 has a polynomial there, because each
 * of the quotient's three roundings counts double where tanh is just below a power of two.
 */
template <class T>
ADJ_ALWAYS T tanh_of(T x) {
  using F = Float<T>;
  const T magnitude = x < T(0) ? -x : x;
  const T clamped = magnitude > F::kTanhMax ? F::kTanhMax : magnitude;
  typename F::Bits n;
  const T r = reduce_by_ln2(clamped + clamped, n);
  const T p = fma(r * r, expm1_tail(r), r);
  const T scale = power_of_two<T>(n);
  const T d = fma(scale, p, scale - T(1));
  T y = d / (d + T(2));
  if constexpr (sizeof(T) == 4) {
    const T z = magnitude * magnitude;
    y = magnitude < T(0.4) ? fma(magnitude * z, tanh_tail(z), magnitude) : y;
  }
  return float_of<T>(bits_of(y) | (bits_of(x) & kSignBit<T>));
}

/* y[i] = tanh x[i], in order: y may be x. */
template <class T>
ADJ_ALWAYS void tanh_row(const T* x, T* y, int64_t n) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = tanh_of(x[i]);
}

#if defined(__AVX512F__)
/*
 * The same with two thirds of the instructions: d / (d + 1) with d = (e^(2|x|) - 1) / 2. No division, which alone takes
 * 16 cycles: 1 / b to 14 bits, a quotient q, and its remainder added back, from which comes what the rounding of d + 1
 * lost as well. So the last rounding is almost the only one of the quotient, and small |x| need no case of their own.
 */
template <int kCount>
ADJ_ALWAYS Unrolled<kCount> tanh_of(const Unrolled<kCount>& x) {
  using F = Float<float>;
  using S = Unrolled<kCount>;
  /* Moved by the exponent's bias, so that the low bits of `shifted` are the exponent field of 2^n. */
  constexpr float kRound = F::kRound + static_cast<float>(F::kBias);
  const S clamped = smaller_of(F::kTanhMax, magnitude_of(x));
  const S shifted = fma(clamped, 2 * F::kLog2E, kRound);
  /* |x| = n ln2 / 2 + r. One constant is enough: of ln2 / 2 it lacks 1e-9, n times, where tanh hardly depends on r. */
  const S r = fma(shifted - kRound, -0.34657359028f, clamped);
  /* ((e^2r - 1) / 2 - r) / r^2 on |r| <= ln2 / 4. */
  S p = fma(r, 0.044629191f, 0.1338669692f);
  p = fma(p, r, 0.3333302399f);
  p = fma(p, r, 0.6666616924f);
  p = fma(p, r, 1.0f);
  const S half = fma(r * r, p, r);
  const S scale =
      each<kCount>([](auto v) { return (Vector<float>)_mm512_slli_epi32((__m512i)v, F::kMantissa); }, shifted);
  const S d = fma(scale, half, fma(scale, 0.5f, -0.5f));
  const S b = d + 1.0f;
  const S lost = d - (b - 1.0f);
  const S inverse = each<kCount>([](auto v) { return (Vector<float>)_mm512_rcp14_ps((__m512)v); }, b);
  const S q = d * inverse;
  const S y = fma(fma(-lost, q, fma(-b, q, d)), inverse, q);
  const auto with_sign = [](auto of, auto sign) {
    constexpr int kFirstOrBoth = 0xf8; /* a | (b & c) */
    const __m512i bits = (__m512i)splat(-0.0f);
    return (Vector<float>)_mm512_ternarylogic_epi32((__m512i)of, (__m512i)sign, bits, kFirstOrBoth);
  };
  return each<kCount>(with_sign, y, x);
}

ADJ_ALWAYS float tanh_of(float x) { return tanh_of(Unrolled<1>{{splat(x)}}).v[0][0]; }

ADJ_ALWAYS void tanh_row(const float* x, float* y, int64_t n) {
  unrolled_row([](const auto& v) { return tanh_of(v); }, x, y, n);
}
#endif

ADJ_ISA_END

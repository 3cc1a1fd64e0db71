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
ADJ_ALWAYS Vector<float> tanh_of(Vector<float> x) {
  /* Moved by the exponent's bias, so that the low bits of `shifted` are the exponent field of 2^n. */
  const Vector<float> round = splat(Float<float>::kRound + static_cast<float>(Float<float>::kBias));
  const Vector<float> one = splat(1.0f);
  /* The second operand where one is NaN. */
  const __m512 magnitude = _mm512_min_ps((__m512)splat(Float<float>::kTanhMax), _mm512_abs_ps((__m512)x));
  const Vector<float> clamped = (Vector<float>)magnitude;
  const Vector<float> shifted = fma(clamped, splat(2 * Float<float>::kLog2E), round);
  /* |x| = n ln2 / 2 + r. One constant is enough: of ln2 / 2 it lacks 1e-9, n times, where tanh hardly depends on r. */
  const Vector<float> r = fma(shifted - round, splat(-0.34657359028f), clamped);
  /* ((e^2r - 1) / 2 - r) / r^2 on |r| <= ln2 / 4. */
  Vector<float> p = splat(0.044629191f);
  p = fma(p, r, splat(0.1338669692f));
  p = fma(p, r, splat(0.3333302399f));
  p = fma(p, r, splat(0.6666616924f));
  p = fma(p, r, one);
  const Vector<float> half = fma(r * r, p, r);
  const Vector<float> scale = (Vector<float>)_mm512_slli_epi32((__m512i)shifted, Float<float>::kMantissa);
  const Vector<float> d = fma(scale, half, fma(scale, splat(0.5f), splat(-0.5f)));
  const Vector<float> b = d + one;
  const Vector<float> lost = d - (b - one);
  const Vector<float> inverse = (Vector<float>)_mm512_rcp14_ps((__m512)b);
  const Vector<float> q = d * inverse;
  const Vector<float> y = fma(fma(-lost, q, fma(-b, q, d)), inverse, q);
  constexpr int kFirstOrBoth = 0xf8; /* a | (b & c) */
  return (Vector<float>)_mm512_ternarylogic_epi32((__m512i)y, (__m512i)x, (__m512i)splat(-0.0f), kFirstOrBoth);
}

ADJ_ALWAYS float tanh_of(float x) { return tanh_of(splat(x))[0]; }

ADJ_ALWAYS void tanh_row(const float* x, float* y, int64_t n) {
  constexpr int64_t kL = kLanes<float>;
  int64_t i = 0;
  for (; i + kL <= n; i += kL) store(y + i, tanh_of(load<Vector<float>>(x + i)));
  if (i == n) return;
  const __mmask16 rest = static_cast<__mmask16>((1u << (n - i)) - 1u);
  _mm512_mask_storeu_ps(y + i, rest, (__m512)tanh_of((Vector<float>)_mm512_maskz_loadu_ps(rest, x + i)));
}
#endif

ADJ_ISA_END

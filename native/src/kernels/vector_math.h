/*
 * exp, log, expm1, log1p and sigmoid for F32 and F64, branch-free, so that loops over them become vector code. It
 * refuses tables and lookups: they would need gathers. Bounds in ULP, checked by native/tests/exhaustive_ulp.cpp (F32
 * exp 1.25, log 1, sigmoid 2, over all floats) and ulp_test.cpp (F32 expm1 and log1p 2.5; F64 exp and log 1.5,
 * sigmoid 2, expm1 and log1p 3).
 *
 * Sources: argument reduction after Cody and Waite, "Software Manual for the Elementary Functions" (1980); the
 * polynomials are the Taylor series of e^r and of 2 artanh(s), cut where the next term is below a quarter ULP on the
 * reduced interval: |r| <= ln2/2, |s| <= 0.1716. ln2 is split so that n * kLn2High is exact. What roundings lose is
 * taken back by sums as in Knuth, TAOCP 2, 4.2.2.
 */
#pragma once

#include "kernels/number.h"

#if defined(__AVX512F__)
#include "kernels/unrolled.h"
#endif

ADJ_ISA_BEGIN

template <class T>
struct Float;

template <>
struct Float<float> {
  using Bits = uint32_t;
  static constexpr int kMantissa = 23;
  static constexpr Bits kBias = 127;
  static constexpr float kRound = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
  static constexpr float kLog2E = 1.44269504088896341f;
  static constexpr float kLn2High = 0.693145751953125f; /* 16 bits */
  static constexpr float kLn2Low = 1.42860682030941723e-6f;
  static constexpr float kExpMax = 89.0f;   /* e^x is inf from 88.73 on */
  static constexpr float kExpMin = -105.0f; /* and rounds to 0 below -103.98 */
  static constexpr float kTanhMax = 9.2f;   /* tanh rounds to 1 from 9.02 on */
  static constexpr float kTiny = 1.17549435e-38f;
  static constexpr float kGrow = 8388608.0f; /* 2^23 makes a denormal normal */
};

template <>
struct Float<double> {
  using Bits = uint64_t;
  static constexpr int kMantissa = 52;
  static constexpr Bits kBias = 1023;
  static constexpr double kRound = 6755399441055744.0; /* 1.5 * 2^52 */
  static constexpr double kLog2E = 1.44269504088896340736;
  static constexpr double kLn2High = 0.693147180369123816490; /* 33 bits */
  static constexpr double kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kExpMax = 710.0;
  static constexpr double kExpMin = -746.0;
  static constexpr double kTanhMax = 22.0;
  static constexpr double kTiny = 2.2250738585072014e-308;
  static constexpr double kGrow = 4503599627370496.0; /* 2^52 */
};

template <class T>
ADJ_ALWAYS typename Float<T>::Bits bits_of(T x) {
  return __builtin_bit_cast(typename Float<T>::Bits, x);
}

template <class T>
ADJ_ALWAYS T float_of(typename Float<T>::Bits bits) {
  return __builtin_bit_cast(T, bits);
}

template <class T>
inline constexpr typename Float<T>::Bits kSignBit = typename Float<T>::Bits(1) << (sizeof(T) * 8 - 1);

template <class T>
ADJ_ALWAYS T magnitude_of(T x) {
  return float_of<T>(bits_of(x) & ~kSignBit<T>);
}

/* The quotient of (e^r - 1 - r) by r^2. */
ADJ_ALWAYS float expm1_tail(float r) {
  float p = 1.0f / 5040.0f;
  p = fma(p, r, 1.0f / 720.0f);
  p = fma(p, r, 1.0f / 120.0f);
  p = fma(p, r, 1.0f / 24.0f);
  p = fma(p, r, 1.0f / 6.0f);
  return fma(p, r, 0.5f);
}

ADJ_ALWAYS double expm1_tail(double r) {
  double p = 1.0 / 6227020800.0;
  p = fma(p, r, 1.0 / 479001600.0);
  p = fma(p, r, 1.0 / 39916800.0);
  p = fma(p, r, 1.0 / 3628800.0);
  p = fma(p, r, 1.0 / 362880.0);
  p = fma(p, r, 1.0 / 40320.0);
  p = fma(p, r, 1.0 / 5040.0);
  p = fma(p, r, 1.0 / 720.0);
  p = fma(p, r, 1.0 / 120.0);
  p = fma(p, r, 1.0 / 24.0);
  p = fma(p, r, 1.0 / 6.0);
  return fma(p, r, 0.5);
}

/* x = n ln2 + r. Returns r; `n` is an integer in two's complement. NaN gives some n and r = NaN. */
template <class T>
ADJ_ALWAYS T reduce_by_ln2(T x, typename Float<T>::Bits& n) {
  using F = Float<T>;
  const T shifted = fma(x, F::kLog2E, F::kRound);
  n = bits_of(shifted) - bits_of(F::kRound);
  const T count = shifted - F::kRound;
  return fma(count, -F::kLn2Low, fma(count, -F::kLn2High, x));
}

/* 2^n for a normal result. */
template <class T>
ADJ_ALWAYS T power_of_two(typename Float<T>::Bits n) {
  return float_of<T>((n + Float<T>::kBias) << Float<T>::kMantissa);
}

/* e^r - 1. */
template <class T>
ADJ_ALWAYS T expm1_reduced(T r) {
  return fma(r * r, expm1_tail(r), r);
}

/* 2^n y. Two factors, because 2^n alone may overflow, or be denormal; unsigned halves of a two's complement n. */
template <class T>
ADJ_ALWAYS T scaled_by_power(T y, typename Float<T>::Bits n) {
  using F = Float<T>;
  const typename F::Bits half = (n + (F::kBias << 1)) / 2 - F::kBias;
  return y * power_of_two<T>(half) * power_of_two<T>(n - half);
}

/* 2^n e^r. */
template <class T>
ADJ_ALWAYS T exp_reduced(T r, typename Float<T>::Bits n) {
  return scaled_by_power(expm1_reduced(r) + T(1), n);
}

template <class T>
ADJ_ALWAYS T exp_of(T x) {
  using F = Float<T>;
  T clamped = x > F::kExpMax ? F::kExpMax : x;
  clamped = clamped < F::kExpMin ? F::kExpMin : clamped;
  typename F::Bits n;
  const T r = reduce_by_ln2(clamped, n);
  return exp_reduced(r, n);
}

#if defined(__AVX512F__)
/*
 * e^x with one instruction that scales by 2^n and rounds a denormal result once, as the two factors of scaled_by_power
 * do: the bits of exp_of. kNonpositive: x is, or it is NaN.
 */
template <bool kNonpositive, int kCount>
ADJ_ALWAYS Unrolled<kCount> exp_of(const Unrolled<kCount>& x) {
  using F = Float<float>;
  using S = Unrolled<kCount>;
  S clamped = larger_of(F::kExpMin, x);
  if constexpr (!kNonpositive) clamped = smaller_of(F::kExpMax, clamped);
  const S count = fma(clamped, F::kLog2E, F::kRound) - F::kRound;
  const S r = fma(count, -F::kLn2Low, fma(count, -F::kLn2High, clamped));
  S p = fma(r, 1.0f / 5040.0f, 1.0f / 720.0f);
  p = fma(p, r, 1.0f / 120.0f);
  p = fma(p, r, 1.0f / 24.0f);
  p = fma(p, r, 1.0f / 6.0f);
  p = fma(p, r, 0.5f);
  const auto scaled = [](auto y, auto n) { return (Vector<float>)_mm512_scalef_ps((__m512)y, (__m512)n); };
  return each<kCount>(scaled, fma(r * r, p, r) + 1.0f, count);
}
#endif

/* y[i] = e^x[i], in order: y may be x. */
template <class T>
ADJ_ALWAYS void exp_to(const T* x, T* y, int64_t n) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) y[i] = exp_of(x[i]);
}

#if defined(__AVX512F__)
ADJ_ALWAYS void exp_to(const float* x, float* y, int64_t n) {
  unrolled_row([](const auto& v) { return exp_of<false>(v); }, x, y, n);
}
#endif

/* The sum over k >= 1 of 2 z^k / (2k + 1): (2 artanh(s) - 2s) / s with z = s^2. */
ADJ_ALWAYS float artanh_tail(float z) {
  float p = 2.0f / 11.0f;
  p = fma(p, z, 2.0f / 9.0f);
  p = fma(p, z, 2.0f / 7.0f);
  p = fma(p, z, 2.0f / 5.0f);
  p = fma(p, z, 2.0f / 3.0f);
  return p * z;
}

ADJ_ALWAYS double artanh_tail(double z) {
  double p = 2.0 / 23.0;
  p = fma(p, z, 2.0 / 21.0);
  p = fma(p, z, 2.0 / 19.0);
  p = fma(p, z, 2.0 / 17.0);
  p = fma(p, z, 2.0 / 15.0);
  p = fma(p, z, 2.0 / 13.0);
  p = fma(p, z, 2.0 / 11.0);
  p = fma(p, z, 2.0 / 9.0);
  p = fma(p, z, 2.0 / 7.0);
  p = fma(p, z, 2.0 / 5.0);
  p = fma(p, z, 2.0 / 3.0);
  return p * z;
}

/*
 * log(2^e m) = e ln2 + log(1 + f), sqrt(1/2) <= m < sqrt(2), f = m - 1. With s = f / (2 + f), log(1 + f) = 2 artanh(s),
 * and since 2s = f - s f it is f - (f^2/2 - s (f^2/2 + tail)): the large term f is exact (the rearrangement is that of
 * FreeBSD's msun e_log.c comment, K. C. Ng).
 */
template <class T>
ADJ_ALWAYS T log_of(T x) {
  using F = Float<T>;
  using Bits = typename F::Bits;
  const bool denormal = x < F::kTiny;
  const T grown = denormal ? x * F::kGrow : x;
  /* Moves sqrt(1/2) to an exponent boundary, so that the exponent field splits at sqrt(2). */
  constexpr Bits kOne = F::kBias << F::kMantissa;
  const Bits root_half = bits_of(T(0.70710678118654752440));
  const Bits moved = bits_of(grown) + (kOne - root_half);
  const Bits e_biased = moved >> F::kMantissa;
  const Bits fraction = moved & ((Bits(1) << F::kMantissa) - 1);
  const T m = float_of<T>(fraction + root_half);
  /* The exponent as a number: added to the low bits of kRound, then kRound taken away again. */
  const T e_raw = float_of<T>(bits_of(F::kRound) + e_biased) - (F::kRound + T(F::kBias));
  const T e = denormal ? e_raw - T(F::kMantissa) : e_raw;
  const T f = m - T(1);
  const T s = f / (T(2) + f);
  const T half_square = T(0.5) * f * f;
  const T tail = artanh_tail(s * s);
  const T log_m = fma(e, F::kLn2Low, s * (half_square + tail)) - half_square + f;
  const T y = fma(e, F::kLn2High, log_m);
  const T infinity = T(__builtin_inf());
  T special = x == infinity ? infinity : y;
  special = x == T(0) ? -infinity : special;
  return x < T(0) || x != x ? T(__builtin_nan("")) : special;
}

/* log(1 + x) as log(u) for u = 1 + x rounded, plus what the rounding lost over u, to first order. */
template <class T>
ADJ_ALWAYS T log1p_of(T x) {
  const T u = T(1) + x;
  const T log_u = log_of(u);
  const T lost = x > T(1) ? T(1) - (u - x) : x - (u - T(1));
  const T y = u == T(0) || u > T(__FLT_MAX__) ? log_u : log_u + lost / u;
  return x == T(0) ? x : y; /* with its sign */
}

/* e^x - 1 = 2 (2^(n-1) e^r - 1/2), so that neither end of the range needs a case of its own. */
template <class T>
ADJ_ALWAYS T expm1_of(T x) {
  using F = Float<T>;
  T clamped = x > F::kExpMax ? F::kExpMax : x;
  clamped = clamped < T(-50) ? T(-50) : clamped;
  typename F::Bits n;
  const T r = reduce_by_ln2(clamped, n);
  const T p = fma(r * r, expm1_tail(r), r);
  const T half = power_of_two<T>(n - 1);
  const T y = fma(half, p, half - T(0.5));
  return magnitude_of(x) < F::kTiny ? x : y + y; /* half of a denormal is not exact; zero keeps its sign */
}

/* 1 / cosh x = 2e / (1 + e^2) with e = e^-|x|. */
template <class T>
ADJ_ALWAYS T sech_of(T x) {
  const T e = exp_of(-magnitude_of(x));
  return (e + e) / fma(e, e, T(1));
}

/* 1 / cosh^2 x = 4e / (1 + e)^2 with e = e^-2|x|. */
template <class T>
ADJ_ALWAYS T sech_square_of(T x) {
  const T e = exp_of(T(-2) * magnitude_of(x)), s = T(1) + e;
  return T(4) * e / (s * s);
}

/*
 * 1 / (1 + e^-x) for x >= 0, q = e^x / (1 + e^x) below: e^-|x| never overflows. Where e^x is small, q is e^x - q e^x
 * with what the rounding of e^x lost, and an error of the quotient hardly counts.
 */
template <class T>
ADJ_ALWAYS T sigmoid_of(T x) {
  using F = Float<T>;
  const T magnitude = magnitude_of(x);
  typename F::Bits n;
  const T r = reduce_by_ln2(magnitude > -F::kExpMin ? F::kExpMin : -magnitude, n);
  const T p = expm1_reduced(r);
  const T s = p + T(1), lost = (T(1) - s) + p;
  const T e = scaled_by_power(s, n);
  const T q = (x < T(0) ? e : T(1)) / (T(1) + e);
  const T small = scaled_by_power(s + fma(-q, s, lost), n);
  return x < T(-1) ? small : q;
}

ADJ_ISA_END

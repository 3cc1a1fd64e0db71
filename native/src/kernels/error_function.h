/*
 * erf, erfc and the normal distribution's tail for F32 and F64, branch-free. It refuses libm, whose erf is not vector
 * code. Bounds in ULP, checked by native/tests/ulp_test.cpp: erf 3, erfc 4, where they are not denormal.
 *
 * Sources: (1 + 2a) exp(a^2) erfc(a) as a polynomial in (a - 4) / (a + 4), an idea of Shepherd and Laframboise,
 * "Chebyshev approximation of (1 + 2x)exp(x^2)erfc x in 0 <= x < infinity", Math. Comp. 36 (1981). The coefficients
 * were computed for this file and java/core's ErrorFunction, by interpolation at Chebyshev points in 50 digits.
 */
#pragma once

#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

template <class T>
struct ErrorFunction;

template <>
struct ErrorFunction<float> {
  static constexpr float kFar = 15.0f; /* the tails round to 0 before it */
  static constexpr uint32_t kHigh = ~uint32_t{0xFFF};
  /* erf(x) / x in powers of x^2, |x| <= 1 */
  static constexpr float kNearZero[] = {1.1283791065216064f,   -0.3761262595653534f,  0.11283594369888306f,
                                        -0.02685421146452427f, 0.005189087241888046f, -0.000801686430349946f,
                                        7.875874871388078e-05f};
  /* (1 + 2a) exp(a^2) erfc(a) in powers of (a - 4) / (a + 4) */
  static constexpr float kScaled[] = {1.2329951524734497f,   -0.1396210789680481f,    0.015379684045910835f,
                                      0.06809613108634949f,  -0.10103995352983475f,   0.09374044090509415f,
                                      -0.06632325798273087f, 0.03713991865515709f,    -0.01622227393090725f,
                                      0.005082809366285801f, -0.0007163394475355744f, -0.0002486323064658791f,
                                      0.000116607996460516f};
};

template <>
struct ErrorFunction<double> {
  static constexpr double kFar = 40.0;
  static constexpr uint64_t kHigh = ~uint64_t{0x7FFFFFF};
  static constexpr double kNearZero[] = {1.1283791670955126,      -0.37612638903183543,   0.11283791670945006,
                                         -0.02686617064323777,    0.0052239776071164225,  -0.0008548325975389692,
                                         0.00012055294904839707,  -1.492473690741966e-05, 1.6447424703317362e-06,
                                         -1.6208483801871705e-07, 1.3720064546777686e-08, -7.795898827002142e-10};
  static constexpr double kScaled[] = {
      1.2329951186255526,      -0.1396211168405625,     0.015379652102610162,    0.0680970542546862,
      -0.10103906603585294,    0.09373283499865172,     -0.06633036582050367,    0.0371675155318432,
      -0.01619773397992426,    0.005031970032548695,    -0.0007577737141838885,  -0.00019925700412184815,
      0.0001506231178516207,   -2.439811794207995e-05,  -1.1225140354449658e-05, 5.707239573693257e-06,
      2.980596055322769e-07,   -8.218020654813044e-07,  7.111912428010423e-08,   1.0683442926744586e-07,
      -1.6357383982124768e-08, -1.2544825403855518e-08, 1.5712153638319064e-09,  9.655408225482863e-10};
};

template <class T, int kCount>
ADJ_ALWAYS T polynomial(const T (&c)[kCount], T x) {
  T y = c[kCount - 1];
#pragma GCC unroll 32
  for (int i = kCount - 2; i >= 0; --i) y = fma(y, x, c[i]);
  return y;
}

/* |x|, no larger than what matters to the tails. */
template <class T>
ADJ_ALWAYS T tail_argument(T x) {
  const T a = magnitude_of(x);
  return a > ErrorFunction<T>::kFar ? ErrorFunction<T>::kFar : a;
}

/* exp(a^2) erfc(a), a >= 0. */
template <class T>
ADJ_ALWAYS T scaled_erfc(T a) {
  return polynomial(ErrorFunction<T>::kScaled, (a - T(4)) / (a + T(4))) / fma(T(2), a, T(1));
}

/*
 * exp(-c a^2), c = 1 or 1/2. Of a^2 = high^2 + (a - high)(a + high) the first part is exact; the second is small and
 * joins what the reduction of the first leaves.
 */
template <class T>
ADJ_ALWAYS T gaussian(T a, T c) {
  const T high = float_of<T>(bits_of(a) & ErrorFunction<T>::kHigh);
  const T x = -c * high * high;
  typename Float<T>::Bits n;
  const T r = reduce_by_ln2(x < Float<T>::kExpMin ? Float<T>::kExpMin : x, n);
  return exp_reduced(fma(-c * (a - high), a + high, r), n);
}

template <class T>
ADJ_ALWAYS T erf_of(T x) {
  const T a = tail_argument(x);
  const T far = T(1) - scaled_erfc(a) * gaussian(a, T(1));
  const T near = x * polynomial(ErrorFunction<T>::kNearZero, x * x);
  return a < T(1) ? near : x < T(0) ? -far : far;
}

template <class T>
ADJ_ALWAYS T erfc_of(T x) {
  const T a = tail_argument(x);
  const T tail = scaled_erfc(a) * gaussian(a, T(1));
  const T near = T(1) - x * polynomial(ErrorFunction<T>::kNearZero, x * x);
  return a < T(0.5) ? near : x < T(0) ? T(2) - tail : tail;
}

/* x times the normal distribution function, with its limit 0 at -infinity. */
template <class T>
ADJ_ALWAYS T gelu_of(T x) {
  const T a = tail_argument(x);
  const T tail = T(0.5) * scaled_erfc(a * T(0.70710678118654752440)) * gaussian(a, T(0.5));
  return x < T(0) ? -a * tail : x * (T(1) - tail);
}

ADJ_ISA_END

/*
 * sin and cos for F32 and F64, branch-free where |x| <= kCircularMax; beyond it they are libm's, an element at a time.
 * F32 is computed in double, where the reduction is exact enough without a third word. Bounds in ULP: F32 0.51, and
 * libm's beyond (glibc: 0.56), checked over all floats by native/tests/exhaustive_ulp.cpp; F64 1, by ulp_test.cpp.
 *
 * Sources: |x| = n pi/2 + r by subtracting n times pi/2 word by word, after Cody and Waite, "Software Manual for the
 * Elementary Functions" (1980), with error-free sums after Knuth, TAOCP 2, 4.2.2, theorem B. The polynomials on
 * |r| <= pi/4 are minimax in relative error, computed for this file by Remez' algorithm in 50 digits, then rounded.
 */
#pragma once

#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

/* 2^20 pi/2, rounded down: n has 20 bits, so that n times a word of 33 bits is exact. */
inline constexpr double kCircularMax = 1647099.0;

inline constexpr double kTwoOverPi = 0.63661977236758134308;

/* pi/2 in words of 33 bits, down from 2^0, 2^-34 and 2^-69, and what is left. */
inline constexpr double kHalfPi1 = 0x1.921fb544p+0;
inline constexpr double kHalfPi2 = 0x1.0b4611a6p-34;
inline constexpr double kHalfPi3 = 0x1.3198a2ep-69;
inline constexpr double kHalfPi4 = 0x1.b839a252049c1p-104;
/* Of all but the first word, as a double. */
inline constexpr double kHalfPiRest = 0x1.0b4611a626331p-34;

/* (sin r - r) / r^3 and (cos r - 1 + r^2/2) / r^4 as polynomials in z = r^2. */
ADJ_ALWAYS double sin_tail(double z) {
  double p = 1.5896230058505487e-10;
  p = fma(p, z, -2.5050747761171543e-08);
  p = fma(p, z, 2.7557313621375317e-06);
  p = fma(p, z, -0.00019841269829589512);
  p = fma(p, z, 0.008333333333322118);
  return fma(p, z, -0.1666666666666663);
}

ADJ_ALWAYS double cos_tail(double z) {
  double p = -1.135853654438547e-11;
  p = fma(p, z, 2.0875700842452253e-09);
  p = fma(p, z, -2.75573141793004e-07);
  p = fma(p, z, 2.4801587288851717e-05);
  p = fma(p, z, -0.0013888888888873056);
  return fma(p, z, 0.041666666666666595);
}

/* The same to 2^-33 or better. */
ADJ_ALWAYS double sin_tail_short(double z) {
  double p = 2.7181216086638277e-06;
  p = fma(p, z, -0.0001983931226720083);
  p = fma(p, z, 0.008333329304834157);
  return fma(p, z, -0.1666666664079695);
}

ADJ_ALWAYS double cos_tail_short(double z) {
  double p = 2.443315694192342e-05;
  p = fma(p, z, -0.0013887316253376517);
  return fma(p, z, 0.04166664568295703);
}

/*
 * The sine or cosine of r turned by quarters, of which the low bit says which and the next one the sign. Bits, not
 * conditions, because baseline x86-64 cannot compare 64-bit integers.
 */
ADJ_ALWAYS double turned(double sine, double cosine, uint64_t quarters) {
  const uint64_t odd = 0 - (quarters & 1);
  return float_of<double>(((bits_of(cosine) & odd) | (bits_of(sine) & ~odd)) ^ (quarters >> 1 << 63));
}

/* sin(a + quarters pi/2), 0 <= a <= kCircularMax, for F32: r is good to 2^-66, and no float makes it less than 2^-31.
 */
ADJ_ALWAYS float sin_turned(float x, uint64_t quarters) {
  const double a = static_cast<double>(x);
  const double shifted = fma(a, kTwoOverPi, Float<double>::kRound);
  const double n = shifted - Float<double>::kRound;
  const double r = fma(n, -kHalfPiRest, fma(n, -kHalfPi1, a));
  const double z = r * r;
  const double sine = fma(r * z, sin_tail_short(z), r);
  const double cosine = fma(z * z, cos_tail_short(z), fma(z, -0.5, 1.0));
  return static_cast<float>(turned(sine, cosine, bits_of(shifted) + quarters));
}

/* a - b, and what its rounding lost. */
ADJ_ALWAYS double difference(double a, double b, double& lost) {
  const double d = a - b, part = a - d;
  lost += (a - (d + part)) + (part - b);
  return d;
}

/*
 * The same for F64. The first subtraction is exact; those of the next two words keep what they lose, which joins the
 * last word in the tail of r.
 */
ADJ_ALWAYS double sin_turned(double a, uint64_t quarters) {
  const double shifted = fma(a, kTwoOverPi, Float<double>::kRound);
  const double n = shifted - Float<double>::kRound;
  double lost = 0;
  const double high = difference(difference(a - n * kHalfPi1, n * kHalfPi2, lost), n * kHalfPi3, lost);
  const double low = lost - n * kHalfPi4;
  const double r = high + low, tail = (high - r) + low;
  /* sin(r + tail) is sin r + tail cos r, cos(r + tail) is cos r - tail sin r. */
  const double z = r * r, half = 0.5 * z, near_one = 1.0 - half;
  const double sine = r + fma(r * z, sin_tail(z), tail * near_one);
  const double cosine = near_one + fma(z * z, cos_tail(z), (1.0 - near_one) - half - r * tail);
  return turned(sine, cosine, bits_of(shifted) + quarters);
}

/* sin x for |x| <= kCircularMax or NaN. */
template <class T>
ADJ_ALWAYS T sin_of(T x) {
  return float_of<T>(bits_of(sin_turned(magnitude_of(x), 0)) ^ (bits_of(x) & kSignBit<T>));
}

/* cos x, likewise. */
template <class T>
ADJ_ALWAYS T cos_of(T x) {
  return sin_turned(magnitude_of(x), 1);
}

template <class T>
ADJ_ALWAYS bool is_far_circular(T x) {
  return magnitude_of(x) > T(kCircularMax);
}

ADJ_ISA_END

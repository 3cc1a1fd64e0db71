/*
 * log |Gamma|, digamma and polygamma in F64, a number at a time: they have too many cases for vector code. The twin of
 * java/core's GammaFunction.
 *
 * Sources: the recurrences DLMF 5.5.1 and 5.5.2 move the argument into [1, 2] or past 10; there stand the asymptotic
 * series DLMF 5.11.1 and 5.11.2; the reflections DLMF 5.5.3 and 5.5.4 serve negative arguments. In [1, 2] the roots are
 * factors, so that the result keeps its digits near them. The n-th derivative of digamma is n! times Hurwitz's
 * zeta(n + 1, x) but for its sign (DLMF 25.11.12), and that is summed by Euler and Maclaurin (DLMF 25.11.5).
 */
#pragma once

#include "kernels/error_function.h"

ADJ_ISA_BEGIN
namespace {

/* lgamma(x) / ((x - 1)(x - 2)) in powers of 2x - 3, 1 <= x <= 2 */
ADJ_ALWAYS constexpr Coefficients<double, 22> lgamma_series() {
  return {{0.4831289505409809,     -0.07297994795715304,    0.015727850268641097,  -0.003913560937626331,
           0.001049818664454635,   -0.0002945507015164312,  8.510090373634476e-05, -2.5094328700900636e-05,
           7.511391846837954e-06,  -2.2742472358027586e-06, 6.948428393704062e-07, -2.138638060528023e-07,
           6.623870571642316e-08,  -2.0619851263731666e-08, 6.430366506216791e-09, -2.0184741279133343e-09,
           6.5655031582108e-10,    -2.075322954216366e-10,  5.030067090605482e-11, -1.5936042537298723e-11,
           1.1577613910649688e-11, -3.700571132904742e-12}};
}
/* digamma(x) / (x - root) in powers of 2x - 3, 1 <= x <= 2; the root stands in two parts */
ADJ_ALWAYS constexpr Coefficients<double, 23> digamma_series() {
  return {{0.9510558760318328,     -0.2118137106407303,     0.060135621060196744,   -0.018550615381735115,
           0.005936795278305649,   -0.0019350666648590097,  0.0006368880303257201,  -0.00021074841140458636,
           6.995018873950506e-05,  -2.325824239445257e-05,  7.741232223504057e-06,  -2.57809436305308e-06,
           8.589127353033379e-07,  -2.86315275846934e-07,   9.542050972688906e-08,  -3.163020268955334e-08,
           1.0542687624027994e-08, -3.7075072647122386e-09, 1.2358072433984831e-09, -2.7619635330317715e-10,
           9.206434499177992e-11,  -8.498137230186096e-11,  2.832706668021759e-11}};
}
constexpr double kRoot = 1.4616321449683622, kRootLow = 9.549995429965697e-17;
/* B_2k / (2k (2k - 1)), B_2k / 2k, B_2k / (2k)! for k >= 1 */
ADJ_ALWAYS constexpr Coefficients<double, 8> stirling() {
  return {{1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156, -3617.0 / 122400}};
}
ADJ_ALWAYS constexpr Coefficients<double, 8> psi() {
  return {{1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12, -3617.0 / 8160}};
}
ADJ_ALWAYS constexpr Coefficients<double, 10> maclaurin() {
  return {{8.333333333333333e-2, -1.388888888888889e-3, 3.306878306878307e-5, -8.267195767195768e-7,
           2.08767569878681e-8, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13,
           8.586062056277845e-15, -2.174868698558062e-16}};
}
constexpr double kLarge = 10;          /* from here on the series converge at once */
constexpr double kMostOrder = 1 << 20; /* of polygamma */
constexpr double kPi = 3.14159265358979323846;
constexpr double kInfinity = __builtin_inf(), kNan = __builtin_nan("");

/* sin pi x for finite x, exact where it is 0. */
ADJ_FUNCTION double sin_pi(double x) {
  const double r = x - 2 * __builtin_rint(x / 2), a = __builtin_fabs(r);
  return __builtin_copysign(__builtin_sin(kPi * (a > 0.5 ? 1 - a : a)), r);
}

/* pi / tan pi x; near its zeros it is the tangent of what is left, which keeps its digits. */
ADJ_FUNCTION double pi_cot_pi(double x) {
  const double r = x - __builtin_rint(x);
  return __builtin_fabs(r) > 0.25 ? kPi * __builtin_tan(kPi * (__builtin_copysign(0.5, r) - r))
                                  : kPi / __builtin_tan(kPi * r);
}

ADJ_FUNCTION double positive_lgamma(double x) {
  if (x >= kLarge) {
    const double r = 1 / x;
    /* 1/2 log 2 pi - 1/2 */
    return (x - 0.5) * (__builtin_log(x) - 1) + (0.4189385332046727 + r * polynomial(stirling(), r * r));
  }
  if (x < 1) return x * (x - 1) * polynomial(lgamma_series(), 2 * x - 1) - __builtin_log(x);
  /* For 2 < x < 3 the factor is exact, which the root at 2 needs. */
  double factor = 1, y = x;
  while (y > 2) {
    y -= 1;
    factor *= y;
  }
  return (y - 1) * (y - 2) * polynomial(lgamma_series(), 2 * y - 3) + __builtin_log(factor);
}

/* +infinity at the poles 0, -1, -2, ... and at both infinities. */
ADJ_FUNCTION double lgamma_of(double x) {
  if (__builtin_isinf(x)) return kInfinity;
  if (x > 0 || x != x) return positive_lgamma(x);
  if (x == __builtin_rint(x)) return kInfinity;
  return -__builtin_log(__builtin_fabs(sin_pi(x)) / kPi) - positive_lgamma(1 - x);
}

ADJ_FUNCTION double positive_digamma(double x) {
  if (x >= kLarge) {
    const double r = 1 / x;
    return __builtin_log(x) - r * (0.5 + r * polynomial(psi(), r * r));
  }
  double sum = 0, y = x;
  if (y < 1) {
    sum = -1 / y;
    y += 1;
  }
  while (y > 2) {
    y -= 1;
    sum += 1 / y;
  }
  return sum + (y - kRoot - kRootLow) * polynomial(digamma_series(), 2 * y - 3);
}

/* -infinity at 0, +infinity at -0, NaN at the other poles. */
ADJ_FUNCTION double digamma_of(double x) {
  if (x > 0 || x != x) return positive_digamma(x);
  if (x == 0) return -1 / x;
  return x == __builtin_rint(x) ? kNan : positive_digamma(1 - x) - pi_cot_pi(x);
}

/*
 * n! / y^(n + 1). On the way the product may leave the range and come back (n = 2000, y = 1000), so its exponent is
 * kept apart; where the end lies far outside of it, its logarithm says so at once.
 */
ADJ_FUNCTION double factorial_over_power(double n, double y) {
  const double log = positive_lgamma(n + 1) - (n + 1) * __builtin_log(y);
  if (!(log > -760)) return log != log ? log : 0;
  if (log > 720) return kInfinity;
  double term = 1 / y;
  int exponent = 0;
  for (double j = 1; j <= n; ++j) {
    term *= j / y;
    const int step = term < 0x1p-500 ? -500 : term > 0x1p500 ? 500 : 0;
    if (step == 0) continue;
    term *= step < 0 ? 0x1p500 : 0x1p-500;
    exponent += step;
  }
  return __builtin_scalbn(term, exponent);
}

/* n! zeta(n + 1, x), x > 0, n >= 1. */
ADJ_FUNCTION double hurwitz_zeta(double n, double x) {
  double sum = 0, y = x;
  for (; y < kLarge + n; ++y) {
    const double term = factorial_over_power(n, y);
    sum += term;
    if (term <= sum * 0x1p-60) return sum;
  }
  const double integral = factorial_over_power(n - 1, y), last = integral * (n / y);
  double tail = 0, product = last;
  for (int k = 1; k <= 10; ++k) {
    product *= (n + 2 * k - 1) / y;
    tail += maclaurin().c[k - 1] * product;
    product *= (n + 2 * k) / y;
  }
  return sum + (integral + (0.5 * last + tail));
}

/*
 * The n-th derivative of digamma; NaN unless n is whole and 0 <= n <= 2^20. At its poles +infinity for odd n; for even
 * n as digamma.
 */
ADJ_FUNCTION double polygamma_of(double n, double x) {
  if (!(n >= 0 && n <= kMostOrder) || n != __builtin_rint(n)) return kNan;
  if (n == 0) return digamma_of(x);
  const bool odd = __builtin_fmod(n, 2) != 0;
  if (x > 0 || x != x) return odd ? hurwitz_zeta(n, x) : -hurwitz_zeta(n, x);
  if (x == __builtin_rint(x) && !__builtin_isinf(x)) return odd ? kInfinity : x == 0 ? -1 / x : kNan;
  /* The sum over k >= 0 is that over all whole k, which has period 1, less that over k < 0. */
  const double left = hurwitz_zeta(n, __builtin_ceil(x) - x) - hurwitz_zeta(n, 1 - x);
  const double right = hurwitz_zeta(n, x - __builtin_floor(x));
  return odd ? right + left : left - right;
}

}  // namespace
ADJ_ISA_END

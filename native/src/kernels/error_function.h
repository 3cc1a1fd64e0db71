/*
 * erf, erfc and the normal distribution's tail for F32 and F64, branch-free. It refuses libm, whose erf is not vector
 * code. Bounds in ULP: F32 erf 1.5 and gelu 2 over all floats, checked by native/tests/exhaustive_ulp.cpp; F64 erf 1.5
 * and gelu 5, and erfc 4 where it is not denormal, by ulp_test.cpp.
 *
 * Sources: (1 + 2a) exp(a^2) erfc(a) as a polynomial in (a - 4) / (a + 4), an idea of Shepherd and Laframboise,
 * "Chebyshev approximation of (1 + 2x)exp(x^2)erfc x in 0 <= x < infinity", Math. Comp. 36 (1981); a exp(a^2/2) Phi(-a)
 * likewise. The coefficients of the first were computed for this file and java/core's ErrorFunction, by interpolation
 * at Chebyshev points in 50 digits; the others are minimax in relative error, by Remez' algorithm in 50 digits. The
 * centre of gelu's in F32 is where its value is nearly a float, and the coefficients were rounded one at a time, the
 * rest fitted again each time: a constant's rounding would be an error of one sign on whole intervals.
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
  /* erf(x) / x - 1 in powers of x^2, |x| <= 1 */
  static ADJ_ALWAYS constexpr Coefficients<float, 7> near_zero() {
    return {
        {0.128379166f, -0.37612626f, 0.112835854f, -0.026853811f, 0.00518832775f, -0.000801019371f, 7.85386073e-05f}};
  }
  /* (1 + 2a) exp(a^2) erfc(a) in powers of (a - 4) / (a + 4) */
  static ADJ_ALWAYS constexpr Coefficients<float, 13> scaled() {
    return {{1.2329951524734497f, -0.1396210789680481f, 0.015379684045910835f, 0.06809613108634949f,
             -0.10103995352983475f, 0.09374044090509415f, -0.06632325798273087f, 0.03713991865515709f,
             -0.01622227393090725f, 0.005082809366285801f, -0.0007163394475355744f, -0.0002486323064658791f,
             0.000116607996460516f}};
  }
  /* (Phi(x) - 1/2) / x in powers of x^2, |x| <= 3/4 */
  static ADJ_ALWAYS constexpr Coefficients<float, 5> gelu_near() {
    return {{0.398942262f, -0.0664898977f, 0.00996985286f, -0.00117542385f, 9.83330974e-05f}};
  }
  /* a exp(a^2/2) Phi(-a) in powers of t = (a - 1.5625) / (a + 1.5625), 3/4 <= a <= 15: its value at 0, and the rest
   * over t */
  static constexpr float kGeluCentre = 1.5625f;
  static constexpr float kGeluMiddle = 0.312926829f;
  static ADJ_ALWAYS constexpr Coefficients<float, 11> gelu_tail() {
    return {{0.205856338f, -0.131559238f, -0.0129957022f, 0.0197999962f, 0.00926365703f, -0.000608197239f,
             -0.0027213688f, -0.00177267438f, -0.000325127156f, 0.00126926054f, -0.000187512822f}};
  }
};

template <>
struct ErrorFunction<double> {
  static constexpr double kFar = 40.0;
  static constexpr uint64_t kHigh = ~uint64_t{0x7FFFFFF};
  static ADJ_ALWAYS constexpr Coefficients<double, 13> near_zero() {
    return {{0.1283791670955126, -0.3761263890318375, 0.11283791670954857, -0.026866170645072893, 0.005223977624780862,
             -0.0008548326978741939, 0.00012055331036890334, -1.4925593506670807e-05, 1.646097281352917e-06,
             -1.635002518581828e-07, 1.4657879596826354e-08, -1.1365665026907563e-09, 5.945260197852979e-11}};
  }
  static ADJ_ALWAYS constexpr Coefficients<double, 24> scaled() {
    return {{1.2329951186255526,      -0.1396211168405625,     0.015379652102610162,    0.0680970542546862,
             -0.10103906603585294,    0.09373283499865172,     -0.06633036582050367,    0.0371675155318432,
             -0.01619773397992426,    0.005031970032548695,    -0.0007577737141838885,  -0.00019925700412184815,
             0.0001506231178516207,   -2.439811794207995e-05,  -1.1225140354449658e-05, 5.707239573693257e-06,
             2.980596055322769e-07,   -8.218020654813044e-07,  7.111912428010423e-08,   1.0683442926744586e-07,
             -1.6357383982124768e-08, -1.2544825403855518e-08, 1.5712153638319064e-09,  9.655408225482863e-10}};
  }
  static ADJ_ALWAYS constexpr Coefficients<double, 10> gelu_near() {
    return {{0.3989422804014327, -0.0664903800669054, 0.009973557010034018, -0.0011873282154502315,
             0.00011543468733417008, -9.444654666126775e-06, 6.659636725399683e-07, -4.121381291276528e-08,
             2.2555310169400087e-09, -9.870927348207122e-11}};
  }
  /* t = (a - 5) / (a + 5), 3/4 <= a <= 40 */
  static constexpr double kGeluCentre = 5.0;
  static constexpr double kGeluMiddle = 0.3845965248750315;
  static ADJ_ALWAYS constexpr Coefficients<double, 21> gelu_tail() {
    return {{0.051905273430003014,    -0.08503844346004023,   0.09088622964934957,     -0.07425639525045007,
             0.0479508637315563,      -0.02416178595357143,   0.008900845022501625,    -0.0018956230784254815,
             -0.00012648523697812508, 0.00024276161185661613, -5.456889086895554e-05,  -1.6540483985723468e-05,
             1.0329758133888618e-05,  6.047111204197254e-07,  -1.5501144494958876e-06, 5.070067346534503e-08,
             2.338919470373214e-07,   -1.511960264606751e-08, -3.466656205713865e-08,  1.6489608483614068e-09,
             3.62855816472476e-09}};
  }
};

/* |x|, no larger than what matters to the tails. */
template <class T>
ADJ_ALWAYS T tail_argument(T x) {
  const T a = magnitude_of(x);
  return a > ErrorFunction<T>::kFar ? ErrorFunction<T>::kFar : a;
}

/* exp(a^2) erfc(a), a >= 0. */
template <class T>
ADJ_ALWAYS T scaled_erfc(T a) {
  return polynomial(ErrorFunction<T>::scaled(), (a - T(4)) / (a + T(4))) / fma(T(2), a, T(1));
}

/*
 * -c a^2 = n ln2 + r + lost, c a power of two. Of a^2 = high^2 + (a - high)(a + high) the first part is exact, and so
 * is what its reduction leaves before the small terms join it.
 */
template <class T>
ADJ_ALWAYS T reduce_square(T a, T c, typename Float<T>::Bits& n, T& lost) {
  using F = Float<T>;
  const T high = float_of<T>(bits_of(a) & ErrorFunction<T>::kHigh);
  const T square = -c * high * high, x = square < F::kExpMin ? F::kExpMin : square;
  const T shifted = fma(x, F::kLog2E, F::kRound), count = shifted - F::kRound;
  n = bits_of(shifted) - bits_of(F::kRound);
  const T left = fma(count, -F::kLn2High, x), small = fma(count, -F::kLn2Low, -c * (a - high) * (a + high));
  const T r = left + small;
  lost = (left - r) + small;
  return r;
}

/* exp(-c x^2) for c > 0, else NaN; 0 from where it rounds to that on, whatever the reduction makes of larger squares.
 */
template <class T>
ADJ_ALWAYS T bell_of(T c, T x) {
  const T a = magnitude_of(x);
  typename Float<T>::Bits n;
  T lost;
  const T r = reduce_square(a, c, n, lost);
  const T y = exp_reduced(r, n);
  const T bell = c * a * a > -Float<T>::kExpMin ? T(0) : y;
  return c > T(0) ? bell : T(__builtin_nan(""));
}

/* exp(-a^2). */
template <class T>
ADJ_ALWAYS T gaussian(T a) {
  typename Float<T>::Bits n;
  T lost;
  const T r = reduce_square(a, T(1), n, lost);
  return exp_reduced(r, n);
}

/* erf x, |x| <= 1. */
template <class T>
ADJ_ALWAYS T erf_near_zero(T x) {
  return fma(x, polynomial(ErrorFunction<T>::near_zero(), x * x), x);
}

template <class T>
ADJ_ALWAYS T erf_of(T x) {
  const T a = tail_argument(x);
  const T far = T(1) - scaled_erfc(a) * gaussian(a);
  const T y = a < T(1) ? erf_near_zero(a) : far;
  return float_of<T>(bits_of(y) | (bits_of(x) & kSignBit<T>));
}

template <class T>
ADJ_ALWAYS T erfc_of(T x) {
  const T a = tail_argument(x);
  const T tail = scaled_erfc(a) * gaussian(a);
  return a < T(0.5) ? T(1) - erf_near_zero(x) : x < T(0) ? T(2) - tail : tail;
}

/*
 * x times the normal distribution function Phi, with its limit 0 at -infinity. With w = |x| Phi(-|x|) it is -w below 0
 * and x - w above. w is m exp(-x^2/2) with m = exp(x^2/2) w a polynomial; all that roundings lose on the way is small
 * and joins in where it costs least, so that hardly more than the last one counts. Near 0 it is x/2 + x^2 q(x^2).
 */
template <class T>
ADJ_ALWAYS T gelu_of(T x) {
  using E = ErrorFunction<T>;
  const T magnitude = magnitude_of(x), a = tail_argument(x);
  const T t = (a - E::kGeluCentre) / (a + E::kGeluCentre);
  const T rise = t * polynomial(E::gelu_tail(), t);
  const T m = E::kGeluMiddle + rise, m_lost = (E::kGeluMiddle - m) + rise;
  typename Float<T>::Bits n;
  T r_lost;
  const T r = reduce_square(a, T(0.5), n, r_lost);
  const T w = scaled_by_power(m + fma(m, r, fma(m, fma(r * r, expm1_tail(r), r_lost), m_lost)), n);
  const T far = x < T(0) ? w : magnitude - w;
  const T z = a * a;
  const T near = fma(x < T(0) ? -z : z, polynomial(E::gelu_near(), z), T(0.5) * a);
  const T y = a < T(0.75) ? near : far;
  return float_of<T>(bits_of(y) | (bits_of(x) & kSignBit<T>));
}

ADJ_ISA_END

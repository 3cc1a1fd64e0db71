/*
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 * Normals are the inverse of the normal distribution function by Wichura's algorithm AS 241 (1988), routine PPND16,
 * whose coefficients these are.
 */
#pragma once

#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

enum Purpose : uint32_t { kDraw = 0, kSplit = 1, kFold = 2 };

struct Philox {
  uint32_t w0, w1, w2, w3;
};

ADJ_ALWAYS Philox philox(uint64_t key, uint64_t counter, uint32_t purpose) {
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  uint32_t c0 = static_cast<uint32_t>(counter), c1 = static_cast<uint32_t>(counter >> 32), c2 = purpose, c3 = 0;
#pragma GCC unroll 10
  for (int r = 0; r < 10; ++r) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0, n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {c0, c1, c2, c3};
}

/* The key that `purpose` makes of a key and a counter. */
ADJ_ALWAYS uint64_t new_key(uint64_t key, uint64_t counter, Purpose purpose) {
  const Philox w = philox(key, counter, purpose);
  return w.w0 | static_cast<uint64_t>(w.w1) << 32;
}

/* AS 241 for |p - 1/2| <= 0.425. */
ADJ_ALWAYS double normal_center(double p) {
  const double q = p - 0.5, r = 0.180625 - q * q;
  const double above = ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r +
                           4.5921953931549871457e4) *
                              r +
                          1.3731693765509461125e4) *
                             r +
                         1.9715909503065514427e3) *
                            r +
                        1.3314166789178437745e2) *
                           r +
                       3.3871328727963666080e0;
  const double below = ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r +
                           2.1213794301586595867e4) *
                              r +
                          5.3941960214247511077e3) *
                             r +
                         6.8718700749205790830e2) *
                            r +
                        4.2313330701600911252e1) *
                           r +
                       1.0;
  return q * above / below;
}

/* AS 241 for the tails: two fits in r = sqrt(-log(smaller tail)), on either side of 5. */
ADJ_ALWAYS double normal_tail(double p) {
  const double r = sqrt_of(-log_of(p < 0.5 ? p : 1.0 - p));
  double above, below;
  if (r <= 5.0) {
    const double s = r - 1.6;
    above = ((((((7.74545014278341407640e-4 * s + 2.27238449892691845833e-2) * s + 2.41780725177450611770e-1) * s +
                1.27045825245236838258e0) *
                   s +
               3.64784832476320460504e0) *
                  s +
              5.76949722146069140550e0) *
                 s +
             4.63033784615654529590e0) *
                s +
            1.42343711074968357734e0;
    below = ((((((1.05075007164441684324e-9 * s + 5.47593808499534494600e-4) * s + 1.51986665636164571966e-2) * s +
                1.48103976427480074590e-1) *
                   s +
               6.89767334985100004550e-1) *
                  s +
              1.67638483018380384940e0) *
                 s +
             2.05319162663775882187e0) *
                s +
            1.0;
  } else {
    const double s = r - 5.0;
    above = ((((((2.01033439929228813265e-7 * s + 2.71155556874348757815e-5) * s + 1.24266094738807843860e-3) * s +
                2.65321895265761230930e-2) *
                   s +
               2.96560571828504891230e-1) *
                  s +
              1.78482653991729133580e0) *
                 s +
             5.46378491116411436990e0) *
                s +
            6.65790464350110377720e0;
    below = ((((((2.04426310338993978564e-15 * s + 1.42151175831644588870e-7) * s + 1.84631831751005468180e-5) * s +
                7.86869131145613259100e-4) *
                   s +
               1.48753612908506148525e-2) *
                  s +
              1.36929880922735805310e-1) *
                 s +
             5.99832206555887937690e-1) *
                s +
            1.0;
  }
  return p < 0.5 ? -above / below : above / below;
}

ADJ_ISA_END

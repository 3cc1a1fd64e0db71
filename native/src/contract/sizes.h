/*
 * Arithmetic of sizes that cannot overflow. Results saturate at INT64_MAX, which no memory has: what is too large stays
 * too large, and is refused where bytes are counted. For sizes >= 0 and steps >= 1.
 */
#pragma once

#include <cstdint>

namespace adjoint {

inline int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

inline int64_t plus(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

inline int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

inline int64_t round_up(int64_t x, int64_t step) { return times(ceil_div(x, step), step); }

}  // namespace adjoint

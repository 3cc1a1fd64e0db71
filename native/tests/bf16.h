/* bfloat16 for the tests, rounded by arithmetic instead of by bits. */
#pragma once

#include <algorithm>
#include <cstring>

#include "arrays.h"

namespace test {

class Bf16 {
 public:
  Bf16() = default;
  /* A long double holds everything that can be cast. */
  explicit Bf16(long double x) : bits_(rounded(x)) {}
  static Bf16 of_bits(uint16_t bits) {
    Bf16 x;
    x.bits_ = bits;
    return x;
  }
  operator double() const {
    const uint32_t wide = static_cast<uint32_t>(bits_) << 16;
    float x;
    std::memcpy(&x, &wide, sizeof(x));
    return static_cast<double>(x);
  }
  uint16_t bits() const { return bits_; }

 private:
  /* Eight digits, fewer below 2^-126: so many halves of the last place, rounded to the even one. */
  static uint16_t rounded(long double x) {
    if (std::isnan(x)) return 0x7FC0;
    float y;
    if (std::isinf(x) || x == 0) {
      y = static_cast<float>(x);
    } else {
      int exponent;
      std::frexp(x, &exponent);
      const int last = std::max(exponent - 8, -133);
      const long double whole = std::nearbyint(std::ldexp(x, -last));
      y = static_cast<float>(std::ldexp(whole, last)); /* exact, or beyond the largest float: infinite */
    }
    uint32_t bits;
    std::memcpy(&bits, &y, sizeof(bits));
    return static_cast<uint16_t>(bits >> 16);
  }

  uint16_t bits_;
};

template <>
constexpr int64_t dtype_of<Bf16>() {
  return ADJ_BF16;
}

}  // namespace test

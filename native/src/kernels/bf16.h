/*
 * bfloat16 as a type of elements: the upper half of a float. It refuses arithmetic: widen, compute, narrow. Narrowing
 * rounds to the nearest, ties to even, once, whatever it comes from; a NaN stays one, quietly.
 */
#pragma once

#include "kernels/dtypes.h"

ADJ_ISA_BEGIN

struct Bf16 {
  uint16_t bits;
};

template <>
inline constexpr int32_t kDtype<Bf16> = ADJ_BF16;

ADJ_ALWAYS float widen(Bf16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float y;
  __builtin_memcpy(&y, &bits, sizeof(y));
  return y;
}

ADJ_ALWAYS uint32_t float_bits(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  return bits;
}

ADJ_ALWAYS Bf16 narrow_bits(uint32_t bits) {
  const uint32_t rounded = bits + 0x7FFFu + (bits >> 16 & 1u), quiet = bits | 0x400000u;
  return {static_cast<uint16_t>(((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded) >> 16)};
}

ADJ_ALWAYS Bf16 narrow(float x) { return narrow_bits(float_bits(x)); }

/*
 * By way of a float whose last bit is odd wherever it is not exact (round to odd; Boldo and Melquiond 2008, "Emulation
 * of a FMA and correctly rounded sums"), so that rounding twice is rounding once.
 */
ADJ_ALWAYS Bf16 narrow(double x) {
  const float near = static_cast<float>(x);
  const double rest = x - static_cast<double>(near);
  const uint32_t bits = float_bits(near);
  const bool away = (rest > 0) == (x > 0);
  const bool inexact = rest > 0 || rest < 0;
  const uint32_t odd = away ? bits + 1 : bits - 1;
  return narrow_bits(inexact && (bits & 1u) == 0 ? odd : bits);
}

/* Beyond 53 bits the low ones only say whether there are any. */
ADJ_ALWAYS Bf16 narrow(int64_t x) {
  constexpr int64_t kLow = 0x7FF;
  const bool exact = x > -(int64_t{1} << 53) && x < int64_t{1} << 53;
  const int64_t sticky = (x & ~kLow) | ((x & kLow) != 0 ? kLow + 1 : 0);
  return narrow(static_cast<double>(exact ? x : sticky));
}

ADJ_ALWAYS Bf16 narrow(int32_t x) { return narrow(static_cast<double>(x)); }
ADJ_ALWAYS Bf16 narrow(uint8_t x) { return narrow(static_cast<float>(x)); }

ADJ_ISA_END

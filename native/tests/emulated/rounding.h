/*
 * The arithmetic of Intel's BF16 dot products: a fused multiply-add of F32 that reads subnormals as zero, gives zero
 * for a subnormal result, and rounds to the nearest, ties to even, whatever MXCSR says (Software Developer's Manual,
 * volume 2, TDPBF16PS and VDPBF16PS: "FP32 FMA with DAZ=FTZ=1, RNE rounding"). Everything here is always inlined, since
 * files for different instruction sets use it.
 */
#pragma once

#include <cstdint>
#include <cstring>

#define ADJ_EMULATED static inline __attribute__((always_inline))

namespace test {

ADJ_EMULATED float flushed(float x) { return __builtin_fabsf(x) < 0x1p-126f ? __builtin_copysignf(0.0f, x) : x; }

ADJ_EMULATED float flushed_add(float x, float y) { return flushed(flushed(x) + flushed(y)); }

ADJ_EMULATED float widened(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/* sum + x y, rounded once. */
ADJ_EMULATED float flushed_fma(uint16_t x, uint16_t y, float sum) {
  return flushed(__builtin_fmaf(flushed(widened(x)), flushed(widened(y)), flushed(sum)));
}

}  // namespace test

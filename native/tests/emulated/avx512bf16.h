/*
 * Included before everything else (g++ -include), this lets a file that is written on vdpbf16ps run wherever AVX-512
 * does. Pairs are added the odd element first, each product by one fused multiply-add (Software Developer's Manual,
 * volume 2, VDPBF16PS).
 */
#pragma once

#include <immintrin.h>

#include "rounding.h"

namespace test {

ADJ_EMULATED __m512 dot_pairs(__m512 sum, __m512bh x, __m512bh y) {
  float sums[16];
  uint16_t xs[32], ys[32];
  std::memcpy(sums, &sum, sizeof(sums));
  std::memcpy(xs, &x, sizeof(xs));
  std::memcpy(ys, &y, sizeof(ys));
  for (int i = 0; i < 16; ++i) {
    sums[i] = flushed_fma(xs[2 * i + 1], ys[2 * i + 1], sums[i]);
    sums[i] = flushed_fma(xs[2 * i], ys[2 * i], sums[i]);
  }
  std::memcpy(&sum, sums, sizeof(sums));
  return sum;
}

}  // namespace test

#undef _mm512_dpbf16_ps
#define _mm512_dpbf16_ps test::dot_pairs

/* Last: the system's header must not think that it is compiled for the instruction. */
#define __AVX512BF16__ 1

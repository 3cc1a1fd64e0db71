/*
 * The register blocks of matmulBf16, the best that the instruction set has: AMX tiles, dot products of pairs
 * (AVX512-BF16), or multiply-adds on widened values. It refuses to choose between them at run time, since it is
 * compiled once for each. A new one is a struct like `Wide`.
 */
#pragma once

#include "kernels/bf16.h"
#include "kernels/plan/matmul_bf16.h"
#include "kernels/simd.h"

#if defined(__AMX_BF16__)
#include "kernels/tile.h"
#endif

ADJ_ISA_BEGIN
namespace bf16 {

inline constexpr int64_t kSlice = kBf16Slice, kPairs = kSlice / 2;

/*
 * Packed A: slices of kSlice steps of k; a slice holds the rows one after another, each with its kSlice elements side
 * by side. Packed B: panels of kColumns columns; a panel holds for each pair of steps its columns one after another,
 * each with its two elements side by side (VNNI layout). What lies beyond a matrix is 0.
 */
struct Packed {
  const void* a;
  int64_t a_slice; /* elements from one slice to the next */
  const Bf16* b;   /* of one panel */
  int64_t slices;
};

#if defined(__AMX_BF16__)

/*
 * Four tiles of C, two of A, two of B: every tile that is loaded is used twice. A thread's unit is configured for a
 * part and released after it, so that tiles are saved with a thread only while it multiplies.
 */
struct Tile {
  using Element = Bf16;
  static constexpr int64_t kRows = 2 * kTileRows, kColumns = 32, kDepth = 512;
  static constexpr int64_t kWork = int64_t{1} << 25, kLeastColumns = 128;

  static void begin() { _tile_loadconfig(&kTileConfig); }
  static void end() { _tile_release(); }

  ADJ_ALWAYS static void block(const Packed& packed, float* c, int64_t ldc, bool add) {
    constexpr int64_t kHalf = kTileRows * kSlice, kStep = kPairs * kColumns * 2, kStride = 2 * kTileBytes;
    const Bf16* a = static_cast<const Bf16*>(packed.a);
    const Bf16* b = packed.b;
    const int64_t c_stride = ldc * static_cast<int64_t>(sizeof(float));
    float* low = c + kTileRows * ldc;
    settle_memory();
    if (add) {
      _tile_loadd(0, c, c_stride);
      _tile_loadd(1, c + kColumns / 2, c_stride);
      _tile_loadd(2, low, c_stride);
      _tile_loadd(3, low + kColumns / 2, c_stride);
    } else {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
    }
    for (int64_t s = 0; s < packed.slices; ++s) {
      _tile_loadd(4, a, kTileBytes);
      _tile_loadd(6, b, kStride);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, b + kColumns, kStride);
      _tile_dpbf16ps(1, 4, 7);
      _tile_loadd(5, a + kHalf, kTileBytes);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
      a += packed.a_slice;
      b += kStep;
    }
    _tile_stored(0, c, c_stride);
    _tile_stored(1, c + kColumns / 2, c_stride);
    _tile_stored(2, low, c_stride);
    _tile_stored(3, low + kColumns / 2, c_stride);
  }
};
using Engine = Tile;

#elif defined(__AVX512BF16__)

/* Twelve rows by two vectors: with two of B and one of A in flight they fill the register file. */
struct Pairs {
  using Element = Bf16;
  static constexpr int64_t kRows = 12, kColumns = 32, kDepth = 512;
  static constexpr int64_t kWork = int64_t{1} << 23, kLeastColumns = 64;

  static void begin() {}
  static void end() {}

  ADJ_ALWAYS static void block(const Packed& packed, float* c, int64_t ldc, bool add) {
    constexpr int64_t kL = kLanes<float>;
    const Bf16* a = static_cast<const Bf16*>(packed.a);
    const Bf16* b = packed.b;
    __m512 sum0[kRows], sum1[kRows];
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      sum0[i] = add ? load<__m512>(c + i * ldc) : __m512{};
      sum1[i] = add ? load<__m512>(c + i * ldc + kL) : __m512{};
    }
    for (int64_t s = 0; s < packed.slices; ++s) {
      for (int64_t p = 0; p < kPairs; ++p) {
        const __m512i b0 = load<__m512i>(b), b1 = load<__m512i>(b + 2 * kL);
#pragma GCC unroll 16
        for (int64_t i = 0; i < kRows; ++i) {
          int32_t pair;
          __builtin_memcpy(&pair, a + i * kSlice + 2 * p, sizeof(pair));
          const __m512bh x = (__m512bh)_mm512_set1_epi32(pair);
          sum0[i] = _mm512_dpbf16_ps(sum0[i], x, (__m512bh)b0);
          sum1[i] = _mm512_dpbf16_ps(sum1[i], x, (__m512bh)b1);
        }
        b += 2 * kColumns;
      }
      a += packed.a_slice;
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      store(c + i * ldc, sum0[i]);
      store(c + i * ldc + kL, sum1[i]);
    }
  }
};
using Engine = Pairs;

#else

/*
 * A is widened when it is packed, B as it is used: a shift or a mask for every kRows multiply-adds. Products of BF16
 * are exact in F32, so each element is one chain of sums in the order of k, the same bits with a fused multiply-add or
 * without.
 */
struct Wide {
  using Element = float;
#if defined(__AVX512F__)
  static constexpr int64_t kRows = 12;
#else
  static constexpr int64_t kRows = 6;
#endif
  static constexpr int64_t kColumns = 2 * kLanes<float>, kDepth = 256;
  static constexpr int64_t kWork = int64_t{1} << 23, kLeastColumns = 64;

  static void begin() {}
  static void end() {}

  ADJ_ALWAYS static void block(const Packed& packed, float* c, int64_t ldc, bool add) {
    using V = Vector<float>;
    using I = Lanes<float>;
    constexpr int64_t kL = kLanes<float>;
    const float* a = static_cast<const float*>(packed.a);
    const Bf16* b = packed.b;
    V sum0[kRows], sum1[kRows];
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      sum0[i] = add ? load<V>(c + i * ldc) : V{};
      sum1[i] = add ? load<V>(c + i * ldc + kL) : V{};
    }
    for (int64_t s = 0; s < packed.slices; ++s) {
      for (int64_t p = 0; p < kPairs; ++p) {
        const I b0 = load<I>(b), b1 = load<I>(b + 2 * kL);
        const V even0 = (V)(b0 << 16), even1 = (V)(b1 << 16);
#pragma GCC unroll 16
        for (int64_t i = 0; i < kRows; ++i) {
          const V x = splat(a[i * kSlice + 2 * p]);
          sum0[i] = fma(x, even0, sum0[i]);
          sum1[i] = fma(x, even1, sum1[i]);
        }
        const V odd0 = (V)(b0 & ~0xFFFF), odd1 = (V)(b1 & ~0xFFFF);
#pragma GCC unroll 16
        for (int64_t i = 0; i < kRows; ++i) {
          const V x = splat(a[i * kSlice + 2 * p + 1]);
          sum0[i] = fma(x, odd0, sum0[i]);
          sum1[i] = fma(x, odd1, sum1[i]);
        }
        b += 2 * kColumns;
      }
      a += packed.a_slice;
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      store(c + i * ldc, sum0[i]);
      store(c + i * ldc + kL, sum1[i]);
    }
  }
};
using Engine = Wide;

#endif

using Element = Engine::Element; /* of packed A */
inline constexpr int64_t kRows = Engine::kRows, kColumns = Engine::kColumns, kDepth = Engine::kDepth;

}  // namespace bf16
ADJ_ISA_END

/*
 * The thin layer over AMX that the BF16 product is written on: configure, load, zero, multiply, store, release, on
 * eight tiles of 16 rows x 64 bytes. With ADJ_EMULATE_TILES the same names run Intel's pseudocode in plain C++ on any
 * machine, so that everything above them is tested everywhere; only what each AMX instruction does is taken on trust.
 * Tile numbers are literals, since they become part of an instruction.
 */
#pragma once

#include "kernels/kernel.h"

#if !defined(ADJ_EMULATE_TILES)
#include <immintrin.h>
#endif

ADJ_ISA_BEGIN

inline constexpr int64_t kTileRows = 16;
inline constexpr int64_t kTileBytes = 64; /* of a row */

#if defined(ADJ_EMULATE_TILES)

struct Tiles {
  alignas(64) unsigned char at[8][kTileRows][kTileBytes];
};

/* TDPBF16PS reads denormals as zero, flushes them in results, and knows no rounding mode but to nearest. */
ADJ_ALWAYS float flushed(float x) { return __builtin_fabsf(x) < 0x1p-126f ? __builtin_copysignf(0.0f, x) : x; }

ADJ_ALWAYS float tile_float(const unsigned char* bf16) {
  uint16_t half;
  __builtin_memcpy(&half, bf16, sizeof(half));
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float x;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return flushed(x);
}

ADJ_ALWAYS void tile_load(unsigned char (*tile)[kTileBytes], const void* from, int64_t stride) {
  for (int64_t r = 0; r < kTileRows; ++r) {
    __builtin_memcpy(tile[r], static_cast<const char*>(from) + r * stride, kTileBytes);
  }
}

ADJ_ALWAYS void tile_store(const unsigned char (*tile)[kTileBytes], void* to, int64_t stride) {
  for (int64_t r = 0; r < kTileRows; ++r) {
    __builtin_memcpy(static_cast<char*>(to) + r * stride, tile[r], kTileBytes);
  }
}

/* Even and odd steps of k are summed apart, then together, then onto c. */
ADJ_ALWAYS void tile_dot(unsigned char (*c)[kTileBytes], const unsigned char (*a)[kTileBytes],
                         const unsigned char (*b)[kTileBytes]) {
  for (int64_t m = 0; m < kTileRows; ++m) {
    for (int64_t n = 0; n < kTileBytes / 4; ++n) {
      float even = 0, odd = 0, sum;
      for (int64_t k = 0; k < kTileRows; ++k) {
        even = flushed(even + flushed(tile_float(a[m] + 4 * k) * tile_float(b[k] + 4 * n)));
        odd = flushed(odd + flushed(tile_float(a[m] + 4 * k + 2) * tile_float(b[k] + 4 * n + 2)));
      }
      __builtin_memcpy(&sum, c[m] + 4 * n, sizeof(sum));
      sum = flushed(flushed(sum) + flushed(even + odd));
      __builtin_memcpy(c[m] + 4 * n, &sum, sizeof(sum));
    }
  }
}

#define ADJ_TILES_BEGIN(tiles) Tiles tiles
#define ADJ_TILES_END(tiles) static_cast<void>(tiles)
#define ADJ_TILE_LOAD(tiles, t, from, stride) tile_load(tiles.at[t], from, stride)
#define ADJ_TILE_ZERO(tiles, t) __builtin_memset(tiles.at[t], 0, sizeof(tiles.at[t]))
#define ADJ_TILE_DOT(tiles, c, a, b) tile_dot(tiles.at[c], tiles.at[a], tiles.at[b])
#define ADJ_TILE_STORE(tiles, t, to, stride) tile_store(tiles.at[t], to, stride)
#define ADJ_TILES_CONFIGURE() static_cast<void>(0)
#define ADJ_TILES_RELEASE() static_cast<void>(0)

#else

/* Palette 1; every tile is full. A constant in memory, because the header's inline assembly names 8 bytes of it. */
struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
inline constexpr TileConfig kTileConfig{1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

/* The loads of g++'s header do not say that they read memory: what was written before must be there. */
#define ADJ_TILES_BARRIER() __asm__ volatile("" ::: "memory")
#define ADJ_TILES_BEGIN(tiles) ADJ_TILES_BARRIER()
#define ADJ_TILES_END(tiles) ADJ_TILES_BARRIER()
#define ADJ_TILE_LOAD(tiles, t, from, stride) _tile_loadd(t, from, stride)
#define ADJ_TILE_ZERO(tiles, t) _tile_zero(t)
#define ADJ_TILE_DOT(tiles, c, a, b) _tile_dpbf16ps(c, a, b)
#define ADJ_TILE_STORE(tiles, t, to, stride) _tile_stored(t, to, stride)
#define ADJ_TILES_CONFIGURE() _tile_loadconfig(&kTileConfig)
#define ADJ_TILES_RELEASE() _tile_release()

#endif

ADJ_ISA_END

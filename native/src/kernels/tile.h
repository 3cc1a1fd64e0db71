/*
 * What the BF16 product needs of AMX beside its intrinsics: eight full tiles, and a fence. It refuses to wrap them:
 * tests put an emulated unit under the intrinsics (native/tests/emulated), so that what is written here is what is
 * tested.
 */
#pragma once

#include <immintrin.h>

#include "kernels/kernel.h"

ADJ_ISA_BEGIN

inline constexpr int64_t kTileRows = 16;
inline constexpr int64_t kTileBytes = 64; /* of a row */

/* Palette 1; every tile is full. A constant in memory, because g++'s intrinsic names only 8 bytes of it. */
struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
inline constexpr TileConfig kTileConfig{1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

/* g++'s _tile_loadd does not say that it reads memory: what was written before must be there. */
ADJ_ALWAYS void settle_memory() { __asm__ volatile("" ::: "memory"); }

ADJ_ISA_END

/*
 * The AMX unit of a thread in plain C++, after Intel's Software Developer's Manual: volume 2, LDTILECFG, TILELOADD,
 * TILESTORED, TILEZERO, TILERELEASE and TDPBF16PS; volume 1, "Programming with Intel AMX". It does as that pseudocode
 * does, operation by operation, for tiles of any shape, and refuses what a processor refuses. A refusal is not raised:
 * it is counted and said, and the instruction does nothing. Left out: interrupts in mid-tile, so that start_row is 0.
 */
#pragma once

#include <atomic>
#include <cstdio>

#include "rounding.h"

namespace test {

class TileUnit {
 public:
  static constexpr int kTiles = 8, kMaxRows = 16, kMaxBytes = 64;

  /* Each thread has its own, as each has its own registers. */
  static TileUnit& own() {
    static thread_local TileUnit unit;
    return unit;
  }

  /* Refusals of all threads. */
  static std::atomic<int64_t>& faults() {
    static std::atomic<int64_t> count{0};
    return count;
  }

  /* Initial state: nothing configured, nothing that a switch of threads would have to save. */
  bool idle() const { return !configured_; }

  /* LDTILECFG: 64 bytes of palette, start row, bytes of a row of each tile, rows of each tile. */
  void configure(const void* config) {
    uint8_t c[64];
    std::memcpy(c, config, sizeof(c));
    if (c[0] == 0) return release();
    if (c[0] != 1) return fault("#GP: LDTILECFG: no such palette");
    if (c[1] != 0) return fault("LDTILECFG: start_row is not emulated");
    Shape shapes[kTiles];
    for (int i = 2; i < 64; ++i) {
      const bool row_bytes = i >= 16 && i < 16 + 2 * kTiles, rows = i >= 48 && i < 48 + kTiles;
      if (!row_bytes && !rows && c[i] != 0) return fault("#GP: LDTILECFG: a reserved byte is not 0");
    }
    for (int t = 0; t < kTiles; ++t) {
      shapes[t] = {c[48 + t], c[16 + 2 * t] | c[17 + 2 * t] << 8};
      if (shapes[t].rows > kMaxRows) return fault("#GP: LDTILECFG: more than 16 rows");
      if (shapes[t].bytes > kMaxBytes) return fault("#GP: LDTILECFG: more than 64 bytes a row");
      if ((shapes[t].rows == 0) != (shapes[t].bytes == 0)) return fault("#GP: LDTILECFG: half of a shape is 0");
    }
    release();
    configured_ = true;
    std::memcpy(shapes_, shapes, sizeof(shapes));
  }

  void release() {
    configured_ = false;
    std::memset(tiles_, 0, sizeof(tiles_));
  }

  void zero(int t) {
    if (!valid(t)) return fault("#UD: TILEZERO of a tile that is not configured");
    std::memset(tiles_[t], 0, sizeof(tiles_[t]));
  }

  /* What is beyond the tile's shape becomes 0. */
  void load(int t, const void* from, int64_t stride) {
    if (!valid(t)) return fault("#UD: TILELOADD of a tile that is not configured");
    std::memset(tiles_[t], 0, sizeof(tiles_[t]));
    for (int r = 0; r < shapes_[t].rows; ++r) {
      std::memcpy(tiles_[t][r], static_cast<const char*>(from) + r * stride, static_cast<size_t>(shapes_[t].bytes));
    }
  }

  void store(int t, void* to, int64_t stride) {
    if (!valid(t)) return fault("#UD: TILESTORED of a tile that is not configured");
    for (int r = 0; r < shapes_[t].rows; ++r) {
      std::memcpy(static_cast<char*>(to) + r * stride, tiles_[t][r], static_cast<size_t>(shapes_[t].bytes));
    }
  }

  /*
   * TDPBF16PS c, a, b: c[m][n] += sum over k of a[m][2k] b[k][2n] + a[m][2k+1] b[k][2n+1]. The products of even and of
   * odd elements are two chains from 0; their sum is added to c.
   */
  void dot(int c, int a, int b) {
    if (c == a || c == b || a == b) return fault("#UD: TDPBF16PS: the same tile twice");
    if (!valid(c) || !valid(a) || !valid(b)) return fault("#UD: TDPBF16PS of a tile that is not configured");
    const Shape &sc = shapes_[c], &sa = shapes_[a], &sb = shapes_[b];
    if (sc.rows != sa.rows || sa.bytes / 4 != sb.rows || sc.bytes != sb.bytes) {
      return fault("#UD: TDPBF16PS: shapes do not fit");
    }
    for (int m = 0; m < kMaxRows; ++m) {
      float even[kMaxBytes / 4] = {}, odd[kMaxBytes / 4] = {};
      for (int k = 0; m < sc.rows && k < sa.bytes / 4; ++k) {
        const uint16_t first = half(a, m, 2 * k), second = half(a, m, 2 * k + 1);
        for (int n = 0; n < sc.bytes / 4; ++n) {
          even[n] = flushed_fma(first, half(b, k, 2 * n), even[n]);
          odd[n] = flushed_fma(second, half(b, k, 2 * n + 1), odd[n]);
        }
      }
      for (int n = 0; n < kMaxBytes / 4; ++n) {
        float sum = 0;
        if (m < sc.rows && n < sc.bytes / 4) {
          std::memcpy(&sum, tiles_[c][m] + 4 * n, sizeof(sum));
          sum = flushed_add(sum, flushed_add(even[n], odd[n]));
        }
        std::memcpy(tiles_[c][m] + 4 * n, &sum, sizeof(sum));
      }
    }
  }

 private:
  struct Shape {
    int rows, bytes;
  };

  bool valid(int t) const {
    return configured_ && t >= 0 && t < kTiles && shapes_[t].rows > 0 && shapes_[t].bytes % 4 == 0;
  }

  uint16_t half(int t, int row, int i) const {
    uint16_t x;
    std::memcpy(&x, tiles_[t][row] + 2 * i, sizeof(x));
    return x;
  }

  static void fault(const char* what) {
    if (faults()++ < 10) std::printf("%s\n", what);
  }

  bool configured_ = false;
  Shape shapes_[kTiles] = {};
  alignas(64) unsigned char tiles_[kTiles][kMaxRows][kMaxBytes] = {};
};

}  // namespace test

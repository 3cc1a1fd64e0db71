/*
 * The emulated AMX unit that extension_test relies on: what it refuses, as the processor does, and what it does with
 * tiles that are not full, whose every element is known here by hand.
 */
#include "emulated/tile_unit.h"

#include <cmath>

#include "check.h"

using namespace test;

namespace {

struct Config {
  uint8_t bytes[64] = {1};
  Config& shape(int tile, int rows, int row_bytes) {
    bytes[48 + tile] = static_cast<uint8_t>(rows);
    bytes[16 + 2 * tile] = static_cast<uint8_t>(row_bytes);
    return *this;
  }
  Config& set(int at, int value) {
    bytes[at] = static_cast<uint8_t>(value);
    return *this;
  }
};

/* Whether an operation was refused. */
template <class F>
bool refused(const F& operation) {
  const int64_t before = TileUnit::faults();
  operation();
  return TileUnit::faults() > before;
}

bool configures(const Config& config) {
  TileUnit unit;
  const bool done = !refused([&] { unit.configure(config.bytes); });
  CHECK(done || unit.idle(), "a refused configuration took hold");
  return done;
}

void test_configurations() {
  CHECK(configures(Config().shape(0, 16, 64).shape(7, 1, 4)), "two shapes");
  CHECK(configures(Config()), "no tiles");
  CHECK(!configures(Config().set(0, 2)), "palette 2");
  CHECK(!configures(Config().set(2, 1)), "a reserved byte");
  CHECK(!configures(Config().set(32, 64)), "a ninth tile's bytes");
  CHECK(!configures(Config().set(56, 16)), "a ninth tile's rows");
  CHECK(!configures(Config().shape(3, 17, 64)), "17 rows");
  CHECK(!configures(Config().shape(3, 16, 65)), "65 bytes");
  CHECK(!configures(Config().shape(3, 16, 64).set(23, 1)), "320 bytes");
  CHECK(!configures(Config().shape(3, 16, 0)), "no bytes");
  CHECK(!configures(Config().shape(3, 0, 64)), "no rows");
}

void test_refusals() {
  TileUnit unit;
  char memory[1024] = {};
  CHECK(refused([&] { unit.zero(0); }), "not configured");
  unit.configure(Config().shape(0, 3, 8).shape(1, 3, 12).shape(2, 3, 8).shape(3, 3, 12).shape(4, 2, 12).bytes);
  CHECK(!unit.idle(), "configured");
  CHECK(refused([&] { unit.load(5, memory, 64); }), "a tile without a shape");
  CHECK(refused([&] { unit.store(5, memory, 64); }), "a tile without a shape");
  CHECK(refused([&] { unit.zero(8); }), "a ninth tile");
  CHECK(!refused([&] { unit.dot(0, 1, 2); }), "3 x 3 by 3 x 2");
  CHECK(refused([&] { unit.dot(0, 1, 0); }), "one tile twice");
  CHECK(refused([&] { unit.dot(3, 1, 2); }), "columns that differ");
  CHECK(refused([&] { unit.dot(0, 4, 2); }), "rows that differ");
  CHECK(refused([&] { unit.dot(1, 3, 4); }), "k that differs");
  unit.release();
  CHECK(unit.idle() && refused([&] { unit.zero(0); }), "released");
}

/* a: 2 x 4, b: 4 x 3 in pairs of rows; everything around stays. */
void test_dot() {
  TileUnit unit;
  unit.configure(Config().shape(0, 2, 12).shape(1, 2, 8).shape(2, 2, 12).bytes);
  const auto half = [](int x) {
    const float y = static_cast<float>(x);
    uint32_t bits;
    std::memcpy(&bits, &y, sizeof(bits));
    return static_cast<uint16_t>(bits >> 16);
  };
  uint16_t a[2][5], b[2][7];
  for (int i = 0; i < 2; ++i) {
    for (int k = 0; k < 5; ++k) a[i][k] = half(10 * i + k + 1);
  }
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) b[k / 2][2 * j + k % 2] = half(k * k - 2 * j);
  }
  float c[3][4];
  for (auto& row : c) {
    for (float& x : row) x = 1000;
  }
  unit.load(0, c, sizeof(c[0]));
  unit.load(1, a, sizeof(a[0]));
  unit.load(2, b, sizeof(b[0]));
  unit.dot(0, 1, 2);
  unit.store(0, c, sizeof(c[0]));
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 4; ++j) {
      int expected = 1000;
      for (int k = 0; k < 4 && i < 2 && j < 3; ++k) expected += (10 * i + k + 1) * (k * k - 2 * j);
      CHECK(c[i][j] == static_cast<float>(expected), "at %d, %d: %g, not %d", i, j, static_cast<double>(c[i][j]),
            expected);
    }
  }
}

/* One rounding of product and sum; subnormals in and out are zero, with their signs. */
void test_rounding() {
  const uint16_t one = 0x3F80, next = 0x3F81, small = 0x2080, least = 0x0080, subnormal = 0x007F; /* small: 2^-62 */
  CHECK(flushed_fma(next, next, -1.015625f) == 0x1p-14f, "an exact product");
  CHECK(flushed_fma(one, one, 0x1p24f) == 0x1p24f && flushed_fma(one, one, 0x1p24f + 2) == 0x1p24f + 4, "ties to even");
  CHECK(flushed_fma(subnormal, one, 0) == 0 && flushed_fma(one, one, 0x1p-127f) == 1, "subnormals read as 0");
  CHECK(flushed_fma(small, small, 0x1p-126f) == 0x1p-126f + 0x1p-124f, "2^-124");
  CHECK(flushed_fma(least, 0x3F00, 0) == 0 && std::signbit(flushed_fma(least, 0xBF00, 0)), "half of 2^-126 is 0");
  CHECK(flushed_fma(0x0100, 0x3F40, -0x1p-126f) == 0, "a difference below 2^-126 is 0");
}

}  // namespace

int main() {
  test_configurations();
  test_refusals();
  test_dot();
  test_rounding();
  return finish();
}

/*
 * Random kernels against Philox written out, its published answers, and the inverse of the normal distribution found by
 * bisection. Every draw is the same on every instruction set.
 */
#include "machine.h"

using namespace test;

namespace {

struct Words {
  uint32_t w[4];
};

Words philox(uint64_t key, const Words& counter) {
  uint32_t k[2] = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  Words c = counter;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c.w[0], p1 = uint64_t{0xCD9E8D57u} * c.w[2];
    c = {{static_cast<uint32_t>(p1 >> 32) ^ c.w[1] ^ k[0], static_cast<uint32_t>(p1),
          static_cast<uint32_t>(p0 >> 32) ^ c.w[3] ^ k[1], static_cast<uint32_t>(p0)}};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c;
}

Words block(uint64_t key, uint64_t counter, uint32_t purpose) {
  return philox(key, {{static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), purpose, 0}});
}

uint32_t word(uint64_t key, int64_t j) { return block(key, static_cast<uint64_t>(j / 4), 0).w[j % 4]; }

/* The z below which a fraction u of the normal distribution lies, from the smaller tail. */
double normal_quantile(double u) {
  const double tail = u < 0.5 ? u : 1 - u;
  double low = -40, high = 0;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    if (0.5 * std::erfc(-middle / std::sqrt(2.0)) < tail)
      low = middle;
    else
      high = middle;
  }
  return u < 0.5 ? low : -low;
}

/* Known answers of the authors' Random123, kat_vectors. */
void test_known_answers() {
  const Words zeros = philox(0, {{0, 0, 0, 0}});
  const uint32_t expected0[] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  const Words ones = philox(~uint64_t{0}, {{~0u, ~0u, ~0u, ~0u}});
  const uint32_t expected1[] = {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
  const Words pi = philox(0x299f31d0a4093822u, {{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}});
  const uint32_t expected2[] = {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u};
  for (int i = 0; i < 4; ++i) {
    CHECK(zeros.w[i] == expected0[i], "word %d of zeros: %08x", i, zeros.w[i]);
    CHECK(ones.w[i] == expected1[i], "word %d of ones: %08x", i, ones.w[i]);
    CHECK(pi.w[i] == expected2[i], "word %d of pi: %08x", i, pi.w[i]);
  }
}

void test_draws(adj_context* context, int64_t q, int64_t m) {
  Array<int64_t> key({q}), split({q, m}), data({q}), fold({q});
  Random random(14);
  key.fill_with([&](int64_t i) { return i == 0 ? 0 : static_cast<int64_t>(random.bits()); });
  data.fill_with([&](int64_t i) { return i == 0 ? -1 : static_cast<int64_t>(random.bits()); });
  Array<int32_t> bits({q, m});
  Array<float> u32({q, m}), z32({q, m});
  Array<double> u64({q, m}), z64({q, m});
  for (const Call& call : {Call{"randomBits", {}, {key}, {bits}}, Call{"randomUniform", {}, {key}, {u32}},
                           Call{"randomUniform", {}, {key}, {u64}}, Call{"randomNormal", {}, {key}, {z32}},
                           Call{"randomNormal", {}, {key}, {z64}}, Call{"randomSplit", {}, {key}, {split}},
                           Call{"randomFold", {}, {key, data}, {fold}}}) {
    if (!runs(context, call)) return;
  }
  for (int64_t i = 0; i < q; ++i) {
    const uint64_t k = static_cast<uint64_t>(key[i]);
    const Words folded = block(k, static_cast<uint64_t>(data[i]), 2);
    CHECK(static_cast<uint64_t>(fold[i]) == (folded.w[0] | uint64_t{folded.w[1]} << 32), "fold");
    for (int64_t j = 0; j < m; ++j) {
      const int64_t at = i * m + j;
      const uint32_t w = word(k, j);
      const uint64_t pair = uint64_t{word(k, 2 * j)} << 32 | word(k, 2 * j + 1);
      CHECK(static_cast<uint32_t>(bits[at]) == w, "bits at %lld", static_cast<long long>(at));
      CHECK(u32[at] == static_cast<float>(w >> 8) * 0x1p-24f, "uniform F32 at %lld", static_cast<long long>(at));
      CHECK(u64[at] == static_cast<double>(pair >> 11) * 0x1p-53, "uniform F64 at %lld", static_cast<long long>(at));
      const Words s = block(k, static_cast<uint64_t>(j), 1);
      CHECK(static_cast<uint64_t>(split[at]) == (s.w[0] | uint64_t{s.w[1]} << 32), "split at %lld",
            static_cast<long long>(at));
      if (at % 7 != 0) continue;
      const double u = (static_cast<double>(w) + 0.5) * 0x1p-32, expected = normal_quantile(u);
      CHECK(std::fabs(static_cast<double>(z32[at]) - expected) <= 1e-7 * std::fabs(expected) + 1e-12,
            "normal F32 of %.17g: %.9g, not %.9g", u, static_cast<double>(z32[at]), expected);
      const double v = (static_cast<double>(pair >> 12) + 0.5) * 0x1p-52, wide = normal_quantile(v);
      CHECK(std::fabs(z64[at] - wide) <= 1e-13 * std::fabs(wide) + 2e-15, "normal F64 of %.17g: %.17g, not %.17g", v,
            z64[at], wide);
    }
  }
}

/* Instruction sets agree bit for bit on everything but the last digits of normals. */
void test_agreement() {
  const int64_t m = 20011;
  Array<int64_t> key({1});
  key[0] = 42;
  std::vector<std::vector<float>> draws;
  for_each_isa([&](adj_context* context) {
    Array<float> u({1, m});
    if (!runs(context, {"randomUniform", {}, {key}, {u}})) return;
    draws.emplace_back(u.data(), u.data() + m);
  });
  for (const auto& draw : draws) CHECK(draw == draws[0], "instruction sets draw differently");
}

void test_moments(adj_context* context) {
  const int64_t m = 1'000'000;
  Array<int64_t> key({1});
  key[0] = 7;
  Array<float> z({1, m});
  if (!runs(context, {"randomNormal", {}, {key}, {z}})) return;
  double sum = 0, squares = 0, fourth = 0;
  for (int64_t i = 0; i < m; ++i) {
    const double x = static_cast<double>(z[i]);
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  const double n = static_cast<double>(m);
  CHECK(std::fabs(sum / n) < 5e-3, "mean %g", sum / n);
  CHECK(std::fabs(squares / n - 1) < 7e-3, "variance %g", squares / n);
  CHECK(std::fabs(fourth / n - 3) < 5e-2, "fourth moment %g", fourth / n);
}

}  // namespace

int main() {
  test_known_answers();
  for_each_isa([](adj_context* context) {
    for (const int64_t m : {0, 1, 3, 4, 5, 63, 64, 65, 255, 256, 257, 1009, 40009})
      test_draws(context, m < 1000 ? 3 : 1, m);
    test_draws(context, 0, 5);
    test_moments(context);
  });
  test_agreement();
  return finish();
}

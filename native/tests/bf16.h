/*
 * bfloat16 for the tests, rounded by arithmetic instead of by bits, and products of it to try: sizes around every
 * register block, layouts, batches, bias and activation, against sums in double. Who runs a call is the caller's.
 */
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>

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

struct Bf16Form {
  int64_t m, n, k;
  bool a_transposed, b_transposed;
  int64_t has_bias, activation;
  Layout bias;
  Dims batch;
};

using Runner = std::function<bool(const Call&)>;

/* Contiguous, or with the last two axes swapped in memory; rows apart by a little more than they need. */
inline Dims strides_of_matrix(const Dims& dims, bool transposed, int64_t gap) {
  Dims strides(dims.size());
  const size_t r = dims.size() - 2, c = dims.size() - 1;
  strides[transposed ? r : c] = 1;
  strides[transposed ? c : r] = dims[transposed ? r : c] + gap;
  int64_t step = strides[transposed ? c : r] * dims[transposed ? c : r];
  for (size_t d = r; d-- > 0;) {
    strides[d] = step;
    step *= dims[d];
  }
  return strides;
}

inline double activated(double x, int64_t activation) {
  switch (activation) {
    case 1:
      return x > 0 ? x : 0;
    case 2:
      return std::tanh(x);
    case 3:
      return 1 / (1 + std::exp(-x));
    default:
      return x;
  }
}

/*
 * Runs one product and compares every element. `exact`: the kernel promises one chain of F32 sums in the order of k
 * (bit for bit, but for what an activation rounds).
 */
inline void test_form(const Runner& run, const Bf16Form& f, bool exact, Random& random) {
  Dims da = f.batch, db = f.batch, dc = f.batch;
  da.insert(da.end(), {f.m, f.k});
  db.insert(db.end(), {f.k, f.n});
  dc.insert(dc.end(), {f.m, f.n});
  Array<Bf16> a(da, strides_of_matrix(da, f.a_transposed, f.m % 3)),
      b(db, strides_of_matrix(db, f.b_transposed, f.n % 2));
  Array<float> bias(dc, f.bias), c(dc);
  a.fill_with([&](int64_t) { return Bf16(random.uniform(-1, 1)); });
  b.fill_with([&](int64_t) { return Bf16(random.uniform(-1, 1)); });
  bias.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  std::vector<Operand> inputs = {a, b};
  if (f.has_bias != 0) inputs.push_back(bias);
  if (!run({"matmulBf16", {f.has_bias, f.activation}, inputs, {c}})) return;
  const double tolerance = 6e-7 * (4 + std::sqrt(static_cast<double>(f.k)));
  for (int64_t at = 0; at < c.count(); ++at) {
    const int64_t e = at / (f.m * f.n), i = at / f.n % f.m, j = at % f.n;
    double sum = 0;
    float chain = 0;
    for (int64_t p = 0; p < f.k; ++p) {
      const double x = a[(e * f.m + i) * f.k + p], y = b[(e * f.k + p) * f.n + j];
      sum += x * y;
      chain = static_cast<float>(static_cast<double>(chain) + x * y);
    }
    if (f.has_bias != 0) {
      sum += static_cast<double>(bias[at]);
      chain += bias[at];
    }
    const double expected = activated(exact ? static_cast<double>(chain) : sum, f.activation);
    const double got = static_cast<double>(c[at]);
    const bool fits = exact && f.activation < 2 ? got == expected : near(got, expected, tolerance);
    CHECK(fits, "[%lld, %lld] x [%lld, %lld] %d%d at %lld: %.9g, not %.9g", static_cast<long long>(f.m),
          static_cast<long long>(f.k), static_cast<long long>(f.k), static_cast<long long>(f.n), f.a_transposed,
          f.b_transposed, static_cast<long long>(at), got, expected);
  }
}

inline void test_forms(const Runner& run, bool exact) {
  Random random(7);
  int64_t kind = 0;
  for (const int64_t m : {0, 1, 5, 6, 7, 12, 13, 16, 31, 32, 33, 65}) {
    for (const int64_t n : {0, 1, 7, 8, 9, 16, 17, 31, 32, 33, 65}) {
      for (const int64_t k : {0, 1, 2, 31, 32, 33, 67}) {
        test_form(run,
                  {m,
                   n,
                   k,
                   kind % 2 != 0,
                   kind / 2 % 2 != 0,
                   kind / 3 % 2,
                   kind / 5 % 4,
                   kAnyLayout[static_cast<size_t>(kind % 6)],
                   {}},
                  exact, random);
        ++kind;
      }
    }
  }
  for (int layouts = 0; layouts < 4; ++layouts) {
    const bool at = (layouts & 1) != 0, bt = (layouts & 2) != 0;
    test_form(run, {37, 29, 1009, at, bt, 1, 1, Layout::kRow, {}}, exact, random);
    test_form(run, {9, 11, 13, at, bt, 1, 2, Layout::kColumn, {3, 2}}, exact, random);
    test_form(run, {40, 50, 600, at, bt, 1, 0, Layout::kTransposed, {2}}, exact, random);
    test_form(run, {4, 5, 6, at, bt, 0, 0, Layout::kContiguous, {0}}, exact, random);
    test_form(run, {200, 70, 530, at, bt, 1, 1, Layout::kRow, {}}, exact, random);
    test_form(run, {1, 300, 500, at, bt, 0, 0, Layout::kScalar, {}}, exact, random);
    test_form(run, {300, 1, 500, at, bt, 0, 3, Layout::kScalar, {}}, exact, random);
  }
}

/* What is not a number stays where it is: zeros that pad a block never meet an infinity. */
inline void test_not_finite(const Runner& run) {
  const double inf = std::numeric_limits<double>::infinity();
  Array<Bf16> a({3, 5}), b({5, 4});
  Array<float> c({3, 4});
  a.fill_with([](int64_t) { return Bf16(1.0); });
  b.fill_with([](int64_t) { return Bf16(2.0); });
  a[1 * 5 + 4] = Bf16(inf);
  b[4 * 4 + 2] = Bf16::of_bits(0x7FC1);
  if (!run({"matmulBf16", {0, 0}, {a, b}, {c}})) return;
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t j = 0; j < 4; ++j) {
      const double got = static_cast<double>(c[i * 4 + j]);
      CHECK(j == 2 ? std::isnan(got) : got == (i == 1 ? inf : 10.0), "at %lld, %lld: %g", static_cast<long long>(i),
            static_cast<long long>(j), got);
    }
  }
}

}  // namespace test

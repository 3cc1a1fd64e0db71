/*
 * Products of BF16 matrices to try: sizes around every register block, layouts, batches, bias and activation, against
 * sums in double. Who runs a call is the caller's.
 */
#pragma once

#include <functional>

#include "activation.h"
#include "bf16.h"

namespace test {

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

/*
 * How near a product must come: to the sum in double; to one chain of F32 sums in the order of k, bit for bit; or, of
 * small whole numbers, whose sums are exact in any order, to that, bit for bit whoever computes it. Tanh and sigmoid
 * round once more.
 */
enum class Expect { kClose, kChain, kWhole };

inline std::vector<double> in_order(const Array<Bf16>& x) {
  std::vector<double> elements(static_cast<size_t>(x.count()));
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = x[static_cast<int64_t>(i)];
  return elements;
}

/* Runs one product and compares every element. */
inline void test_form(const Runner& run, const Bf16Form& f, Expect expect, Random& random) {
  Dims da = f.batch, db = f.batch, dc = f.batch;
  da.insert(da.end(), {f.m, f.k});
  db.insert(db.end(), {f.k, f.n});
  dc.insert(dc.end(), {f.m, f.n});
  Array<Bf16> a(da, strides_of_matrix(da, f.a_transposed, f.m % 3)),
      b(db, strides_of_matrix(db, f.b_transposed, f.n % 2));
  Array<float> bias(dc, f.bias), c(dc);
  const auto number = [&] {
    return expect == Expect::kWhole ? static_cast<double>(random.below(17) - 8) : random.uniform(-1, 1);
  };
  a.fill_with([&](int64_t) { return Bf16(number()); });
  b.fill_with([&](int64_t) { return Bf16(number()); });
  bias.fill_with([&](int64_t) { return number(); });
  std::vector<Operand> inputs = {a, b};
  if (f.has_bias != 0) inputs.push_back(bias);
  if (!run({"matmulBf16", {f.has_bias, f.activation}, inputs, {c}})) return;
  const double tolerance = 6e-7 * (4 + std::sqrt(static_cast<double>(f.k)));
  const std::vector<double> rows = in_order(a), columns = in_order(b);
  for (int64_t at = 0; at < c.count(); ++at) {
    const int64_t e = at / (f.m * f.n), i = at / f.n % f.m, j = at % f.n;
    double sum = 0;
    float chain = 0;
    for (int64_t p = 0; p < f.k; ++p) {
      const double x = rows[static_cast<size_t>((e * f.m + i) * f.k + p)];
      const double y = columns[static_cast<size_t>((e * f.k + p) * f.n + j)];
      sum += x * y;
      chain = static_cast<float>(static_cast<double>(chain) + x * y);
    }
    if (f.has_bias != 0) {
      sum += static_cast<double>(bias[at]);
      chain += bias[at];
    }
    const double expected = activated(expect == Expect::kChain ? static_cast<double>(chain) : sum, f.activation);
    const double got = static_cast<double>(c[at]);
    const bool bits = expect != Expect::kClose && f.activation < 2;
    const bool fits = bits ? got == expected : near(got, expected, tolerance);
    CHECK(fits, "[%lld, %lld] x [%lld, %lld] %d%d at %lld: %.9g, not %.9g", static_cast<long long>(f.m),
          static_cast<long long>(f.k), static_cast<long long>(f.k), static_cast<long long>(f.n), f.a_transposed,
          f.b_transposed, static_cast<long long>(at), got, expected);
  }
}

inline void test_forms(const Runner& run, Expect expect) {
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
                  expect, random);
        ++kind;
      }
    }
  }
  for (int layouts = 0; layouts < 4; ++layouts) {
    const bool at = (layouts & 1) != 0, bt = (layouts & 2) != 0;
    test_form(run, {37, 29, 1009, at, bt, 1, 1, Layout::kRow, {}}, expect, random);
    test_form(run, {9, 11, 13, at, bt, 1, 2, Layout::kColumn, {3, 2}}, expect, random);
    test_form(run, {40, 50, 600, at, bt, 1, 0, Layout::kTransposed, {2}}, expect, random);
    test_form(run, {4, 5, 6, at, bt, 0, 0, Layout::kContiguous, {0}}, expect, random);
    test_form(run, {200, 70, 530, at, bt, 1, 1, Layout::kRow, {}}, expect, random);
    test_form(run, {1, 300, 500, at, bt, 0, 0, Layout::kScalar, {}}, expect, random);
    test_form(run, {300, 1, 500, at, bt, 0, 3, Layout::kScalar, {}}, expect, random);
  }
}

/* Every size from 1 to 65, past two tiles, for each of m, n and k; layouts of the operands in turns. */
inline void test_sizes(const Runner& run) {
  Random random(11);
  for (int64_t size = 1; size <= 65; ++size) {
    for (const int64_t layouts : {size % 4, 3 - size % 4}) {
      const bool at = (layouts & 1) != 0, bt = (layouts & 2) != 0;
      const int64_t has_bias = size % 2, activation = (size + layouts) % 4;
      test_form(run, {size, 33, 35, at, bt, has_bias, activation, Layout::kRow, {}}, Expect::kWhole, random);
      test_form(run, {17, size, 34, at, bt, has_bias, activation, Layout::kColumn, {}}, Expect::kWhole, random);
      test_form(run, {33, 17, size, at, bt, has_bias, activation, Layout::kGaps, {}}, Expect::kWhole, random);
    }
  }
  /* Around the steps of k that are packed at a time. */
  for (const int64_t k : {255, 256, 257, 511, 512, 513, 545}) {
    test_form(run, {34, 37, k, k % 2 == 0, k % 4 < 2, 1, 1, Layout::kRow, {}}, Expect::kWhole, random);
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

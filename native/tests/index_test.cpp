/* gather and scatterAdd against naive twins, every dtype, and indices outside their axis. */
#include "bf16.h"
#include "machine.h"

using namespace test;

namespace {

struct Form {
  int64_t b, o, n, i, k;
};

const Form kForms[] = {{1, 1, 10, 1, 7}, {1, 1, 10, 17, 33},    {2, 3, 5, 1, 9},   {3, 2, 4, 5, 6},
                       {1, 1, 1, 1, 1},  {1, 1, 5, 8, 0},       {0, 2, 5, 3, 4},   {1, 0, 5, 3, 4},
                       {1, 2, 5, 0, 4},  {1, 1, 1009, 64, 300}, {1, 1, 3, 700, 50}};

template <class D, class I>
void test_gather(adj_context* context) {
  Random random(10);
  for (const Form& f : kForms) {
    Array<D> x({f.b, f.o, f.n, f.i}), y({f.b, f.o, f.k, f.i});
    Array<I> index({f.b, f.k});
    x.fill_with([&](int64_t) { return random.below(2); });
    index.fill_with([&](int64_t) { return random.below(f.n); });
    if (!runs(context, {"gather", {}, {x, index}, {y}})) return;
    for (int64_t e = 0; e < y.count(); ++e) {
      const int64_t i = e % f.i, k = e / f.i % f.k, bo = e / f.i / f.k, b = bo / f.o;
      CHECK(y[e] == x[(bo * f.n + static_cast<int64_t>(index[b * f.k + k])) * f.i + i], "gather at %lld",
            static_cast<long long>(e));
    }
  }
}

template <class T, class I>
void test_scatter_add(adj_context* context) {
  Random random(11);
  for (const Form& f : kForms) {
    Array<T> updates({f.b, f.o, f.k, f.i}), y({f.b, f.o, f.n, f.i});
    Array<I> index({f.b, f.k});
    updates.fill_with([&](int64_t) { return static_cast<double>(random.below(64)) / 8; });
    index.fill_with([&](int64_t) { return random.below(f.n); });
    if (!runs(context, {"scatterAdd", {}, {index, updates}, {y}})) return;
    std::vector<double> expected(static_cast<size_t>(y.count()));
    for (int64_t e = 0; e < updates.count(); ++e) {
      const int64_t i = e % f.i, k = e / f.i % f.k, bo = e / f.i / f.k, b = bo / f.o;
      expected[static_cast<size_t>((bo * f.n + static_cast<int64_t>(index[b * f.k + k])) * f.i + i)] +=
          static_cast<double>(updates[e]);
    }
    for (int64_t e = 0; e < y.count(); ++e) {
      CHECK(static_cast<double>(y[e]) == expected[static_cast<size_t>(e)], "scatterAdd at %lld: %g, not %g",
            static_cast<long long>(e), static_cast<double>(y[e]), expected[static_cast<size_t>(e)]);
    }
  }
}

/*
 * Many updates of one element, which F32 would stop to count at 2^24, and of very different sizes: what more than 16
 * updates go to is the sum in F64 in the order of k, rounded once; the rest is added in F32. Around the widths of
 * tiles, with rows that no update goes to.
 */
void test_long_scatters(adj_context* context) {
  Random random(12);
  for (const Form& f : {Form{1, 1, 1, 1, 100'000}, Form{2, 2, 3, 5, 5000}, Form{1, 1, 40, 511, 600},
                        Form{1, 2, 40, 513, 600}, Form{1, 1, 7, 1030, 300}, Form{1, 1, 20'000, 3, 30'000}}) {
    Array<float> updates({f.b, f.o, f.k, f.i}), y({f.b, f.o, f.n, f.i});
    Array<int64_t> index({f.b, f.k});
    updates.fill_with([&](int64_t i) { return i < f.i ? 0x1p24 : random.uniform(0, 2); });
    index.fill_with([&](int64_t) { return random.below(f.n) / 2; });
    for (int64_t b = 0; b < f.b; ++b) index[b * f.k] = 0;
    if (!runs(context, {"scatterAdd", {}, {index, updates}, {y}})) return;
    std::vector<double> sums(static_cast<size_t>(y.count()));
    std::vector<float> chain(sums.size());
    std::vector<int> updates_of(sums.size());
    for (int64_t e = 0; e < updates.count(); ++e) {
      const int64_t i = e % f.i, k = e / f.i % f.k, bo = e / f.i / f.k, b = bo / f.o;
      const size_t at = static_cast<size_t>((bo * f.n + index[b * f.k + k]) * f.i + i);
      sums[at] += static_cast<double>(updates[e]);
      chain[at] += updates[e];
      ++updates_of[at];
    }
    for (int64_t e = 0; e < y.count(); ++e) {
      const size_t at = static_cast<size_t>(e);
      const float expected = updates_of[at] > 16 ? static_cast<float>(sums[at]) : chain[at];
      CHECK(y[e] == expected, "scatterAdd at %lld: %.9g, not %.9g", static_cast<long long>(e),
            static_cast<double>(y[e]), static_cast<double>(expected));
    }
  }
}

/* Axes of any length whose product with another is 0 take no time: there is no memory for what they would count. */
void test_wide_emptiness(adj_context* context) {
  constexpr int64_t kMany = int64_t{1} << 30;
  Array<float> x({1, kMany, 3, 0}), picked({1, kMany, 5, 0}), rows({kMany, 0}), deep({kMany, 0, 7});
  Array<float> nowhere({kMany, kMany, 0, 1}), nothing({kMany, kMany, 0, 1});
  Array<int64_t> index({1, 5}), none({kMany, 0});
  index.fill_with([](int64_t) { return 1; });
  runs(context, {"gather", {}, {x, index}, {picked}});
  runs(context, {"scatterAdd", {}, {index, picked}, {x}});
  runs(context, {"scatterAdd", {}, {none, nothing}, {nowhere}});
  runs(context, {"gather", {}, {nowhere, none}, {nothing}});
  runs(context, {"softmax", {}, {rows}, {rows}});
  runs(context, {"logSoftmax", {}, {rows}, {rows}});
  runs(context, {"argsort", {0}, {rows}, {none}});
  runs(context, {"cumsum", {0}, {deep}, {deep}});
  runs(context, {"exp", {}, {rows}, {rows}});
  Array<int64_t> keys({0});
  Array<float> drawn({0, kMany});
  runs(context, {"randomUniform", {}, {keys}, {drawn}});
}

void test_outside(adj_context* context) {
  Array<float> x({1, 1, 10, 4}), y({1, 1, 8, 4});
  Array<int32_t> index({1, 8});
  index.fill_with([](int64_t i) { return i; });
  index[7] = -1;
  index[5] = 17;
  refused(context, {"gather", {}, {x, index}, {y}}, ADJ_OUT_OF_RANGE, "gather: index 17 at position 5 is outside 0..9");
  refused(context, {"scatterAdd", {}, {index, y}, {x}}, ADJ_OUT_OF_RANGE,
          "scatterAdd: index 17 at position 5 is outside 0..9");
  index[5] = 5;
  refused(context, {"gather", {}, {x, index}, {y}}, ADJ_OUT_OF_RANGE, "gather: index -1 at position 7 is outside 0..9");
  Array<int64_t> wide({1, 8});
  wide.fill_with([](int64_t) { return INT64_MIN; });
  refused(context, {"gather", {}, {x, wide}, {y}}, ADJ_OUT_OF_RANGE,
          "gather: index -9223372036854775808 at position 0 is outside 0..9");
  /* An empty axis has no index at all. */
  Array<float> nothing({1, 1, 0, 4});
  refused(context, {"gather", {}, {nothing, wide}, {y}}, ADJ_OUT_OF_RANGE,
          "gather: index -9223372036854775808 at position 0 is outside an axis of length 0");
  refused(context, {"gather", {}, {x, x}, {y}}, ADJ_UNKNOWN_KERNEL, "gather: input 1 is F32, needs I32 or I64");
}

/* Around the size of a part; the numbers wrap in I64 and are cut in I32. */
template <class T>
void test_iota(adj_context* context) {
  for (const int64_t n : {0, 1, 17, 1000, 65536, 65537, 200001}) {
    for (const int64_t start : {int64_t{0}, int64_t{-3}, int64_t{1} << 40, INT64_MAX - 5}) {
      const int64_t step = start < 0 ? -7 : 3;
      Array<T> y({n});
      if (!runs(context, {"iota", {start, step}, {}, {y}})) return;
      for (int64_t i = 0; i < n; ++i) {
        const int64_t value =
            static_cast<int64_t>(static_cast<uint64_t>(start) + static_cast<uint64_t>(i) * static_cast<uint64_t>(step));
        const T expected = std::is_integral_v<T> ? static_cast<T>(value) : static_cast<T>(static_cast<double>(value));
        CHECK(y[i] == expected, "iota at %lld of %lld", static_cast<long long>(i), static_cast<long long>(n));
      }
    }
  }
  Array<uint8_t> flags({3});
  refused(context, {"iota", {0, 1}, {}, {flags}}, ADJ_UNKNOWN_KERNEL, "iota: there is no kernel for BOOL");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_gather<float, int32_t>(context);
    test_gather<double, int64_t>(context);
    test_gather<int32_t, int64_t>(context);
    test_gather<int64_t, int32_t>(context);
    test_gather<uint8_t, int32_t>(context);
    test_gather<Bf16, int64_t>(context);
    test_scatter_add<float, int32_t>(context);
    test_scatter_add<double, int64_t>(context);
    test_long_scatters(context);
    test_wide_emptiness(context);
    test_outside(context);
    test_iota<float>(context);
    test_iota<double>(context);
    test_iota<int32_t>(context);
    test_iota<int64_t>(context);
  });
  return finish();
}

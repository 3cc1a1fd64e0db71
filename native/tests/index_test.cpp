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
    test_outside(context);
    test_iota<float>(context);
    test_iota<double>(context);
    test_iota<int32_t>(context);
    test_iota<int64_t>(context);
  });
  return finish();
}

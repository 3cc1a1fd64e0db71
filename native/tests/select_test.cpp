/* Comparisons, `where`, `cast` and `copy` against naive twins: every dtype and layout. */
#include "bf16.h"
#include "machine.h"

using namespace test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

template <class T>
T sample(Random& random) {
  if (std::is_same_v<T, uint8_t>) return static_cast<T>(random.below(2));
  return static_cast<T>(random.below(7) - 3);
}

template <class T>
void test_compare(adj_context* context) {
  Random random(3);
  struct Row {
    const char* name;
    bool (*twin)(T, T);
  };
  const Row rows[] = {{"equal", [](T a, T b) { return a == b; }},  {"notEqual", [](T a, T b) { return a != b; }},
                      {"less", [](T a, T b) { return a < b; }},    {"lessEqual", [](T a, T b) { return a <= b; }},
                      {"greater", [](T a, T b) { return a > b; }}, {"greaterEqual", [](T a, T b) { return a >= b; }}};
  for (const Row& row : rows) {
    const bool ordered = row.name[0] == 'l' || row.name[0] == 'g';
    if (std::is_same_v<T, uint8_t> && ordered) {
      Array<T> a({3}), y({3});
      refused(context, {row.name, {}, {a, a}, {y}}, ADJ_UNKNOWN_KERNEL,
              std::string(row.name) + ": there is no kernel for BOOL, BOOL -> BOOL");
      continue;
    }
    for (const Dims& dims : kShapes) {
      for (const Layout la : kAnyLayout) {
        for (const Layout lb : kAnyLayout) {
          Array<T> a(dims, la), b(dims, lb);
          Array<uint8_t> y(dims, la == Layout::kGaps ? Layout::kTransposed : Layout::kContiguous);
          a.fill_with([&](int64_t) { return sample<T>(random); });
          b.fill_with([&](int64_t) { return sample<T>(random); });
          if constexpr (std::is_floating_point_v<T>) {
            if (a.count() > 0) a[a.count() / 2] = static_cast<T>(kNan);
          }
          if (!runs(context, {row.name, {}, {a, b}, {y}})) return;
          for (int64_t i = 0; i < y.count(); ++i) {
            CHECK(y[i] == (row.twin(a[i], b[i]) ? 1 : 0), "%s(%g, %g) = %d", row.name, static_cast<double>(a[i]),
                  static_cast<double>(b[i]), y[i]);
          }
        }
      }
    }
  }
}

template <class T>
void test_where_and_copy(adj_context* context) {
  Random random(4);
  for (const Dims& dims : kShapes) {
    for (const Layout la : kAnyLayout) {
      for (const Layout lb : kAnyLayout) {
        for (const Layout out : kOutputLayouts) {
          Array<uint8_t> condition(dims, lb == Layout::kGaps ? Layout::kRow : Layout::kContiguous);
          Array<T> a(dims, la), b(dims, lb), y(dims, out);
          condition.fill_with([&](int64_t) { return random.below(2); });
          a.fill_with([&](int64_t) { return sample<T>(random); });
          b.fill_with([&](int64_t) { return sample<T>(random); });
          if (!runs(context, {"where", {}, {condition, a, b}, {y}})) return;
          for (int64_t i = 0; i < y.count(); ++i) {
            CHECK(y[i] == (condition[i] != 0 ? a[i] : b[i]), "where at %lld", static_cast<long long>(i));
          }
          if (lb != Layout::kContiguous) continue;
          Array<T> copied(dims, out);
          if (!runs(context, {"copy", {}, {a}, {copied}})) return;
          for (int64_t i = 0; i < y.count(); ++i) CHECK(copied[i] == a[i], "copy at %lld", static_cast<long long>(i));
        }
      }
    }
  }
}

/* Java's conversions. */
template <class X, class Y>
Y cast_twin(X x) {
  if constexpr (std::is_same_v<Y, uint8_t>) {
    return x != X(0) ? 1 : 0;
  } else if constexpr (std::is_same_v<X, Bf16>) {
    return cast_twin<double, Y>(x);
  } else if constexpr (std::is_floating_point_v<X> && std::is_integral_v<Y>) {
    if (std::isnan(x)) return 0;
    const long double wide = std::trunc(static_cast<long double>(x));
    if (wide < static_cast<long double>(std::numeric_limits<Y>::min())) return std::numeric_limits<Y>::min();
    if (wide > static_cast<long double>(std::numeric_limits<Y>::max())) return std::numeric_limits<Y>::max();
    return static_cast<Y>(wide);
  } else if constexpr (std::is_integral_v<Y>) {
    return static_cast<Y>(static_cast<uint32_t>(x) | (sizeof(Y) == 8 ? static_cast<uint64_t>(x) : 0));
  } else {
    return static_cast<Y>(x);
  }
}

template <class X, class Y>
void test_cast(adj_context* context) {
  std::vector<X> values = {X(0), X(1)};
  if constexpr (std::is_floating_point_v<X> || std::is_same_v<X, Bf16>) {
    for (const double v :
         {-0.0, 0.5, -0.5, 1.9, -1.9, 2147483520.0, 2147483647.0, 2147483648.0, -2147483648.0, -2147483904.0,
          9.2233715e18, 9.223372036854775807e18, -9.223372036854775808e18, 1e30, -1e30, kInf, -kInf, kNan,
          /* ties of BF16, what lies next to them, its subnormals and its end */
          1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-23, 1 + 0x1p-8 + 0x1p-40, 1 + 0x1p-8 - 0x1p-40,
          -1 - 0x1p-8 - 0x1p-40, 0x1p-133, 0x1p-134, 0x1.8p-133, -0x1.00001p-134, 0x1p-149, 1e-45, 1e-300, 0x1.FEp127,
          0x1.FEFFp127, 0x1.FFp127, -0x1.FFp127, 0x1.FEFFFFFFFFp127}) {
      values.push_back(static_cast<X>(v));
    }
  } else if constexpr (sizeof(X) > 1) {
    for (const int64_t v : {int64_t{-1}, int64_t{INT32_MIN}, int64_t{INT32_MAX}, INT64_MIN, INT64_MAX, int64_t{1} << 40,
                            (int64_t{1} << 53) + 1, int64_t{-123456789012345}, (int64_t{1} << 61) + (int64_t{1} << 53),
                            (int64_t{1} << 61) + (int64_t{1} << 53) + 1, -(int64_t{1} << 61) - (int64_t{1} << 53) - 1,
                            (int64_t{1} << 61) + (int64_t{1} << 53) - 1, int64_t{257}, int64_t{258}, int64_t{259}}) {
      values.push_back(static_cast<X>(v));
    }
  }
  for (const Layout layout : {Layout::kContiguous, Layout::kGaps}) {
    const int64_t n = 67;
    Array<X> x({n}, layout);
    Array<Y> y({n}, layout);
    x.fill_with([&](int64_t i) { return values[static_cast<size_t>(i) % values.size()]; });
    if (!runs(context, {"cast", {}, {x}, {y}})) return;
    for (int64_t i = 0; i < n; ++i) {
      const Y expected = cast_twin<X, Y>(x[i]);
      CHECK(y[i] == expected || (y[i] != y[i] && expected != expected), "cast %lld -> %lld of %g: %g, not %g",
            static_cast<long long>(dtype_of<X>()), static_cast<long long>(dtype_of<Y>()), static_cast<double>(x[i]),
            static_cast<double>(y[i]), static_cast<double>(expected));
    }
  }
}

template <class X>
void test_casts_from(adj_context* context) {
  test_cast<X, float>(context);
  test_cast<X, double>(context);
  test_cast<X, Bf16>(context);
  test_cast<X, int32_t>(context);
  test_cast<X, int64_t>(context);
  test_cast<X, uint8_t>(context);
}

template <class T>
void test_dtype(adj_context* context) {
  test_compare<T>(context);
  test_where_and_copy<T>(context);
  test_casts_from<T>(context);
}

/* Moving keeps the bits of every value; widening is exact; NaN comes back quiet; nothing is computed in BF16. */
void test_bf16(adj_context* context) {
  const int64_t all = int64_t{1} << 16;
  Array<Bf16> x({all}), copied({all}), back({all});
  Array<float> wide({all});
  x.fill_with([](int64_t i) { return Bf16::of_bits(static_cast<uint16_t>(i)); });
  if (!runs(context, {"copy", {}, {x}, {copied}})) return;
  if (!runs(context, {"cast", {}, {x}, {wide}})) return;
  if (!runs(context, {"cast", {}, {wide}, {back}})) return;
  for (int64_t i = 0; i < all; ++i) {
    const double value = x[i];
    CHECK(copied[i].bits() == i, "copy of %llx", static_cast<long long>(i));
    CHECK(near(static_cast<double>(wide[i]), value, 0), "%llx widened", static_cast<long long>(i));
    const uint16_t quiet = static_cast<uint16_t>(std::isnan(value) ? i | 0x40 : i);
    CHECK(back[i].bits() == quiet, "%llx comes back as %x", static_cast<long long>(i), back[i].bits());
  }
  refused(context, {"plus", {}, {x, x}, {back}}, ADJ_UNKNOWN_KERNEL, "plus: there is no kernel for BF16, BF16 -> BF16");
}

/* The branch not taken never matters; NaN is a true BOOL. */
void test_special(adj_context* context) {
  Array<uint8_t> condition({2});
  condition[0] = 1;
  condition[1] = 0;
  Array<float> a({2}), b({2}), y({2});
  a[0] = 5;
  a[1] = static_cast<float>(kNan);
  b[0] = static_cast<float>(kInf);
  b[1] = 6;
  if (runs(context, {"where", {}, {condition, a, b}, {y}})) CHECK(y[0] == 5 && y[1] == 6, "where: %g %g", y[0], y[1]);
  Array<uint8_t> truth({2});
  if (runs(context, {"cast", {}, {a}, {truth}})) CHECK(truth[0] == 1 && truth[1] == 1, "NaN to BOOL");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_dtype<float>(context);
    test_dtype<double>(context);
    test_dtype<int32_t>(context);
    test_dtype<int64_t>(context);
    test_dtype<uint8_t>(context);
    test_where_and_copy<Bf16>(context);
    test_casts_from<Bf16>(context);
    test_bf16(context);
    test_special(context);
  });
  return finish();
}

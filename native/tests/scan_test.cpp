/* Scans and argsort against naive twins, forward and from the end, with zeros, infinities, NaN and ties. */
#include <algorithm>

#include "machine.h"

using namespace test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

const Dims kForms[] = {{1, 0, 1},  {0, 4, 3},  {2, 3, 0},   {1, 1, 1},    {3, 7, 1},
                       {2, 8, 2},  {1, 17, 7}, {2, 33, 8},  {3, 9, 9},    {1, 5, 63},
                       {2, 5, 64}, {1, 6, 65}, {2, 3, 130}, {5, 1009, 1}, {1, 1009, 3}};

template <class T>
double log_sum_of(const std::vector<double>& xs) {
  double largest = -kInf;
  for (const double x : xs) largest = std::isnan(x) ? x : std::fmax(largest, x);
  for (const double x : xs) {
    if (std::isnan(x)) return kNan;
  }
  if (std::isinf(largest)) return largest;
  long double sum = 0;
  for (const double x : xs) sum += std::exp(static_cast<long double>(x - largest));
  return largest + static_cast<double>(std::log(sum));
}

template <class T>
void test_scans(adj_context* context, const Dims& dims, const Array<T>& a, const Array<T>& b) {
  const int64_t n = dims[1], inner = dims[2];
  for (const int64_t reverse : {int64_t{0}, int64_t{1}}) {
    Array<T> sums(dims), states(dims), scaled(dims), logs(dims);
    if (!runs(context, {"cumsum", {reverse}, {a}, {sums}})) return;
    if (!runs(context, {"linearScan", {reverse}, {a, b}, {states}})) return;
    if (!runs(context, {"scaleScan", {reverse}, {a, b}, {scaled}})) return;
    if (!runs(context, {"logCumSumExp", {reverse}, {a}, {logs}})) return;
    for (int64_t line = 0; line < dims[0] * inner; ++line) {
      long double sum = 0;
      double h = 0;
      std::vector<double> met;
      for (int64_t k = 0; k < n; ++k) {
        const int64_t at = (line / inner * n + (reverse == 1 ? n - 1 - k : k)) * inner + line % inner;
        const double x = static_cast<double>(a[at]), source = static_cast<double>(b[at]);
        sum += x;
        h = k == 0 ? source : source + x * h;
        met.push_back(x);
        CHECK(near(static_cast<double>(sums[at]), static_cast<double>(sum), kTolerance<T>), "cumsum: %g, not %g",
              static_cast<double>(sums[at]), static_cast<double>(sum));
        CHECK(near(static_cast<double>(states[at]), h, kTolerance<T>), "linearScan: %g, not %g",
              static_cast<double>(states[at]), h);
        CHECK(scaled[at] == states[at], "scaleScan: %g, not %g", static_cast<double>(scaled[at]), h);
        if (n > 100 && k % 97 != 0) continue; /* the twin's cost grows with the square */
        const double expected = log_sum_of<T>(met);
        CHECK(near(static_cast<double>(logs[at]), expected, kTolerance<T>), "logCumSumExp: %.17g, not %.17g",
              static_cast<double>(logs[at]), expected);
      }
    }
  }
}

template <class T>
void test_all_scans(adj_context* context) {
  Random random(21);
  for (const Dims& dims : kForms) {
    Array<T> a(dims), b(dims);
    a.fill_with([&](int64_t) { return random.uniform(-1, 1); });
    b.fill_with([&](int64_t) { return random.uniform(-2, 2); });
    test_scans<T>(context, dims, a, b);
  }
  const Dims line = {1, 6, 1};
  const double special[][6] = {{-kInf, -kInf, 1, -kInf, 2, 3}, {700, 800, -800, 0, 80, 800},
                               {1, kInf, 2, kInf, 3, 4},       {0, 0, 0, 0, 0, 0},
                               {1, 2, kNan, 3, 4, 5},          {kInf, 1, -kInf, 2, 3, 4}};
  for (const double* values : special) {
    Array<T> x(line), y(line), ones(line);
    x.fill_with([&](int64_t i) { return values[i]; });
    ones.fill_with([](int64_t) { return 1; });
    if (!runs(context, {"logCumSumExp", {0}, {x}, {y}})) return;
    std::vector<double> met;
    for (int64_t i = 0; i < 6; ++i) {
      met.push_back(static_cast<double>(x[i]));
      const double expected = log_sum_of<T>(met);
      CHECK(near(static_cast<double>(y[i]), expected, kTolerance<T>), "logCumSumExp of special values: %g, not %g",
            static_cast<double>(y[i]), expected);
    }
    if (!runs(context, {"cumsum", {0}, {x}, {y}})) return;
    double sum = 0;
    for (int64_t i = 0; i < 6; ++i) {
      sum += values[i];
      CHECK(near(static_cast<double>(y[i]), sum, kTolerance<T>), "cumsum of special values: %g, not %g",
            static_cast<double>(y[i]), sum);
    }
  }
  /* A product with 0 is 0, on either side. */
  const double factors[] = {1, kNan, -kInf, 3, 0, kNan}, sources[] = {0, -0.0, 2, kInf, 4, 0};
  const double products[] = {0, 0, 2, kInf, 4, kNan};
  Array<T> factor(line), source(line), product(line);
  factor.fill_with([&](int64_t i) { return factors[i]; });
  source.fill_with([&](int64_t i) { return sources[i]; });
  if (!runs(context, {"scaleScan", {0}, {factor, source}, {product}})) return;
  for (int64_t i = 0; i < 6; ++i) {
    const double got = static_cast<double>(product[i]);
    CHECK(near(got, products[i], kTolerance<T>), "scaleScan of special values: %g, not %g", got, products[i]);
  }
  /* The first factor may be anything. */
  Array<T> a(line), b(line), h(line);
  a.fill_with([](int64_t i) { return i == 0 ? kNan : 0.5; });
  b.fill_with([](int64_t) { return 1; });
  if (runs(context, {"linearScan", {0}, {a, b}, {h}})) CHECK(h[1] == T(1.5), "h1 is %g", static_cast<double>(h[1]));
}

template <class T>
void test_argsort(adj_context* context) {
  Random random(22);
  for (const int64_t rows : {0, 1, 3}) {
    for (const int64_t n : {0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 65, 1009, 5000}) {
      Array<T> x({rows, n});
      const bool ties = n % 2 == 1;
      x.fill_with([&](int64_t i) {
        if (i % 11 == 3) return kNan;
        if (i % 13 == 5) return i % 2 == 0 ? kInf : -kInf;
        if (i % 7 == 2) return i % 2 == 0 ? 0.0 : -0.0;
        return ties ? static_cast<double>(random.below(9) - 4) : random.uniform(-1e3, 1e3);
      });
      for (const int64_t descending : {int64_t{0}, int64_t{1}}) {
        Array<int64_t> y({rows, n});
        if (!runs(context, {"argsort", {descending}, {x}, {y}})) return;
        for (int64_t r = 0; r < rows; ++r) {
          std::vector<int64_t> order;
          for (int64_t i = 0; i < n; ++i) order.push_back(i);
          std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
            const T u = x[r * n + i], v = x[r * n + j];
            if (u != u || v != v) return u == u && v != v;
            return descending == 1 ? u > v : u < v;
          });
          for (int64_t i = 0; i < n; ++i) {
            CHECK(y[r * n + i] == order[static_cast<size_t>(i)], "argsort of %lld at %lld: %lld, not %lld",
                  static_cast<long long>(n), static_cast<long long>(i), static_cast<long long>(y[r * n + i]),
                  static_cast<long long>(order[static_cast<size_t>(i)]));
          }
        }
      }
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({2, 3, 4}), z({2, 3, 4}), y({2, 3, 5}), flat({6, 4}), places({6, 4});
  Array<double> wide({2, 3, 4});
  Array<int64_t> order({6, 4});
  refused(context, {"cumsum", {2}, {x}, {z}}, ADJ_INVALID_IMAGE, "cumsum: reverse is 2, outside 0..1");
  refused(context, {"cumsum", {0}, {x}, {y}}, ADJ_INVALID_IMAGE, "cumsum: input 0 is [2, 3, 4], needs [2, 3, 5]");
  refused(context, {"linearScan", {0}, {wide, x}, {z}}, ADJ_UNKNOWN_KERNEL, "linearScan: input 0 is F64, needs F32");
  refused(context, {"argsort", {0}, {flat}, {places}}, ADJ_UNKNOWN_KERNEL, "argsort: output 0 is F32, needs I64");
  refused(context, {"argsort", {3}, {flat}, {order}}, ADJ_INVALID_IMAGE, "argsort: descending is 3, outside 0..1");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_all_scans<float>(context);
    test_all_scans<double>(context);
    test_argsort<float>(context);
    test_argsort<double>(context);
    test_refusals(context);
  });
  return finish();
}

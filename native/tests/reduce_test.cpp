/* Reductions against naive twins, along every split of the axes into kept and reduced, and their accuracy. */
#include "machine.h"
#include "region.h"

using namespace test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

Dims front(const Dims& dims, size_t n) { return Dims(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(n)); }

template <class T>
void test_shape(adj_context* context, const Dims& dims, const Array<T>& x) {
  for (size_t reduced = 0; reduced <= dims.size(); ++reduced) {
    const Dims kept = front(dims, dims.size() - reduced);
    const int64_t count = count_of(kept);
    const int64_t n = count == 0 ? 0 : x.count() / count;
    for (const char* name : {"sum", "prod", "max", "min"}) {
      const bool is_sum = name[0] == 's', is_prod = name[0] == 'p', is_max = name[1] == 'a';
      Array<T> y(kept);
      if (!is_sum && !is_prod && n == 0 && count > 0) {
        CHECK(run(context, {{name, {static_cast<int64_t>(reduced)}, {x}, {y}}}) == ADJ_INVALID_IMAGE, "%s of nothing",
              name);
        continue;
      }
      if (!runs(context, {name, {static_cast<int64_t>(reduced)}, {x}, {y}})) return;
      for (int64_t e = 0; e < count; ++e) {
        long double sum = 0, product = 1;
        double extreme = is_max ? -kInf : kInf;
        for (int64_t i = 0; i < n; ++i) {
          const double v = static_cast<double>(x[e * n + i]);
          sum += v;
          product *= v;
          if (std::isnan(v) || std::isnan(extreme))
            extreme = kNan;
          else
            extreme = is_max ? std::fmax(extreme, v) : std::fmin(extreme, v);
        }
        if (is_prod && n > 60) continue; /* beyond the range of F32, and with zeros of F64: see test_long_products */
        const double expected = is_sum ? static_cast<double>(sum) : is_prod ? static_cast<double>(product) : extreme;
        CHECK(near(static_cast<double>(y[e]), expected, kTolerance<T>), "%s at %lld: %.17g, not %.17g", name,
              static_cast<long long>(e), static_cast<double>(y[e]), expected);
      }
    }
    if (reduced != 1 || n == 0) continue;
    Array<int64_t> y(kept);
    if (!runs(context, {"argmax", {1}, {x}, {y}})) return;
    for (int64_t e = 0; e < count; ++e) {
      int64_t best = 0;
      for (int64_t i = 0; i < n; ++i) {
        const T v = x[e * n + i], b = x[e * n + best];
        if (b != b) break;
        if (v != v || v > b) best = i;
      }
      CHECK(y[e] == best, "argmax at %lld: %lld, not %lld", static_cast<long long>(e), static_cast<long long>(y[e]),
            static_cast<long long>(best));
    }
  }
}

template <class T>
void test_all(adj_context* context) {
  Random random(5);
  std::vector<Dims> shapes = kShapes;
  for (const Dims& more :
       {Dims{64, 128}, Dims{3, 257, 5}, Dims{130, 3}, Dims{2, 1, 300, 2}, Dims{1, 70000}, Dims{70000, 2}}) {
    shapes.push_back(more);
  }
  for (const Dims& dims : shapes) {
    for (const Layout layout : kAnyLayout) {
      Array<T> x(dims, layout);
      /* Eighths, so that sums are exact and ties occur. */
      x.fill_with([&](int64_t) { return static_cast<double>(random.below(64) - 32) / 8; });
      test_shape<T>(context, dims, x);
      if (x.count() > 2 && layout != Layout::kScalar) {
        x[x.count() / 2] = static_cast<T>(kNan);
        test_shape<T>(context, dims, x);
      }
    }
  }
  Array<T> infinite({40});
  infinite.fill_with([](int64_t i) { return i == 3 ? kInf : 1.0; });
  Array<T> y(Dims{});
  if (runs(context, {"sum", {1}, {infinite}, {y}}))
    CHECK(std::isinf(y[0]), "sum with inf: %g", static_cast<double>(y[0]));
  infinite[7] = static_cast<T>(-kInf);
  if (runs(context, {"sum", {1}, {infinite}, {y}})) CHECK(std::isnan(y[0]), "inf - inf: %g", static_cast<double>(y[0]));
}

/* Powers of two, so that every order of multiplying is exact; the product wanders within the range of F64. */
template <class T>
void test_long_products(adj_context* context) {
  for (const int64_t n : {1009, 300000}) {
    for (const Layout layout : {Layout::kContiguous, Layout::kTransposed, Layout::kGaps}) {
      Array<T> x({3, n}, layout), y({3});
      Random random(7);
      x.fill_with([&](int64_t i) {
        const double step = random.below(2) == 0 ? 0.5 : 2.0;
        return i % 5 == 0 ? step : i % 2 == 0 ? -1.0 : 1.0;
      });
      if (!runs(context, {"prod", {1}, {x}, {y}})) return;
      for (int64_t r = 0; r < 3; ++r) {
        double product = 1;
        for (int64_t i = 0; i < n; ++i) product *= static_cast<double>(x[r * n + i]);
        CHECK(y[r] == static_cast<T>(product), "prod of %lld: %g, not %g", static_cast<long long>(n),
              static_cast<double>(y[r]), product);
      }
    }
  }
}

/* Within 1e-6 of the sum of magnitudes over 10^7 elements, along either axis. */
void test_accuracy(adj_context* context) {
  const int64_t n = 10'000'000;
  for (const int64_t columns : {int64_t{1}, int64_t{10}}) {
    Array<float> x({columns, n / columns}, columns == 1 ? Layout::kContiguous : Layout::kTransposed);
    Random random(6);
    x.fill_with([&](int64_t) { return random.uniform(0, 1) * (random.below(4) == 0 ? 1000 : 0.001); });
    Array<float> y({columns});
    if (!runs(context, {"sum", {1}, {x}, {y}})) return;
    for (int64_t c = 0; c < columns; ++c) {
      long double sum = 0;
      for (int64_t i = 0; i < n / columns; ++i) sum += static_cast<long double>(x[c * (n / columns) + i]);
      const double error = std::fabs(static_cast<double>(y[c]) - static_cast<double>(sum)) / static_cast<double>(sum);
      CHECK(error <= 1e-6, "sum of %lld: relative error %g", static_cast<long long>(n / columns), error);
      CHECK(error <= 1.2e-7, "sum of %lld: relative error %g, more than rounding once",
            static_cast<long long>(n / columns), error);
    }
  }
}

/* A single zero of the other sign, at every place of a run, along rows and along columns, alone and in a region: 0 is
 * larger than -0, as for Java's Math.max and min. */
template <class T>
void test_signs_of_zeros(adj_context* context) {
  for (const int64_t n : {1, 2, 7, 8, 17, 33, 70, 300}) {
    for (const bool larger : {true, false}) {
      const T common = larger ? T(-0.0) : T(0.0);
      Array<T> rows({n + 1, n}), y({n + 1});
      for (int64_t at = 0; at <= n; ++at) { /* the last run has none */
        for (int64_t i = 0; i < n; ++i) rows[at * n + i] = i == at ? -common : common;
      }
      Array<T> down({n, n + 1});
      for (int64_t at = 0; at <= n; ++at) {
        for (int64_t i = 0; i < n; ++i) down[i * (n + 1) + at] = rows[at * n + i];
      }
      Operand turned = down.operand();
      turned.dims = {n + 1, n};
      turned.strides = {1, n + 1};
      const char* name = larger ? "max" : "min";
      const Fold fold = larger ? kMax : kMin;
      for (int way = 0; way < 2; ++way) {
        if (!runs(context, {name, {1}, {way == 0 ? rows.operand() : turned}, {y}})) continue;
        for (int64_t at = 0; at <= n; ++at) {
          const T expected = at < n ? -common : common;
          CHECK(y[at] == 0 && std::signbit(y[at]) == std::signbit(expected), "%s of %lld with one zero at %lld, way %d",
                name, static_cast<long long>(n), static_cast<long long>(at), way);
        }
      }
      if (n == 1) continue; /* nothing to fold */
      Array<T> negated({n + 1, n});
      for (int64_t i = 0; i < rows.count(); ++i) negated[i] = -rows[i];
      if (!runs(context, {"fused", region({{"neg", {0}}}, dtype_of<T>(), {{1, fold, -1}}), {negated}, {y}})) continue;
      for (int64_t at = 0; at <= n; ++at) {
        const T expected = at < n ? -common : common;
        CHECK(y[at] == 0 && std::signbit(y[at]) == std::signbit(expected), "fused %s of %lld with one zero at %lld",
              name, static_cast<long long>(n), static_cast<long long>(at));
      }
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({3, 4}), y({3}), z({4});
  refused(context, {"sum", {3}, {x}, {y}}, ADJ_INVALID_IMAGE, "sum: reduced axes is 3, outside 0..2");
  refused(context, {"sum", {1}, {x}, {z}}, ADJ_INVALID_IMAGE, "sum: axis 0 of output 0 [4] must be 3 long");
  refused(context, {"max", {1}, {x}, {Array<float>({3}, Layout::kGaps)}}, ADJ_INVALID_IMAGE,
          "max: output 0 [3] is not contiguous: copy it first");
  Array<float> nothing({3, 0});
  refused(context, {"max", {1}, {nothing}, {y}}, ADJ_INVALID_IMAGE, "max: nothing to reduce in [3, 0]");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_all<float>(context);
    test_all<double>(context);
    test_long_products<float>(context);
    test_long_products<double>(context);
    test_signs_of_zeros<float>(context);
    test_signs_of_zeros<double>(context);
    test_accuracy(context);
    test_refusals(context);
  });
  return finish();
}

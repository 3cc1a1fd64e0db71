/* Normalisation of groups and its gradient against naive twins in long double, at both ends of the range. */
#include <cstring>

#include "machine.h"

using namespace test;

namespace {

using Wide = std::vector<long double>;

enum Along { kNothing, kKept, kTrail };

struct Form {
  int64_t lead, kept, trail;
  bool centred;
  Along along;
  double epsilon;

  int64_t count() const { return lead * kept * trail; }
  int64_t scales() const { return along == kKept ? kept : along == kTrail ? trail : 0; }
  int64_t group_of(int64_t i) const { return i / trail % kept; }
  int64_t scale_of(int64_t i) const { return along == kKept ? group_of(i) : i % trail; }
  std::vector<int64_t> ints(int64_t slopes) const {
    int64_t bits;
    std::memcpy(&bits, &epsilon, sizeof(bits));
    return {centred, along, bits, slopes};
  }
};

/* What the kernels should give. */
struct Twin {
  Wide y, mean, variance, dx, scale_slopes, shift_slopes;

  template <class T>
  Twin(const Form& form, const Array<T>& x, const Array<T>& g, const Array<T>& scale, const Array<T>& shift) {
    const size_t count = static_cast<size_t>(form.count()), groups = static_cast<size_t>(form.kept);
    const long double n = static_cast<long double>(form.lead * form.trail);
    Wide d(count), sum(groups), product(groups), inverse(groups);
    mean.assign(groups, 0);
    variance.assign(groups, 0);
    y.assign(count, 0);
    dx.assign(count, 0);
    scale_slopes.assign(static_cast<size_t>(form.scales()), 0);
    shift_slopes = scale_slopes;
    const auto group = [&](size_t i) { return static_cast<size_t>(form.group_of(static_cast<int64_t>(i))); };
    const auto scaled = [&](size_t i) { return static_cast<size_t>(form.scale_of(static_cast<int64_t>(i))); };
    for (size_t i = 0; form.centred && i < count; ++i) mean[group(i)] += x.data()[i] / n;
    for (size_t i = 0; i < count; ++i) d[i] = x.data()[i] - mean[group(i)];
    for (size_t i = 0; i < count; ++i) variance[group(i)] += d[i] * d[i] / n;
    for (size_t c = 0; c < groups; ++c) {
      const long double total = variance[c] + form.epsilon;
      inverse[c] = total == 0 ? 0 : 1 / std::sqrt(total);
      if (n == 0) mean[c] = variance[c] = std::numeric_limits<long double>::quiet_NaN();
    }
    const auto w = [&](size_t i) {
      return g.data()[i] * (form.along == kNothing ? 1.0L : static_cast<long double>(scale.data()[scaled(i)]));
    };
    for (size_t i = 0; i < count; ++i) {
      y[i] = d[i] * inverse[group(i)];
      sum[group(i)] += w(i);
      product[group(i)] += w(i) * y[i];
      if (form.along == kNothing) continue;
      scale_slopes[scaled(i)] += g.data()[i] * y[i];
      shift_slopes[scaled(i)] += g.data()[i];
    }
    for (size_t i = 0; i < count; ++i) {
      const size_t c = group(i);
      dx[i] = inverse[c] * (w(i) - (form.centred ? sum[c] / n : 0) - y[i] * product[c] / n);
      if (form.along != kNothing) y[i] = y[i] * scale.data()[scaled(i)] + shift.data()[scaled(i)];
    }
  }
};

/* Each within `tolerance` times the larger of `unit` and what is expected. */
template <class T>
void same(const char* what, const Form& form, const Array<T>& got, const Wide& expected, long double tolerance,
          long double unit) {
  CHECK(got.size() == static_cast<int64_t>(expected.size()), "%s", what);
  for (size_t i = 0; i < expected.size(); ++i) {
    const long double value = static_cast<long double>(got.data()[i]);
    const bool both_nan = std::isnan(value) && std::isnan(expected[i]);
    CHECK(both_nan || std::fabs(value - expected[i]) <= tolerance * std::fmax(unit, std::fabs(expected[i])),
          "%s of [%lld, %lld, %lld] along %d at %zu: %Lg, not %Lg", what, static_cast<long long>(form.lead),
          static_cast<long long>(form.kept), static_cast<long long>(form.trail), form.along, i, value, expected[i]);
  }
}

/* `size`: what x is of the order of. Elements are about 1 apart, and so are the terms of dx. */
template <class T>
void test_form(adj_context* context, const Form& form, const Array<T>& x, double size, long double tolerance) {
  const Dims dims = {form.lead, form.kept, form.trail};
  Array<T> g(dims), scale({form.scales()}), shift({form.scales()}), y(dims), mean({form.kept}), variance({form.kept}),
      dx(dims), by_scale({form.scales()}), by_shift({form.scales()});
  Random random(3);
  g.fill_with([&](int64_t) { return random.uniform(-2, 2); });
  scale.fill_with([&](int64_t) { return random.uniform(-2, 2); });
  shift.fill_with([&](int64_t) { return random.uniform(-2, 2); });
  const bool scales = form.along != kNothing;
  const std::vector<Operand> in = scales ? std::vector<Operand>{x, scale, shift} : std::vector<Operand>{x};
  if (!runs(context, {"standardize", form.ints(0), in, {y, mean, variance}})) return;
  const std::vector<Operand> back = scales ? std::vector<Operand>{x, g, scale} : std::vector<Operand>{x, g};
  const std::vector<Operand> slopes = scales ? std::vector<Operand>{dx, by_scale, by_shift} : std::vector<Operand>{dx};
  if (!runs(context, {"standardizeGrad", form.ints(scales ? 2 : 0), back, slopes})) return;
  const Twin twin(form, x, g, scale, shift);
  const long double unit = static_cast<long double>(size), n = static_cast<long double>(form.lead * form.trail);
  same("y", form, y, twin.y, tolerance, 1);
  same("mean", form, mean, twin.mean, tolerance, unit);
  same("variance", form, variance, twin.variance, tolerance, unit * unit);
  same("dx", form, dx, twin.dx, tolerance, size > 1 ? 1 : 8);
  if (!scales) return;
  same("slope of scale", form, by_scale, twin.scale_slopes, tolerance, std::sqrt(n * 8));
  same("slope of shift", form, by_shift, twin.shift_slopes, tolerance, std::sqrt(n * 8));
  /* In place: x becomes y, g becomes dx. */
  Array<T> over(dims), over_g(dims);
  std::memcpy(over.data(), x.data(), static_cast<size_t>(x.size()) * sizeof(T));
  std::memcpy(over_g.data(), g.data(), static_cast<size_t>(x.size()) * sizeof(T));
  if (!runs(context, {"standardizeGrad", form.ints(0), {x, over_g, scale}, {over_g}})) return;
  if (!runs(context, {"standardize", form.ints(0), {over, scale}, {over, mean, variance}})) return;
  for (int64_t i = 0; i < x.size(); ++i) CHECK(over_g[i] == dx[i] || dx[i] != dx[i], "gradient in place");
}

template <class T>
void test_sizes(adj_context* context) {
  const long double tolerance = std::is_same_v<T, float> ? 1e-6L : 1e-13L;
  Random random(5);
  for (const bool centred : {true, false}) {
    for (const Along along : {kNothing, kKept, kTrail}) {
      for (const Dims& dims :
           std::vector<Dims>{{1, 3, 0},     {1, 0, 3},    {0, 3, 2},     {1, 5, 1},     {1, 7, 2},    {1, 3, 7},
                             {1, 9, 16},    {1, 2, 17},   {1, 6, 33},    {1, 70, 9},    {1, 2, 1009}, {1, 1, 0},
                             {5, 7, 1},     {2, 33, 1},   {9, 65, 1},    {300, 3, 1},   {3, 4, 5},    {2, 3, 15},
                             {2, 3, 16},    {4, 5, 50},   {3, 1, 1},     {7, 1, 33},    {40, 16, 1},  {33, 32, 1},
                             {600, 300, 1}, {300, 40, 3}, {3, 2, 40000}, {300, 2, 400}, {1, 1, 70001}}) {
        const Form form{dims[0], dims[1], dims[2], centred, along, 1e-5};
        if (along == kTrail && form.lead != 1) continue;
        if (form.count() > 10000 && (!centred || along != kKept)) continue; /* the twin takes its time */
        Array<T> x(dims);
        x.fill_with([&](int64_t) { return random.uniform(-2, 2); });
        test_form(context, form, x, 1, tolerance);
      }
    }
  }
}

/* A mean of 10^4 costs no digits of deviations of 1 but those that rounding x has taken. */
template <class T>
void test_large_mean(adj_context* context) {
  Random random(11);
  for (const Dims& dims : std::vector<Dims>{{1, 4, 300}, {300, 4, 1}, {20, 3, 17}}) {
    Array<T> x(dims);
    x.fill_with([&](int64_t) { return 10000 + random.uniform(-2, 2); });
    test_form(context, {dims[0], dims[1], dims[2], true, kKept, 1e-5}, x, 1e4,
              std::is_same_v<T, float> ? 1e-6L : 1e-12L);
  }
}

/* Numbers whose squares overflow or vanish. */
template <class T>
void test_range(adj_context* context) {
  const bool narrow = std::is_same_v<T, float>;
  for (const double size :
       {narrow ? 1e37 : 1e307, narrow ? 1e25 : 1e200, narrow ? 1e-25 : 1e-200, narrow ? 1e-37 : 1e-300}) {
    for (const double epsilon : {0.0, 1e-5}) {
      for (const Dims& dims : std::vector<Dims>{{1, 3, 21}, {5, 3, 2}}) {
        Random random(13);
        Array<T> x(dims), y(dims), mean({3}), variance({3});
        x.fill_with([&](int64_t) { return size * random.uniform(-2, 2); });
        for (const bool centred : {true, false}) {
          const Form form{dims[0], dims[1], dims[2], centred, kNothing, epsilon};
          if (!runs(context, {"standardize", form.ints(0), {x}, {y, mean, variance}})) continue;
          const Twin twin(form, x, x, x, x);
          same("y at the range's end", form, y, twin.y, narrow ? 1e-6L : 1e-13L, size > 1 || epsilon == 0 ? 1 : 0);
        }
      }
    }
  }
}

/* Results past the caches, of rows that are no whole vectors. */
void test_large_rows(adj_context* context) {
  const Form form{1, 4200, 1001, true, kTrail, 1e-5};
  const Dims dims = {1, form.kept, form.trail};
  Array<float> x(dims), g(dims), scale({form.trail}), dx(dims);
  x.fill_with([](int64_t i) { return static_cast<double>(i % 7); });
  g.fill_with([](int64_t) { return 3; });
  scale.fill_with([](int64_t) { return 2; });
  if (!runs(context, {"standardizeGrad", form.ints(0), {x, g, scale}, {dx}})) return;
  for (int64_t i = 0; i < dx.size(); ++i) CHECK(std::fabs(dx[i]) < 1e-4F, "of equal cotangents: %g", dx[i]);
}

/* Equal elements: 0, and nothing flows back if there is no epsilon. */
template <class T>
void test_equal(adj_context* context) {
  for (const Dims& dims : std::vector<Dims>{{1, 2, 9}, {9, 2, 1}}) {
    Array<T> x(dims), g(dims), y(dims), dx(dims), mean({2}), variance({2});
    x.fill_with([](int64_t) { return 0.7; });
    g.fill_with([](int64_t i) { return i; });
    const Form form{dims[0], 2, dims[2], true, kNothing, 0};
    if (!runs(context, {"standardize", form.ints(0), {x}, {y, mean, variance}})) return;
    if (!runs(context, {"standardizeGrad", form.ints(0), {x, g}, {dx}})) return;
    for (int64_t i = 0; i < 18; ++i) CHECK(y[i] == 0 && dx[i] == 0, "of equal elements: %g", static_cast<double>(y[i]));
    x[0] = static_cast<T>(std::nan(""));
    if (!runs(context, {"standardize", form.ints(0), {x}, {y, mean, variance}})) return;
    CHECK(std::isnan(y[0]) && std::isnan(mean[0]) && !std::isnan(mean[1]), "NaN stays in its group");
  }
}

/* A group with a NaN among its elements, and no cotangents but 0: nothing flows back from it, and the others' slopes
 * are as if it were not there. */
template <class T>
void test_hidden(adj_context* context) {
  for (const Along along : {kNothing, kKept, kTrail}) {
    for (const Dims& dims :
         std::vector<Dims>{{1, 4, 9}, {9, 4, 1}, {1, 4, 40}, {600, 300, 1}, {3, 2, 40000}, {1, 2, 1009}}) {
      const Form form{dims[0], dims[1], dims[2], true, along, 1e-5};
      if (along == kTrail && form.lead != 1) continue;
      Array<T> x(dims), g(dims), scale({form.scales()}), dx(dims), by_scale({form.scales()}), by_shift({form.scales()});
      x.fill_with([](int64_t i) { return i == 0 ? std::nan("") : static_cast<double>(i % 7); });
      g.fill_with([&](int64_t i) { return form.group_of(i) == 0 ? 0.0 : 1.0 + static_cast<double>(i % 3); });
      scale.fill_with([](int64_t) { return 2; });
      const bool scales = along != kNothing;
      const std::vector<Operand> in = scales ? std::vector<Operand>{x, g, scale} : std::vector<Operand>{x, g};
      const std::vector<Operand> out = scales ? std::vector<Operand>{dx, by_scale, by_shift} : std::vector<Operand>{dx};
      if (!runs(context, {"standardizeGrad", form.ints(scales ? 2 : 0), in, out})) return;
      for (int64_t i = 0; i < dx.size(); ++i) {
        const bool hidden = form.group_of(i) == 0;
        CHECK(hidden ? dx[i] == 0 : std::isfinite(dx[i]), "hidden group, along %d: dx %g at %lld", along,
              static_cast<double>(dx[i]), static_cast<long long>(i));
      }
      for (int64_t i = 0; i < form.scales(); ++i) {
        CHECK(std::isfinite(by_scale[i]) && std::isfinite(by_shift[i]), "hidden group, along %d: slopes at %lld", along,
              static_cast<long long>(i));
      }
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({2, 3, 4}), y({2, 3, 4}), mean({3}), variance({3}), scale({4}), short_scale({2});
  const Form form{2, 3, 4, true, kTrail, 1};
  refused(context, {"standardize", form.ints(0), {x, scale}, {y, mean, variance}}, ADJ_INVALID_IMAGE,
          "standardize: a scale along the trailing axis needs one leading place, not 2");
  Form kept = form;
  kept.along = kKept;
  refused(context, {"standardize", kept.ints(0), {x, short_scale}, {y, mean, variance}}, ADJ_INVALID_IMAGE,
          "standardize: axis 0 of input 1 [2] must be 3 long");
  refused(context, {"standardize", kept.ints(0), {x}, {y, mean, variance}}, ADJ_INVALID_IMAGE,
          "standardize: takes 4 ints, 2 inputs, 3 outputs, not 4, 1, 3");
  kept.epsilon = -1;
  Array<float> three({3});
  refused(context, {"standardize", kept.ints(0), {x, three}, {y, mean, variance}}, ADJ_INVALID_IMAGE,
          "standardize: epsilon -1 is not in [0, inf)");
  kept.epsilon = 1;
  refused(context, {"standardizeGrad", kept.ints(3), {x, x, mean}, {y}}, ADJ_INVALID_IMAGE,
          "standardizeGrad: slopes is 3, outside 0..2");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_sizes<float>(context);
    test_sizes<double>(context);
    test_large_mean<float>(context);
    test_large_mean<double>(context);
    test_range<float>(context);
    test_range<double>(context);
    test_large_rows(context);
    test_equal<float>(context);
    test_equal<double>(context);
    test_hidden<float>(context);
    test_hidden<double>(context);
    test_refusals(context);
  });
  return finish();
}

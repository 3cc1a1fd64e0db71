/*
 * Folds at the end of fused regions against naive twins of what the same ops give one by one: over every number of
 * leading and of trailing axes, divided or not, with infinities and NaN, of large regions and of nothing.
 */
#include "machine.h"
#include "region.h"

using namespace test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

/* Element e of `kept` is folded of every kept-th value from e on, or of those that follow each other. */
struct Folded {
  const std::vector<double>& values;
  int64_t kept;
  bool leading;

  int64_t count() const { return static_cast<int64_t>(values.size()) / kept; }
  double at(int64_t e, int64_t i) const {
    return values[static_cast<size_t>(leading ? i * kept + e : e * count() + i)];
  }
};

/* A fold in its naive order, and how far another order may be from it, in roundings to T. */
double twin(Fold fold, const Folded& x, int64_t e, double* size) {
  const int64_t n = x.count();
  double most = -kInf, least = kInf, nan = 0;
  long double sum = 0;
  *size = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double v = x.at(e, i);
    most = v > most ? v : most;
    least = v < least ? v : least;
    nan = v != v ? v : nan;
    sum += static_cast<long double>(v);
    if (fold == kSum) *size += std::fabs(v);
  }
  if (fold == kSum) return static_cast<double>(sum);
  if (nan != nan) return nan;
  if (fold == kMax) return most;
  if (fold == kMin) return least;
  if (std::isinf(most)) return most;
  long double exponentials = 0;
  for (int64_t i = 0; i < n; ++i) exponentials += static_cast<long double>(std::exp(x.at(e, i) - most));
  const double log_sum = most + std::log(static_cast<double>(exponentials));
  *size = 8 * std::fmax(1, std::fabs(log_sum));
  return log_sum;
}

template <class T>
void check_fold(const Array<T>& got, const std::vector<double>& values, Fold fold, bool leading, const char* what) {
  const int64_t kept = got.count();
  for (int64_t e = 0; e < kept; ++e) {
    double size;
    const double expected = twin(fold, {values, kept, leading}, e, &size), y = static_cast<double>(got[e]);
    const bool same = y == expected || (std::isnan(y) && std::isnan(expected));
    const double tolerance = (sizeof(T) == 4 ? 1.2e-7 : 1e-13) * size;
    CHECK(same || std::fabs(y - expected) <= tolerance, "%s, fold %d, %lld of %lld: %.17g, not %.17g", what,
          static_cast<int>(fold), static_cast<long long>(e), static_cast<long long>(kept), y, expected);
  }
}

template <class T>
std::vector<double> values_of(const Array<T>& x) {
  std::vector<double> values;
  for (int64_t i = 0; i < x.count(); ++i) values.push_back(static_cast<double>(x[i]));
  return values;
}

/* What is put among the numbers: in some rows -inf alone, in some +inf, in some NaN. */
double special(Random& random, int64_t i, int64_t n) {
  switch (i / n % 5) {
    case 1:
      return -kInf;
    case 2:
      return i % 7 == 3 ? -kInf : random.uniform(-90, 90);
    case 3:
      return i % 11 == 5 ? kInf : random.uniform(-2, 2);
    case 4:
      return i % 13 == 6 ? kNan : i % 3 == 1 ? kInf : random.uniform(-2, 2);
    default:
      return random.uniform(-200, 200);
  }
}

Dims kept_dims(const Dims& dims, int64_t axes) {
  const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(axes);
  return axes < 0 ? Dims(dims.begin(), dims.end() + count) : Dims(dims.begin() + count, dims.end());
}

/* t = a + b, u = t·c: t leaves as it is, u is folded one way, and t another way, divided. */
template <class T>
void test_folds(adj_context* context, const Dims& dims, Layout la, Layout lb, bool specials) {
  constexpr int64_t dtype = dtype_of<T>();
  const int64_t rank = static_cast<int64_t>(dims.size()), n = rank > 0 ? std::max<int64_t>(dims.back(), 1) : 1;
  Random random(static_cast<uint64_t>(count_of(dims)) + 3);
  Array<T> a(dims, la), b(dims, lb), c(dims), by(dims, Layout::kScalar), t(dims), u(dims), y(dims);
  a.fill_with([&](int64_t i) { return specials ? special(random, i, n) : random.uniform(-2, 2); });
  b.fill_with([&](int64_t) { return random.uniform(-2, 2); });
  c.fill_with([&](int64_t) { return random.uniform(-1, 3); });
  by.fill_with([](int64_t) { return 3; });
  if (!runs(context, {"plus", {}, {a, b}, {t}}) || !runs(context, {"times", {}, {t, c}, {u}})) return;
  const std::vector<double> ts = values_of(t), us = values_of(u);
  const std::vector<Op> ops = {{"plus", {0, 1}}, {"times", {4, 2}}};
  const std::vector<Operand> inputs = {a, b, c, by};
  for (int64_t axes = -rank; axes <= rank; ++axes) {
    const Dims kept = kept_dims(dims, axes);
    const int64_t elements = count_of(dims), results = count_of(kept);
    if (results > 1 && elements == results) continue;
    Array<T> folded(kept), plain(kept), divided(kept);
    const Fold other = axes < 0 ? kLogSumExp : kSum;
    if (!runs(context, {"fused", region(ops, dtype, {{4, other, axes}}), inputs, {plain}})) return;
    check_fold(plain, ts, other, axes >= 0, "alone");
    for (const Fold fold : {kSum, kMax, kMin, kLogSumExp}) {
      if (fold == kLogSumExp && axes >= 0 && results != 1) continue;
      if ((fold == kMax || fold == kMin) && elements == 0 && results > 0) continue;
      const int64_t divisor = elements > 0 ? 3 : -1;
      const std::vector<Out> outputs = {{4}, {5, fold, axes}, {4, other, axes, divisor}};
      if (!runs(context, {"fused", region(ops, dtype, outputs), inputs, {y, folded, divided}})) return;
      check_fold(folded, us, fold, axes >= 0, "together");
      if (axes > 0 && results > 1) { /* of many columns, none leave as they are: parts take some of them */
        const std::vector<Out> both = {{5, fold, axes}, {4, kSum, axes}};
        if (!runs(context, {"fused", region(ops, dtype, both), inputs, {folded, plain}})) return;
        check_fold(folded, us, fold, true, "first of two");
        check_fold(plain, ts, kSum, true, "second of two");
      }
      /* Alone it may be cut otherwise. */
      for (int64_t e = 0; divisor >= 0 && e < results; ++e) {
        const double want = static_cast<double>(plain[e]) / 3;
        CHECK(near(static_cast<double>(divided[e]), want, 10 * kTolerance<T>), "divided: %g, not %g",
              static_cast<double>(divided[e]), want);
      }
    }
  }
}

template <class T>
void test_shapes(adj_context* context, const std::vector<Dims>& shapes) {
  for (const Dims& dims : shapes) {
    for (const Layout layout : kAnyLayout) {
      test_folds<T>(context, dims, layout, Layout::kRow, false);
      test_folds<T>(context, dims, Layout::kContiguous, layout, true);
    }
  }
}

/* Around the sizes of tiles, and axes of nothing. */
const std::vector<Dims> kTiled = {
    {1023},    {1025},   {2049},     {0, 3},     {2, 0, 3},    {3, 1025},         {1025, 3},
    {64, 127}, {900, 2}, {30, 5, 7}, {3, 70, 4}, {5, 3, 1030}, {2, 3, 2, 3, 2, 3}};

/* Large enough that several parts share an element, in every way that they can. */
const std::vector<Dims> kShared = {{90000},      {2, 50001},  {70, 1001},       {9, 30001},   {1000, 61},  {7, 9, 901},
                                   {3, 3000, 7}, {90, 7, 53}, {2, 2, 20, 1301}, {66, 7, 503}, {5, 60, 300}};

template <class T>
void test_shared(adj_context* context) {
  for (const Dims& dims : kShared) {
    test_folds<T>(context, dims, Layout::kColumn, Layout::kRow, false);
    test_folds<T>(context, dims, Layout::kContiguous, Layout::kContiguous, true);
  }
}

/* A region that writes past the caches. */
void test_large(adj_context* context) {
  test_folds<float>(context, {2049, 2053}, Layout::kContiguous, Layout::kRow, false);
}

/* A largest element that comes late, and terms that vanish beside it. */
void test_rescaling(adj_context* context) {
  const Dims dims = {4, 5000};
  Array<float> x(dims), y({4});
  x.fill_with([](int64_t i) {
    const int64_t r = i / 5000, k = i % 5000;
    return r == 0   ? static_cast<double>(k) / 10
           : r == 1 ? -static_cast<double>(k)
           : r == 2 ? 3e38
                    : (k == 4999 ? 1e30 : -1e38);
  });
  if (!runs(context, {"fused", region({{"neg", {0}}, {"neg", {1}}}, ADJ_F32, {{2, kLogSumExp, -1}}), {x}, {y}})) return;
  check_fold(y, values_of(x), kLogSumExp, false, "rescaled");
}

/*
 * A region of one element, whose outputs may take the memory of any input, the divisor's too: the same numbers as with
 * memory of their own.
 */
template <class T>
void test_in_place(adj_context* context) {
  const std::vector<Op> ops = {{"neg", {1}}, {"exp", {0}}};
  for (const Dims& dims : {Dims{}, Dims{1}, Dims{1, 1}}) {
    for (const Fold fold : {kSum, kMax, kLogSumExp}) {
      for (const bool folds_first : {false, true}) {
        for (const int place : {0, 1, 2, 3, 4, 5}) {
          Array<T> x(dims), d(dims), y(dims), z(dims);
          x[0] = T(6);
          d[0] = T(2);
          const Out leaves{2}, folded{3, fold, 0, 1};
          const double expected = std::exp(6.0) / 2;
          /* Who lies where: nobody; either output over either input; both over both. */
          const Operand left = place == 1 || place == 5 ? d : place == 2 ? x : y;
          const Operand sum = place == 3 || place == 5 ? x : place == 4 ? d : z;
          const Call call = folds_first
                                ? Call{"fused", region(ops, dtype_of<T>(), {folded, leaves}), {x, d}, {sum, left}}
                                : Call{"fused", region(ops, dtype_of<T>(), {leaves, folded}), {x, d}, {left, sum}};
          if (!runs(context, call)) return;
          const double a = static_cast<double>(*static_cast<T*>(left.memory));
          const double b = static_cast<double>(*static_cast<T*>(sum.memory));
          CHECK(a == -2 && near(b, expected, 1e-6), "rank %zu, fold %d, place %d: %g and %g instead of -2 and %g",
                dims.size(), static_cast<int>(fold), place, a, b, expected);
        }
      }
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({3, 4}), column({3, 1}), by({3, 4}, Layout::kScalar), row({3, 4}, Layout::kRow), rows({3}),
      columns({4}), nothing({3, 0}), none({3, 0}, Layout::kScalar);
  Array<double> wide({3, 4}, Layout::kScalar);
  const std::vector<Op> ops = {{"exp", {0}}};
  const auto call = [&](const Out& out, const Operand& y) {
    return Call{"fused", region(ops, ADJ_F32, {out}), {x}, {y}};
  };
  refused(context, call({1, static_cast<Fold>(5), 1}, columns), ADJ_INVALID_IMAGE, "fused: a fold is 5, outside 0..4");
  refused(context, call({1, kSum, -3}, rows), ADJ_INVALID_IMAGE, "fused: folded axes is -3, outside -2..2");
  refused(context, call({1, kLeave, 1}, columns), ADJ_INVALID_IMAGE, "fused: folded axes is 1, outside 0..0");
  refused(context, call({1, kSum, 0}, x), ADJ_INVALID_IMAGE, "fused: a fold of single elements of [3, 4]");
  refused(context, call({1, kSum, -1}, columns), ADJ_INVALID_IMAGE, "fused: axis 0 of output 0 [4] must be 3 long");
  refused(context, call({1, kLogSumExp, 1}, columns), ADJ_INVALID_IMAGE,
          "fused: output 0 can only be folded over trailing axes");
  refused(context, call({1, kSum, -1, 1}, rows), ADJ_INVALID_IMAGE, "fused: a divisor is 1, outside -1..0");
  refused(context, call({1, kSum, -1, 0}, rows), ADJ_INVALID_IMAGE, "fused: input 0 divides a fold and is no number");
  refused(context, call({1, kLeave, 0, 0}, x), ADJ_INVALID_IMAGE, "fused: a divisor is 0, outside -1..-1");
  const std::vector<Op> sum = {{"exp", {0}}};
  refused(context, {"fused", region(sum, ADJ_F32, {{2, kSum, -1, 1}}), {x, wide}, {rows}}, ADJ_UNKNOWN_KERNEL,
          "fused: input 1 is F64, needs F32");
  refused(context, {"fused", region(sum, ADJ_F32, {{2, kSum, -1, 1}}), {nothing, none}, {rows}}, ADJ_INVALID_IMAGE,
          "fused: input 1 divides a fold and is no number");
  refused(context, {"fused", region(ops, ADJ_F32, {{1, kMax, -1}}), {nothing}, {rows}}, ADJ_INVALID_IMAGE,
          "fused: nothing to reduce in [3, 0]");
  refused(context, {"fused", region(ops, ADJ_F32, {{1, kSum, -1}}), {column}, {rows}}, ADJ_INVALID_IMAGE,
          "fused: a fold of single elements of [3, 1]");
  Array<int32_t> i({3, 4}), j({3});
  refused(context, {"fused", region({{"cast", {0}}}, ADJ_I32, {{1, kSum, -1}}), {x}, {j}}, ADJ_UNKNOWN_KERNEL,
          "fused: there is no kernel for I32");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_shapes<float>(context, kShapes);
    test_shapes<double>(context, kShapes);
    test_shapes<float>(context, kTiled);
    test_shared<float>(context);
    test_rescaling(context);
    test_in_place<float>(context);
    test_in_place<double>(context);
    test_refusals(context);
  });
  const Context two("", 2);
  test_shared<double>(two);
  test_large(two);
  return finish();
}

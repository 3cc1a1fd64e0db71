/*
 * Elementwise kernels against naive twins: every op, dtype, shape and combination of layouts. To add an op, add a row.
 */
#include <algorithm>

#include "machine.h"

using namespace test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> kSpecial = {0.0, -0.0, 1.0, -1.0, kInf, -kInf, kNan, 1e-40, -1e-40, 1e-310, 3e38, -3e38, 0.5};

struct Unary {
  const char* name;
  double from, to; /* where it is sampled */
  double (*twin)(double);
};

const Unary kUnary[] = {
    {"neg", -5, 5, [](double x) { return -x; }},
    {"abs", -5, 5, [](double x) { return std::fabs(x); }},
    {"exp", -20, 20, [](double x) { return std::exp(x); }},
    {"log", 1e-3, 50, [](double x) { return std::log(x); }},
    {"sqrt", 0, 100, [](double x) { return std::sqrt(x); }},
    {"square", -5, 5, [](double x) { return x * x; }},
    {"tanh", -4, 4, [](double x) { return std::tanh(x); }},
    {"sigmoid", -10, 10, [](double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }},
    {"relu", -5, 5, [](double x) { return std::isnan(x) ? x
                                          : x > 0       ? x
                                                        : 0.0; }},
};

struct Binary {
  const char* name;
  double from, to;
  double (*twin)(double, double);
};

double largest(double a, double b) { return std::isnan(a) || std::isnan(b) ? kNan : std::max(a, b); }
double smallest(double a, double b) { return std::isnan(a) || std::isnan(b) ? kNan : std::min(a, b); }

const Binary kBinary[] = {
    {"plus", -5, 5, [](double a, double b) { return a + b; }},
    {"minus", -5, 5, [](double a, double b) { return a - b; }},
    {"times", -5, 5, [](double a, double b) { return a * b; }},
    {"div", 0.1, 5, [](double a, double b) { return a / b; }},
    {"pow", 0.1, 3, [](double a, double b) { return std::pow(a, b); }},
    {"maximum", -5, 5, largest},
    {"minimum", -5, 5, smallest},
    {"scale", -5, 5, [](double g, double d) { return g == 0 ? 0.0 : g * d; }},
    {"leakyRelu", -5, 5, [](double x, double s) { return x > 0 ? x : s * x; }},
};

/* What the twin gives, as the dtype would hold it. */
template <class T>
double rounded(double x) {
  return static_cast<double>(static_cast<T>(x));
}

template <class T>
void test_unary(adj_context* context) {
  Random random(1);
  for (const Unary& op : kUnary) {
    for (const Dims& dims : kShapes) {
      for (const Layout in : kAnyLayout) {
        for (const Layout out : kOutputLayouts) {
          Array<T> x(dims, in), y(dims, out);
          x.fill_with([&](int64_t) { return random.uniform(op.from, op.to); });
          if (!runs(context, {op.name, {}, {x}, {y}})) return;
          for (int64_t i = 0; i < y.count(); ++i) {
            const double a = static_cast<double>(x[i]);
            CHECK(near(static_cast<double>(y[i]), op.twin(a), kTolerance<T>), "%s(%.17g) = %.17g at %lld", op.name, a,
                  static_cast<double>(y[i]), static_cast<long long>(i));
          }
        }
      }
    }
    /* Special values, and in place. */
    Array<T> x({static_cast<int64_t>(kSpecial.size())});
    x.fill_with([&](int64_t i) { return kSpecial[static_cast<size_t>(i)]; });
    Array<T> before(x.dims());
    before.fill_with([&](int64_t i) { return x[i]; });
    if (!runs(context, {op.name, {}, {x}, {x}})) return;
    for (int64_t i = 0; i < x.count(); ++i) {
      const double a = static_cast<double>(before[i]), expected = rounded<T>(op.twin(a));
      CHECK(near(static_cast<double>(x[i]), expected, kTolerance<T>), "%s(%g) = %g, not %g", op.name, a,
            static_cast<double>(x[i]), expected);
    }
  }
}

template <class T>
void test_binary(adj_context* context) {
  Random random(2);
  for (const Binary& op : kBinary) {
    for (const Dims& dims : kShapes) {
      for (const Layout la : kAnyLayout) {
        for (const Layout lb : kAnyLayout) {
          Array<T> a(dims, la), b(dims, lb), y(dims, la == Layout::kGaps ? Layout::kTransposed : Layout::kContiguous);
          a.fill_with([&](int64_t) { return random.uniform(op.from, op.to); });
          b.fill_with([&](int64_t) { return random.uniform(op.from, op.to); });
          if (!runs(context, {op.name, {}, {a, b}, {y}})) return;
          for (int64_t i = 0; i < y.count(); ++i) {
            const double p = static_cast<double>(a[i]), q = static_cast<double>(b[i]);
            CHECK(near(static_cast<double>(y[i]), op.twin(p, q), kTolerance<T>), "%s(%.17g, %.17g) = %.17g", op.name, p,
                  q, static_cast<double>(y[i]));
          }
        }
      }
    }
    const int64_t n = static_cast<int64_t>(kSpecial.size());
    Array<T> a({n, n}, Layout::kColumn), b({n, n}, Layout::kRow), y({n, n});
    a.fill_with([&](int64_t i) { return kSpecial[static_cast<size_t>(i / n)]; });
    b.fill_with([&](int64_t i) { return kSpecial[static_cast<size_t>(i % n)]; });
    if (!runs(context, {op.name, {}, {a, b}, {y}})) return;
    for (int64_t i = 0; i < y.count(); ++i) {
      const double p = static_cast<double>(a[i]), q = static_cast<double>(b[i]), expected = rounded<T>(op.twin(p, q));
      CHECK(near(static_cast<double>(y[i]), expected, kTolerance<T>), "%s(%g, %g) = %g, not %g", op.name, p, q,
            static_cast<double>(y[i]), expected);
    }
    /* In place on either side. */
    Array<T> c({33}), d({33});
    c.fill_with([](int64_t i) { return 1 + i; });
    d.fill_with([](int64_t) { return 2; });
    if (!runs(context, {op.name, {}, {c, d}, {d}})) return;
    for (int64_t i = 0; i < 33; ++i) {
      const double expected = rounded<T>(op.twin(static_cast<double>(1 + i), 2));
      CHECK(near(static_cast<double>(d[i]), expected, kTolerance<T>), "%s in place at %lld", op.name,
            static_cast<long long>(i));
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({3}), y({3}), z({4});
  Array<int32_t> i({3});
  refused(context, {"exp", {}, {x}, {z}}, ADJ_INVALID_IMAGE, "exp: input 0 is [3], needs [4]");
  refused(context, {"exp", {}, {i}, {y}}, ADJ_UNKNOWN_KERNEL, "exp: there is no kernel for I32 -> F32");
  refused(context, {"plus", {}, {x}, {y}}, ADJ_INVALID_IMAGE, "plus: takes 0 ints, 2 inputs, 1 outputs, not 0, 1, 1");
  refused(context, {"expp", {}, {x}, {y}}, ADJ_UNKNOWN_KERNEL, "no kernel is called \"expp\"");
  Operand shifted = x.operand();
  shifted.dims = {2};
  Operand rest = shifted;
  rest.offset = 4;
  refused(context, {"exp", {}, {shifted}, {rest}}, ADJ_INVALID_IMAGE,
          "exp: output 0 [2] shares memory with input 0 [2] without being it");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_unary<float>(context);
    test_unary<double>(context);
    test_binary<float>(context);
    test_binary<double>(context);
    test_refusals(context);
  });
  return finish();
}

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

/* The n-th derivative of digamma: terms of its series to x = 60, then three of the asymptotic one (DLMF 5.15.8). */
double polygamma(double order, double from) {
  if (order != std::floor(order) || order < 0 || order > 100 || std::isnan(from)) return kNan;
  const int n = static_cast<int>(order);
  const bool pole = from <= 0 && from == std::floor(from) && !std::isinf(from);
  if (pole) return n % 2 != 0 ? kInf : from == 0 ? -1 / from : kNan;
  if (from == -kInf) return kNan;
  if (from == kInf) return n == 0 ? kInf : -0.0;
  long double x = from, sum = 0, factorial = 1;
  for (int j = 1; j <= n; ++j) factorial *= j;
  for (; x < 60; ++x) sum += factorial * std::pow(x, -n - 1);
  if (n == 0) return static_cast<double>(std::log(x) - 0.5L / x - 1 / (12 * x * x) + 1 / (120 * std::pow(x, 4)) - sum);
  sum += factorial / static_cast<long double>(n) * std::pow(x, -n) + factorial / 2 * std::pow(x, -n - 1);
  sum += factorial * (n + 1) / 12 * std::pow(x, -n - 2);
  sum -= factorial * (n + 1) * (n + 2) * (n + 3) / 720 * std::pow(x, -n - 4);
  sum += factorial * (n + 1) * (n + 2) * (n + 3) * (n + 4) * (n + 5) / 30240 * std::pow(x, -n - 6);
  return static_cast<double>(n % 2 != 0 ? sum : -sum);
}

/* x times a function that vanishes at -infinity faster than x grows. */
double gated(double x, double gate) { return x < -800 ? -0.0 : x * gate; }

const Unary kUnary[] = {
    {"neg", -5, 5, [](double x) { return -x; }},
    {"abs", -5, 5, [](double x) { return std::fabs(x); }},
    {"exp", -20, 20, [](double x) { return std::exp(x); }},
    {"log", 1e-3, 50, [](double x) { return std::log(x); }},
    {"log1p", -0.9, 50, [](double x) { return std::log1p(x); }},
    {"expm1", -20, 20, [](double x) { return std::expm1(x); }},
    {"sqrt", 0, 100, [](double x) { return std::sqrt(x); }},
    {"rsqrt", 1e-3, 100, [](double x) { return 1 / std::sqrt(x); }},
    {"reciprocal", 0.1, 5, [](double x) { return 1 / x; }},
    {"square", -5, 5, [](double x) { return x * x; }},
    {"tanh", -4, 4, [](double x) { return std::tanh(x); }},
    {"sigmoid", -10, 10, [](double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }},
    {"relu", -5, 5, [](double x) { return std::isnan(x) ? x
                                          : x > 0       ? x
                                                        : 0.0; }},
    {"sign", -5, 5, [](double x) { return x > 0   ? 1.0
                                          : x < 0 ? -1.0
                                                  : x; }},
    {"floor", -5, 5, [](double x) { return std::floor(x); }},
    {"ceil", -5, 5, [](double x) { return std::ceil(x); }},
    {"round", -5, 5, [](double x) { return std::nearbyint(x); }},
    {"sin", -10, 10, [](double x) { return std::sin(x); }},
    {"cos", -10, 10, [](double x) { return std::cos(x); }},
    {"tan", -1.5, 1.5, [](double x) { return std::tan(x); }},
    {"asin", -1, 1, [](double x) { return std::asin(x); }},
    {"acos", -1, 1, [](double x) { return std::acos(x); }},
    {"atan", -5, 5, [](double x) { return std::atan(x); }},
    {"sinh", -10, 10, [](double x) { return std::sinh(x); }},
    {"cosh", -10, 10, [](double x) { return std::cosh(x); }},
    {"asinh", -10, 10, [](double x) { return std::asinh(x); }},
    {"acosh", 1, 10, [](double x) { return std::acosh(x); }},
    {"atanh", -0.99, 0.99, [](double x) { return std::atanh(x); }},
    {"sech", -10, 10, [](double x) { return 1 / std::cosh(x); }},
    {"sechSquare", -10, 10, [](double x) { return 1 / (std::cosh(x) * std::cosh(x)); }},
    {"lessSquare", -5, 5, [](double x) { return (1 - x) * (1 + x); }},
    {"erf", -4, 4, [](double x) { return std::erf(x); }},
    {"erfc", -4, 6, [](double x) { return std::erfc(x); }},
    {"lgamma", -4.5, 30, [](double x) { return std::lgamma(x); }},
    {"digamma", -4.5, 30, [](double x) { return polygamma(0, x); }},
    {"gelu", -6, 6, [](double x) { return gated(x, std::erfc(-x * std::sqrt(0.5)) / 2); }},
    {"geluTanh", -6, 6,
     [](double x) { return gated(x, 0.5 + 0.5 * std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }},
    {"silu", -10, 10, [](double x) { return gated(x, 1 / (1 + std::exp(-x))); }},
    {"softplus", -20, 20, [](double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }},
    {"geluTanhSech", -6, 6, [](double x) { return 1 / std::cosh(std::sqrt(2 / M_PI) * x * (1 + 0.044715 * x * x)); }},
    {"mish", -10, 10, [](double x) { return gated(x, std::tanh(x > 30 ? x : std::log1p(std::exp(x)))); }},
};

struct Binary {
  const char* name;
  double from, to;
  double (*twin)(double, double);
  bool whole_first = false; /* the first input is a whole number */
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
    {"scale", -5, 5, [](double g, double d) { return g == 0 || d == 0 ? 0.0 : g * d; }},
    {"leakyRelu", -5, 5, [](double x, double s) { return x > 0 ? x : s * x; }},
    {"atan2", -5, 5, [](double y, double x) { return std::atan2(y, x); }},
    {"rhypot", -5, 5,
     [](double a, double b) {
       return static_cast<double>(1 / std::sqrt(static_cast<long double>(a) * a + static_cast<long double>(b) * b));
     }},
    {"overSquares", -5, 5,
     [](double a, double b) {
       if (std::isnan(a) || std::isnan(b)) return kNan;
       const long double squares = static_cast<long double>(a) * a + static_cast<long double>(b) * b;
       return squares == 0 || std::isinf(squares) ? 0.0 : static_cast<double>(a / squares);
     }},
    {"bell", 0.1, 5, [](double c, double x) { return c > 0 ? std::exp(-c * x * x) : kNan; }},
    {"sigmoidCrossEntropy", -5, 5,
     [](double x, double t) {
       const double far = x > 0 ? 1 - t : -t;
       return (far == 0 ? 0 : far * x) + std::log1p(std::exp(-std::fabs(x)));
     }},
    {"elu", -5, 5, [](double x, double a) { return x > 0 ? x : a * std::expm1(x); }},
    {"polygamma", 0.3, 5, polygamma, true},
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
          a.fill_with([&](int64_t) {
            const double value = random.uniform(op.from, op.to);
            return op.whole_first ? std::floor(value) : value;
          });
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

/* A zero of each sign, at every place of a row: the twin's sign, whatever lane or rest of a vector takes it. */
template <class T>
void test_signs_of_zeros(adj_context* context) {
  constexpr int64_t kLength = 37;
  for (const Layout layout : {Layout::kContiguous, Layout::kGaps}) {
    Array<T> x({kLength}, layout), y({kLength}, layout);
    x.fill_with([](int64_t i) { return i % 3 == 0 ? -0.0 : 0.0; });
    for (const Unary& op : kUnary) {
      if (op.twin(0.0) != 0) continue;
      if (!runs(context, {op.name, {}, {x}, {y}})) continue;
      for (int64_t i = 0; i < kLength; ++i) {
        const double expected = op.twin(static_cast<double>(x[i]));
        CHECK(y[i] == 0 && std::signbit(y[i]) == std::signbit(expected), "%s(%g) is %g, not %g", op.name,
              static_cast<double>(x[i]), static_cast<double>(y[i]), expected);
      }
    }
    /* As Java's Math.max and min: -0 is smaller than 0. */
    Array<T> other({kLength}, layout);
    other.fill_with([](int64_t i) { return i % 2 == 0 ? -0.0 : 0.0; });
    for (const bool larger : {true, false}) {
      if (!runs(context, {larger ? "maximum" : "minimum", {}, {x, other}, {y}})) continue;
      for (int64_t i = 0; i < kLength; ++i) {
        const bool negative =
            larger ? std::signbit(x[i]) && std::signbit(other[i]) : std::signbit(x[i]) || std::signbit(other[i]);
        CHECK(y[i] == 0 && std::signbit(y[i]) == negative, "%s of %g and %g is %g", larger ? "maximum" : "minimum",
              static_cast<double>(x[i]), static_cast<double>(other[i]), static_cast<double>(y[i]));
      }
    }
  }
}

/* Where n! and x^(n+1) leave the range of F64 and their quotient, whole or on the way, does or does not. */
void test_large_orders(adj_context* context) {
  struct {
    double n, x;
  } const cases[] = {{2000, 1000}, {400, 150},  {1000, 400}, {170, 3},   {500, 200.25}, {2000, 900},
                     {3000, 1000}, {600, 1e-1}, {100, 1e8},  {40, 1e-5}, {30, 1e12},    {1048575, 400'000}};
  for (const auto& at : cases) {
    Array<double> n(Dims{}), x(Dims{}), y(Dims{});
    n[0] = at.n;
    x[0] = at.x;
    if (!runs(context, {"polygamma", {}, {n, x}, {y}})) continue;
    /* n! zeta(n + 1, x), each term by its logarithm. */
    long double sum = 0, term = 1;
    const long double log_factorial = std::lgamma(static_cast<long double>(at.n) + 1);
    for (int k = 0; k < 100'000 && term > sum * 1e-21L; ++k) {
      term = std::exp(log_factorial - (at.n + 1) * std::log(static_cast<long double>(at.x) + k));
      sum += term;
    }
    const double expected = static_cast<double>(std::fmod(at.n, 2) != 0 ? sum : -sum);
    const bool right = std::isinf(expected) || expected == 0 || std::fabs(expected) < 1e-305
                           ? std::fabs(y[0] - expected) < 1e-305 || y[0] == expected
                           : std::fabs(y[0] / expected - 1) < 1e-11;
    CHECK(right, "polygamma(%g, %g) is %.17g, not %.17g", at.n, at.x, y[0], expected);
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
    test_signs_of_zeros<float>(context);
    test_signs_of_zeros<double>(context);
    test_large_orders(context);
    test_refusals(context);
  });
  return finish();
}

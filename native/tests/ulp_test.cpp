/*
 * The error of exp, log, expm1, log1p, tanh, sigmoid, erf, erfc, gelu, sin and cos in units in the last place, by
 * sampling, against long double. The bounds are those that src/kernels/README.md states; exhaustive_ulp holds F32 to
 * its own on every float. It prints the worst that it saw.
 */
#include <algorithm>

#include "machine.h"

using namespace test;

namespace {

struct Function {
  const char* name;
  long double (*twin)(long double);
  double bound32, bound64;
};

long double sigmoid(long double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

/* With its limit at -infinity, which it has reached long before -200. */
long double gelu(long double x) { return x < -200 ? -0.0L : x * std::erfc(-x * std::sqrt(0.5L)) / 2; }

const Function kFunctions[] = {
    {"exp", [](long double x) { return std::exp(x); }, 1.25, 1.5},
    {"log", [](long double x) { return std::log(x); }, 1.0, 1.5},
    {"tanh", [](long double x) { return std::tanh(x); }, 2.0, 3.0},
    {"sigmoid", sigmoid, 2.0, 2.0},
    {"expm1", [](long double x) { return std::expm1(x); }, 2.5, 3.0},
    {"log1p", [](long double x) { return std::log1p(x); }, 2.5, 3.0},
    {"erf", [](long double x) { return std::erf(x); }, 1.5, 1.5},
    {"erfc", [](long double x) { return std::erfc(x); }, 4.0, 4.0},
    {"gelu", gelu, 2.0, 5.0},
    {"sin", [](long double x) { return std::sin(x); }, 1.0, 1.0},
    {"cos", [](long double x) { return std::cos(x); }, 1.0, 1.0},
};

/* The distance between two floats at x. */
template <class T>
double spacing(long double x) {
  const int digits = std::numeric_limits<T>::digits;
  int exponent;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, std::max(exponent - digits, std::numeric_limits<T>::min_exponent - digits));
}

template <class T>
void test_function(adj_context* context, const Function& f, double bound) {
  Random random(15);
  const bool log = std::isnan(f.twin(-0.5L));
  std::vector<T> samples;
  /* Every exponent, then the range where most of the curve is, then the neighbours of awkward points. */
  const int lowest = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  for (int e = lowest; e < std::numeric_limits<T>::max_exponent; ++e) {
    for (int i = 0; i < 60; ++i) samples.push_back(static_cast<T>(std::ldexp(random.uniform(1, 2), e)));
  }
  for (int i = 0; i < 300000; ++i)
    samples.push_back(static_cast<T>(random.uniform(0, i % 3 == 0 ? 800 : i % 3 == 1 ? 12 : 1)));
  for (const double point : {0.0, 0.5, std::sqrt(0.5), 1.0, std::sqrt(2.0), std::log(2.0) / 2, std::log(2.0), 88.7,
                             103.9, 709.78, 745.1, 9.01, 22.0}) {
    T above = static_cast<T>(point), below = above;
    for (int i = 0; i < 200; ++i) {
      samples.push_back(above);
      samples.push_back(below);
      above = std::nextafter(above, std::numeric_limits<T>::infinity());
      below = std::nextafter(below, T(0));
    }
  }
  /* Multiples of pi/2, where a circular function has hardly anything left, and the edge of where it is vector code. */
  for (int i = 0; i < 200000; ++i) {
    const double quarters = std::floor(std::ldexp(random.uniform(1, 2), i % 24));
    samples.push_back(static_cast<T>(static_cast<long double>(quarters) * 1.57079632679489661923L));
  }
  for (int i = -200; i < 200; ++i) samples.push_back(static_cast<T>(1647099.0 + i / 8.0));
  const size_t positive = samples.size();
  for (size_t i = 0; !log && i < positive; ++i) samples.push_back(-samples[i]);
  const int64_t n = static_cast<int64_t>(samples.size());
  Array<T> x({n}), y({n});
  x.fill_with([&](int64_t i) { return samples[static_cast<size_t>(i)]; });
  if (!runs(context, {f.name, {}, {x}, {y}})) return;
  double worst = 0, where = 0;
  for (int64_t i = 0; i < n; ++i) {
    const long double expected = f.twin(static_cast<long double>(x[i]));
    const T rounded = static_cast<T>(expected);
    double error;
    if (std::isnan(rounded)) {
      error = std::isnan(y[i]) ? 0 : 1e9;
    } else if (std::isinf(rounded) || std::isinf(y[i])) {
      /* At the edge of overflow one step is one ULP. */
      const T edge = std::numeric_limits<T>::max();
      error = y[i] == rounded || (std::fabs(rounded) >= edge && std::fabs(y[i]) >= edge) ? 0 : 1e9;
    } else {
      error = static_cast<double>(std::fabs(static_cast<long double>(y[i]) - expected)) / spacing<T>(expected);
    }
    if (!(error <= worst)) {
      worst = error;
      where = static_cast<double>(x[i]);
    }
  }
  printf("%-8s %s %-8s worst %.3f ULP at %.9g of %lld\n", f.name, sizeof(T) == 4 ? "F32" : "F64",
         adj_context_isa(context), worst, where, static_cast<long long>(n));
  CHECK(worst <= bound, "%s: %.3f ULP at %.17g", f.name, worst, where);
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    for (const Function& f : kFunctions) {
      test_function<float>(context, f, f.bound32);
      test_function<double>(context, f, f.bound64);
    }
  });
  return finish();
}

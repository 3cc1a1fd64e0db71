/* The softmax family against naive twins, with rows of infinities, extreme values, and labels outside their row. */
#include <cstring>

#include "machine.h"

using namespace test;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

double log_sum_exp(const std::vector<double>& x) {
  double largest = -kInf;
  for (const double v : x) {
    if (std::isnan(v)) return kNan;
    largest = std::fmax(largest, v);
  }
  if (std::isinf(largest)) return largest;
  long double sum = 0;
  for (const double v : x) sum += std::exp(static_cast<long double>(v - largest));
  return largest + static_cast<double>(std::log(sum));
}

template <class T>
std::vector<double> row_of(const Array<T>& x, int64_t r, int64_t n) {
  std::vector<double> row;
  for (int64_t i = 0; i < n; ++i) row.push_back(static_cast<double>(x[r * n + i]));
  return row;
}

/* Equal, or both NaN. */
template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0 || (std::isnan(a) && std::isnan(b));
}

template <class T, class L>
void test_rows(adj_context* context, const Array<T>& x, const Array<L>& labels) {
  const int64_t rows = x.dims()[0], n = x.dims()[1];
  const double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-13;
  Array<T> soft({rows, n}), log_soft({rows, n}), lse({rows}), loss({rows}), grad({rows, n}), g({rows}, Layout::kGaps);
  g.fill_with([](int64_t r) { return static_cast<double>(r % 5) - 1.5; });
  if (!runs(context, {"softmax", {}, {x}, {soft}})) return;
  if (!runs(context, {"logSoftmax", {}, {x}, {log_soft}})) return;
  if (!runs(context, {"logSumExp", {}, {x}, {lse}})) return;
  if (n > 0 && !runs(context, {"softmaxCrossEntropy", {}, {x, labels}, {loss}})) return;
  if (n > 0 && !runs(context, {"softmaxCrossEntropyGrad", {}, {x, labels, g}, {grad}})) return;
  /* Both at once: the bits of each. */
  Array<T> both_loss({rows}), both_grad({rows, n});
  if (n > 0 && !runs(context, {"softmaxCrossEntropyWithGrad", {}, {x, labels, g}, {both_loss, both_grad}})) return;
  for (int64_t i = 0; n > 0 && i < rows; ++i) CHECK(same_bits(both_loss[i], loss[i]), "loss with its gradient");
  for (int64_t i = 0; n > 0 && i < rows * n; ++i) CHECK(same_bits(both_grad[i], grad[i]), "gradient with its loss");
  for (int64_t r = 0; r < rows; ++r) {
    const std::vector<double> row = row_of(x, r, n);
    const double total = log_sum_exp(row);
    CHECK(near(static_cast<double>(lse[r]), total, tolerance), "logSumExp of row %lld: %g, not %g",
          static_cast<long long>(r), static_cast<double>(lse[r]), total);
    for (int64_t i = 0; i < n; ++i) {
      const double v = row[static_cast<size_t>(i)];
      /* With +inf something is NaN: x - x has no value. A row of -inf alone is hidden: 0, and nothing flows back. */
      if (total == kInf) continue;
      const bool hidden = total == -kInf;
      const double log_p = hidden ? -kInf : v - total, p = std::exp(log_p);
      CHECK(near(static_cast<double>(soft[r * n + i]), p, tolerance), "softmax: %g, not %g",
            static_cast<double>(soft[r * n + i]), p);
      CHECK(near(static_cast<double>(log_soft[r * n + i]), log_p, tolerance), "logSoftmax: %g, not %g",
            static_cast<double>(log_soft[r * n + i]), log_p);
      const double hit = i == static_cast<int64_t>(labels[r]) && !hidden ? 1 : 0;
      const double expected = static_cast<double>(g[r]) * (p - hit);
      CHECK(near(static_cast<double>(grad[r * n + i]), expected, 2 * tolerance), "grad: %g, not %g",
            static_cast<double>(grad[r * n + i]), expected);
    }
    if (n > 0 && total != kInf) {
      const double expected = std::isinf(total) ? kInf : total - row[static_cast<size_t>(labels[r])];
      CHECK(near(static_cast<double>(loss[r]), expected, tolerance), "loss: %g, not %g", static_cast<double>(loss[r]),
            expected);
    }
  }
  /* In place. */
  Array<T> y({rows, n});
  y.fill_with([&](int64_t i) { return x[i]; });
  if (!runs(context, {"softmax", {}, {y}, {y}})) return;
  for (int64_t i = 0; i < y.count(); ++i) CHECK(y[i] == soft[i] || soft[i] != soft[i], "softmax in place");
  if (n == 0) return;
  y.fill_with([&](int64_t i) { return x[i]; });
  if (!runs(context, {"softmaxCrossEntropyGrad", {}, {y, labels, g}, {y}})) return;
  for (int64_t i = 0; i < y.count(); ++i) CHECK(y[i] == grad[i] || grad[i] != grad[i], "grad in place");
  y.fill_with([&](int64_t i) { return x[i]; });
  if (!runs(context, {"softmaxCrossEntropyWithGrad", {}, {y, labels, g}, {both_loss, y}})) return;
  for (int64_t i = 0; i < y.count(); ++i) CHECK(same_bits(y[i], grad[i]), "grad with its loss in place");
  for (int64_t r = 0; r < rows; ++r) CHECK(same_bits(both_loss[r], loss[r]), "loss with a gradient in place");
}

template <class T, class L>
void test_all(adj_context* context) {
  Random random(9);
  for (const int64_t rows : {0, 1, 5, 37}) {
    for (const int64_t n : {0, 1, 7, 8, 9, 10, 16, 17, 33, 63, 64, 65, 513, 1009, 2050}) {
      Array<T> x({rows, n});
      Array<L> labels({rows});
      x.fill_with([&](int64_t i) { return i % 11 == 0 ? random.uniform(-1000, 1000) : random.uniform(-8, 8); });
      labels.fill_with([&](int64_t) { return n > 0 ? random.below(n) : 0; });
      test_rows<T, L>(context, x, labels);
      if (n < 2) continue;
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < n; ++i) {
          if (r % 5 == 0) x[r * n + i] = static_cast<T>(-kInf);
          if (r % 5 == 1 && i != static_cast<int64_t>(labels[r])) x[r * n + i] = static_cast<T>(-kInf);
          if (r % 5 == 2 && i == 1) x[r * n + i] = static_cast<T>(kInf);
          if (r % 10 == 8) x[r * n + i] = static_cast<T>(-kInf);
          if (r % 5 == 3 && i == 0) x[r * n + i] = static_cast<T>(kNan);
        }
      }
      test_rows<T, L>(context, x, labels);
    }
  }
}

void test_labels(adj_context* context) {
  Array<float> x({70, 10}), y({70}), g({70}), grad({70, 10});
  x.fill_with([](int64_t i) { return static_cast<double>(i % 7); });
  Array<int32_t> labels({70});
  labels.fill_with([](int64_t i) { return i % 10; });
  labels[61] = -3;
  labels[5] = 17;
  refused(context, {"softmaxCrossEntropy", {}, {x, labels}, {y}}, ADJ_OUT_OF_RANGE,
          "softmaxCrossEntropy: label 17 at position 5 is outside 0..9");
  refused(context, {"softmaxCrossEntropyGrad", {}, {x, labels, g}, {grad}}, ADJ_OUT_OF_RANGE,
          "softmaxCrossEntropyGrad: label 17 at position 5 is outside 0..9");
  refused(context, {"softmaxCrossEntropyWithGrad", {}, {x, labels, g}, {y, grad}}, ADJ_OUT_OF_RANGE,
          "softmaxCrossEntropyWithGrad: label 17 at position 5 is outside 0..9");
  refused(context, {"softmaxCrossEntropyWithGrad", {}, {x, labels, g}, {y}}, ADJ_INVALID_IMAGE,
          "softmaxCrossEntropyWithGrad: takes 0 ints, 3 inputs, 2 outputs, not 0, 3, 1");
  Array<int64_t> wide({70});
  wide.fill_with([](int64_t) { return 3; });
  wide[69] = int64_t{1} << 40;
  refused(context, {"softmaxCrossEntropy", {}, {x, wide}, {y}}, ADJ_OUT_OF_RANGE,
          "softmaxCrossEntropy: label 1099511627776 at position 69 is outside 0..9");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_all<float, int32_t>(context);
    test_all<double, int64_t>(context);
    test_labels(context);
  });
  return finish();
}

/* adam and sgd against the formulas written out, over several steps, in place as a training loop runs them. */
#include "machine.h"

using namespace test;

namespace {

Array<double> scalar(double x) {
  Array<double> array(Dims{});
  array[0] = x;
  return array;
}

template <class T>
void test_adam(adj_context* context, int64_t n) {
  Random random(12);
  Array<T> p({n}), g({n}), m({n}), v({n});
  p.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  m.fill_with([](int64_t) { return 0; });
  v.fill_with([](int64_t) { return 0; });
  std::vector<double> ep, em(static_cast<size_t>(n)), ev(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) ep.push_back(static_cast<double>(p[i]));
  const double lr = 1e-2, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  for (int step = 1; step <= 5; ++step) {
    g.fill_with([&](int64_t) { return random.uniform(-1, 1); });
    const Array<double> a = scalar(step), b = scalar(lr), c = scalar(beta1), d = scalar(beta2), e = scalar(eps);
    if (!runs(context, {"adam", {}, {p, g, m, v, a, b, c, d, e}, {p, m, v}})) return;
    for (int64_t i = 0; i < n; ++i) {
      const size_t at = static_cast<size_t>(i);
      const double gradient = static_cast<double>(g[i]);
      em[at] = beta1 * em[at] + (1 - beta1) * gradient;
      ev[at] = beta2 * ev[at] + (1 - beta2) * gradient * gradient;
      const double first = em[at] / (1 - std::pow(beta1, step)), second = ev[at] / (1 - std::pow(beta2, step));
      ep[at] -= lr * first / (std::sqrt(second) + eps);
      CHECK(near(static_cast<double>(p[i]), ep[at], 3 * kTolerance<T>), "adam at %lld: %.17g, not %.17g",
            static_cast<long long>(i), static_cast<double>(p[i]), ep[at]);
    }
  }
}

template <class T>
void test_sgd(adj_context* context, int64_t n, int64_t nesterov) {
  Random random(13);
  Array<T> p({n}), g({n}), u({n});
  p.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  u.fill_with([](int64_t) { return 0; });
  std::vector<double> ep, eu(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) ep.push_back(static_cast<double>(p[i]));
  const double lr = 0.1, momentum = 0.9;
  for (int step = 1; step <= 3; ++step) {
    g.fill_with([&](int64_t) { return random.uniform(-1, 1); });
    const Array<double> a = scalar(lr), b = scalar(momentum);
    if (!runs(context, {"sgd", {nesterov}, {p, g, u, a, b}, {p, u}})) return;
    for (int64_t i = 0; i < n; ++i) {
      const size_t at = static_cast<size_t>(i);
      const double gradient = static_cast<double>(g[i]);
      eu[at] = momentum * eu[at] + gradient;
      ep[at] -= lr * (nesterov != 0 ? gradient + momentum * eu[at] : eu[at]);
      CHECK(near(static_cast<double>(p[i]), ep[at], 3 * kTolerance<T>), "sgd at %lld: %.17g, not %.17g",
            static_cast<long long>(i), static_cast<double>(p[i]), ep[at]);
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> p({4}), g({4}), u({4}), q({4});
  const Array<double> s = scalar(0.1);
  refused(context, {"sgd", {2}, {p, g, u, s, s}, {p, u}}, ADJ_INVALID_IMAGE, "sgd: nesterov is 2, outside 0..1");
  refused(context, {"sgd", {0}, {p, g, u, s, s}, {g, u}}, ADJ_INVALID_IMAGE, "sgd: output 0 must not be input 1");
  refused(context, {"sgd", {0}, {p, g, u, s, s}, {q, q}}, ADJ_INVALID_IMAGE, "sgd: outputs 0 and 1 share memory");
  refused(context, {"sgd", {0}, {p, g, u, s, g}, {p, u}}, ADJ_UNKNOWN_KERNEL, "sgd: input 4 is F32, needs F64");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    for (const int64_t n : {0, 1, 7, 16, 33, 1009, 30011}) {
      test_adam<float>(context, n);
      test_adam<double>(context, n);
      for (const int64_t nesterov : {0, 1}) {
        test_sgd<float>(context, n, nesterov);
        test_sgd<double>(context, n, nesterov);
      }
    }
    test_refusals(context);
  });
  return finish();
}

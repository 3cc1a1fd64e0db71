/* Attention and its gradient against naive twins, with sizes around the tiles, masks of any layout, hidden queries. */
#include <cstring>

#include "machine.h"

using namespace test;

namespace {

using Wide = std::vector<double>;

struct Sizes {
  int64_t batches, heads, key_heads, queries, keys, size, value_size;
};

struct Form {
  Sizes sizes;
  bool causal = false;
  int64_t offset = 0;
  double scale = 0.5;

  std::vector<int64_t> ints(bool bias, bool mask) const {
    int64_t bits;
    std::memcpy(&bits, &scale, sizeof(bits));
    return {bias, mask, causal, offset, bits};
  }
};

template <class T>
struct Operands {
  Array<T> q, k, v, g, bias;
  Array<uint8_t> mask;
  bool biased, masked;

  Operands(const Sizes& s, bool with_bias, bool with_mask, Layout bias_layout, Layout mask_layout)
      : q({s.batches, s.heads, s.queries, s.size}),
        k({s.batches, s.key_heads, s.keys, s.size}),
        v({s.batches, s.key_heads, s.keys, s.value_size}),
        g({s.batches, s.heads, s.queries, s.value_size}),
        bias({s.batches, s.heads, s.queries, s.keys}, bias_layout),
        mask({s.batches, s.heads, s.queries, s.keys}, mask_layout),
        biased(with_bias),
        masked(with_mask) {
    Random random(7);
    for (Array<T>* of : {&q, &k, &v, &g, &bias}) of->fill_with([&](int64_t) { return random.uniform(-2, 2); });
    mask.fill_with([&](int64_t) { return random.below(3) > 0; });
  }

  std::vector<Operand> inputs(std::vector<Operand> in) const {
    if (biased) in.push_back(bias);
    if (masked) in.push_back(mask);
    return in;
  }
};

/* By the definition, score by score. */
template <class T>
struct Twin {
  Wide y, log_sums, dq, dk, dv;

  Twin(const Form& form, const Operands<T>& of) {
    const Sizes& s = form.sizes;
    const auto zeros = [](const Array<T>& x) { return Wide(static_cast<size_t>(x.count())); };
    y = zeros(of.g);
    dq = zeros(of.q);
    dk = zeros(of.k);
    dv = zeros(of.v);
    for (int64_t b = 0; b < s.batches; ++b) {
      for (int64_t h = 0; h < s.heads; ++h) {
        const int64_t head = b * s.heads + h, key_head = b * s.key_heads + h / (s.heads / s.key_heads);
        for (int64_t i = 0; i < s.queries; ++i) row(form, of, head * s.queries + i, i, key_head * s.keys);
      }
    }
  }

 private:
  void row(const Form& form, const Operands<T>& of, int64_t r, int64_t query, int64_t first) {
    const Sizes& s = form.sizes;
    Wide p(static_cast<size_t>(s.keys));
    double peak = -std::numeric_limits<double>::infinity(), sum = 0, product = 0;
    for (int64_t j = 0; j < s.keys; ++j) {
      double score = 0;
      for (int64_t e = 0; e < s.size; ++e) score += at(of.q, r * s.size + e) * at(of.k, (first + j) * s.size + e);
      score *= form.scale;
      if (of.biased) score += static_cast<double>(of.bias[r * s.keys + j]);
      const bool hidden = (of.masked && of.mask[r * s.keys + j] == 0) || (form.causal && j > query + form.offset);
      p[static_cast<size_t>(j)] = hidden ? -std::numeric_limits<double>::infinity() : score;
      peak = std::fmax(peak, p[static_cast<size_t>(j)]);
    }
    for (double& score : p) {
      score = std::isinf(peak) ? 0 : std::exp(score - peak);
      sum += score;
    }
    log_sums.push_back(peak + std::log(sum));
    if (sum == 0) {
      log_sums.back() = peak;
      return;
    }
    for (int64_t j = 0; j < s.keys; ++j) {
      const double share = p[static_cast<size_t>(j)] /= sum;
      for (int64_t e = 0; e < s.value_size; ++e) {
        const double g = at(of.g, r * s.value_size + e), v = at(of.v, (first + j) * s.value_size + e);
        y[static_cast<size_t>(r * s.value_size + e)] += share * v;
        dv[static_cast<size_t>((first + j) * s.value_size + e)] += share * g;
        product += share * g * v;
      }
    }
    for (int64_t j = 0; j < s.keys; ++j) {
      double back = -product;
      for (int64_t e = 0; e < s.value_size; ++e) {
        back += at(of.g, r * s.value_size + e) * at(of.v, (first + j) * s.value_size + e);
      }
      back *= p[static_cast<size_t>(j)] * form.scale;
      for (int64_t e = 0; e < s.size; ++e) {
        dq[static_cast<size_t>(r * s.size + e)] += back * at(of.k, (first + j) * s.size + e);
        dk[static_cast<size_t>((first + j) * s.size + e)] += back * at(of.q, r * s.size + e);
      }
    }
  }

  static double at(const Array<T>& x, int64_t i) { return static_cast<double>(x.data()[i]); } /* contiguous */
};

template <class T>
void same(const char* what, const Array<T>& got, const Wide& expected, double tolerance) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const double value = static_cast<double>(got[static_cast<int64_t>(i)]);
    CHECK(near(value, expected[i], tolerance), "%s at %zu: %g, not %g", what, i, value, expected[i]);
  }
}

template <class T>
void test_form(adj_context* context, const Form& form, bool biased = false, bool masked = false,
               Layout bias_layout = Layout::kContiguous, Layout mask_layout = Layout::kContiguous) {
  const Sizes& s = form.sizes;
  const Operands<T> of(s, biased, masked, bias_layout, mask_layout);
  Array<T> y(of.g.dims()), log_sums({s.batches, s.heads, s.queries}), dq(of.q.dims()), dk(of.k.dims()), dv(of.v.dims());
  if (!runs(context, {"attention", form.ints(biased, masked), of.inputs({of.q, of.k, of.v}), {y, log_sums}})) return;
  if (!runs(context, {"attentionGrad",
                      form.ints(biased, masked),
                      of.inputs({of.q, of.k, of.v, of.g, y, log_sums}),
                      {dq, dk, dv}})) {
    return;
  }
  const Twin<T> twin(form, of);
  const double tolerance = std::is_same_v<T, float> ? 4e-6 : 1e-13;
  same("y", y, twin.y, tolerance);
  same("logSumExp", log_sums, twin.log_sums, tolerance);
  same("dq", dq, twin.dq, 4 * tolerance);
  same("dk", dk, twin.dk, 4 * tolerance);
  same("dv", dv, twin.dv, 4 * tolerance);
}

template <class T>
void test_all(adj_context* context) {
  for (const Sizes& s : std::vector<Sizes>{{1, 1, 1, 1, 1, 1, 1},
                                           {2, 4, 2, 5, 7, 3, 2},
                                           {1, 2, 1, 97, 129, 8, 8},
                                           {1, 1, 1, 113, 128, 17, 5},
                                           {1, 3, 3, 6, 300, 16, 33},
                                           {20, 1, 1, 3, 9, 2, 4},
                                           {1, 1, 1, 200, 3, 4, 16},
                                           {1, 1, 1, 0, 3, 2, 2},
                                           {1, 2, 1, 3, 0, 2, 2},
                                           {0, 1, 1, 2, 2, 2, 2},
                                           {1, 1, 1, 3, 3, 2, 0},
                                           {1, 0, 1, 3, 3, 2, 2}}) {
    test_form<T>(context, {s});
    test_form<T>(context, {s, true, s.keys - s.queries, 1});
    test_form<T>(context, {s, true, 0, -0.75});
    test_form<T>(context, {s, true, -100, 1});
    test_form<T>(context, {s, true, INT64_MIN, 1});
    if (s.queries > 100) continue;
    for (const Layout layout : {Layout::kContiguous, Layout::kTransposed, Layout::kRow, Layout::kColumn}) {
      test_form<T>(context, {s}, true, false, layout);
      test_form<T>(context, {s, true, 1, 1}, false, true, Layout::kContiguous, layout);
      test_form<T>(context, {s}, true, true, layout, layout);
    }
  }
}

/* Scores far apart, whose exponentials would overflow, and a peak that comes late. */
template <class T>
void test_peaks(adj_context* context) {
  const Form form{{1, 1, 1, 2, 400, 1, 1}, false, 0, 1};
  Array<T> q({1, 1, 2, 1}), k({1, 1, 400, 1}), v({1, 1, 400, 1}), y({1, 1, 2, 1}), log_sums({1, 1, 2});
  q.fill_with([](int64_t i) { return i == 0 ? 1000 : -1000; });
  k.fill_with([](int64_t i) { return i; });
  v.fill_with([](int64_t i) { return i % 7; });
  if (!runs(context, {"attention", form.ints(false, false), {q, k, v}, {y, log_sums}})) return;
  CHECK(y[0] == 399 % 7 && y[1] == 0, "%g, %g", static_cast<double>(y[0]), static_cast<double>(y[1]));
  CHECK(log_sums[0] == 399000 && log_sums[1] == 0, "%g", static_cast<double>(log_sums[0]));
  k[300] = static_cast<T>(std::nan(""));
  if (!runs(context, {"attention", form.ints(false, false), {q, k, v}, {y, log_sums}})) return;
  CHECK(std::isnan(y[0]) && std::isnan(y[1]), "NaN among the keys: %g", static_cast<double>(y[0]));
}

void test_refusals(adj_context* context) {
  const Form form{{1, 2, 2, 3, 4, 2, 2}};
  Array<float> q({1, 2, 3, 2}), k({1, 2, 4, 2}), three({1, 3, 4, 2}), y({1, 2, 3, 2}), l({1, 2, 3});
  Array<uint8_t> mask({1, 2, 3, 3});
  refused(context, {"attention", form.ints(false, false), {q, three, three}, {y, l}}, ADJ_INVALID_IMAGE,
          "attention: 2 heads do not share 3 heads of keys evenly");
  refused(context, {"attention", form.ints(false, true), {q, k, k, mask}, {y, l}}, ADJ_INVALID_IMAGE,
          "attention: axis 3 of input 3 [1, 2, 3, 3] must be 4 long");
  refused(context, {"attention", form.ints(true, false), {q, k, k}, {y, l}}, ADJ_INVALID_IMAGE,
          "attention: takes 5 ints, 4 inputs, 2 outputs, not 5, 3, 2");
  Form infinite = form;
  infinite.scale = std::numeric_limits<double>::infinity();
  refused(context, {"attention", infinite.ints(false, false), {q, k, k}, {y, l}}, ADJ_INVALID_IMAGE,
          "attention: scale inf is not finite");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_all<float>(context);
    test_all<double>(context);
    test_peaks<float>(context);
    test_peaks<double>(context);
    test_refusals(context);
  });
  return finish();
}

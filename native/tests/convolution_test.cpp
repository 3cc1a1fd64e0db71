/*
 * conv, convInput and convWeight against a naive twin over random geometries, windowArgmax against another, and what
 * each of them refuses.
 */
#include "activation.h"
#include "machine.h"

using namespace test;

namespace {

struct Axis {
  int64_t image, kernel, result, stride, before, dilation;
};

struct Form {
  int64_t n, groups, ci, co;
  Axis axis[3];
  int64_t has_bias, activation;

  Dims image() const { return {n, groups * ci, axis[0].image, axis[1].image, axis[2].image}; }
  Dims kernel() const { return {groups * co, ci, axis[0].kernel, axis[1].kernel, axis[2].kernel}; }
  Dims result() const { return {n, groups * co, axis[0].result, axis[1].result, axis[2].result}; }
  std::vector<int64_t> ints(bool epilogue) const {
    std::vector<int64_t> ints;
    if (epilogue) ints = {has_bias, activation};
    ints.push_back(groups);
    for (const Axis& a : axis) ints.push_back(a.stride);
    for (const Axis& a : axis) ints.push_back(a.before);
    for (const Axis& a : axis) ints.push_back(a.dilation);
    return ints;
  }
  std::string text() const {
    std::string text = std::to_string(n) + " images, " + std::to_string(groups) + " groups of " + std::to_string(ci) +
                       " to " + std::to_string(co);
    for (const Axis& a : axis) {
      text += "; " + std::to_string(a.image) + " by " + std::to_string(a.kernel) + " to " + std::to_string(a.result) +
              " stride " + std::to_string(a.stride) + " before " + std::to_string(a.before) + " dilation " +
              std::to_string(a.dilation);
    }
    return text;
  }
};

/* Calls f(image, kernel, result) for the places of all elements that meet. */
template <class F>
void for_meetings(const Form& f, const F& meet) {
  const Axis &u = f.axis[0], &v = f.axis[1], &w = f.axis[2];
  for (int64_t n = 0; n < f.n; ++n) {
    for (int64_t o = 0; o < f.groups * f.co; ++o) {
      for (int64_t c = 0; c < f.ci; ++c) {
        const int64_t image = (n * f.groups + o / f.co) * f.ci + c, kernel = o * f.ci + c,
                      result = n * f.groups * f.co + o;
        for (int64_t p = 0; p < u.result * v.result * w.result; ++p) {
          for (int64_t t = 0; t < u.kernel * v.kernel * w.kernel; ++t) {
            const int64_t x = p / w.result / v.result * u.stride + t / w.kernel / v.kernel * u.dilation - u.before;
            const int64_t y = p / w.result % v.result * v.stride + t / w.kernel % v.kernel * v.dilation - v.before;
            const int64_t z = p % w.result * w.stride + t % w.kernel * w.dilation - w.before;
            if (x < 0 || y < 0 || z < 0 || x >= u.image || y >= v.image || z >= w.image) continue;
            meet(((image * u.image + x) * v.image + y) * w.image + z, kernel * u.kernel * v.kernel * w.kernel + t,
                 result * u.result * v.result * w.result + p);
          }
        }
      }
    }
  }
}

/* What a kernel gave against a twin's sums, with the sizes of their terms. */
template <class T>
void compare(const char* kernel, const Form& f, const Array<T>& got, std::vector<double> sums,
             const std::vector<double>& sizes, const Array<T>* bias) {
  const int64_t plane = got.dims()[2] * got.dims()[3] * got.dims()[4], channels = got.dims()[1];
  for (int64_t i = 0; i < got.count(); ++i) {
    double expected = sums[static_cast<size_t>(i)];
    if (bias != nullptr && f.has_bias != 0) expected += static_cast<double>((*bias)[i / plane % channels]);
    if (bias != nullptr) expected = activated(expected, f.activation);
    const double rounding = (std::is_same_v<T, float> ? 3e-6 : 1e-13) * (1 + sizes[static_cast<size_t>(i)]);
    CHECK(std::fabs(static_cast<double>(got[i]) - expected) <= rounding, "%s of %s at %lld: %.9g, not %.9g", kernel,
          f.text().c_str(), static_cast<long long>(i), static_cast<double>(got[i]), expected);
  }
}

template <class T>
void test_form(adj_context* context, const Form& f, Random& random) {
  Array<T> x(f.image()), w(f.kernel()), y(f.result()), bias_y({f.groups * f.co}), bias_x({f.groups * f.ci});
  for (Array<T>* a : {&x, &w, &y, &bias_y, &bias_x}) a->fill_with([&](int64_t) { return random.uniform(-1, 1); });
  struct Sums {
    std::vector<double> sums, sizes;
    explicit Sums(int64_t count) : sums(static_cast<size_t>(count)), sizes(static_cast<size_t>(count)) {}
    void add(int64_t at, double term) {
      sums[static_cast<size_t>(at)] += term;
      sizes[static_cast<size_t>(at)] += std::fabs(term);
    }
  } of_x(x.count()), of_w(w.count()), of_y(y.count());
  for_meetings(f, [&](int64_t i, int64_t t, int64_t p) {
    of_y.add(p, static_cast<double>(x[i]) * static_cast<double>(w[t]));
    of_x.add(i, static_cast<double>(y[p]) * static_cast<double>(w[t]));
    of_w.add(t, static_cast<double>(x[i]) * static_cast<double>(y[p]));
  });
  Array<T> got_y(f.result()), got_x(f.image()), got_w(f.kernel());
  std::vector<Operand> forward = {x, w}, back = {y, w};
  if (f.has_bias != 0) {
    forward.push_back(bias_y);
    back.push_back(bias_x);
  }
  if (!runs(context, {"conv", f.ints(true), forward, {got_y}})) return;
  if (!runs(context, {"convInput", f.ints(true), back, {got_x}})) return;
  if (!runs(context, {"convWeight", f.ints(false), {x, y}, {got_w}})) return;
  compare("conv", f, got_y, of_y.sums, of_y.sizes, &bias_y);
  compare("convInput", f, got_x, of_x.sums, of_x.sizes, &bias_x);
  compare<T>("convWeight", f, got_w, of_w.sums, of_w.sizes, nullptr);
}

/* An axis of which every element of the result is what the field's formula gives, or any. */
Axis any_axis(Random& random, int64_t most) {
  Axis a{1 + random.below(most), 1 + random.below(4), 0, 1 + random.below(3), 0, 1 + random.below(3)};
  if (random.below(3) == 0) a.stride = a.dilation = 1;
  const int64_t span = (a.kernel - 1) * a.dilation + 1;
  a.before = random.below(span + 1);
  const int64_t after = random.below(span + 1), room = a.image + a.before + after - span;
  a.result = room < 0 ? random.below(3) : room / a.stride + 1;
  return a;
}

template <class T>
void test_any(adj_context* context) {
  Random random(5);
  const Axis absent{1, 1, 1, 1, 0, 1};
  for (int i = 0; i < 100; ++i) {
    Form f{random.below(4),          1 + random.below(3), random.below(5), random.below(5),
           {absent, absent, absent}, random.below(2),     random.below(4)};
    const int64_t axes = 1 + random.below(3);
    for (int64_t d = 3 - axes; d < 3; ++d) f.axis[d] = any_axis(random, axes == 1 ? 200 : axes == 2 ? 24 : 8);
    if (random.below(3) == 0) f.ci = f.co = 1;
    test_form<T>(context, f, random);
  }
}

/* Several blocks of k, rows and tiles; many places of k for the weights; small images side by side. */
template <class T>
void test_large(adj_context* context) {
  Random random(6);
  const Axis one{1, 1, 1, 1, 0, 1};
  for (const Form& f :
       {Form{2, 1, 40, 33, {one, {9, 3, 9, 1, 1, 1}, {33, 3, 33, 1, 1, 1}}, 1, 1},
        Form{1, 1, 30, 150, {one, {5, 3, 5, 1, 1, 1}, {7, 3, 7, 1, 1, 1}}, 1, 0},
        Form{1, 2, 35, 20, {one, {9, 3, 5, 2, 1, 1}, {11, 3, 6, 2, 1, 1}}, 0, 2},
        Form{9, 1, 3, 17, {one, {6, 5, 2, 1, 0, 1}, {6, 5, 2, 1, 0, 1}}, 1, 1},
        Form{3, 1, 1, 6, {one, {40, 5, 36, 1, 0, 1}, {28, 5, 24, 1, 0, 1}}, 0, 0},
        Form{1, 1, 2, 3, {one, one, {3000, 7, 2998, 1, 2, 1}}, 1, 0},
        Form{2, 3, 1, 1, {one, {60, 3, 60, 1, 1, 1}, {70, 3, 70, 1, 1, 1}}, 1, 3},
        Form{2, 2, 1, 1, {one, one, {40000, 4, 19999, 2, 1, 1}}, 0, 0},
        Form{2, 1, 2, 3, {one, one, {3, 2, 4, 1, 100'000'000, 100'000'000}}, 1, 1}, /* padding without end */
        Form{1, 1, 2, 2, {{6, 2, 5, 1, 0, 1}, {20, 3, 20, 1, 1, 1}, {20, 3, 20, 1, 1, 1}}, 0, 0}}) {
    test_form<T>(context, f, random);
  }
}

template <class T>
void test_windows(adj_context* context) {
  Random random(7);
  for (int i = 0; i < 100; ++i) {
    const bool adaptive = random.below(3) == 0;
    Axis axis[3] = {{1, 1, 1, 1, 0, 1}, any_axis(random, 9), any_axis(random, 30)};
    if (random.below(3) == 0) axis[0] = any_axis(random, 4);
    Array<T> x({3, axis[0].image, axis[1].image, axis[2].image});
    x.fill_with([&](int64_t) { return random.below(40) == 0 ? std::nan("") : static_cast<double>(random.below(6)); });
    Array<int32_t> y({3, axis[0].result, axis[1].result, axis[2].result});
    std::vector<int64_t> ints = {adaptive ? 1 : 0};
    for (const Axis& a : axis) ints.push_back(adaptive ? 0 : a.kernel);
    for (const Axis& a : axis) ints.push_back(adaptive ? 0 : a.stride);
    for (const Axis& a : axis) ints.push_back(adaptive ? 0 : a.before);
    for (const Axis& a : axis) ints.push_back(adaptive ? 0 : a.dilation);
    if (!runs(context, {"windowArgmax", ints, {x}, {y}})) return;
    for (int64_t e = 0; e < y.count(); ++e) {
      int64_t rest = e, place[3];
      for (int d = 2; d >= 0; --d) {
        place[d] = rest % axis[d].result;
        rest /= axis[d].result;
      }
      std::vector<int64_t> inside[3];
      for (int d = 0; d < 3; ++d) {
        const Axis& a = axis[d];
        for (int64_t at = 0; at < a.image; ++at) {
          const int64_t behind = at + a.before - place[d] * a.stride;
          const bool in = adaptive ? at >= place[d] * a.image / a.result && at * a.result < (place[d] + 1) * a.image
                                   : behind >= 0 && behind % a.dilation == 0 && behind / a.dilation < a.kernel;
          if (in) inside[d].push_back(at);
        }
      }
      int64_t best = -1;
      const auto value = [&](int64_t at) { return static_cast<double>(x[rest * (x.count() / 3) + at]); };
      for (const int64_t a : inside[0]) {
        for (const int64_t b : inside[1]) {
          for (const int64_t c : inside[2]) {
            const int64_t at = (a * axis[1].image + b) * axis[2].image + c;
            const bool first = best < 0;
            if (first || (!std::isnan(value(best)) && (value(at) > value(best) || std::isnan(value(at))))) best = at;
          }
        }
      }
      CHECK(y[e] == std::max<int64_t>(best, 0), "windowArgmax at %lld: %d, not %lld", static_cast<long long>(e), y[e],
            static_cast<long long>(best));
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({2, 4, 1, 5, 5}), w({6, 2, 1, 3, 3}), y({2, 6, 1, 3, 3}), bias({5});
  const std::vector<int64_t> ints = {0, 0, 2, 1, 1, 1, 0, 0, 0, 1, 1, 1};
  const auto with = [&](size_t at, int64_t value) {
    std::vector<int64_t> changed = ints;
    changed[at] = value;
    return changed;
  };
  runs(context, {"conv", ints, {x, w}, {y}});
  refused(context, {"conv", with(2, 3), {x, w}, {y}}, ADJ_INVALID_IMAGE,
          "conv: axis 1 of input 0 [2, 4, 1, 5, 5] must be 6 long");
  refused(context, {"conv", with(2, 4), {x, w}, {y}}, ADJ_INVALID_IMAGE,
          "conv: axis 0 of input 1 [6, 2, 1, 3, 3] must be 4 long");
  refused(context, {"conv", with(2, 0), {x, w}, {y}}, ADJ_INVALID_IMAGE,
          "conv: groups is 0, outside 1..1152921504606846976");
  refused(context, {"conv", with(4, 0), {x, w}, {y}}, ADJ_INVALID_IMAGE,
          "conv: stride is 0, outside 1..1152921504606846976");
  refused(context, {"conv", with(7, -1), {x, w}, {y}}, ADJ_INVALID_IMAGE,
          "conv: before is -1, outside 0..1152921504606846976");
  refused(context, {"conv", with(0, 1), {x, w}, {y}}, ADJ_INVALID_IMAGE,
          "conv: takes 12 ints, 3 inputs, 1 outputs, not 12, 2, 1");
  refused(context, {"conv", with(0, 1), {x, w, bias}, {y}}, ADJ_INVALID_IMAGE,
          "conv: axis 0 of input 2 [5] must be 6 long");
  refused(context, {"convWeight", {2, 1, 1, 1, 0, 0, 0, 1, 1, 1}, {x, w}, {w}}, ADJ_INVALID_IMAGE,
          "convWeight: output 0 must not be input 1");
  Array<int32_t> places({2, 1, 3, 3}), whole({2, 1, 3, 3});
  refused(context, {"windowArgmax", {0, 1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1}, {whole}, {places}}, ADJ_UNKNOWN_KERNEL,
          "windowArgmax: there is no kernel for I32");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_any<float>(context);
    test_any<double>(context);
    test_large<float>(context);
    test_large<double>(context);
    test_windows<float>(context);
    test_windows<double>(context);
    test_refusals(context);
  });
  return finish();
}

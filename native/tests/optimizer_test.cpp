/*
 * Optimizer steps over lists of arrays of mixed sizes and dtypes against the formulas written out in F64: in place as a
 * training loop runs them, and beside; clipped and not; with numbers that are not finite.
 */
#include "machine.h"

using namespace test;

namespace {

Array<double> scalar(double x) {
  Array<double> array(Dims{});
  array[0] = x;
  return array;
}

/* An F32 or F64 array. */
class Numbers {
 public:
  Numbers(int64_t n, bool wide) : wide_(wide), narrow_({wide ? 0 : n}), double_({wide ? n : 0}), n_(n) {}
  bool wide() const { return wide_; }
  int64_t count() const { return n_; }
  double get(int64_t i) const { return wide_ ? double_[i] : static_cast<double>(narrow_[i]); }
  void set(int64_t i, double x) {
    if (wide_) {
      double_[i] = x;
    } else {
      narrow_[i] = static_cast<float>(x);
    }
  }
  template <class F>
  void fill_with(const F& f) {
    for (int64_t i = 0; i < n_; ++i) set(i, f());
  }
  operator Operand() const { return wide_ ? double_.operand() : narrow_.operand(); }

 private:
  bool wide_;
  Array<float> narrow_;
  Array<double> double_;
  int64_t n_;
};

using List = std::vector<Numbers>;

enum class Dtypes { kNarrow, kWide, kMixed };

List list_of(const std::vector<int64_t>& sizes, Dtypes dtypes) {
  List list;
  for (size_t a = 0; a < sizes.size(); ++a) {
    list.emplace_back(sizes[a], dtypes == Dtypes::kWide || (dtypes == Dtypes::kMixed && a % 3 == 1));
  }
  return list;
}

struct Rule {
  bool adam, nesterov;
  double decay;
  double max_norm; /* 0: the form that does not clip */

  bool clips() const { return max_norm > 0; }
  std::string kernel() const {
    return std::string(clips() ? "clipped" : "") + (clips() ? (adam ? "Adam" : "Sgd") : (adam ? "adam" : "sgd"));
  }
};

constexpr double kLr = 0.05, kBeta1 = 0.9, kBeta2 = 0.99, kEps = 1e-8, kMomentum = 0.9;

/* A step as a call: `next` are the lists of outputs, p and the state. */
struct Step {
  Call call;
  Array<double> lr = scalar(kLr), beta1 = scalar(kBeta1), beta2 = scalar(kBeta2), eps = scalar(kEps);
  Array<double> momentum = scalar(kMomentum), decay, max_norm, norm = scalar(-1);

  Step(const Rule& rule, const Array<double>& count, const Array<double>& count_next, const List& p, const List& g,
       const std::vector<List>& state, const List& p_next, const std::vector<List>& state_next)
      : decay(scalar(rule.decay)), max_norm(scalar(rule.max_norm)) {
    call.kernel = rule.kernel();
    if (!rule.adam) call.ints = {rule.nesterov ? 1 : 0};
    if (rule.adam) {
      call.inputs = {count, lr, beta1, beta2, eps, decay};
      call.outputs = {count_next};
    } else {
      call.inputs = {lr, momentum, decay};
    }
    if (rule.clips()) {
      call.inputs.push_back(max_norm);
      call.outputs.push_back(norm);
    }
    append(call.inputs, p);
    append(call.inputs, g);
    for (const List& list : state) append(call.inputs, list);
    append(call.outputs, p_next);
    for (const List& list : state_next) append(call.outputs, list);
  }

  static void append(std::vector<Operand>& operands, const List& list) {
    operands.insert(operands.end(), list.begin(), list.end());
  }
};

/* The same in F64, element by element. */
struct Twin {
  std::vector<std::vector<double>> p, m, v;
  double steps = 0;

  explicit Twin(const List& start) {
    for (const Numbers& array : start) {
      std::vector<double> values;
      for (int64_t i = 0; i < array.count(); ++i) values.push_back(array.get(i));
      p.push_back(values);
      m.emplace_back(values.size());
      v.emplace_back(values.size());
    }
  }

  /* Returns the norm of the gradients. */
  double step(const Rule& rule, const List& g) {
    ++steps;
    long double sum = 0;
    for (const Numbers& array : g) {
      for (int64_t i = 0; i < array.count(); ++i)
        sum += static_cast<long double>(array.get(i)) * static_cast<long double>(array.get(i));
    }
    const double norm = static_cast<double>(std::sqrt(sum));
    const double scale = rule.clips() ? std::fmin(1, rule.max_norm / (norm + 1e-6)) : 1;
    for (size_t a = 0; a < p.size(); ++a) {
      for (size_t i = 0; i < p[a].size(); ++i) {
        double gradient = scale * g[a].get(static_cast<int64_t>(i));
        if (rule.adam) {
          m[a][i] = kBeta1 * m[a][i] + (1 - kBeta1) * gradient;
          v[a][i] = kBeta2 * v[a][i] + (1 - kBeta2) * gradient * gradient;
          const double mean = m[a][i] / (1 - std::pow(kBeta1, steps)), square = v[a][i] / (1 - std::pow(kBeta2, steps));
          p[a][i] -= kLr * rule.decay * p[a][i] + kLr * mean / (std::sqrt(square) + kEps);
        } else {
          gradient += rule.decay * p[a][i];
          m[a][i] = kMomentum * m[a][i] + gradient;
          p[a][i] -= kLr * (rule.nesterov ? gradient + kMomentum * m[a][i] : m[a][i]);
        }
      }
    }
    return norm;
  }
};

void check_list(const char* what, const List& got, const std::vector<std::vector<double>>& expected) {
  for (size_t a = 0; a < got.size(); ++a) {
    const double tolerance = 3 * (got[a].wide() ? kTolerance<double> : kTolerance<float>);
    for (int64_t i = 0; i < got[a].count(); ++i) {
      const double x = got[a].get(i), y = expected[a][static_cast<size_t>(i)];
      CHECK(near(x, y, tolerance), "%s %zu at %lld: %.17g, not %.17g", what, a, static_cast<long long>(i), x, y);
    }
  }
}

void test_steps(adj_context* context, const Rule& rule, const std::vector<int64_t>& sizes, Dtypes dtypes,
                bool in_place) {
  Random random(12);
  List p = list_of(sizes, dtypes), g = list_of(sizes, dtypes);
  std::vector<List> state;
  for (int s = 0; s < (rule.adam ? 2 : 1); ++s) state.push_back(list_of(sizes, dtypes));
  for (Numbers& array : p) array.fill_with([&] { return random.uniform(-1, 1); });
  for (List& list : state) {
    for (Numbers& array : list) array.fill_with([] { return 0.0; });
  }
  Array<double> count = scalar(0);
  Twin twin(p);
  for (int step = 1; step <= 3; ++step) {
    for (Numbers& array : g) array.fill_with([&] { return random.uniform(-1, 1); });
    const double norm = twin.step(rule, g);
    List p_next = in_place ? List{} : list_of(sizes, dtypes);
    std::vector<List> state_next;
    for (size_t s = 0; !in_place && s < state.size(); ++s) state_next.push_back(list_of(sizes, dtypes));
    Array<double> count_next = scalar(-1);
    Step one(rule, count, in_place ? count : count_next, p, g, state, in_place ? p : p_next,
             in_place ? state : state_next);
    if (!runs(context, one.call)) return;
    if (!in_place) {
      if (rule.adam) CHECK(count[0] == step - 1, "count became %g", count[0]);
      p = std::move(p_next);
      state = std::move(state_next);
      count[0] = count_next[0];
    }
    if (rule.adam) CHECK(count[0] == step, "count is %g after %d steps", count[0], step);
    if (rule.clips()) CHECK(near(one.norm[0], norm, 1e-13), "norm %.17g, not %.17g", one.norm[0], norm);
    check_list("p", p, twin.p);
    check_list("state", state[0], twin.m);
    if (rule.adam) check_list("squares", state[1], twin.v);
  }
}

/* The bits of everything that a step writes. */
std::vector<char> bits_of(adj_context* context, const Rule& rule, const std::vector<int64_t>& sizes, bool apart) {
  Random random(5);
  std::vector<char> bits;
  List p = list_of(sizes, Dtypes::kMixed), g = list_of(sizes, Dtypes::kMixed), m = list_of(sizes, Dtypes::kMixed),
       v = list_of(sizes, Dtypes::kMixed);
  for (List* list : {&p, &g, &m, &v}) {
    for (Numbers& array : *list) array.fill_with([&] { return random.uniform(0, 1); });
  }
  const auto run_on = [&](std::vector<size_t> members) {
    const auto pick = [&](List& from) {
      List picked;
      for (const size_t a : members) picked.push_back(std::move(from[a]));
      return picked;
    };
    List own_p = pick(p), own_g = pick(g), own_m = pick(m), own_v = pick(v);
    std::vector<List> state;
    state.push_back(std::move(own_m));
    if (rule.adam) state.push_back(std::move(own_v));
    Array<double> count = scalar(3);
    const Step step(rule, count, count, own_p, own_g, state, own_p, state);
    runs(context, step.call);
    for (const List* list : {&own_p, &state[0], &state.back()}) {
      for (const Numbers& array : *list) {
        const Operand operand = array;
        const char* from = static_cast<const char*>(operand.memory);
        bits.insert(bits.end(), from, from + operand.bytes);
      }
    }
    return step.norm[0];
  };
  std::vector<size_t> all;
  for (size_t a = 0; a < sizes.size(); ++a) all.push_back(a);
  double norm = 0;
  if (apart) {
    std::vector<char> lists[3];
    for (const size_t a : all) {
      bits.clear();
      run_on({a});
      const size_t each = bits.size() / 3;
      for (size_t l = 0; l < 3; ++l)
        lists[l].insert(lists[l].end(), bits.begin() + static_cast<std::ptrdiff_t>(l * each),
                        bits.begin() + static_cast<std::ptrdiff_t>((l + 1) * each));
    }
    bits.clear();
    for (const auto& list : lists) bits.insert(bits.end(), list.begin(), list.end());
  } else {
    norm = run_on(all);
  }
  const char* norm_bytes = reinterpret_cast<const char*>(&norm);
  if (!apart) bits.insert(bits.end(), norm_bytes, norm_bytes + 8);
  return bits;
}

/* Whatever the threads; and, if nothing is shared, array by array as all together. */
void test_same_bits(const std::string& isa) {
  const std::vector<int64_t> sizes = {33, 0, 100003, 1, 30011, 7, 64, 12345};
  for (const Rule& rule :
       {Rule{true, false, 0.1, 0}, Rule{true, false, 0.1, 2}, Rule{false, true, 0.1, 0}, Rule{false, false, 0, 2}}) {
    std::vector<char> expected;
    for (const int32_t threads : {1, 2, 4}) {
      const Context context(isa, threads);
      for (int repeat = 0; repeat < 3; ++repeat) {
        const std::vector<char> got = bits_of(context, rule, sizes, false);
        if (expected.empty()) expected = got;
        CHECK(got == expected, "%s on %s, %d threads: other bits", rule.kernel().c_str(), isa.c_str(), threads);
      }
      if (!rule.clips()) {
        std::vector<char> apart = bits_of(context, rule, sizes, true);
        apart.insert(apart.end(), expected.end() - 8, expected.end());
        CHECK(apart == expected, "%s on %s: one by one gives other bits", rule.kernel().c_str(), isa.c_str());
      }
    }
  }
}

/* The lowest of several is named, whoever finds it, and nothing is written. */
void test_not_finite(const std::string& isa) {
  const std::vector<int64_t> sizes = {70000, 3, 40001};
  struct Bad {
    size_t array;
    int64_t at;
    double value;
    const char* text;
  };
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const int32_t threads : {1, 2, 4}) {
    const Context context(isa, threads);
    for (const Bad& bad : {Bad{0, 69999, nan, "NaN"}, Bad{0, 0, inf, "inf"}, Bad{1, 2, -inf, "-inf"},
                           Bad{2, 40000, nan, "NaN"}, Bad{2, 20000, inf, "inf"}}) {
      for (const bool adam : {true, false}) {
        const Rule rule{adam, false, 0.1, 1};
        List p = list_of(sizes, Dtypes::kMixed), g = list_of(sizes, Dtypes::kMixed);
        std::vector<List> state;
        for (int s = 0; s < (adam ? 2 : 1); ++s) state.push_back(list_of(sizes, Dtypes::kMixed));
        for (List* list : {&p, &g, &state[0], &state.back()}) {
          for (Numbers& array : *list) array.fill_with([] { return 0.5; });
        }
        g[bad.array].set(bad.at, bad.value);
        g[2].set(40000, nan); /* and one that comes later, or is it */
        if (bad.array == 2 && bad.at == 40000) g[2].set(40000, bad.value);
        Array<double> count = scalar(7);
        const Step step(rule, count, count, p, g, state, p, state);
        const std::string kernel = rule.kernel();
        const long long input = static_cast<long long>((adam ? 7 : 4) + sizes.size() + bad.array);
        const std::string text =
            kernel + ": input " + std::to_string(input) + " is " + bad.text + " at position " + std::to_string(bad.at);
        const Image image = write_image({step.call});
        adj_program* program = nullptr;
        CHECK(adj_program_create(context, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
        int64_t failed = -1;
        const adj_status status = adj_program_run(context, program, image.bindings.data(),
                                                  static_cast<int32_t>(image.bindings.size()), &failed);
        CHECK(status == ADJ_NOT_FINITE && failed == 0, "status %d, instruction %lld", status,
              static_cast<long long>(failed));
        CHECK(adj_last_error() == text, "'%s', not '%s'", adj_last_error(), text.c_str());
        CHECK(adj_last_operand() == input, "operand %lld, not %lld", static_cast<long long>(adj_last_operand()), input);
        adj_program_destroy(program);
        CHECK(count[0] == 7, "count became %g", count[0]);
        for (const List* list : {&p, &state[0], &state.back()}) {
          for (const Numbers& array : *list) {
            for (int64_t i = 0; i < array.count(); ++i)
              CHECK(array.get(i) == 0.5, "%s wrote %g", kernel.c_str(), array.get(i));
          }
        }
      }
    }
  }
}

/* A limit that is infinite checks and scales nothing; the largest finite numbers are finite. */
void test_awkward_norms(adj_context* context) {
  for (const bool wide : {false, true}) {
    Numbers p(3, wide), g(3, wide), u(3, wide);
    const double huge =
        wide ? std::numeric_limits<double>::max() : static_cast<double>(std::numeric_limits<float>::max());
    for (Numbers* array : {&p, &u}) array->fill_with([] { return 0.0; });
    g.fill_with([&] { return huge; });
    const Array<double> one = scalar(1), zero = scalar(0), no_limit = scalar(std::numeric_limits<double>::infinity());
    const Array<double> norm = scalar(-1);
    runs(context, {"clippedSgd", {0}, {one, zero, zero, no_limit, p, g, u}, {norm, p, u}});
    for (int64_t i = 0; i < 3; ++i) CHECK(p.get(i) == -huge, "p is %g", p.get(i));
    const bool right = wide ? std::isinf(norm[0]) : near(norm[0] / (huge * std::sqrt(3.0)), 1, 1e-13);
    CHECK(right, "norm is %g", norm[0]);
  }
}

/*
 * Finite gradients whose squares are not, beside small ones: they are clipped to the limit and not to zero, also where
 * the factor is no normal number of their dtype, and where the norm itself is larger than any number.
 */
void test_large_gradients(adj_context* context) {
  const double largest_narrow = static_cast<double>(std::numeric_limits<float>::max());
  const double largest = std::numeric_limits<double>::max();
  struct {
    bool wide;
    double g, limit;
  } const cases[] = {{true, 1e200, 1},
                     {true, -1e154, 1e3},
                     {true, largest, 1},
                     {true, largest, 1e-9},
                     {true, 1e200, 1e199},
                     {false, 3e38, 1},
                     {false, largest_narrow, 1e-3},
                     {false, -1e30, 1e-12}};
  for (const auto& at : cases) {
    for (const int64_t n : {1, 33, 40'000}) { /* the last in several parts */
      Numbers p(n, at.wide), g(n, at.wide), m(n, at.wide), v(n, at.wide);
      g.fill_with([&] { return at.g; });
      for (int64_t i = 0; i < n; i += 2) g.set(i, at.g / 4);
      long double squares = 0; /* of g / at.g */
      for (int64_t i = 0; i < n; ++i) {
        squares += static_cast<long double>(g.get(i)) / at.g * (static_cast<long double>(g.get(i)) / at.g);
      }
      const long double norm = std::fabs(static_cast<long double>(at.g)) * std::sqrt(squares);
      const Array<double> one = scalar(1), zero = scalar(0), limit = scalar(at.limit), got = scalar(-1);
      p.fill_with([] { return 0.0; });
      m.fill_with([] { return 0.0; });
      if (!runs(context, {"clippedSgd", {0}, {one, zero, zero, limit, p, g, m}, {got, p, m}})) continue;
      for (int64_t i = 0; i < n; ++i) {
        const double expected = static_cast<double>(-g.get(i) * (at.limit / norm));
        CHECK(near(p.get(i) / expected, 1, 1e-6), "sgd of %g clipped to %g: p[%lld] is %g, not %g", at.g, at.limit,
              static_cast<long long>(i), p.get(i), expected);
      }
      CHECK(norm > largest ? std::isinf(got[0]) : near(got[0] / static_cast<double>(norm), 1, 1e-12),
            "norm %g, not %Lg", got[0], norm);
      /* The first step of Adam goes lr against the sign of each element, however large the gradient was. */
      const Array<double> lr = scalar(0.1), beta1 = scalar(0.9), beta2 = scalar(0.999), eps = scalar(0);
      const Array<double> count = scalar(0), next = scalar(-1);
      for (Numbers* array : {&p, &m, &v}) array->fill_with([] { return 0.0; });
      if (at.limit < 1e-4) continue; /* squares of what is left would leave the range */
      if (!runs(context,
                {"clippedAdam", {}, {count, lr, beta1, beta2, eps, zero, limit, p, g, m, v}, {next, got, p, m, v}})) {
        continue;
      }
      for (int64_t i = 0; i < n; ++i) {
        const double expected = at.g > 0 ? -0.1 : 0.1;
        CHECK(near(p.get(i), expected, 1e-4), "adam of %g clipped to %g: p[%lld] is %g, not %g", at.g, at.limit,
              static_cast<long long>(i), p.get(i), expected);
      }
    }
  }
}

/* Adam goes on, one learning rate a step, along gradients whose squares are larger than any number; not so infinity. */
void test_large_gradients_of_adam(adj_context* context) {
  const double infinite = std::numeric_limits<double>::infinity();
  for (const bool wide : {false, true}) {
    for (const double huge : {wide ? 1e154 : 1e19, wide ? 1e200 : 1e20, wide ? 1e308 : 3e38, infinite}) {
      constexpr int64_t kCount = 37;
      Numbers p(kCount, wide), g(kCount, wide), m(kCount, wide), v(kCount, wide);
      for (Numbers* array : {&p, &m, &v}) array->fill_with([] { return 0.0; });
      for (int64_t i = 0; i < kCount; ++i) g.set(i, i % 2 == 0 ? huge : -huge);
      const Array<double> lr = scalar(0.1), beta1 = scalar(0.9), beta2 = scalar(0.999), eps = scalar(1e-8);
      const Array<double> count = scalar(0), zero = scalar(0);
      for (int step = 1; step <= 3; ++step) {
        if (!runs(context, {"adam", {}, {count, lr, beta1, beta2, eps, zero, p, g, m, v}, {count, p, m, v}})) return;
        for (int64_t i = 0; i < kCount; ++i) {
          const double expected = (i % 2 == 0 ? -0.1 : 0.1) * step;
          CHECK(huge == infinite ? std::isnan(p.get(i)) : near(p.get(i), expected, 1e-5),
                "adam of %g: p[%lld] is %g after step %d, not %g", g.get(i), static_cast<long long>(i), p.get(i), step,
                expected);
        }
      }
    }
  }
}

/* Squares that vanish are in the norm all the same, unless larger ones are beside them. */
void test_small_norms(adj_context* context) {
  for (const double small : {1e-155, 1e-170, 1e-300}) {
    for (const int64_t n : {1, 33, 40'000}) {
      Numbers p(n, true), g(n, true), u(n, true);
      for (Numbers* array : {&p, &u}) array->fill_with([] { return 0.0; });
      g.fill_with([&] { return small; });
      const Array<double> one = scalar(1), zero = scalar(0), got = scalar(-1);
      runs(context, {"clippedSgd", {0}, {one, zero, zero, one, p, g, u}, {got, p, u}});
      const double norm = small * std::sqrt(static_cast<double>(n));
      CHECK(near(got[0] / norm, 1, 1e-12), "norm of %lld x %g is %g", static_cast<long long>(n), small, got[0]);
      g.set(n - 1, 1);
      runs(context, {"clippedSgd", {0}, {one, zero, zero, one, p, g, u}, {got, p, u}});
      CHECK(near(got[0], 1, 1e-13), "norm is %g", got[0]);
    }
  }
}

/* Moments end at zero and not among subnormals, where a decaying one would stay for ever; other kernels keep theirs. */
void test_subnormals(adj_context* context) {
  for (const bool wide : {false, true}) {
    const double least = wide ? std::numeric_limits<double>::min() : std::numeric_limits<float>::min();
    for (const Rule& rule : {Rule{true, false, 0, 0}, Rule{false, false, 0, 0}, Rule{true, false, 0, 1}}) {
      constexpr int64_t kCount = 37;
      const Dtypes dtypes = wide ? Dtypes::kWide : Dtypes::kNarrow;
      List p = list_of({kCount}, dtypes), g = list_of({kCount}, dtypes);
      std::vector<List> state;
      for (int i = 0; i < (rule.adam ? 2 : 1); ++i) state.push_back(list_of({kCount}, dtypes));
      p[0].fill_with([] { return 1; });
      g[0].fill_with([] { return 0; });
      for (List& list : state) list[0].fill_with([least] { return least; });
      Array<double> count = scalar(0);
      const Step step(rule, count, count, p, g, state, p, state);
      runs(context, step.call);
      for (const List& list : state) {
        for (int64_t i = 0; i < kCount; ++i) {
          CHECK(list[0].get(i) == 0, "%s of %g leaves %g", step.call.kernel.c_str(), least, list[0].get(i));
        }
      }
      Numbers x(kCount, wide), y(kCount, wide);
      x.fill_with([least] { return least / 4; });
      runs(context, {"plus", {}, {x, x}, {y}});
      CHECK(y.get(0) == least / 2, "after %s, %g + %g is %g", step.call.kernel.c_str(), x.get(0), x.get(0), y.get(0));
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> p({4}), g({4}), u({4}), q({4}), five({5});
  Array<double> wide({4});
  Array<int32_t> whole({4});
  const Array<double> s = scalar(0.1);
  refused(context, {"sgd", {2}, {s, s, s, p, g, u}, {p, u}}, ADJ_INVALID_IMAGE, "sgd: nesterov is 2, outside 0..1");
  refused(context, {"sgd", {0}, {s, s, s, p, g, u}, {g, u}}, ADJ_INVALID_IMAGE, "sgd: output 0 must not be input 4");
  refused(context, {"sgd", {0}, {s, s, s, p, g, u}, {q, q}}, ADJ_INVALID_IMAGE, "sgd: outputs 0 and 1 share memory");
  refused(context, {"sgd", {0}, {s, s, g, p, g, u}, {p, u}}, ADJ_UNKNOWN_KERNEL, "sgd: input 2 is F32, needs F64");
  refused(context, {"sgd", {0}, {s, s, s, p, g, wide}, {p, u}}, ADJ_UNKNOWN_KERNEL, "sgd: input 5 is F64, needs F32");
  refused(context, {"sgd", {0}, {s, s, s, p, five, u}, {p, u}}, ADJ_INVALID_IMAGE, "sgd: input 4 is [5], needs [4]");
  refused(context, {"sgd", {0}, {s, s, s, whole, whole, whole}, {p, u}}, ADJ_UNKNOWN_KERNEL,
          "sgd: there is no kernel for I32");
  refused(context, {"sgd", {0}, {s, s, s, p, g}, {p, u}}, ADJ_INVALID_IMAGE,
          "sgd: takes 3 inputs and 3 lists of k >= 1, gives 0 and 2 lists of k; got 5 inputs and 2 outputs");
  refused(context, {"sgd", {}, {s, s, s, p, g, u}, {p, u}}, ADJ_INVALID_IMAGE, "sgd: takes 1 ints, got 0");
  /* Of two members, an output may be its own input and no other's. */
  Array<float> p2({4}), g2({4}), u2({4}), q2({4});
  refused(context, {"sgd", {0}, {s, s, s, p, p2, g, g2, u, u2}, {p2, q, u, u2}}, ADJ_INVALID_IMAGE,
          "sgd: output 0 must not be input 4");
  runs(context, {"sgd", {0}, {s, s, s, p, p2, g, g2, u, u2}, {p, p2, u, q2}});
}

}  // namespace

int main() {
  const std::vector<int64_t> tiny = {0, 1, 7, 16, 33};
  std::vector<int64_t> hundred;
  for (int64_t a = 0; a < 100; ++a) hundred.push_back(a * a % 37 + (a == 50 ? 30011 : 0));
  for_each_isa([&](adj_context* context) {
    for (const bool in_place : {true, false}) {
      for (const Rule& rule :
           {Rule{true, false, 0, 0}, Rule{true, false, 0.1, 0}, Rule{true, false, 0.1, 1}, Rule{false, false, 0, 0},
            Rule{false, true, 0.1, 0}, Rule{false, true, 0.1, 1}, Rule{false, false, 0, 1e9}}) {
        for (const int64_t n : {0, 1, 7, 15, 16, 17, 33, 1009, 30011}) {
          test_steps(context, rule, {n}, Dtypes::kNarrow, in_place);
          test_steps(context, rule, {n}, Dtypes::kWide, in_place);
        }
        test_steps(context, rule, tiny, Dtypes::kMixed, in_place);
        test_steps(context, rule, {12343, 65, 21001}, Dtypes::kMixed, in_place);
        test_steps(context, rule, hundred, Dtypes::kMixed, in_place);
      }
    }
    test_awkward_norms(context);
    test_large_gradients(context);
    test_large_gradients_of_adam(context);
    test_small_norms(context);
    test_subnormals(context);
    test_refusals(context);
  });
  for (const std::string& isa : tables()) {
    test_same_bits(isa);
    test_not_finite(isa);
  }
  return finish();
}

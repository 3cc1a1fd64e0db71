/*
 * Fused regions against the same ops called one by one: the same bits, whatever the ops, dtypes, shapes and layouts.
 */
#include <cstring>

#include "machine.h"
#include "region.h"

using namespace test;

namespace {

/* Inputs 0..2; t = a·b + c; y = where(t < a, tanh(t), sigmoid(t) − b), with a value that is read three times. */
const std::vector<Op> kRegion = {{"times", {0, 1}}, {"plus", {3, 2}},  {"less", {4, 0}},    {"tanh", {4}},
                                 {"sigmoid", {4}},  {"minus", {7, 1}}, {"where", {5, 6, 8}}};

template <class T>
void test_against_single_calls(adj_context* context) {
  constexpr int32_t dtype = sizeof(T) == 4 ? ADJ_F32 : ADJ_F64;
  Random random(7);
  std::vector<Dims> shapes = kShapes;
  shapes.insert(shapes.end(), {{2049}, {3, 1025}, {1025, 3}, {40, 33}, {70000}, {2, 3, 2, 3, 2, 3}});
  for (const Dims& dims : shapes) {
    for (const Layout la : kAnyLayout) {
      for (const Layout lb : {Layout::kContiguous, Layout::kRow, Layout::kColumn, Layout::kScalar}) {
        Array<T> a(dims, la), b(dims, lb), c(dims);
        for (Array<T>* x : {&a, &b, &c}) x->fill_with([&](int64_t) { return random.uniform(-2, 2); });
        Array<T> t(dims), u(dims), p(dims), q(dims), r(dims), expected(dims), y(dims);
        Array<uint8_t> less(dims);
        const std::vector<Call> calls = {{"times", {}, {a, b}, {t}},
                                         {"plus", {}, {t, c}, {u}},
                                         {"less", {}, {u, a}, {less}},
                                         {"tanh", {}, {u}, {p}},
                                         {"sigmoid", {}, {u}, {q}},
                                         {"minus", {}, {q, b}, {r}},
                                         {"where", {}, {less, p, r}, {expected}}};
        for (const Call& call : calls) {
          if (!runs(context, call)) return;
        }
        if (!runs(context, {"fused", region(kRegion, dtype, {{9}}), {a, b, c}, {y}})) return;
        for (int64_t i = 0; i < y.count(); ++i) {
          const T want = expected[i], got = y[i];
          CHECK(std::memcmp(&want, &got, sizeof(T)) == 0, "element %lld: %.17g, not %.17g", static_cast<long long>(i),
                static_cast<double>(got), static_cast<double>(want));
        }
        /* In place of an input that lies as the output does. */
        if (!runs(context, {"fused", region(kRegion, dtype, {{9}}), {a, b, c}, {c}})) return;
        for (int64_t i = 0; i < y.count(); ++i) {
          const T want = expected[i], got = c[i];
          CHECK(std::memcmp(&want, &got, sizeof(T)) == 0, "element %lld in place", static_cast<long long>(i));
        }
      }
    }
  }
}

/* t = a + b leaves as it is, as tanh(t) leaves over b, which is read after t is there; c = t·b is added up. */
template <class T>
void test_several_outputs(adj_context* context) {
  constexpr int32_t dtype = sizeof(T) == 4 ? ADJ_F32 : ADJ_F64;
  const std::vector<Op> ops = {{"plus", {0, 1}}, {"tanh", {2}}, {"times", {2, 1}}};
  Random random(11);
  std::vector<Dims> shapes = kShapes;
  shapes.insert(shapes.end(), {{2049}, {3, 1025}, {1025, 3}, {64, 128}, {40, 33}, {70000}, {9000, 17}, {300, 5, 7}});
  for (const Dims& dims : shapes) {
    for (const Layout la : kAnyLayout) {
      for (size_t summed = 0; summed <= dims.size(); ++summed) {
        const Dims kept(dims.begin() + static_cast<std::ptrdiff_t>(summed), dims.end());
        Array<T> a(dims, la), b(dims), t(dims), h(dims), c(dims), y(dims), s(kept);
        for (Array<T>* x : {&a, &b}) x->fill_with([&](int64_t) { return random.uniform(-2, 2); });
        if (!runs(context, {"plus", {}, {a, b}, {t}})) return;
        if (!runs(context, {"tanh", {}, {t}, {h}})) return;
        if (!runs(context, {"times", {}, {t, b}, {c}})) return;
        const int64_t r = static_cast<int64_t>(summed), count = count_of(kept);
        if (r > 0 && count > 1 && count == c.count()) continue;
        if (!runs(context, {"fused", region(ops, dtype, {{3}, {2}, {4, r > 0 ? kSum : kLeave, r}}), {a, b}, {b, y, s}}))
          return;
        std::vector<double> expected(static_cast<size_t>(count)), size(static_cast<size_t>(count));
        for (int64_t i = 0; i < c.count(); ++i) {
          const T th = h[i], tb = b[i], ty = y[i], tt = t[i];
          CHECK(std::memcmp(&th, &tb, sizeof(T)) == 0 && std::memcmp(&ty, &tt, sizeof(T)) == 0, "element %lld",
                static_cast<long long>(i));
          expected[static_cast<size_t>(i % count)] += static_cast<double>(c[i]);
          size[static_cast<size_t>(i % count)] += std::fabs(static_cast<double>(c[i]));
        }
        for (int64_t i = 0; i < count; ++i) {
          const size_t at = static_cast<size_t>(i);
          const double tolerance = (sizeof(T) == 4 ? 1.2e-7 : 1e-13) * (size[at] + 1e-30);
          CHECK(std::fabs(static_cast<double>(s[i]) - expected[at]) <= tolerance, "sum %lld: %.17g, not %.17g",
                static_cast<long long>(i), static_cast<double>(s[i]), expected[at]);
        }
      }
    }
  }
}

/* Regions whose operands come from memory take a path of their own. */
void test_large(adj_context* context) {
  const Dims dims = {2049, 2053};
  Array<float> a(dims), b(dims, Layout::kRow), p(dims), t(dims), y(dims), s({2053}), all(Dims{});
  Random random(5);
  for (Array<float>* x : {&a, &b}) x->fill_with([&](int64_t) { return random.uniform(-2, 2); });
  if (!runs(context, {"times", {}, {a, b}, {p}}) || !runs(context, {"tanh", {}, {a}, {t}})) return;
  if (!runs(context, {"plus", {}, {p, t}, {p}})) return;
  const std::vector<Op> ops = {{"times", {0, 1}}, {"tanh", {0}}, {"plus", {2, 3}}};
  if (!runs(context, {"fused", region(ops, ADJ_F32, {{4}, {4, kSum, 1}, {4, kSum, 2}}), {a, b}, {y, s, all}})) return;
  double total = 0, size = 0;
  for (int64_t i = 0; i < y.count(); ++i) {
    const float want = p[i], got = y[i];
    CHECK(std::memcmp(&want, &got, sizeof(float)) == 0, "element %lld of many", static_cast<long long>(i));
    total += static_cast<double>(want);
    size += std::fabs(static_cast<double>(want));
  }
  CHECK(std::fabs(static_cast<double>(all[0]) - total) <= 1e-7 * size, "the sum of many: %g", double{all[0]});
  double columns = 0;
  for (int64_t i = 0; i < s.count(); ++i) columns += static_cast<double>(s[i]);
  CHECK(std::fabs(columns - total) <= 1e-7 * size, "the sum of the columns: %g, not %g", columns, total);
}

void test_limits(adj_context* context) {
  /* As many ops and inputs as there may be: twelve numbers added up, then doubled, then negated as often as it goes. */
  std::vector<Op> ops;
  for (int64_t k = 0; k < 11; ++k) ops.push_back({"plus", {k == 0 ? 0 : 11 + k, k + 1}});
  while (ops.size() < 32) {
    const int64_t last = 11 + static_cast<int64_t>(ops.size());
    if (ops.size() < 12) {
      ops.push_back({"plus", {last, last}});
    } else {
      ops.push_back({"neg", {last}});
    }
  }
  std::vector<Array<float>> numbers;
  std::vector<Operand> inputs;
  for (int i = 0; i < 12; ++i) {
    Array<float>& x = numbers.emplace_back(Dims{33});
    x.fill_with([i](int64_t at) { return i + static_cast<double>(at); });
    inputs.push_back(x.operand());
  }
  Array<float> y({33});
  if (!runs(context, {"fused", region(ops, ADJ_F32, {{12 + 31}}), inputs, {y}})) return;
  for (int64_t i = 0; i < 33; ++i) {
    CHECK(y[i] == static_cast<float>(2 * (66 + 12 * i)), "element %lld: %g", static_cast<long long>(i),
          static_cast<double>(y[i]));
  }
}

/*
 * A small region takes more: 32 inputs, every third one a number, whose running sums go down a chain of 62 ops, of
 * which 16 leave; the first three over inputs, one of which is read by the last op.
 */
void test_small(adj_context* context) {
  for (const Dims& dims : std::vector<Dims>{{}, {1}, {2}, {7}, {14}, {128}, {4, 8}, {8, 16}, {2, 3, 4}}) {
    constexpr int64_t kInputs = 32, kOutputs = 16;
    std::vector<Array<double>> x, y;
    std::vector<Operand> inputs, outputs;
    Random random(13);
    for (int64_t j = 0; j < kInputs; ++j) {
      const Layout layout = j % 3 == 1            ? Layout::kScalar
                            : j % 3 == 2 && j > 2 ? Layout::kTransposed
                                                  : Layout::kContiguous;
      x.emplace_back(dims, layout).fill_with([&](int64_t) { return random.uniform(-2, 2); });
      inputs.push_back(x.back().operand());
    }
    std::vector<Op> ops;
    std::vector<Call> calls;
    std::vector<Array<double>> values;
    values.reserve(64);
    const auto value = [&](int64_t v) -> Operand {
      return v < kInputs ? inputs[static_cast<size_t>(v)] : values[static_cast<size_t>(v - kInputs)].operand();
    };
    const auto add = [&](const char* name, int64_t a, int64_t b) {
      Array<double>& to = values.emplace_back(dims);
      ops.push_back({name, {a, b}});
      calls.push_back({name, {}, {value(a), value(b)}, {to}});
      return kInputs + static_cast<int64_t>(ops.size()) - 1;
    };
    int64_t last = add("minus", 1, 4); /* of two numbers */
    for (int64_t j = 0; j < kInputs - 2; ++j) {
      const int64_t product = j % 2 == 0 ? add("times", j, last) : add("times", last, j);
      last = add("minus", product, j + 2);
    }
    last = add("plus", last, 0); /* input 0 is read to the end, and overwritten before */
    for (const Call& call : calls) {
      if (!runs(context, call)) return;
    }
    std::vector<Out> out;
    for (int64_t o = 0; o < kOutputs; ++o) {
      const int64_t v = o == 0 ? kInputs + 2 : last - o;
      out.push_back({v});
      outputs.push_back(y.emplace_back(dims).operand());
    }
    outputs[0] = inputs[0];
    outputs[1] = inputs[3];
    if (!runs(context, {"fused", region(ops, ADJ_F64, out), inputs, outputs})) return;
    for (int64_t o = 0; o < kOutputs; ++o) {
      const Array<double>& want = values[static_cast<size_t>(out[static_cast<size_t>(o)].value - kInputs)];
      const Array<double>& got = o == 0 ? x[0] : o == 1 ? x[3] : y[static_cast<size_t>(o)];
      for (int64_t i = 0; i < want.count(); ++i) {
        const double a = want[i], b = got[i];
        CHECK(std::memcmp(&a, &b, sizeof(double)) == 0, "output %lld, element %lld: %.17g, not %.17g",
              static_cast<long long>(o), static_cast<long long>(i), b, a);
      }
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({3}), y({3}), z({4}), many({129}), more({129});
  Array<int32_t> i({3});
  const auto call = [&](std::vector<int64_t> ints) { return Call{"fused", std::move(ints), {x}, {y}}; };
  refused(context, call({}), ADJ_INVALID_IMAGE,
          "fused: takes 1 to 32 inputs, 1 to 16 outputs and its ops, not 1, 1 and 0 ints");
  refused(context, call({0}), ADJ_INVALID_IMAGE, "fused: the number of ops is 0, outside 1..64");
  refused(context, call({1, 2}), ADJ_INVALID_IMAGE, "fused: the number of ints is 2, outside 12..12");
  refused(context, call(region({{"matmul", {0, 0}}}, ADJ_F32, {{1}})), ADJ_UNKNOWN_KERNEL,
          "fused: no elementwise kernel is called \"matmul\"");
  refused(context, call(region({{"exp", {1}}}, ADJ_F32, {{1}})), ADJ_INVALID_IMAGE,
          "fused: a value is 1, outside 0..0");
  refused(context, call(region({{"exp", {-1}}}, ADJ_F32, {{1}})), ADJ_INVALID_IMAGE,
          "fused: a value is -1, outside 0..0");
  refused(context, call(region({{"exp", {0, 0}}}, ADJ_F32, {{1}})), ADJ_INVALID_IMAGE,
          "fused: exp takes 1 values, not 2");
  refused(context, call(region({{"where", {0, -1, 0}}}, ADJ_F32, {{1}})), ADJ_INVALID_IMAGE,
          "fused: a value is 0, outside -1..-1");
  refused(context, call(region({{"exp", {0}}}, 99, {{1}})), ADJ_INVALID_IMAGE, "fused: op 0 gives dtype 99");
  refused(context, {"fused", region({{"exp", {0}}}, ADJ_I32, {{1}}), {x}, {i}}, ADJ_UNKNOWN_KERNEL,
          "fused: there is no exp for these dtypes that gives I32");
  refused(context, {"fused", region({{"plus", {0, 1}}}, ADJ_F32, {{2}}), {x, z}, {y}}, ADJ_INVALID_IMAGE,
          "fused: input 1 is [4], needs [3]");
  refused(context, {"fused", region({{"exp", {0}}}, ADJ_F32, {{1}}), {z}, {y}}, ADJ_INVALID_IMAGE,
          "fused: axis 0 of output 0 [3] must be 4 long");
  refused(context, call(region({{"exp", {0}}}, ADJ_F32, {{0}})), ADJ_INVALID_IMAGE,
          "fused: the value of an output is 0, outside 1..1");
  refused(context, call(region({{"exp", {0}}}, ADJ_F32, {{1, kSum, 2}})), ADJ_INVALID_IMAGE,
          "fused: folded axes is 2, outside -1..1");
  refused(context, call(region({{"exp", {0}}}, ADJ_F32, {{1, kSum, 1}})), ADJ_INVALID_IMAGE,
          "fused: output 0 [3] has rank 1, needs 0");
  refused(context, {"fused", region({{"exp", {0}}}, ADJ_F32, {{1}}), {x}, {i}}, ADJ_UNKNOWN_KERNEL,
          "fused: output 0 is I32, needs F32");
  const std::vector<Op> longer(33, {"neg", {0}});
  refused(context, {"fused", region(longer, ADJ_F32, {{1}}), {many}, {more}}, ADJ_INVALID_IMAGE,
          "fused: the number of ops of a region with folds or many elements is 33, outside 1..32");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_against_single_calls<float>(context);
    test_against_single_calls<double>(context);
    test_several_outputs<float>(context);
    test_several_outputs<double>(context);
    test_large(context);
    test_limits(context);
    test_small(context);
    test_refusals(context);
  });
  const Context two("", 2);
  test_against_single_calls<float>(two);
  test_several_outputs<float>(two);
  test_large(two);
  return finish();
}

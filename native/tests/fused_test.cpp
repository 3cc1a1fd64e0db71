/*
 * Fused regions against the same ops called one by one: the same bits, whatever the ops, dtypes, shapes and layouts.
 */
#include <cstring>

#include "machine.h"

using namespace test;

namespace {

struct Op {
  const char* name;
  std::vector<int64_t> operands;
};

/* A region as the ints of a call; every op gives `dtype`, but comparisons, which give BOOL. */
std::vector<int64_t> region(const std::vector<Op>& ops, int32_t dtype) {
  std::vector<int64_t> ints = {static_cast<int64_t>(ops.size())};
  for (const Op& op : ops) {
    int64_t name[3] = {};
    std::memcpy(name, op.name, std::strlen(op.name));
    ints.insert(ints.end(), name, name + 3);
    const bool compares = std::strcmp(op.name, "less") == 0;
    ints.push_back(compares ? static_cast<int64_t>(ADJ_BOOL) : dtype);
    for (size_t j = 0; j < 3; ++j) ints.push_back(j < op.operands.size() ? op.operands[j] : -1);
  }
  return ints;
}

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
        if (!runs(context, {"fused", region(kRegion, dtype), {a, b, c}, {y}})) return;
        for (int64_t i = 0; i < y.count(); ++i) {
          const T want = expected[i], got = y[i];
          CHECK(std::memcmp(&want, &got, sizeof(T)) == 0, "element %lld: %.17g, not %.17g", static_cast<long long>(i),
                static_cast<double>(got), static_cast<double>(want));
        }
        /* In place of an input that lies as the output does. */
        if (!runs(context, {"fused", region(kRegion, dtype), {a, b, c}, {c}})) return;
        for (int64_t i = 0; i < y.count(); ++i) {
          const T want = expected[i], got = c[i];
          CHECK(std::memcmp(&want, &got, sizeof(T)) == 0, "element %lld in place", static_cast<long long>(i));
        }
      }
    }
  }
}

void test_limits(adj_context* context) {
  /* As many ops and inputs as there may be: nine numbers added up, then doubled ten times. */
  std::vector<Op> ops;
  for (int64_t k = 0; k < 8; ++k) ops.push_back({"plus", {k == 0 ? 0 : 8 + k, k + 1}});
  while (ops.size() < 20) {
    const int64_t last = 8 + static_cast<int64_t>(ops.size());
    ops.push_back({"plus", {last, last}});
  }
  std::vector<Array<float>> numbers;
  std::vector<Operand> inputs;
  for (int i = 0; i < 9; ++i) {
    Array<float>& x = numbers.emplace_back(Dims{33});
    x.fill_with([i](int64_t at) { return i + static_cast<double>(at); });
    inputs.push_back(x.operand());
  }
  Array<float> y({33});
  if (!runs(context, {"fused", region(ops, ADJ_F32), inputs, {y}})) return;
  for (int64_t i = 0; i < 33; ++i) {
    CHECK(y[i] == static_cast<float>(4096 * (36 + 9 * i)), "element %lld: %g", static_cast<long long>(i),
          static_cast<double>(y[i]));
  }
}

void test_refusals(adj_context* context) {
  Array<float> x({3}), y({3}), z({4});
  Array<int32_t> i({3});
  const auto call = [&](std::vector<int64_t> ints) { return Call{"fused", std::move(ints), {x}, {y}}; };
  refused(context, call({}), ADJ_INVALID_IMAGE,
          "fused: takes at most 9 inputs, one output and its ops, not 1, 1 and 0 ints");
  refused(context, call({0}), ADJ_INVALID_IMAGE, "fused: the number of ops is 0, outside 1..20");
  refused(context, call({1, 2}), ADJ_INVALID_IMAGE, "fused: the number of ints is 2, outside 8..8");
  refused(context, call(region({{"matmul", {0, 0}}}, ADJ_F32)), ADJ_UNKNOWN_KERNEL,
          "fused: no elementwise kernel is called \"matmul\"");
  refused(context, call(region({{"exp", {1}}}, ADJ_F32)), ADJ_INVALID_IMAGE, "fused: a value is 1, outside 0..0");
  refused(context, call(region({{"exp", {-1}}}, ADJ_F32)), ADJ_INVALID_IMAGE, "fused: a value is -1, outside 0..0");
  refused(context, call(region({{"exp", {0, 0}}}, ADJ_F32)), ADJ_INVALID_IMAGE, "fused: a value is 0, outside -1..-1");
  refused(context, call(region({{"exp", {0}}}, 99)), ADJ_INVALID_IMAGE, "fused: op 0 gives dtype 99");
  refused(context, call(region({{"exp", {0}}}, ADJ_I32)), ADJ_UNKNOWN_KERNEL,
          "fused: there is no exp for these dtypes that gives I32");
  refused(context, {"fused", region({{"exp", {0}}}, ADJ_F32), {z}, {y}}, ADJ_INVALID_IMAGE,
          "fused: input 0 is [4], needs [3]");
  refused(context, {"fused", region({{"exp", {0}}}, ADJ_F32), {x}, {i}}, ADJ_UNKNOWN_KERNEL,
          "fused: output 0 is I32, needs F32");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_against_single_calls<float>(context);
    test_against_single_calls<double>(context);
    test_limits(context);
    test_refusals(context);
  });
  const Context two("", 2);
  test_against_single_calls<float>(two);
  return finish();
}

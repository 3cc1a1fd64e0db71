/*
 * The CUDA backend's kernels over the emulator, beside the CPU's: the same calls give the same bits where a formula is
 * shared, the same digits elsewhere, and the same errors.
 */
#include "cuda/both.h"
#include "region.h"

using namespace test;

namespace {

const char* const kElementwise[] = {"neg",
                                    "abs",
                                    "square",
                                    "exp",
                                    "log",
                                    "log1p",
                                    "expm1",
                                    "sqrt",
                                    "rsqrt",
                                    "reciprocal",
                                    "tanh",
                                    "sigmoid",
                                    "relu",
                                    "sign",
                                    "floor",
                                    "ceil",
                                    "round",
                                    "sin",
                                    "cos",
                                    "tan",
                                    "asin",
                                    "acos",
                                    "atan",
                                    "sinh",
                                    "cosh",
                                    "asinh",
                                    "acosh",
                                    "atanh",
                                    "sech",
                                    "sechSquare",
                                    "lessSquare",
                                    "erf",
                                    "erfc",
                                    "lgamma",
                                    "digamma",
                                    "gelu",
                                    "geluTanh",
                                    "geluTanhSech",
                                    "silu",
                                    "softplus",
                                    "mish",
                                    "plus",
                                    "minus",
                                    "times",
                                    "maximum",
                                    "minimum",
                                    "remainder",
                                    "floorDiv",
                                    "shiftLeft",
                                    "shiftRight",
                                    "shiftRightUnsigned",
                                    "and",
                                    "or",
                                    "xor",
                                    "not",
                                    "div",
                                    "pow",
                                    "scale",
                                    "leakyRelu",
                                    "atan2",
                                    "rhypot",
                                    "bell",
                                    "polygamma",
                                    "elu",
                                    "sigmoidCrossEntropy",
                                    "overSquares",
                                    "equal",
                                    "notEqual",
                                    "less",
                                    "lessEqual",
                                    "greater",
                                    "greaterEqual",
                                    "copy"};

/* Every function on every dtype, with one operand and with two: where the CPU refuses, so does the device. */
template <class T>
void test_elementwise(const Machine& machine) {
  Random random(3);
  const Array<T> a = some_array<T>(random, {70}), b = some_array<T>(random, {70});
  for (const char* name : kElementwise) {
    Array<T> y({70});
    Array<uint8_t> truth({70});
    for (const Operand& result : {y.operand(), truth.operand()}) {
      compare(machine, {name, {}, {a}, {result}}, machine.formulas);
      compare(machine, {name, {}, {a, b}, {result}}, machine.formulas);
      if (dtype_of<T>() == ADJ_BOOL) break;
    }
  }
}

template <class X>
void test_casts(const Machine& machine) {
  Random random(4);
  const Array<X> x = some_array<X>(random, {90});
  Array<float> f({90});
  Array<double> d({90});
  Array<int32_t> i({90});
  Array<int64_t> l({90});
  Array<uint8_t> b({90});
  for (const Operand& y : {f.operand(), d.operand(), i.operand(), l.operand(), b.operand()}) {
    compare(machine, {"cast", {}, {x}, {y}}, kBits);
  }
  Operand half{ADJ_BF16, {90}, {1}, f.data(), 360, 0};
  compare(machine, {"cast", {}, {x}, {half}}, kBits);
  compare(machine, {{"cast", {}, {x}, {half}}, {"cast", {}, {half}, {d}}}, kBits);
}

void test_layouts(const Machine& machine) {
  Random random(5);
  for (const Dims& dims : {Dims{}, Dims{0}, Dims{7}, Dims{3, 5}, Dims{4, 3, 9}, Dims{2, 1, 3, 2, 2}}) {
    for (const Layout la : kAnyLayout) {
      for (const Layout ly : kOutputLayouts) {
        const Array<float> a = some_array<float>(random, dims, la), b = some_array<float>(random, dims);
        const Array<uint8_t> condition = some_array<uint8_t>(random, dims, Layout::kColumn);
        Array<float> y(dims, ly);
        compare(machine, {"minus", {}, {a, b}, {y}}, kBits);
        compare(machine, {"where", {}, {condition, a, b}, {y}}, kBits);
      }
    }
  }
}

void test_regions(const Machine& machine) {
  const std::vector<Op> ops = {{"times", {0, 1}}, {"plus", {3, 2}},  {"less", {4, 0}},    {"tanh", {4}},
                               {"sigmoid", {4}},  {"minus", {7, 1}}, {"where", {5, 6, 8}}};
  Random random(6);
  for (const Dims& dims : {Dims{}, Dims{5}, Dims{7, 33}, Dims{300, 3}, Dims{2, 3, 40}}) {
    for (const Layout la : {Layout::kContiguous, Layout::kTransposed, Layout::kRow, Layout::kScalar}) {
      const Array<float> a = smooth_array<float>(random, dims, la), b = smooth_array<float>(random, dims);
      Array<float> c = smooth_array<float>(random, dims), y(dims), z(dims);
      compare(machine, {"fused", region(ops, ADJ_F32, {{9}, {4}}), {a, b, c}, {y, z}}, machine.formulas);
      compare(machine, {"fused", region(ops, ADJ_F32, {{9}}), {a, b, c}, {c}}, machine.formulas);
    }
  }
  /* Folds over leading and trailing axes, and over all, some of them divided. */
  const std::vector<Op> two = {{"times", {0, 1}}, {"tanh", {3}}};
  for (const Dims& dims : {Dims{6, 50}, Dims{50, 6}, Dims{700, 40}, Dims{4, 1, 5, 3}}) {
    for (const Fold fold : {kSum, kMax, kMin, kLogSumExp}) {
      for (const int64_t axes : {int64_t{-1}, int64_t{1}, -static_cast<int64_t>(dims.size())}) {
        const bool all = axes == -static_cast<int64_t>(dims.size());
        if (fold == kLogSumExp && axes > 0) continue;
        const Dims kept = all        ? Dims{}
                          : axes > 0 ? Dims(dims.begin() + 1, dims.end())
                                     : Dims(dims.begin(), dims.end() - 1);
        const Array<double> a = smooth_array<double>(random, dims),
                            b = smooth_array<double>(random, dims, Layout::kColumn);
        const Array<double> divisor = Array<double>(dims, Layout::kScalar).fill([](int64_t) { return 3; });
        Array<double> y(kept), z(dims);
        compare(machine, {"fused", region(two, ADJ_F64, {{4}, {3, fold, axes, 2}}), {a, b, divisor}, {z, y}}, 1e-12);
      }
    }
  }
  /* One element, whose output takes the divisor's memory. */
  const Array<double> x = Array<double>({1}).fill([](int64_t) { return 6; });
  Array<double> d = Array<double>({1}).fill([](int64_t) { return 2; }), y({});
  compare(machine, {"fused", region({{"neg", {1}}, {"neg", {0}}}, ADJ_F64, {{2}, {3, kSum, -1, 1}}), {x, d}, {d, y}},
          kBits);
}

template <class T>
void test_reductions(const Machine& machine) {
  Random random(7);
  for (const Dims& dims : {Dims{}, Dims{1}, Dims{5, 0}, Dims{17}, Dims{3, 40}, Dims{40, 3}, Dims{2, 3, 50}, Dims{20000},
                           Dims{2, 600, 40}}) {
    /* How many parts fold a result depends on sizes alone, and every launch is emulated four times. */
    const bool large = count_of(dims) > 300;
    if (large && !std::is_same_v<T, float>) continue;
    for (const Layout layout : {Layout::kContiguous, Layout::kTransposed, Layout::kRow}) {
      for (int64_t r = 0; r <= std::min<int64_t>(2, static_cast<int64_t>(dims.size())); ++r) {
        const Dims kept(dims.begin(), dims.end() - r);
        const Array<T> x = Array<T>(dims, layout).fill([&](int64_t) { return random.uniform(-9, 9); });
        Array<T> y(kept);
        using Names = std::vector<const char*>;
        for (const char* name : large ? Names{"sum", "max"} : Names{"sum", "prod", "max", "min"}) {
          compare(machine, {name, {r}, {x}, {y}}, std::is_same_v<T, float> ? 1e-6 : 1e-12);
        }
        Array<int64_t> at(kept);
        if (r == 1) compare(machine, {"argmax", {1}, {x}, {at}}, kBits);
      }
    }
  }
  const Array<T> special = some_array<T>(random, {4, 9});
  Array<T> y({4});
  Array<int64_t> at({4});
  for (const char* name : {"sum", "max", "min"}) compare(machine, {name, {1}, {special}, {y}}, 1e-6);
  compare(machine, {"argmax", {1}, {special}, {at}}, kBits);
}

template <class T>
void test_softmax(const Machine& machine) {
  Random random(8);
  const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-13;
  for (const Dims& dims : {Dims{1, 1}, Dims{3, 5}, Dims{2, 300}, Dims{2, 0}, Dims{6, 40}}) {
    Array<T> x = smooth_array<T>(random, dims), y(dims), rows({dims[0]}), losses({dims[0]});
    const double special[] = {0, -INFINITY, INFINITY, NAN, 1e30};
    if (dims[0] == 6) {
      for (int64_t r = 1; r < 6; ++r) {
        for (int64_t i = 0; i < (r == 1 ? dims[1] : 2); ++i)
          x[r * dims[1] + 3 * i % dims[1]] = static_cast<T>(special[r - 1]);
      }
      for (int64_t i = 0; i < dims[1]; ++i) x[i] = static_cast<T>(-INFINITY);
    }
    compare(machine, {"softmax", {}, {x}, {y}}, tolerance);
    compare(machine, {"logSoftmax", {}, {x}, {y}}, tolerance);
    compare(machine, {"logSumExp", {}, {x}, {rows}}, tolerance);
    if (dims[1] == 0) continue;
    const Array<int32_t> labels = Array<int32_t>({dims[0]}).fill([&](int64_t r) { return r * 7 % dims[1]; });
    const Array<T> g = Array<T>({dims[0]}).fill([](int64_t r) { return r == 3 ? 0 : 1.5; });
    compare(machine, {"softmaxCrossEntropy", {}, {x, labels}, {losses}}, tolerance);
    compare(machine, {"softmaxCrossEntropyGrad", {}, {x, labels, g}, {y}}, tolerance);
    compare(machine, {"softmaxCrossEntropyWithGrad", {}, {x, labels, g}, {losses, x}}, tolerance);
    Array<int64_t> wrong = Array<int64_t>({dims[0]}).fill([&](int64_t r) { return r > 0 ? -r : dims[1]; });
    compare(machine, {"softmaxCrossEntropy", {}, {x, wrong}, {losses}}, tolerance);
  }
}

template <class T>
void test_indices(const Machine& machine) {
  Random random(9);
  for (const Dims& d : {Dims{1, 1, 4, 1, 9}, Dims{2, 3, 5, 4, 7}, Dims{1, 2, 3, 2, 0}, Dims{2, 1, 0, 1, 0}}) {
    const Array<T> x = some_array<T>(random, {d[0], d[1], d[2], d[3]});
    const Array<T> updates = Array<T>({d[0], d[1], d[4], d[3]}).fill([&](int64_t) { return random.uniform(-9, 9); });
    Array<int64_t> index = Array<int64_t>({d[0], d[4]}).fill([&](int64_t) { return random.below(d[2]); });
    Array<T> picked({d[0], d[1], d[4], d[3]}), y({d[0], d[1], d[2], d[3]});
    compare(machine, {"gather", {}, {x, index}, {picked}}, kBits);
    if (sizeof(T) > 1) compare(machine, {"scatterAdd", {}, {index, updates}, {y}}, 1e-6);
    if (index.count() < 5) continue;
    index[4] = 99;
    index[3] = -1;
    compare(machine, {"gather", {}, {x, index}, {picked}}, kBits);
    if (sizeof(T) > 1) compare(machine, {"scatterAdd", {}, {index, updates}, {y}}, 1e-6);
  }
}

void test_divisors_and_counts(const Machine& machine) {
  Array<int32_t> x = Array<int32_t>({300}).fill([](int64_t i) { return i + 1; }), y({300});
  compare(machine, {"nonZero", {}, {x}, {y}}, kBits);
  x[200] = x[70] = 0;
  compare(machine, {"nonZero", {}, {x}, {y}}, kBits);
  Array<double> d({40});
  Array<int64_t> l({40});
  for (const Operand& to : {d.operand(), l.operand()}) compare(machine, {"iota", {-3, INT64_MAX / 3}, {}, {to}}, kBits);
}

template <class T>
void test_scans(const Machine& machine) {
  Random random(10);
  for (const Dims& dims : {Dims{1, 50, 1}, Dims{3, 7, 5}, Dims{2, 0, 3}}) {
    const Array<T> a = Array<T>(dims).fill([&](int64_t) { return random.uniform(-2, 2); });
    const Array<T> b = Array<T>(dims).fill([&](int64_t i) { return i % 4 == 0 ? 0 : random.uniform(-9, 9); });
    Array<T> y(dims);
    for (const int64_t reverse : {int64_t{0}, int64_t{1}}) {
      compare(machine, {"cumsum", {reverse}, {b}, {y}}, kBits);
      compare(machine, {"linearScan", {reverse}, {a, b}, {y}}, kBits);
      compare(machine, {"scaleScan", {reverse}, {a, b}, {y}}, kBits);
      compare(machine, {"logCumSumExp", {reverse}, {b}, {y}}, machine.formulas);
    }
  }
}

template <class T>
void test_sort(const Machine& machine) {
  Random random(11);
  for (const Dims& dims : {Dims{1, 1}, Dims{3, 17}, Dims{2, 64}, Dims{1, 600}, Dims{2, 0}}) {
    const Array<T> x = Array<T>(dims).fill(
        [&](int64_t i) { return i % 3 == 0 ? some_number<T>(random, i) : static_cast<T>(random.below(7)); });
    Array<int64_t> y(dims);
    for (const int64_t descending : {int64_t{0}, int64_t{1}}) {
      compare(machine, {"argsort", {descending}, {x}, {y}}, kBits);
    }
  }
}

void test_random(const Machine& machine) {
  Random random(12);
  const Array<int64_t> keys = Array<int64_t>({3}).fill([&](int64_t) { return static_cast<int64_t>(random.bits()); });
  const Array<int64_t> data = Array<int64_t>({3}).fill([](int64_t i) { return i; });
  Array<int32_t> bits({3, 101});
  Array<float> f({3, 300});
  Array<double> d({3, 300});
  Array<int64_t> split({3, 5}), fold({3});
  compare(machine, {"randomBits", {}, {keys}, {bits}}, kBits);
  for (const Operand& y : {f.operand(), d.operand()}) {
    compare(machine, {"randomUniform", {}, {keys}, {y}}, kBits);
    compare(machine, {"randomNormal", {}, {keys}, {y}}, machine.formulas);
  }
  compare(machine, {"randomSplit", {}, {keys}, {split}}, kBits);
  compare(machine, {"randomFold", {}, {keys, data}, {fold}}, kBits);
}

template <class T>
void test_products(const Machine& machine) {
  Random random(13);
  struct Size {
    Dims batch;
    int64_t m, k, n;
  };
  for (const Size& s : {Size{{}, 1, 1, 1}, Size{{}, 65, 17, 70}, Size{{2, 3}, 4, 5, 6}, Size{{}, 3, 600, 2},
                        Size{{}, 5, 0, 4}, Size{{2}, 0, 3, 4}}) {
    const auto dims = [&](int64_t rows, int64_t columns) {
      Dims all = s.batch;
      all.insert(all.end(), {rows, columns});
      return all;
    };
    const Array<T> a = smooth_array<T>(random, dims(s.m, s.k)),
                   bias = smooth_array<T>(random, dims(s.m, s.n), Layout::kRow);
    Array<T> b = smooth_array<T>(random, dims(s.k, s.n)), c(dims(s.m, s.n));
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-12;
    for (const int64_t activation : {0, 1, 2, 3}) {
      compare(machine, {"matmul", {1, activation}, {a, b, bias}, {c}}, tolerance);
    }
    Operand turned = b.operand();
    const size_t rank = turned.dims.size();
    if (s.batch.empty()) {
      turned.strides[rank - 2] = 1;
      turned.strides[rank - 1] = std::max<int64_t>(s.k, 1);
    }
    compare(machine, {"matmul", {0, 0}, {a, turned}, {c}}, tolerance);
  }
}

void test_half_products(const Machine& machine) {
  Random random(14);
  const Array<float> a = smooth_array<float>(random, {9, 33}), b = smooth_array<float>(random, {33, 5});
  std::vector<uint16_t> half_a(9 * 33), half_b(33 * 5);
  Array<float> c({9, 5});
  const Operand to_a{ADJ_BF16, {9, 33}, {33, 1}, half_a.data(), 9 * 33 * 2, 0};
  const Operand to_b{ADJ_BF16, {33, 5}, {5, 1}, half_b.data(), 33 * 5 * 2, 0};
  compare(machine, {{"cast", {}, {a}, {to_a}}, {"cast", {}, {b}, {to_b}}, {"matmulBf16", {0, 0}, {to_a, to_b}, {c}}},
          1e-5);
}

template <class T>
void test_optimizers(const Machine& machine) {
  Random random(15);
  for (const bool clipped : {false, true}) {
    const std::vector<Dims> shapes = {{7}, {0}, {30, 20}, {}};
    std::vector<Array<T>> lists;
    for (int list = 0; list < 4; ++list) {
      for (const Dims& dims : shapes) {
        lists.push_back(Array<T>(dims).fill([&](int64_t) { return random.uniform(list == 3 ? 0 : -2, 2); }));
      }
    }
    const auto scalar = [](double x) { return Array<double>({}).fill([x](int64_t) { return x; }); };
    std::vector<Array<double>> scalars;
    for (const double x : {4.0, 0.1, 0.9, 0.99, 1e-8, 0.01}) scalars.push_back(scalar(x));
    Array<double> count = scalar(0), norm = scalar(0), most = scalar(0.5);
    Call adam{clipped ? "clippedAdam" : "adam", {}, {}, {count}};
    for (const auto& x : scalars) adam.inputs.push_back(x);
    Call sgd{clipped ? "clippedSgd" : "sgd", {1}, {scalars[1], scalars[2], scalars[5]}, {}};
    for (Call* call : {&adam, &sgd}) {
      if (clipped) call->inputs.push_back(most);
      if (clipped) call->outputs.push_back(norm);
      const size_t given = call == &adam ? 16 : 12;
      for (size_t i = 0; i < given; ++i) call->inputs.push_back(lists[i]);
      for (size_t i = 0; i < given; ++i) {
        if (i < 4 || i >= 8) call->outputs.push_back(lists[i]);
      }
      compare(machine, *call, sizeof(T) == 4 ? 1e-5 : 1e-12);
      if (!clipped) continue;
      for (const double huge : {1e-200, 1e200}) { /* squares leave the range, of F64 at least */
        lists[6][3] = static_cast<T>(sizeof(T) == 4 ? 1e30 : huge);
        compare(machine, *call, sizeof(T) == 4 ? 1e-5 : 1e-12);
      }
      lists[6][17] = static_cast<T>(NAN);
      lists[4][6] = static_cast<T>(INFINITY);
      compare(machine, *call, kBits);
      lists[6][17] = lists[4][6] = lists[6][3] = 1;
    }
  }
}

/* Each of them for F32 and F64, and some for integers. */
void test_families(const Machine& machine) {
  test_elementwise<float>(machine);
  test_elementwise<double>(machine);
  test_elementwise<int32_t>(machine);
  test_elementwise<int64_t>(machine);
  test_elementwise<uint8_t>(machine);
  test_casts<float>(machine);
  test_casts<double>(machine);
  test_casts<int32_t>(machine);
  test_casts<int64_t>(machine);
  test_casts<uint8_t>(machine);
  test_layouts(machine);
  test_regions(machine);
  test_reductions<float>(machine);
  test_reductions<double>(machine);
  test_reductions<int32_t>(machine);
  test_reductions<int64_t>(machine);
  test_softmax<float>(machine);
  test_softmax<double>(machine);
  test_indices<float>(machine);
  test_indices<double>(machine);
  test_indices<int32_t>(machine);
  test_indices<int64_t>(machine);
  test_indices<uint8_t>(machine);
  test_divisors_and_counts(machine);
  test_scans<float>(machine);
  test_scans<double>(machine);
  test_scans<int32_t>(machine);
  test_scans<int64_t>(machine);
  test_sort<float>(machine);
  test_sort<double>(machine);
  test_sort<int32_t>(machine);
  test_sort<int64_t>(machine);
  test_random(machine);
  test_products<float>(machine);
  test_products<double>(machine);
  test_half_products(machine);
  test_optimizers<float>(machine);
  test_optimizers<double>(machine);
}

}  // namespace

int main() {
  simt::watch_faults();
  {
    const Machine machine;
    test_families(machine);
  }
  CHECK(simt::allocated() == 0, "%lld bytes are left on the device", static_cast<long long>(simt::allocated()));
  return finish();
}

/*
 * Times kernels: the best of many runs, with bytes or FLOPs a second beside it. It checks nothing (the tests do) and
 * CTest does not run it. Arguments: threads (default 1), isa (default the best). With ADJOINT_TEST_OPENBLAS_DIR set,
 * matmul is timed on OpenBLAS beside our own loops, alternating, so that both see the same machine.
 */
#include "bf16.h"
#include "timing.h"

using namespace test;

namespace {

template <class T>
void time_matmul(adj_context* own, adj_context* blas, int64_t m, int64_t n, int64_t k) {
  for (const char* layout : {"NN", "NT", "TN"}) {
    Array<T> a({m, k}, layout[0] == 'T' ? Layout::kTransposed : Layout::kContiguous);
    Array<T> b({k, n}, layout[1] == 'T' ? Layout::kTransposed : Layout::kContiguous), c({m, n});
    a.fill_with([](int64_t i) { return static_cast<double>(i % 17) / 17; });
    b.fill_with([](int64_t i) { return static_cast<double>(i % 13) / 13; });
    const std::vector<Call> calls = {{"matmul", {0, 0}, {a, b}, {c}}};
    const Program p(own, calls);
    std::vector<const Program*> programs = {&p};
    const Program q(blas != nullptr ? blas : own, calls);
    if (blas != nullptr) programs.push_back(&q);
    const std::vector<double> times = best(programs);
    const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    printf("matmul %s %4lld x %4lld x %4lld %s  own %9.2f us %6.1f GFLOP/s", sizeof(T) == 4 ? "F32" : "F64",
           static_cast<long long>(m), static_cast<long long>(k), static_cast<long long>(n), layout, times[0] * 1e6,
           flops / times[0] * 1e-9);
    if (blas != nullptr) {
      printf("   with OpenBLAS %9.2f us %6.1f GFLOP/s   own/blas %.2f", times[1] * 1e6, flops / times[1] * 1e-9,
             times[0] / times[1]);
    }
    printf("\n");
  }
}

/* The same product in BF16 and in F32, in turns. */
void time_bf16(adj_context* context, int64_t m, int64_t n, int64_t k) {
  for (const char* layout : {"NN", "NT", "TN"}) {
    const Layout la = layout[0] == 'T' ? Layout::kTransposed : Layout::kContiguous;
    const Layout lb = layout[1] == 'T' ? Layout::kTransposed : Layout::kContiguous;
    Array<Bf16> a({m, k}, la), b({k, n}, lb);
    Array<float> a32({m, k}, la), b32({k, n}, lb), c({m, n});
    a.fill_with([](int64_t i) { return Bf16(static_cast<long double>(i % 17) / 17); });
    b.fill_with([](int64_t i) { return Bf16(static_cast<long double>(i % 13) / 13); });
    a32.fill_with([&](int64_t i) { return static_cast<double>(a[i]); });
    b32.fill_with([&](int64_t i) { return static_cast<double>(b[i]); });
    const Program p(context, {{"matmulBf16", {0, 0}, {a, b}, {c}}}), q(context, {{"matmul", {0, 0}, {a32, b32}, {c}}});
    const std::vector<double> times = best({&p, &q});
    const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
    printf("matmul BF16 %4lld x %4lld x %4lld %s %9.2f us %6.1f GFLOP/s   F32 %9.2f us   BF16/F32 %.2f\n",
           static_cast<long long>(m), static_cast<long long>(k), static_cast<long long>(n), layout, times[0] * 1e6,
           flops / times[0] * 1e-9, times[1] * 1e6, times[0] / times[1]);
  }
}

void time_call(adj_context* context, const char* what, const Call& call) {
  double bytes = 0;
  for (const auto* operands : {&call.inputs, &call.outputs}) {
    for (const Operand& o : *operands) bytes += static_cast<double>(o.bytes);
  }
  const Program p(context, {call});
  const double time = best({&p})[0];
  printf("%-34s %10.2f us %8.2f GB/s\n", what, time * 1e6, bytes / time * 1e-9);
}

void time_others(adj_context* context) {
  for (const int64_t n : {int64_t{1}, int64_t{8192}, int64_t{1} << 22}) {
    Array<float> x({n}), y({n}), z({n});
    Array<double> x64({n}), y64({n});
    x.fill_with([](int64_t i) { return 0.001 * static_cast<double>(i % 1000) + 0.001; });
    y.fill_with([](int64_t i) { return 0.002 * static_cast<double>(i % 1000); });
    x64.fill_with([&](int64_t i) { return x[i]; });
    printf("-- %lld elements\n", static_cast<long long>(n));
    time_call(context, "plus F32", {"plus", {}, {x, y}, {z}});
    time_call(context, "div F32", {"div", {}, {x, y}, {z}});
    time_call(context, "pow F32", {"pow", {}, {x, y}, {z}});
    for (const char* name : {"neg", "relu", "sqrt", "exp", "log", "tanh", "sigmoid", "erf", "gelu", "sin", "cos"}) {
      time_call(context, (std::string(name) + " F32").c_str(), {name, {}, {x}, {z}});
    }
    for (const char* name : {"exp", "tanh", "sin"}) {
      time_call(context, (std::string(name) + " F64").c_str(), {name, {}, {x64}, {y64}});
    }
  }
  Array<float> x({64, 128}), wide({64, 128}, Layout::kTransposed), y({64, 128}), row({64, 128}, Layout::kRow),
      columns({128}), rows({64}), column({64, 128}, Layout::kColumn);
  x.fill_with([](int64_t i) { return static_cast<double>(i % 100) / 100; });
  Operand turned = x;
  turned.dims = {128, 64};
  turned.strides = {1, 128};
  printf("-- [64, 128]\n");
  time_call(context, "plus a row", {"plus", {}, {x, row}, {y}});
  time_call(context, "plus a column", {"plus", {}, {x, column}, {y}});
  time_call(context, "copy transposed", {"copy", {}, {wide}, {y}});
  time_call(context, "sum over axis 1", {"sum", {1}, {x}, {rows}});
  time_call(context, "sum over axis 0", {"sum", {1}, {turned}, {columns}});
  time_call(context, "max over axis 1", {"max", {1}, {x}, {rows}});
  time_call(context, "softmax", {"softmax", {}, {x}, {y}});
  Array<float> logits({64, 10}), loss({64}), other({64}), grad({64, 10});
  logits.fill_with([](int64_t i) { return static_cast<double>(i % 10) / 10; });
  Array<int32_t> labels({64});
  labels.fill_with([](int64_t i) { return i % 10; });
  time_call(context, "softmaxCrossEntropy [64, 10]", {"softmaxCrossEntropy", {}, {logits, labels}, {loss}});
  time_call(context, "softmaxCrossEntropyGrad [64, 10]",
            {"softmaxCrossEntropyGrad", {}, {logits, labels, loss}, {grad}});
  time_call(context, "softmaxCrossEntropyWithGrad [64, 10]",
            {"softmaxCrossEntropyWithGrad", {}, {logits, labels, loss}, {other, grad}});

  printf("-- [4096, 1000]\n");
  Array<float> many({4096, 1000}), losses({4096}), upstream({4096}), gradient({4096, 1000});
  many.fill_with([](int64_t i) { return static_cast<double>(i % 1009) / 200; });
  upstream.fill_with([](int64_t) { return 1.0 / 4096; });
  Array<int32_t> classes({4096});
  classes.fill_with([](int64_t i) { return i % 1000; });
  time_call(context, "softmax", {"softmax", {}, {many}, {gradient}});
  time_call(context, "softmaxCrossEntropy", {"softmaxCrossEntropy", {}, {many, classes}, {losses}});
  time_call(context, "softmaxCrossEntropyGrad", {"softmaxCrossEntropyGrad", {}, {many, classes, upstream}, {gradient}});
  time_call(context, "softmaxCrossEntropyWithGrad",
            {"softmaxCrossEntropyWithGrad", {}, {many, classes, upstream}, {losses, gradient}});

  printf("-- attention of 8 heads of 64 with 2048 tokens\n");
  const int64_t eighth = INT64_C(0x3fc0000000000000);
  const Dims tokens = {1, 8, 2048, 64};
  Array<float> query(tokens), key_of(tokens), value_of(tokens), seen(tokens), log_sums({1, 8, 2048}), dq(tokens),
      dk(tokens), dv(tokens);
  for (Array<float>* array : {&query, &key_of, &value_of})
    array->fill_with([](int64_t i) { return static_cast<double>(i % 89) / 89; });
  time_call(context, "attention", {"attention", {0, 0, 0, 0, eighth}, {query, key_of, value_of}, {seen, log_sums}});
  time_call(context, "attentionGrad",
            {"attentionGrad", {0, 0, 0, 0, eighth}, {query, key_of, value_of, query, seen, log_sums}, {dq, dk, dv}});

  const int64_t n = 10'000'000;
  Array<float> large({n}), total(Dims{});
  large.fill_with([](int64_t i) { return static_cast<double>(i % 100) / 100; });
  printf("-- large\n");
  time_call(context, "sum of 10^7", {"sum", {1}, {large}, {total}});
  Array<float> t({2048, 2048}, Layout::kTransposed), u({2048, 2048});
  time_call(context, "copy transposed [2048, 2048]", {"copy", {}, {t}, {u}});
  const int64_t parameters = 784 * 256;
  Array<float> p({parameters}), g({parameters}), m({parameters}), v({parameters}), noise({1, parameters});
  Array<double> s(Dims{}), count(Dims{}), norm(Dims{});
  s[0] = 0.5;
  for (Array<float>* array : {&p, &g, &m, &v})
    array->fill_with([](int64_t i) { return static_cast<double>(i % 50) / 50; });
  time_call(context, "adam of 784 x 256", {"adam", {}, {s, s, s, s, s, s, p, g, m, v}, {count, p, m, v}});
  Array<float> q({n}), gq({n}), mq({n}), vq({n});
  for (Array<float>* array : {&q, &gq, &mq, &vq})
    array->fill_with([](int64_t i) { return static_cast<double>(i % 50) / 50; });
  time_call(context, "adam of 10^7", {"adam", {}, {s, s, s, s, s, s, q, gq, mq, vq}, {count, q, mq, vq}});
  time_call(context, "clippedAdam of 10^7",
            {"clippedAdam", {}, {s, s, s, s, s, s, s, q, gq, mq, vq}, {count, norm, q, mq, vq}});
  Array<int64_t> key({1});
  key[0] = 1;
  time_call(context, "randomUniform of 784 x 256", {"randomUniform", {}, {key}, {noise}});
  time_call(context, "randomNormal of 784 x 256", {"randomNormal", {}, {key}, {noise}});
}

}  // namespace

int main(int argc, char** argv) {
  const int32_t threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::string isa = argc > 2 ? argv[2] : "";
  const Context own(isa, threads), blas(isa, threads);
  printf("%s, %d threads\n", adj_context_isa(own), threads);
  const bool has_blas = open_blas(blas);
  for (const auto& s : {Dims{8, 8, 8},         Dims{16, 16, 16},      Dims{32, 16, 16},       Dims{32, 32, 32},
                        Dims{64, 64, 64},      Dims{64, 128, 256},    Dims{64, 256, 128},     Dims{64, 256, 784},
                        Dims{64, 784, 256},    Dims{784, 256, 64},    Dims{64, 10, 128},      Dims{128, 10, 64},
                        Dims{1, 256, 784},     Dims{128, 128, 128},   Dims{256, 256, 256},    Dims{512, 512, 512},
                        Dims{1024, 32, 32},    Dims{4096, 64, 64},    Dims{32, 32, 1024},     Dims{64, 64, 4096},
                        Dims{256, 1024, 1024}, Dims{1024, 1024, 256}, Dims{1024, 1024, 1024}, Dims{512, 2048, 2048},
                        Dims{2048, 2048, 512}, Dims{2048, 2048, 2048}}) {
    time_matmul<float>(own, has_blas ? static_cast<adj_context*>(blas) : nullptr, s[0], s[1], s[2]);
  }
  time_matmul<double>(own, has_blas ? static_cast<adj_context*>(blas) : nullptr, 256, 256, 256);
  for (const auto& s : {Dims{64, 128, 256}, Dims{64, 256, 784}, Dims{256, 1024, 1024}, Dims{512, 2048, 2048},
                        Dims{2048, 2048, 512}, Dims{1024, 1024, 1024}}) {
    time_bf16(own, s[0], s[1], s[2]);
  }
  time_others(own);
  return checks_failed == 0 ? 0 : 1;
}

/*
 * The error of exp, log, tanh, sigmoid, erf, gelu, sin and cos in F32, in units in the last place, over all 2^32 floats
 * on every instruction set of the machine, against libm in double, whose own errors are some 2^-29 of that. It takes
 * minutes, so that CTest runs it only when asked (preset `exhaustive`); ulp_test samples the same functions, and F64.
 *
 * Arguments: names of functions, default all of them. To add a function, add a row.
 */
#include <time.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "machine.h"

using namespace test;

namespace {

enum class Symmetry { kNone, kOdd, kEven }; /* whose f(-x) is known from f(x), which halves the work of the twin */

struct Function {
  const char* name;
  double (*twin)(double);
  Symmetry symmetry;
  double bound;
};

const Function kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }, Symmetry::kNone, 2},
    {"log", [](double x) { return std::log(x); }, Symmetry::kNone, 2},
    {"tanh", [](double x) { return std::tanh(x); }, Symmetry::kOdd, 2},
    {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, Symmetry::kNone, 2},
    {"erf", [](double x) { return std::erf(x); }, Symmetry::kOdd, 2},
    {"gelu", [](double x) { return x < -40 ? -0.0 : 0.5 * x * std::erfc(-x * 0.70710678118654752440); },
     Symmetry::kNone, 2},
    {"sin", [](double x) { return std::sin(x); }, Symmetry::kOdd, 1},
    {"cos", [](double x) { return std::cos(x); }, Symmetry::kEven, 1},
};

constexpr uint32_t kSign = 0x80000000u;
constexpr int64_t kBlock = 1 << 15; /* magnitudes of a block; each stands in it with both signs */
constexpr int64_t kBlocks = (int64_t{1} << 31) / kBlock;
constexpr double kBeyond = 0x1p128; /* where floats would go on if the exponent did: infinity, as a distance sees it */

/*
 * The distance of y from what is expected, in ULP. What is not a number, a zero or infinite by itself (not by
 * overflow) has to be met exactly; one step across the edge of overflow is one ULP.
 */
double ulps(float y, double expected) {
  if (std::isnan(expected)) return std::isnan(y) ? 0 : HUGE_VAL;
  if (expected == 0) return y == 0 && std::signbit(y) == std::signbit(expected) ? 0 : HUGE_VAL;
  if (std::isinf(expected)) return static_cast<double>(y) == expected ? 0 : HUGE_VAL;
  if (std::isnan(y) || std::signbit(y) != std::signbit(expected)) return HUGE_VAL;
  const double to = std::min(std::fabs(expected), kBeyond), from = std::isinf(y) ? kBeyond : std::fabs(double{y});
  /* 2^23 over the power of two below `to`, no power below F32's least normal number: by its bits, to be quick. */
  const uint64_t exponent =
      std::min(std::max(__builtin_bit_cast(uint64_t, to) >> 52, uint64_t{1023 - 126}), uint64_t{1023 + 127});
  return std::fabs(from - to) * __builtin_bit_cast(double, (2046 + 23 - exponent) << 52);
}

struct Worst {
  double ulps = 0.5;
  float at = 0;
};

/* A thread's own operands, and a program on them for each context. */
class Worker {
 public:
  Worker(const Function& f, const std::vector<std::unique_ptr<Context>>& contexts)
      : f_(f), contexts_(contexts), x_({2 * kBlock}), y_({2 * kBlock}), expected_(2 * kBlock), worst(contexts.size()) {
    image_ = write_image({{f.name, {}, {x_}, {y_}}});
    for (const auto& context : contexts_) {
      programs_.push_back(nullptr);
      const adj_status status = adj_program_create(*context, image_.data(), image_.bytes(), &programs_.back());
      CHECK(status == ADJ_OK, "%s: %s", f.name, adj_last_error());
    }
  }
  ~Worker() {
    for (adj_program* program : programs_) adj_program_destroy(program);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /* Checks the magnitudes of a block, with both signs; false if a program did not run. */
  bool block(int64_t index) {
    float* x = x_.data();
    for (int64_t i = 0; i < kBlock; ++i) {
      const uint32_t bits = static_cast<uint32_t>(index * kBlock + i);
      x[i] = __builtin_bit_cast(float, bits);
      x[kBlock + i] = __builtin_bit_cast(float, bits | kSign);
    }
    double* expected = expected_.data();
    for (int64_t i = 0; i < kBlock; ++i) {
      expected[i] = f_.twin(x[i]);
      expected[kBlock + i] = f_.symmetry == Symmetry::kNone  ? f_.twin(x[kBlock + i])
                             : f_.symmetry == Symmetry::kOdd ? -expected[i]
                                                             : expected[i];
    }
    for (size_t c = 0; c < programs_.size(); ++c) {
      if (programs_[c] == nullptr || adj_program_run(*contexts_[c], programs_[c], image_.bindings.data(),
                                                     static_cast<int32_t>(image_.bindings.size()), nullptr) != ADJ_OK)
        return false;
      const float* y = y_.data();
      for (int64_t i = 0; i < 2 * kBlock; ++i) {
        /* The nearest float, in most places, and then no further off than half an ULP, where `worst` starts. */
        if (__builtin_bit_cast(uint32_t, y[i]) == __builtin_bit_cast(uint32_t, static_cast<float>(expected[i])))
          continue;
        const double error = ulps(y[i], expected[i]);
        if (error > worst[c].ulps) worst[c] = {error, x[i]};
      }
    }
    return true;
  }

 private:
  const Function& f_;
  const std::vector<std::unique_ptr<Context>>& contexts_;
  Array<float> x_, y_;
  std::vector<double> expected_;
  Image image_;
  std::vector<adj_program*> programs_;

 public:
  std::vector<Worst> worst; /* by context */
};

double seconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void test_function(const Function& f, const std::vector<std::unique_ptr<Context>>& contexts) {
  const double start = seconds();
  Worker first(f, contexts), second(f, contexts);
  std::atomic<int64_t> next{0};
  std::atomic<bool> well{true};
  const auto work = [&](Worker& worker) {
    for (int64_t index; well && (index = next++) < kBlocks;) {
      if (!worker.block(index)) well = false;
    }
  };
  std::thread other(work, std::ref(second));
  work(first);
  other.join();
  CHECK(well, "%s did not run", f.name);
  const double took = seconds() - start;
  for (size_t c = 0; c < contexts.size(); ++c) {
    const Worst worst = std::max(first.worst[c], second.worst[c], [](Worst a, Worst b) { return a.ulps < b.ulps; });
    printf("%-8s %-8s worst %.4f ULP at %.9g\n", f.name, adj_context_isa(*contexts[c]), worst.ulps, double{worst.at});
    CHECK(worst.ulps <= f.bound, "%s: %.4f ULP at %.9g (0x%08x)", f.name, worst.ulps, double{worst.at},
          __builtin_bit_cast(uint32_t, worst.at));
  }
  printf("%-8s %lld floats in %.1f s\n", f.name, static_cast<long long>(2 * kBlock * kBlocks), took);
  fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::unique_ptr<Context>> contexts;
  for (const std::string& isa : tables()) contexts.push_back(std::make_unique<Context>(isa, 2));
  for (const Function& f : kFunctions) {
    if (argc == 1 || std::any_of(argv + 1, argv + argc, [&](const char* name) { return f.name == std::string(name); }))
      test_function(f, contexts);
  }
  return finish();
}

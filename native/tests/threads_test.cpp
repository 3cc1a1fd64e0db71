/*
 * Threads: the same bits for 1, 2 and 4, many runs of one program at once, permits that go round, and workers that
 * leave signals and idle cores alone. No larger than it takes to split every call: the soak repeats them.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <thread>

#include "machine.h"
#include "region.h"

using namespace test;

namespace {

template <class T>
std::vector<char> bytes_of(const Array<T>& x) {
  const char* data = reinterpret_cast<const char*>(x.data());
  return std::vector<char>(data, data + static_cast<size_t>(x.size()) * sizeof(T));
}

/* x·row, folded three times. */
template <class T>
std::vector<int64_t> products(const std::vector<Out>& outputs) {
  return region({{"times", {0, 1}}}, dtype_of<T>(), outputs);
}

/* Calls large enough to be split, over data that is the same every time; returns every byte that they write. */
template <class T>
std::vector<std::vector<char>> outputs(adj_context* context) {
  const int64_t rows = 300, n = 1009;
  Random random(17);
  Array<T> x({rows, n}), w({n, 130}), wt({n, 130}, Layout::kTransposed), row({rows, n}, Layout::kRow), y({rows, n}),
      z({rows, n}, Layout::kTransposed), product({rows, 130}), bias({rows, 130}, Layout::kRow), sums({rows}),
      columns({n}), all(Dims{}), soft({rows, n}), loss({rows}), both({rows}), slope({rows, n}), q({rows, n}),
      squares({n}), square(Dims{}), picked({1, 1, rows, n}), back({1, 1, rows, n}), noise({3, 100 * rows}),
      running({1, rows, n}), p({rows, n}), m({rows, n}), v({rows, n}), row_logs({rows}), row_most({rows}),
      column_least({n}), log(Dims{}), most(Dims{}), row_sums({rows}), few_logs({3}), few_sums({3}), few_sum(Dims{}),
      normal({rows, n}), mean({rows}), variance({rows}), normal_slope({rows, n}), by_scale({n}), by_shift({n}),
      across({rows, n}), means({n}), variances({n}), seen({1, 2, 150, 1009}), log_sums({1, 2, 150}),
      dq({1, 2, 150, 1009}), dk({1, 2, 150, 1009}), dv({1, 2, 150, 1009});
  Array<int64_t> label({rows}), key({3}), best({rows}), index({1, rows}), order({rows, n});
  Array<double> s(Dims{}), count(Dims{}), norm(Dims{});
  Array<T> by_row({n});
  by_row.fill_with([](int64_t i) { return i % 5; });
  s[0] = 0.5;
  x.fill_with([&](int64_t) { return random.uniform(-2, 2); });
  w.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  wt.fill_with([&](int64_t i) { return w[i]; });
  row.fill_with([&](int64_t i) { return i % 7; });
  label.fill_with([&](int64_t) { return random.below(n); });
  index.fill_with([&](int64_t) { return random.below(rows); });
  key.fill_with([](int64_t i) { return i * 1000; });
  m.fill_with([](int64_t) { return 0; });
  v.fill_with([](int64_t) { return 0; });
  Operand x4 = x, x3 = x, xt = x, flat = x;
  x4.dims = {1, 1, rows, n};
  x4.strides = {rows * n, rows * n, n, 1};
  x3.dims = {1, rows, n};
  x3.strides = {rows * n, n, 1};
  xt.dims = {n, rows};
  xt.strides = {1, n};
  flat.dims = {rows * n};
  flat.strides = {1};
  const auto shaped = [](Operand of, const Dims& dims) {
    of.dims = dims;
    of.strides = contiguous_strides(dims);
    return of;
  };
  const Dims last = {1, rows, n}, first = {rows, n, 1}, tokens = {1, 2, 150, n};
  const Operand xl = shaped(x, last), xf = shaped(x, first), xh = shaped(x, tokens);
  const int64_t one = INT64_C(0x3ff0000000000000), small = INT64_C(0x3f50000000000000); /* 1 and 2^-10 */
  Operand few = x;                                                                      /* long rows */
  few.dims = {3, rows * n / 3};
  few.strides = {rows * n / 3, 1};
  const adj_status status =
      run(context,
          {{"tanh", {}, {x}, {y}},
           {"times", {}, {y, row}, {y}},
           {"fused", products<T>({{2}, {2, kSum, 1}, {2, kSum, 2}}), {x, row}, {q, squares, square}},
           {"fused",
            products<T>({{2, kLogSumExp, -1}, {2, kMax, -1}, {2, kMin, 1}}),
            {x, row},
            {row_logs, row_most, column_least}},
           {"fused", products<T>({{2, kLogSumExp, -2}, {2, kMax, -2}, {2, kSum, -1}}), {x, row}, {log, most, row_sums}},
           {"fused",
            products<T>({{2, kLogSumExp, -1}, {2, kSum, -1}, {2, kSum, 2}}),
            {few, few},
            {few_logs, few_sums, few_sum}},
           {"copy", {}, {x}, {z}},
           {"matmul", {1, 1}, {x, w, bias}, {product}},
           {"sum", {1}, {x}, {sums}},
           {"sum", {1}, {xt}, {columns}},
           {"sum", {1}, {flat}, {all}},
           {"argmax", {1}, {x}, {best}},
           {"logCumSumExp", {0}, {x3}, {running}},
           {"argsort", {0}, {x}, {order}},
           {"softmax", {}, {x}, {soft}},
           {"softmaxCrossEntropy", {}, {x, label}, {loss}},
           {"softmaxCrossEntropyWithGrad", {}, {x, label, sums}, {both, slope}},
           {"standardize", {1, 0, one, 0}, {xl}, {shaped(normal, last), mean, variance}},
           {"standardizeGrad",
            {1, 2, one, 2},
            {xl, shaped(y, last), by_row},
            {shaped(normal_slope, last), by_scale, by_shift}},
           {"standardize", {1, 0, one, 0}, {xf}, {shaped(across, first), means, variances}},
           {"attention", {0, 0, 1, 0, small}, {xh, xh, xh}, {seen, log_sums}},
           {"attentionGrad", {0, 0, 1, 0, small}, {xh, xh, xh, xh, seen, log_sums}, {dq, dk, dv}},
           {"gather", {}, {x4, index}, {picked}},
           {"scatterAdd", {}, {index, picked}, {back}},
           {"randomNormal", {}, {key}, {noise}},
           {"clippedAdam", {}, {s, s, s, s, s, s, s, x, y, m, v}, {count, norm, p, m, v}}});
  CHECK(status == ADJ_OK, "%s", adj_last_error());
  Array<T> product_t({rows, 130});
  CHECK(run(context, {{"matmul", {0, 0}, {x, wt}, {product_t}}}) == ADJ_OK, "%s", adj_last_error());
  /* Images by kernels in groups, at a stride, and of one channel each. */
  Array<T> image({6, 32, 1, 24, 24}), kernel({48, 16, 1, 3, 3}), result({6, 48, 1, 12, 12}),
      image_seen({6, 32, 1, 24, 24}), grown({48, 16, 1, 3, 3}), own({32, 1, 1, 3, 3}), apart({6, 32, 1, 24, 24}),
      own_grown({32, 1, 1, 3, 3});
  Array<int32_t> places({192, 1, 12, 12});
  image.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  kernel.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  own.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  Operand planes = image;
  planes.dims = {192, 1, 24, 24};
  planes.strides = {576, 576, 24, 1};
  const adj_status convolved =
      run(context, {{"conv", {0, 1, 2, 1, 2, 2, 0, 1, 1, 1, 1, 1}, {image, kernel}, {result}},
                    {"convInput", {0, 0, 2, 1, 2, 2, 0, 1, 1, 1, 1, 1}, {result, kernel}, {image_seen}},
                    {"convWeight", {2, 1, 2, 2, 0, 1, 1, 1, 1, 1}, {image, result}, {grown}},
                    {"conv", {0, 0, 32, 1, 1, 1, 0, 1, 1, 1, 1, 1}, {image, own}, {apart}},
                    {"convWeight", {32, 1, 1, 1, 0, 1, 1, 1, 1, 1}, {image, apart}, {own_grown}},
                    {"windowArgmax", {0, 1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1}, {planes}, {places}}});
  CHECK(convolved == ADJ_OK, "%s", adj_last_error());
  return {bytes_of(y),         bytes_of(z),          bytes_of(product),  bytes_of(sums),     bytes_of(columns),
          bytes_of(all),       bytes_of(best),       bytes_of(soft),     bytes_of(loss),     bytes_of(back),
          bytes_of(running),   bytes_of(order),      bytes_of(noise),    bytes_of(p),        bytes_of(m),
          bytes_of(product_t), bytes_of(v),          bytes_of(both),     bytes_of(slope),    bytes_of(q),
          bytes_of(squares),   bytes_of(square),     bytes_of(row_logs), bytes_of(row_most), bytes_of(column_least),
          bytes_of(log),       bytes_of(most),       bytes_of(row_sums), bytes_of(few_logs), bytes_of(few_sums),
          bytes_of(few_sum),   bytes_of(normal),     bytes_of(mean),     bytes_of(variance), bytes_of(normal_slope),
          bytes_of(by_scale),  bytes_of(by_shift),   bytes_of(across),   bytes_of(means),    bytes_of(variances),
          bytes_of(seen),      bytes_of(log_sums),   bytes_of(dq),       bytes_of(dk),       bytes_of(dv),
          bytes_of(result),    bytes_of(image_seen), bytes_of(grown),    bytes_of(apart),    bytes_of(own_grown),
          bytes_of(places)};
}

/* Normalisations whose groups are cut into pieces: columns, and one group of all elements. */
template <class T>
std::vector<std::vector<char>> pieces(adj_context* context) {
  const Dims columns = {600, 700, 1}, all = {1, 1, 420000};
  const int64_t one = INT64_C(0x3ff0000000000000);
  Random random(19);
  std::vector<std::vector<char>> bytes;
  for (const Dims& dims : {columns, all}) {
    const int64_t kept = dims[1];
    Array<T> x(dims), g(dims), scale({kept}), y(dims), mean({kept}), variance({kept}), dx(dims), by_scale({kept}),
        by_shift({kept});
    for (Array<T>* array : {&x, &g, &scale}) array->fill_with([&](int64_t) { return random.uniform(-2, 2); });
    const adj_status status =
        run(context, {{"standardize", {1, 1, one, 0}, {x, scale}, {y, mean, variance}},
                      {"standardizeGrad", {1, 1, one, 2}, {x, g, scale}, {dx, by_scale, by_shift}}});
    CHECK(status == ADJ_OK, "%s", adj_last_error());
    for (const Array<T>* array : {&y, &mean, &variance, &dx, &by_scale, &by_shift}) bytes.push_back(bytes_of(*array));
  }
  return bytes;
}

/* A sanitizer watches what threads do to memory, and has seen one thread in all other tests: the bits are compared
 * without it. */
std::vector<int32_t> thread_counts() { return sanitized() ? std::vector<int32_t>{4} : std::vector<int32_t>{1, 2, 4}; }

template <class T>
void test_same_bits(const std::string& isa, bool blas) {
  std::vector<std::vector<char>> expected;
  for (const int32_t threads : thread_counts()) {
    const Context context(isa, threads);
    if (blas && !open_blas(context)) return;
    auto got = outputs<T>(context);
    for (std::vector<char>& more : pieces<T>(context)) got.push_back(std::move(more));
    if (expected.empty()) expected = got;
    for (size_t i = 0; i < got.size(); ++i) {
      CHECK(got[i] == expected[i], "%s, %d threads: output %zu differs", isa.c_str(), threads, i);
    }
  }
}

/* Eight threads run one program at once, each on memory of its own, on fewer permits than there are threads. */
void test_concurrent_runs(int32_t threads) {
  const Context context("", threads);
  const int64_t rows = 64, n = 300;
  Array<float> w({n, 64}), dummy({rows, n}), out({rows, 64}), sum({64});
  w.fill_with([](int64_t i) { return static_cast<double>(i % 13) / 13; });
  Operand turned = out;
  turned.dims = {64, rows};
  turned.strides = {1, 64};
  const Image image = write_image(
      {{"tanh", {}, {dummy}, {dummy}}, {"matmul", {0, 3}, {dummy, w}, {out}}, {"sum", {1}, {turned}, {sum}}});
  adj_program* program = nullptr;
  CHECK(adj_program_create(context, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
  std::atomic<int> wrong{0};
  std::vector<float> expected;
  const auto work = [&](int who, int repeats, std::vector<float>* keep) {
    for (int i = 0; i < repeats; ++i) {
      Array<float> x({rows, n}), y({rows, 64}), s({64});
      x.fill_with([](int64_t at) { return static_cast<double>(at % 31) / 31 - 0.5; });
      std::vector<adj_binding> bindings = image.bindings;
      for (adj_binding& binding : bindings) {
        if (binding.address == reinterpret_cast<uintptr_t>(dummy.data()))
          binding.address = reinterpret_cast<uintptr_t>(x.data());
        if (binding.address == reinterpret_cast<uintptr_t>(out.data()))
          binding.address = reinterpret_cast<uintptr_t>(y.data());
        if (binding.address == reinterpret_cast<uintptr_t>(sum.data()))
          binding.address = reinterpret_cast<uintptr_t>(s.data());
      }
      if (adj_program_run(context, program, bindings.data(), static_cast<int32_t>(bindings.size()), nullptr) != ADJ_OK)
        ++wrong;
      const std::vector<float> got(s.data(), s.data() + s.size());
      if (keep != nullptr)
        *keep = got;
      else if (got != expected)
        ++wrong;
      /* Buffers too, and errors, whose texts are each thread's own. */
      adj_buffer* buffer = nullptr;
      if (adj_buffer_allocate(context, 1000 * who, &buffer) != ADJ_OK || adj_buffer_free(context, buffer) != ADJ_OK)
        ++wrong;
      if (adj_program_run(context, program, nullptr, who, nullptr) != ADJ_INVALID_ARGUMENT) ++wrong;
      if (adj_last_error() != std::to_string(who) + " bindings given, the program has 4") ++wrong;
    }
  };
  work(5, 1, &expected);
  std::vector<std::thread> runners;
  for (int who = 5; who < 13; ++who) runners.emplace_back(work, who, 100, nullptr);
  for (std::thread& runner : runners) runner.join();
  CHECK(wrong.load() == 0, "%d of the concurrent runs went wrong", wrong.load());
  CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
}

/* Stages of two parts that last a few microseconds, of several runs at once: workers come late, to a place where the
 * next stage is on by then, or that of another run. */
void test_short_stages(int32_t threads) {
  const Context context("", threads);
  const int64_t rows = 1024, n = 32;
  constexpr int kRuns = 3, kStages = 40, kTurns = 10;
  std::vector<std::vector<char>> results(kRuns);
  const auto work = [&](std::vector<char>& result) {
    Array<float> w({n, n}), x({rows, n}), y({rows, n}), z({rows, n});
    w.fill_with([](int64_t i) { return static_cast<double>(i * 7 % 13) / 40 - 0.15; });
    x.fill_with([](int64_t i) { return static_cast<double>(i % 31) / 31 - 0.5; });
    std::vector<Call> calls = {{"matmul", {0, 0}, {x, w}, {y}}};
    for (int stage = 1; stage < kStages; ++stage) {
      const bool odd = stage % 2 == 1;
      calls.push_back({"matmul", {0, 2}, {odd ? y : z, w}, {odd ? z : y}});
    }
    for (int repeat = 0; repeat < kTurns; ++repeat) {
      if (run(context, calls) != ADJ_OK) return;
    }
    result = bytes_of(z);
  };
  std::vector<char> expected;
  work(expected);
  std::vector<std::thread> runners;
  for (std::vector<char>& result : results) runners.emplace_back(work, std::ref(result));
  for (std::thread& runner : runners) runner.join();
  CHECK(!expected.empty(), "%s", adj_last_error());
  for (const std::vector<char>& result : results) CHECK(result == expected, "%d threads: another result", threads);
}

/* A signal sent to the process goes to the thread that handles it, never to a worker. */
std::atomic<pthread_t> signalled;
void on_signal(int) { signalled.store(pthread_self()); }

void test_signals() {
  const Context context("", 4);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, nullptr);
  for (int i = 0; i < 20; ++i) {
    signalled.store(pthread_t{});
    kill(getpid(), SIGUSR1);
    while (signalled.load() == pthread_t{}) std::this_thread::yield();
    CHECK(pthread_equal(signalled.load(), pthread_self()) != 0, "a worker took a signal");
  }
}

double cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void test_idle() {
  const Context context("", 4);
  outputs<float>(context);
  const timespec settle{0, 20'000'000}, wait{0, 200'000'000};
  nanosleep(&settle, nullptr);
  const double before = cpu_seconds();
  nanosleep(&wait, nullptr);
  const double used = cpu_seconds() - before;
  CHECK(used < 0.02, "idle for 0.2 s, used %g s of CPU", used);
}

}  // namespace

int main() {
  for (const std::string& isa : tables()) {
    test_same_bits<float>(isa, false);
    test_same_bits<double>(isa, false);
  }
  test_same_bits<float>("baseline", true); /* which goes over to OpenBLAS soonest */
  for (const int32_t threads : {1, 2, 4, 8}) test_concurrent_runs(threads);
  for (const int32_t threads : {2, 4}) test_short_stages(threads);
  test_signals();
  test_idle();
  return finish();
}

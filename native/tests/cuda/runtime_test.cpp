/*
 * What a device adds to a backend: runs that stop at a fault, calls of CUDA that fail, memory of its own, and streams.
 */
#include <thread>

#include "cuda/both.h"

using namespace test;

namespace {

/* What an instruction finds wrong stops all later ones, as on the CPU. */
void test_nothing_after_a_fault(const Machine& machine) {
  const Array<float> x = Array<float>({1, 1, 4, 1}).fill([](int64_t i) { return i; });
  const Array<int32_t> index = Array<int32_t>({1, 2}).fill([](int64_t i) { return 9 * i; });
  Array<float> picked({1, 1, 2, 1}), p({5});
  const std::vector<Call> calls = {{"neg", {}, {p}, {p}}, {"gather", {}, {x, index}, {picked}}, {"neg", {}, {p}, {p}}};
  p.fill_with([](int64_t) { return 3; });
  const Outcome outcome = run_on_device(machine, calls);
  CHECK(outcome.status == ADJ_OUT_OF_RANGE && outcome.failed == 1, "%d at %lld", outcome.status,
        static_cast<long long>(outcome.failed));
  CHECK(outcome.text == "gather: index 9 at position 1 is outside 0..3", "%s", outcome.text.c_str());
  CHECK(p[0] == -3, "%g", static_cast<double>(p[0]));
}

/* What a run carries goes to the device and comes back, also where the run fails. */
void test_carried(const Machine& machine) {
  const Array<double> x = Array<double>({2}).fill([](int64_t i) { return i + 1; });
  const Array<int32_t> index = Array<int32_t>({1, 2}).fill([](int64_t i) { return 9 * i; });
  const Array<double> rows = Array<double>({1, 1, 4, 1}).fill([](int64_t i) { return i; });
  Array<double> y({2}), picked({1, 1, 2, 1});
  const auto run = [&](const std::vector<Call>& calls, int64_t cut) {
    const Image image = write_image(calls);
    adj_program* program = nullptr;
    CHECK(adj_program_create(machine.device, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
    const size_t count = image.bindings.size();
    std::vector<adj_binding> block(image.bindings);
    int64_t carried = 0;
    for (const adj_binding& binding : image.bindings) carried += (binding.bytes + 7) / 8 * 8;
    block.resize(count + static_cast<size_t>(carried + 15) / 16);
    char* at = reinterpret_cast<char*>(block.data() + count);
    const auto each = [&](auto use) {
      char* here = at;
      for (size_t i = 0; i < count; ++i) {
        use(here, i);
        here += (image.bindings[i].bytes + 7) / 8 * 8;
      }
    };
    each([&](char* here, size_t i) {
      std::memcpy(here, reinterpret_cast<void*>(static_cast<uintptr_t>(image.bindings[i].address)),
                  static_cast<size_t>(image.bindings[i].bytes));
      block[i].address = reinterpret_cast<uintptr_t>(here);
    });
    const adj_status status =
        adj_get_api(ADJ_ABI_VERSION)
            ->program_run(machine.device, program, block.data(), static_cast<int32_t>(count), carried - cut, nullptr);
    each([&](const char* here, size_t i) {
      std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(image.bindings[i].address)), here,
                  static_cast<size_t>(image.bindings[i].bytes));
    });
    CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
    return status;
  };
  const Call square = {"square", {}, {x}, {y}};
  CHECK(run({square}, 0) == ADJ_OK && y[0] == 1 && y[1] == 4, "%s: %g, %g", adj_last_error(), y[0], y[1]);
  y.fill_with([](int64_t) { return 0; });
  CHECK(run({square, {"gather", {}, {rows, index}, {picked}}}, 0) == ADJ_OUT_OF_RANGE && y[1] == 4, "%g", y[1]);
  CHECK(run({square}, 8) == ADJ_INVALID_ARGUMENT, "a binding that is carried in part");
}

/* Memory is copied to the device, on it, and back. */
void test_copies(const Machine& machine) {
  const double from[] = {1.5, -2.5};
  double to[] = {0, 0};
  adj_buffer *a = nullptr, *b = nullptr;
  CHECK(adj_buffer_allocate(machine.device, 16, &a) == ADJ_OK && adj_buffer_allocate(machine.device, 16, &b) == ADJ_OK,
        "%s", adj_last_error());
  const auto copy = [&](uint64_t target, uint64_t source) {
    return adj_memory_copy(machine.device, target, source, 16) == ADJ_OK;
  };
  CHECK(adj_memory_on_host(machine.device) == 0, "the memory of a device");
  CHECK(copy(adj_buffer_address(a), reinterpret_cast<uintptr_t>(from)) &&
            copy(adj_buffer_address(b), adj_buffer_address(a)) &&
            copy(reinterpret_cast<uintptr_t>(to), adj_buffer_address(b)),
        "%s", adj_last_error());
  CHECK(to[0] == 1.5 && to[1] == -2.5, "%g, %g", to[0], to[1]);
  CHECK(adj_buffer_free(machine.device, a) == ADJ_OK && adj_buffer_free(machine.device, b) == ADJ_OK, "free");
}

/* A timed run tells of each instruction, and refuses a wrong count of timings. */
void test_timings(const Machine& machine) {
  const Array<float> x = Array<float>({1, 1, 4, 1}).fill([](int64_t i) { return i; });
  const Array<int32_t> index = Array<int32_t>({1, 2}).fill([](int64_t i) { return i; });
  Array<float> picked({1, 1, 2, 1}), y({2});
  const Image image = write_image({{"gather", {}, {x, index}, {picked}}, {"neg", {}, {y}, {y}}});
  adj_program* program = nullptr;
  CHECK(adj_program_create(machine.device, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
  {
    const Staged staged(machine.device, image);
    const auto run = [&](int64_t count, adj_timing* timings) {
      return adj_program_run_timed(machine.device, program, staged.at.data(), static_cast<int32_t>(staged.at.size()),
                                   timings, count, nullptr);
    };
    adj_timing timings[2];
    CHECK(run(1, timings) == ADJ_INVALID_ARGUMENT, "one timing for two instructions");
    CHECK(run(2, timings) == ADJ_OK, "%s", adj_last_error());
    for (int64_t i = 0; i < 2; ++i) {
      const adj_timing& timing = timings[i];
      CHECK(timing.runs == 1 && timing.group == i && timing.nanoseconds > 0, "%lld runs, group %lld, %lld ns",
            static_cast<long long>(timing.runs), static_cast<long long>(timing.group),
            static_cast<long long>(timing.nanoseconds));
    }
  }
  CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
}

/* Each call of CUDA in turn fails: that is an error, and nothing is lost or broken. */
void test_failing_calls() {
  const int64_t before = simt::allocated();
  const Array<float> a = Array<float>({40}).fill([](int64_t i) { return i; });
  const Array<double> scalar = Array<double>({}).fill([](int64_t) { return 0.5; });
  Array<float> y({}), p({40}), u({40});
  const Image image = write_image({{"sum", {1}, {a}, {y}}, {"sgd", {0}, {scalar, scalar, scalar, a, a, a}, {p, u}}});
  bool worked = false;
  int64_t n = 0;
  for (; !worked && n < 200; ++n) {
    for (const bool sticky : {true, false}) {
      simt::fail_call(n, sticky);
      adj_context* context = nullptr;
      adj_status status = adj_context_create(1, 0, nullptr, &context);
      if (status == ADJ_OK) {
        adj_program* program = nullptr;
        status = adj_program_create(context, image.data(), image.bytes(), &program);
        if (status == ADJ_OK) {
          Staged staged(context, image);
          if (staged.ok) {
            status =
                adj_program_run(context, program, staged.at.data(), static_cast<int32_t>(staged.at.size()), nullptr);
          } else {
            status = ADJ_DEVICE_ERROR;
          }
          if (status == ADJ_DEVICE_ERROR && staged.ok) {
            const adj_status again =
                adj_program_run(context, program, staged.at.data(), static_cast<int32_t>(staged.at.size()), nullptr);
            CHECK(!sticky || again == ADJ_DEVICE_ERROR, "%d", again);
          }
        }
        CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
      }
      CHECK(adj_context_destroy(context) == ADJ_OK, "%s", adj_last_error());
      CHECK(status == ADJ_OK || status == ADJ_DEVICE_ERROR || status == ADJ_OUT_OF_MEMORY, "%d", status);
      if (sticky) worked = status == ADJ_OK; /* else memory is asked for once more */
      simt::reset();
      CHECK(simt::allocated() == before, "call %lld: %lld bytes are left", static_cast<long long>(n),
            static_cast<long long>(simt::allocated() - before));
    }
  }
  CHECK(worked && n > 10, "%lld calls", static_cast<long long>(n));
}

void test_budget() {
  adj_context* context = nullptr;
  CHECK(adj_context_create(1, 1 << 20, nullptr, &context) == ADJ_OK, "%s", adj_last_error());
  adj_buffer *first = nullptr, *second = nullptr;
  CHECK(adj_buffer_allocate(context, 700 << 10, &first) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, 700 << 10, &second) == ADJ_OUT_OF_MEMORY, "over the budget");
  CHECK(strstr(adj_last_error(), "over the budget") != nullptr, "%s", adj_last_error());
  adj_memory report;
  CHECK(adj_memory_report(context, &report) == ADJ_OK && report.outstanding == 700 << 10, "%lld",
        static_cast<long long>(report.outstanding));
  CHECK(adj_buffer_free(context, first) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_context_destroy(context) == ADJ_OK, "%s", adj_last_error());
}

/* Runs of several threads take turns on the device, in whatever order their streams are worked off. */
void test_threads(const Machine& machine) {
  std::vector<Array<double>> x, y;
  for (int i = 0; i < 4; ++i) {
    x.push_back(Array<double>({30}).fill([i](int64_t j) { return j + i; }));
    y.emplace_back(Dims{30});
  }
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 5; ++turn) run_on_device(machine, {{"square", {}, {x[i]}, {y[i]}}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < 4; ++i) {
    for (int64_t j = 0; j < 30; ++j) CHECK(y[i][j] == x[i][j] * x[i][j], "%g", y[i][j]);
  }
}

void test_refusals(const Machine& machine) {
  const Array<float> x({3});
  Array<float> y({3});
  const Outcome outcome = run_on_device(machine, {{"no such", {}, {x}, {y}}});
  CHECK(outcome.status == ADJ_UNKNOWN_KERNEL && outcome.text == "no kernel for CUDA is called \"no such\"", "%s",
        outcome.text.c_str());
  adj_context* context = nullptr;
  CHECK(adj_context_create(1, 0, "avx2", &context) == ADJ_UNAVAILABLE, "another instruction set");
  CHECK(std::string(adj_best_isa()) == "cuda" && adj_blas_serves(machine.device) == 0, "what the library is");
}

}  // namespace

int main() {
  simt::watch_faults();
  {
    const Machine machine;
    test_nothing_after_a_fault(machine);
    test_threads(machine);
    test_refusals(machine);
    test_timings(machine);
    test_carried(machine);
    test_copies(machine);
  }
  test_failing_calls();
  test_budget();
  CHECK(simt::allocated() == 0, "%lld bytes are left on the device", static_cast<long long>(simt::allocated()));
  return finish();
}

/*
 * The allocator: alignment, accounting to the byte, the budget and its text, scratch of runs, the pool and its bound,
 * what goes back to the system, misuse. And the fence behind the arrays of all tests.
 */
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "machine.h"

using namespace test;

namespace {

adj_memory report(adj_context* context) {
  adj_memory memory{};
  CHECK(adj_memory_report(context, &memory) == ADJ_OK, "%s", adj_last_error());
  return memory;
}

void test_accounting() {
  const Context context("");
  adj_buffer* buffers[4] = {};
  const int64_t sizes[4] = {0, 1, 4096, int64_t{10} << 20};
  int64_t held = 0;
  for (int i = 0; i < 4; ++i) {
    CHECK(adj_buffer_allocate(context, sizes[i], &buffers[i]) == ADJ_OK, "%s", adj_last_error());
    CHECK(adj_buffer_address(buffers[i]) % 64 == 0 && adj_buffer_address(buffers[i]) != 0, "address of buffer %d", i);
    const int64_t block = std::max<int64_t>((sizes[i] + 63) / 64 * 64, 64);
    memset(reinterpret_cast<void*>(adj_buffer_address(buffers[i])), 1, static_cast<size_t>(block));
    held += block;
    CHECK(report(context).outstanding == held, "outstanding %lld", static_cast<long long>(report(context).outstanding));
  }
  CHECK(report(context).buffers == 4, "buffers");
  const uint64_t address = adj_buffer_address(buffers[2]);
  CHECK(adj_buffer_free(context, buffers[2]) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).pooled == 4096 && report(context).outstanding == held - 4096, "after a free");
  CHECK(adj_buffer_allocate(context, 4090, &buffers[2]) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_address(buffers[2]) == address && report(context).pooled == 0, "the block was not reused");
  CHECK(adj_context_destroy(context) == ADJ_INVALID_ARGUMENT, "destroyed a context with buffers");
  CHECK(std::string(adj_last_error()).find("4 buffers and 0 programs") != std::string::npos, "%s", adj_last_error());
  for (adj_buffer* buffer : buffers) CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).outstanding == 0 && report(context).buffers == 0, "all freed");
  CHECK(report(context).peak == held, "peak %lld, not %lld", static_cast<long long>(report(context).peak),
        static_cast<long long>(held));
  CHECK(adj_memory_trim(context) == ADJ_OK && report(context).pooled == 0, "after a trim");
  /* What a common size adds is no caller's, and gone with the block. */
  CHECK(adj_buffer_allocate(context, (int64_t{9} << 20) + 1, &buffers[0]) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).outstanding == (int64_t{9} << 20) + 64, "outstanding %lld",
        static_cast<long long>(report(context).outstanding));
  CHECK(report(context).outstanding + report(context).pooled == int64_t{10} << 20, "pooled %lld",
        static_cast<long long>(report(context).pooled));
  CHECK(adj_buffer_free(context, buffers[0]) == ADJ_OK && adj_memory_trim(context) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).outstanding == 0 && report(context).pooled == 0, "all returned");
}

void test_budget() {
  const Context context("", 1, 4096);
  adj_buffer *a = nullptr, *b = nullptr, *c = nullptr;
  CHECK(adj_buffer_allocate(context, 3000, &a) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, 2000, &b) == ADJ_OUT_OF_MEMORY && b == nullptr, "past the budget");
  CHECK(std::string(adj_last_error()) == "2000 bytes asked for, 3008 in use, 0 pooled, budget 4096: over the budget",
        "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, 1088, &b) == ADJ_OK, "up to the budget: %s", adj_last_error());
  CHECK(adj_buffer_free(context, a) == ADJ_OK, "%s", adj_last_error());
  /* The pooled block gives way to one of another size. */
  CHECK(adj_buffer_allocate(context, 2500, &c) == ADJ_OK, "%s", adj_last_error());
  const adj_memory memory = report(context);
  CHECK(memory.outstanding + memory.pooled <= 4096, "%lld in use, %lld pooled",
        static_cast<long long>(memory.outstanding), static_cast<long long>(memory.pooled));
  CHECK(adj_buffer_free(context, b) == ADJ_OK && adj_buffer_free(context, c) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, INT64_MAX, &a) == ADJ_OUT_OF_MEMORY, "the largest size");
  CHECK(adj_buffer_allocate(context, INT64_MAX - 64, &a) == ADJ_OUT_OF_MEMORY, "nearly the largest size");
  CHECK(adj_buffer_allocate(context, -1, &a) == ADJ_INVALID_ARGUMENT, "a negative size");
}

constexpr int64_t kMiB = int64_t{1} << 20;

/* Of the whole process. A sanitizer keeps what is freed, so that only the plain build looks. */
int64_t resident() {
  long long pages = 0, all = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%lld %lld", &all, &pages) != 2) pages = 0;
    std::fclose(file);
  }
  return pages * sysconf(_SC_PAGESIZE);
}

/* A block whose pages are there. */
adj_buffer* touched(adj_context* context, int64_t bytes) {
  adj_buffer* buffer = nullptr;
  CHECK(adj_buffer_allocate(context, bytes, &buffer) == ADJ_OK, "%s", adj_last_error());
  memset(reinterpret_cast<void*>(adj_buffer_address(buffer)), 1, static_cast<size_t>(bytes));
  return buffer;
}

void test_no_budget() {
  const Context context("");
  adj_buffer* buffer = nullptr;
  const int64_t peak = report(context).peak;
  CHECK(adj_buffer_allocate(context, int64_t{1} << 55, &buffer) == ADJ_OUT_OF_MEMORY, "2^55 bytes");
  CHECK(adj_buffer_allocate(context, INT64_MAX, &buffer) == ADJ_OUT_OF_MEMORY, "2^63 - 1 bytes");
  CHECK(report(context).peak == peak && report(context).outstanding == 0, "what was refused is counted");
  /* Of many sizes freed once, the pool keeps a bounded amount. */
  for (int64_t i = 0; i < 40; ++i) {
    CHECK(adj_buffer_allocate(context, 16 * kMiB + i * 64, &buffer) == ADJ_OK, "%s", adj_last_error());
    CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  }
  CHECK(report(context).pooled <= 40 * kMiB, "pooled %lld", static_cast<long long>(report(context).pooled));
}

/* Sizes that never come again: two values of a step are held, and a third of every third step is kept by the caller. */
void test_ever_new_sizes() {
  const Context context("");
  const int64_t before = resident();
  adj_buffer* kept = nullptr;
  int64_t most_pooled = 0, most_resident = 0;
  for (int64_t n = 1; n <= 10'000; ++n) {
    adj_buffer *x = touched(context, n * 32), *y = touched(context, n * 128);
    if (n % 3 == 0) {
      CHECK(adj_buffer_free(context, kept) == ADJ_OK, "%s", adj_last_error());
      kept = touched(context, n * 64);
    }
    CHECK(adj_buffer_free(context, x) == ADJ_OK && adj_buffer_free(context, y) == ADJ_OK, "%s", adj_last_error());
    most_pooled = std::max(most_pooled, report(context).pooled);
    most_resident = std::max(most_resident, resident() - before);
  }
  CHECK(adj_buffer_free(context, kept) == ADJ_OK, "%s", adj_last_error());
  const adj_memory memory = report(context);
  printf("10000 sizes: pooled at most %lld KiB, resident %lld KiB, peak %lld KiB\n",
         static_cast<long long>(most_pooled >> 10), static_cast<long long>(most_resident >> 10),
         static_cast<long long>(memory.peak >> 10));
  CHECK(memory.peak < 3 * kMiB, "peak %lld", static_cast<long long>(memory.peak));
  CHECK(most_pooled <= 32 * kMiB, "pooled %lld", static_cast<long long>(most_pooled));
  if (!sanitized()) CHECK(most_resident <= 40 * kMiB, "resident %lld", static_cast<long long>(most_resident));
}

/* What was needed once is not kept for good: the bound follows what is held of late. */
void test_bound_follows() {
  const Context context("");
  std::vector<adj_buffer*> many;
  for (int i = 0; i < 64; ++i) many.push_back(touched(context, 2 * kMiB));
  for (adj_buffer* buffer : many) CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).pooled == 128 * kMiB, "pooled %lld", static_cast<long long>(report(context).pooled));
  for (int i = 0; i < 4096; ++i)
    CHECK(adj_buffer_free(context, touched(context, 64)) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).pooled <= 32 * kMiB, "pooled %lld", static_cast<long long>(report(context).pooled));
}

/* Blocks of every size, each touched, all freed: a trim gives the pages back, those of malloc's arenas included. */
void test_trim() {
  for (const int64_t bytes : {int64_t{4096}, int64_t{100'000}, 300 * kMiB / 1024, kMiB, 3 * kMiB, 20 * kMiB}) {
    const Context context("");
    const int64_t count = 64 * kMiB / bytes + 1, before = resident();
    std::vector<adj_buffer*> many;
    for (int64_t i = 0; i < count; ++i) many.push_back(touched(context, bytes));
    const int64_t held = resident() - before;
    for (adj_buffer* buffer : many) CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
    CHECK(adj_memory_trim(context) == ADJ_OK && report(context).pooled == 0, "pooled after a trim");
    if (sanitized()) continue;
    CHECK(held >= 60 * kMiB, "%lld bytes touched, %lld resident", static_cast<long long>(count * bytes),
          static_cast<long long>(held));
    CHECK(resident() - before <= 8 * kMiB, "%lld of blocks of %lld stayed", static_cast<long long>(resident() - before),
          static_cast<long long>(bytes));
  }
}

/* Scratch counts against the budget: the pool gives way to it, and where it does not fit nothing has run. */
void test_scratch() {
  const int64_t rows = 2, n = int64_t{1} << 16, budget = 8 * kMiB;
  const Context context("", 2, budget);
  adj_buffer *x = touched(context, rows * n * 4), *y = touched(context, rows * n * 8);
  const auto memory_of = [](adj_buffer* buffer) { return reinterpret_cast<void*>(adj_buffer_address(buffer)); };
  const Image image = write_image({{"argsort",
                                    {0},
                                    {{ADJ_F32, {rows, n}, {n, 1}, memory_of(x), rows * n * 4, 0}},
                                    {{ADJ_I64, {rows, n}, {n, 1}, memory_of(y), rows * n * 8, 0}}}});
  adj_program* program = nullptr;
  CHECK(adj_program_create(context, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
  int64_t scratch = 0, failed = 0;
  CHECK(adj_program_scratch(program, &scratch) == ADJ_OK, "%s", adj_last_error());
  CHECK(scratch >= 2 * 32 * n && scratch <= 2 * 32 * n + 8192, "%lld bytes of scratch",
        static_cast<long long>(scratch));
  CHECK(adj_program_scratch(nullptr, &scratch) == ADJ_INVALID_ARGUMENT, "no program");
  CHECK(adj_program_scratch(program, nullptr) == ADJ_INVALID_ARGUMENT, "no place for the bytes");
  const auto run_it = [&] { return adj_program_run(context, program, image.bindings.data(), 2, &failed); };
  const int64_t held = report(context).outstanding;
  CHECK(run_it() == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).outstanding == held && report(context).buffers == 2, "a run has left something");
  CHECK(report(context).peak == held + scratch, "peak %lld", static_cast<long long>(report(context).peak));

  /* Room for all but one byte of it. */
  adj_buffer* rest = touched(context, budget - held - scratch + 1);
  CHECK(run_it() == ADJ_OUT_OF_MEMORY && failed == -1, "failed at %lld", static_cast<long long>(failed));
  const std::string text = std::to_string(scratch) + " bytes of scratch for a run asked for, " +
                           std::to_string(report(context).outstanding) + " in use, " +
                           std::to_string(report(context).pooled) + " pooled, budget " + std::to_string(budget) +
                           ": over the budget";
  CHECK(adj_last_error() == text, "\"%s\" instead of \"%s\"", adj_last_error(), text.c_str());
  CHECK(adj_buffer_free(context, rest) == ADJ_OK, "%s", adj_last_error());
  CHECK(run_it() == ADJ_OK, "the pool has not given way: %s", adj_last_error());
  const adj_memory memory = report(context);
  CHECK(memory.outstanding + memory.pooled <= budget, "%lld in use, %lld pooled",
        static_cast<long long>(memory.outstanding), static_cast<long long>(memory.pooled));
  CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_free(context, x) == ADJ_OK && adj_buffer_free(context, y) == ADJ_OK, "%s", adj_last_error());
}

void test_misuse() {
  const Context context(""), other("");
  adj_buffer* buffer = nullptr;
  CHECK(adj_buffer_allocate(context, 100, &buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_free(other, buffer) == ADJ_INVALID_ARGUMENT, "freed in another context");
  CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_free(context, buffer) == ADJ_INVALID_ARGUMENT, "freed twice");
  CHECK(adj_buffer_free(context, nullptr) == ADJ_OK, "null");
}

/* A step behind an array ends the process that takes it, whatever the array's size. */
void test_fence() {
  if (sanitized()) return; /* which has a report for it */
  for (const int64_t size : {1, 3, 1024, 1025, 262'143, 262'144, 300'000}) {
    const Array<float> array({size});
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGSEGV, SIG_DFL);
      const volatile float* behind = array.data() + size;
      const float seen = behind[-1];
      _exit(seen == 77 && *behind != 0 ? 1 : 2);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
          "behind %lld floats: status %d", static_cast<long long>(size), status);
  }
}

}  // namespace

int main() {
  test_fence();
  test_accounting();
  test_budget();
  test_scratch();
  test_no_budget();
  test_ever_new_sizes();
  test_bound_follows();
  test_trim();
  test_misuse();
  return finish();
}

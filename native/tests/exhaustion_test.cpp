/*
 * No memory for the library's own tables: every call is repeated with the n-th small allocation failing, for n from 1
 * until none fails. Each answers ADJ_OUT_OF_MEMORY or does its work, the figures are true afterwards, nothing is lost,
 * and no exception leaves a destructor. This file's malloc stands before the library's; sanitizers bring their own, so
 * that the test is not built under them.
 */
#include <atomic>
#include <cerrno>
#include <thread>

#include "machine.h"

extern "C" void* __libc_malloc(size_t);

namespace {

thread_local bool armed = false; /* other threads' memory never fails: a lost worker is not what is tried here */
thread_local int64_t until_failure = 0;
thread_local bool has_failed = false;

}  // namespace

extern "C" void* malloc(size_t bytes) {
  if (armed && until_failure-- == 0) {
    has_failed = true;
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(bytes);
}

using namespace test;

namespace {

/* Runs `body` with the n-th allocation failing, for all n; `check` looks at the status each time. */
template <class Body, class Check>
int64_t for_each_failure(const Body& body, const Check& check) {
  for (int64_t n = 0;; ++n) {
    until_failure = n;
    has_failed = false;
    armed = true;
    const adj_status status = body();
    armed = false;
    CHECK(status == ADJ_OK || (has_failed && status == ADJ_OUT_OF_MEMORY), "allocation %lld failed: status %d, %s",
          static_cast<long long>(n), status, adj_last_error());
    check(status);
    if (!has_failed) return n;
    CHECK(n < 10'000, "it never ends");
    if (n >= 10'000) return n;
  }
}

adj_memory report(adj_context* context) {
  adj_memory memory{};
  CHECK(adj_memory_report(context, &memory) == ADJ_OK, "%s", adj_last_error());
  return memory;
}

void test_buffers(adj_context* context) {
  const adj_memory before = report(context);
  int64_t bytes = 0; /* a new size each time, that the pool has no block of */
  adj_buffer* buffer = nullptr;
  const int64_t taking = for_each_failure(
      [&] {
        bytes = 4096 + bytes * 2;
        return adj_buffer_allocate(context, bytes, &buffer);
      },
      [&](adj_status status) {
        const adj_memory now = report(context);
        CHECK((buffer != nullptr) == (status == ADJ_OK), "a buffer from status %d", status);
        CHECK(now.buffers == (status == ADJ_OK ? 1 : 0), "%lld buffers", static_cast<long long>(now.buffers));
        CHECK(now.outstanding == (status == ADJ_OK ? bytes : 0), "%lld bytes", static_cast<long long>(now.outstanding));
      });
  CHECK(taking > 0, "taking a buffer allocates nothing, so nothing is tried");
  const int64_t giving = for_each_failure([&] { return adj_buffer_free(context, buffer); }, [](adj_status) {});
  CHECK(giving == 0, "giving a buffer back allocates");
  const adj_memory after = report(context);
  CHECK(after.outstanding == before.outstanding && after.buffers == 0, "figures");
  const int64_t trimming = for_each_failure([&] { return adj_memory_trim(context); }, [](adj_status) {});
  CHECK(trimming == 0 && report(context).pooled == 0, "returning blocks to the system allocates");
}

/* A run takes scratch and gives it back. */
void test_runs(adj_context* context) {
  Array<float> x({1, 100});
  Array<int64_t> y({1, 100});
  x.fill_with([](int64_t i) { return 100 - i; });
  const Image image = write_image({{"argsort", {0}, {x}, {y}}});
  adj_program* program = nullptr;
  const int64_t creating =
      for_each_failure([&] { return adj_program_create(context, image.data(), image.bytes(), &program); },
                       [&](adj_status status) {
                         CHECK((program != nullptr) == (status == ADJ_OK), "a program from status %d", status);
                       });
  CHECK(creating > 0, "creating a program allocates nothing, so nothing is tried");
  int64_t failed = 0;
  for_each_failure(
      [&] {
        adj_memory_trim(context);
        return adj_program_run(context, program, image.bindings.data(), 2, &failed);
      },
      [&](adj_status status) {
        CHECK(status == ADJ_OK || failed == -1, "failed at %lld", static_cast<long long>(failed));
        CHECK(report(context).outstanding == 0 && report(context).buffers == 0, "a run has left something");
      });
  CHECK(y[0] == 99, "not sorted");
  CHECK(for_each_failure([&] { return adj_program_destroy(program); }, [](adj_status) {}) == 0, "destroying allocates");
}

/* Runs that wait for a permit need no memory to wait: a run that gave up would take its permit with it. */
void test_permits() {
  const Context context("baseline", 1);
  Array<float> x({1 << 17}), y({1 << 17});
  const Image image = write_image({{"exp", {}, {x}, {y}}});
  adj_program* program = nullptr;
  CHECK(adj_program_create(context, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
  std::atomic<int64_t> refused{0};
  const auto run_often = [&] {
    for (int i = 0; i < 300; ++i) {
      until_failure = 0;
      armed = true;
      const adj_status status = adj_program_run(context, program, image.bindings.data(), 2, nullptr);
      armed = false;
      if (status != ADJ_OK) ++refused;
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(run_often);
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 0, "%lld of 1200 runs refused", static_cast<long long>(refused));
  CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
}

void test_contexts() {
  adj_context* context = nullptr;
  const int64_t creating = for_each_failure(
      [&] { return adj_context_create(2, 0, "baseline", &context); },
      [&](adj_status status) { CHECK((context != nullptr) == (status == ADJ_OK), "status %d", status); });
  CHECK(creating > 0, "creating a context allocates nothing, so nothing is tried");
  test_buffers(context);
  test_runs(context);
  CHECK(adj_context_destroy(context) == ADJ_OK, "%s", adj_last_error());
}

}  // namespace

int main() {
  test_contexts();
  test_permits();
  return finish();
}

/*
 * What threads of our own ask of the operating system: that one which has left a core may run wherever it might before,
 * follows its process' cpuset, and keeps what somebody has bound it to; that opening OpenBLAS starts no threads and
 * leaves the environment alone.
 */
#include "cpu/thread.h"

#include <dirent.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "machine.h"

using namespace test;

namespace {

cpu_set_t set_of(const std::vector<size_t>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const size_t core : cores) CPU_SET(core, &set);
  return set;
}

/* Linux' rule for one thread: it may run on what it wishes for as far as the cpuset allows, else on all of that. */
struct Simulated {
  cpu_set_t cpuset, wished;
  int wishes = 0;

  bool allowed(cpu_set_t& cores) const {
    CPU_AND(&cores, &cpuset, &wished);
    if (CPU_COUNT(&cores) == 0) cores = cpuset;
    return true;
  }
  bool wish(const cpu_set_t& cores) {
    cpu_set_t left;
    CPU_AND(&left, &cpuset, &cores);
    if (CPU_COUNT(&left) == 0) return false;
    wished = cores;
    ++wishes;
    return true;
  }
  bool may_run_on(const std::vector<size_t>& cores) const {
    cpu_set_t now;
    const cpu_set_t expected = set_of(cores);
    allowed(now);
    return CPU_EQUAL(&now, &expected) != 0;
  }
};

cpu_set_t all_cores() {
  cpu_set_t all;
  std::memset(&all, 0xFF, sizeof(all));
  return all;
}

void test_leaving() {
  Simulated free{set_of({0, 1}), all_cores()};
  adjoint::leave_core(free, 0);
  CHECK(free.wishes >= 2 && free.may_run_on({0, 1}), "it may not run where it might");
  free.cpuset = set_of({0, 1, 2, 3});
  CHECK(free.may_run_on({0, 1, 2, 3}), "it does not follow a cpuset that grows");
  free.cpuset = set_of({5});
  CHECK(free.may_run_on({5}), "it does not follow a cpuset that moves");

  Simulated bound{set_of({0, 1, 2, 3}), set_of({1, 2})};
  adjoint::leave_core(bound, 1);
  CHECK(bound.may_run_on({1, 2}), "what bound it is undone");

  Simulated alone{set_of({3}), all_cores()};
  adjoint::leave_core(alone, 3);
  CHECK(alone.wishes == 0 && alone.may_run_on({3}), "there is nowhere else to go");
}

void test_leaving_here() {
  adjoint::Cores cores;
  cpu_set_t before, after;
  CHECK(cores.allowed(before), "the cores of this thread");
  for (int i = 0; i < 100; ++i) adjoint::leave_core(cores, sched_getcpu());
  CHECK(cores.allowed(after) && CPU_EQUAL(&before, &after), "%d cores before, %d after", CPU_COUNT(&before),
        CPU_COUNT(&after));
}

void test_one_core() {
  int seen = 0;
  cpu_set_t before, after;
  sched_getaffinity(0, sizeof(before), &before);
  const auto count = [](void* to) {
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof(allowed), &allowed);
    *static_cast<int*>(to) = CPU_COUNT(&allowed);
  };
  CHECK(adjoint::run_on_one_core(count, &seen) && seen == 1, "it may use %d cores", seen);
  sched_getaffinity(0, sizeof(after), &after);
  CHECK(CPU_EQUAL(&before, &after), "the caller's cores have changed");
}

int threads_now() {
  int count = 0;
  DIR* tasks = opendir("/proc/self/task");
  while (const dirent* entry = tasks != nullptr ? readdir(tasks) : nullptr) count += entry->d_name[0] != '.' ? 1 : 0;
  if (tasks != nullptr) closedir(tasks);
  return count;
}

/* Also where the environment asks for threads: our pool alone splits work. Meanwhile another thread reads the
 * environment all the time, as threads of a JVM do. */
void test_opening_blas() {
  setenv("OPENBLAS_NUM_THREADS", "4", 1);
  const Context context("baseline");
  std::atomic<int> reading{1}, changes{0};
  std::thread reader([&] {
    const char* const wish = std::getenv("OPENBLAS_NUM_THREADS");
    for (reading = 2; reading != 0;) changes += std::getenv("OPENBLAS_NUM_THREADS") != wish ? 1 : 0;
  });
  while (reading != 2) sched_yield();
  const int before = threads_now();
  const bool opened = open_blas(context);
  const int after = threads_now();
  reading = 0;
  reader.join();
  CHECK(changes == 0, "the environment was written to");
  if (!opened) return;
  CHECK(after == before, "%d threads before, %d after", before, after);
  Array<float> a({300, 300}), b({300, 300}), c({300, 300});
  for (Array<float>* array : {&a, &b}) array->fill_with([](int64_t i) { return i % 3; });
  runs(context, {"matmul", {0, 0}, {a, b}, {c}});
  CHECK(threads_now() == before - 1, "%d threads before a product, %d after", before - 1, threads_now());
}

}  // namespace

int main() {
  test_leaving();
  test_leaving_here();
  test_one_core();
  test_opening_blas();
  return finish();
}

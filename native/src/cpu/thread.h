/*
 * What threads of our own ask of the operating system: which signals they take, which cores they run on. It refuses to
 * keep threads: see pool.h.
 */
#pragma once

#include <sched.h>
#include <signal.h>

#include <cstring>

namespace adjoint {

/* Everything but what a fault of the thread itself raises: the JVM handles those where they occur. */
sigset_t asynchronous_signals();

/* The cores of the calling thread, as Linux keeps them: those that it is on, and a wish that Linux obeys as far as the
 * process' cpuset allows. */
struct Cores {
  static bool allowed(cpu_set_t& cores) { return sched_getaffinity(0, sizeof(cores), &cores) == 0; }
  static bool wish(const cpu_set_t& cores) { return sched_setaffinity(0, sizeof(cores), &cores) == 0; }
};

/*
 * Moves the calling thread off a core, if it may run on others. Two threads that are busy can stay on one core while
 * another is idle: Linux does not look for a free one where all of them together look busy (SIS_UTIL), as two cores do
 * with one and a half threads. Then they would take turns, and two threads be as fast as one.
 *
 * Afterwards it may run where it might before. A wish outlives a change of the cpuset, though: a thread that had wished
 * for the cores of a small one would stay on them when it grows. So whoever had no wish narrower than the cpuset wishes
 * for all cores there are. `S` is Cores, or a test's.
 */
template <class S>
void leave_core(S& system, int cpu) {
  cpu_set_t before, all, most;
  if (cpu < 0 || cpu >= CPU_SETSIZE || !system.allowed(before)) return;
  cpu_set_t others = before;
  CPU_CLR(static_cast<size_t>(cpu), &others);
  if (CPU_COUNT(&others) == 0 || !system.wish(others)) return;
  std::memset(&all, 0xFF, sizeof(all));
  const bool unbound = system.wish(all) && system.allowed(most) && CPU_EQUAL(&before, &most);
  if (!unbound) system.wish(before);
}

/* Runs body(argument) on a thread of its own that may use one core only, and waits for it; false if there is none. */
bool run_on_one_core(void (*body)(void*), void* argument);

}  // namespace adjoint

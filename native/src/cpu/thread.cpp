/* Signals and cores of threads: see thread.h. */
#include "cpu/thread.h"

#include <pthread.h>

#include <initializer_list>

namespace adjoint {
namespace {

struct OnOneCore {
  void (*body)(void*);
  void* argument;
  bool done = false;

  static void* run(void* pointer) {
    OnOneCore& self = *static_cast<OnOneCore*>(pointer);
    cpu_set_t allowed, one;
    CPU_ZERO(&one);
    if (!Cores::allowed(allowed)) return nullptr;
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one);
    }
    if (!Cores::wish(one)) return nullptr;
    self.body(self.argument);
    self.done = true;
    return nullptr;
  }
};

}  // namespace

sigset_t asynchronous_signals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) sigdelset(&signals, fault);
  return signals;
}

bool run_on_one_core(void (*body)(void*), void* argument) {
  OnOneCore call{body, argument};
  const sigset_t blocked = asynchronous_signals();
  sigset_t before;
  pthread_t thread;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const int problem = pthread_create(&thread, nullptr, OnOneCore::run, &call);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (problem != 0) return false;
  pthread_join(thread, nullptr);
  return call.done;
}

}  // namespace adjoint

/* Opening OpenBLAS and taking turns in it: see blas.h. */
#include "cpu/blas.h"

#include <dlfcn.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>

#include "runtime/error.h"

namespace adjoint {
namespace {

constexpr int kMostCallers = 64;

/* Never destroyed: a thread may still be inside when the process ends. */
struct State {
  std::mutex opening;
  bool open = false;
  BlasTable table{};

  std::mutex turns;
  std::condition_variable freed;
  int callers = 0;
  int waiting = 0;
};

State& state() {
  static State& only = *new State;
  return only;
}

/* OpenBLAS reads this when it is loaded; without it, it starts threads that spin. */
class OneThread {
 public:
  OneThread() {
    const char* before = std::getenv(kName);
    was_set_ = before != nullptr;
    if (was_set_) before_ = before;
    setenv(kName, "1", 1);
  }
  ~OneThread() {
    if (was_set_)
      setenv(kName, before_.c_str(), 1);
    else
      unsetenv(kName);
  }

 private:
  static constexpr const char* kName = "OPENBLAS_NUM_THREADS";
  bool was_set_;
  std::string before_;
};

void* open_library(const char* path, int flags) {
  void* library = dlopen(path, flags);
  if (library == nullptr) fail(ADJ_UNAVAILABLE, "OpenBLAS: %s", dlerror());
  return library;
}

template <class F>
void find(void* library, const char* name, F& function) {
  void* address = dlsym(library, name);
  if (address == nullptr) fail(ADJ_UNAVAILABLE, "OpenBLAS: no function %s in it", name);
  function = reinterpret_cast<F>(address);
}

#if defined(__SANITIZE_ADDRESS__) || !defined(RTLD_DEEPBIND)
constexpr int kDeep = 0; /* ASan refuses to run beside a deeply bound library */
#else
constexpr int kDeep = RTLD_DEEPBIND; /* its own symbols first, even beside another OpenBLAS in the process */
#endif

}  // namespace

void blas_open(const char* const* dependencies, int32_t dependencies_count, const char* openblas) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.opening);
  if (s.open) return;
  const OneThread one_thread;
  for (int32_t i = 0; i < dependencies_count; ++i) open_library(dependencies[i], RTLD_NOW | RTLD_LOCAL);
  void* library = open_library(openblas, RTLD_NOW | RTLD_LOCAL | kDeep);
  find(library, "cblas_sgemm", s.table.sgemm);
  find(library, "cblas_dgemm", s.table.dgemm);
  find(library, "openblas_get_config", s.table.get_config);
  find(library, "openblas_set_num_threads", s.table.set_num_threads);
  s.table.set_num_threads(1);
  s.open = true;
}

const char* blas_config() {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.opening);
  return s.open ? s.table.get_config() : "";
}

BlasTurn::BlasTurn() : table(state().table) {
  State& s = state();
  std::unique_lock<std::mutex> lock(s.turns);
  ++s.waiting;
  while (s.callers >= kMostCallers) s.freed.wait(lock);
  --s.waiting;
  ++s.callers;
}

BlasTurn::~BlasTurn() {
  State& s = state();
  bool wanted;
  {
    const std::lock_guard<std::mutex> lock(s.turns);
    --s.callers;
    wanted = s.waiting > 0;
  }
  if (wanted) s.freed.notify_one();
}

}  // namespace adjoint

/* Opening OpenBLAS and taking turns in it: see blas.h. */
#include "cpu/blas.h"

#include <dlfcn.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>

#include "cpu/registry.h"
#include "cpu/thread.h"
#include "kernels/plan/matmul.h"
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

/*
 * Opens the libraries and finds the functions. OpenBLAS starts a thread for each core that the one which loads it may
 * use, but for its own, and those spin. So it is loaded on a thread with one core: an environment variable would say
 * the same, but setting one beside threads of the JVM that read the environment is a race.
 */
struct Opening {
  const char* const* dependencies;
  int32_t dependencies_count;
  const char* openblas;
  BlasTable& table;
  std::exception_ptr problem;

  void run() {
    for (int32_t i = 0; i < dependencies_count; ++i) open_library(dependencies[i], RTLD_NOW | RTLD_LOCAL);
    void* library = open_library(openblas, RTLD_NOW | RTLD_LOCAL | kDeep);
    find(library, "cblas_sgemm", table.sgemm);
    find(library, "cblas_dgemm", table.dgemm);
    find(library, "openblas_get_config", table.get_config);
    find(library, "openblas_set_num_threads", table.set_num_threads);
    table.set_num_threads(1);
  }

  static void run(void* pointer) {
    Opening& self = *static_cast<Opening*>(pointer);
    try {
      self.run();
    } catch (...) {
      self.problem = std::current_exception();
    }
  }
};

}  // namespace

bool blas_serves(Isa isa) {
  const Kernel& matmul = kernel_at(kernel_find("matmul"), isa);
  const MatmulLoops* loops = static_cast<const MatmulLoops*>(matmul.loops);
  return std::any_of(loops, loops + matmul.loops_count, [](const MatmulLoops& of) { return of.blas_from < INT64_MAX; });
}

void blas_open(const char* const* dependencies, int32_t dependencies_count, const char* openblas) {
  State& s = state();
  const std::lock_guard<std::mutex> lock(s.opening);
  if (s.open) return;
  Opening opening{dependencies, dependencies_count, openblas, s.table, nullptr};
  if (!run_on_one_core(Opening::run, &opening)) fail(ADJ_UNAVAILABLE, "OpenBLAS: no thread to open it on");
  if (opening.problem != nullptr) std::rethrow_exception(opening.problem);
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

/*
 * The table of adjoint.h for the CPU, and those of its functions that are the CPU's own: null checks around what is in
 * src/runtime and src/cpu. They refuse to hold logic.
 */
#include "adjoint.h"

#include <cstring>

#include "cpu/blas.h"
#include "cpu/context.h"
#include "cpu/program.h"
#include "cpu/registry.h"
#include "runtime/error.h"

/* Behind the types it is about. */
#include "abi/functions.h"

namespace {

constexpr int32_t kMostThreads = 1024;

extern "C" {

const char* best_isa() { return adjoint::name_of(adjoint::best_isa()); }

adj_status context_create(int32_t threads, int64_t budget, const char* isa, adj_context** context) {
  return guarded([&] {
    need(context, "context");
    *context = nullptr;
    if (threads < 1 || threads > kMostThreads) {
      fail(ADJ_INVALID_ARGUMENT, "threads is %d, outside 1..%d", threads, kMostThreads);
    }
    if (budget < 0) fail(ADJ_INVALID_ARGUMENT, "budget is %lld, must be 0 or more", ll(budget));
    *context = new adj_context(threads, budget, adjoint::choose_isa(isa));
  });
}

const char* context_isa(const adj_context* context) {
  return context == nullptr ? nullptr : adjoint::name_of(context->isa);
}

int32_t context_threads(const adj_context* context) { return context == nullptr ? 0 : context->pool.threads(); }

int32_t blas_serves(const adj_context* context) {
  bool serves = false;
  guarded([&] { serves = context != nullptr && adjoint::blas_serves(context->isa); });
  return serves ? 1 : 0;
}

adj_status blas_open(adj_context* context, const char* const* dependencies, int32_t dependencies_count,
                     const char* openblas) {
  return guarded([&] {
    need(context, "context");
    need(openblas, "openblas");
    if (dependencies_count < 0) fail(ADJ_INVALID_ARGUMENT, "dependencies_count is %d", dependencies_count);
    if (dependencies_count > 0) need(dependencies, "dependencies");
    for (int32_t i = 0; i < dependencies_count; ++i) need(dependencies[i], "a dependency");
    adjoint::blas_open(dependencies, dependencies_count, openblas);
    context->blas.store(true);
  });
}

const char* blas_config(const adj_context* context) {
  return context != nullptr && context->blas.load() ? adjoint::blas_config() : "";
}

adj_status buffer_allocate(adj_context* context, int64_t bytes, adj_buffer** buffer) {
  return guarded([&] {
    need(context, "context");
    need(buffer, "buffer");
    *buffer = nullptr;
    *buffer = context->memory.allocate(bytes);
  });
}

int32_t memory_on_host(const adj_context*) { return 1; }

adj_status memory_copy(adj_context* context, uint64_t to, uint64_t from, int64_t bytes) {
  return guarded([&] {
    need_copy(context, to, from, bytes);
    if (bytes == 0) return;
    std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(to)),
                reinterpret_cast<const void*>(static_cast<uintptr_t>(from)), static_cast<size_t>(bytes));
  });
}

int32_t kernel_find(const char* name) {
  int32_t index = -1;
  guarded([&] {
    if (name != nullptr) index = adjoint::kernel_find(name);
  });
  return index;
}

int32_t kernel_count() {
  int32_t count = 0;
  guarded([&] { count = adjoint::kernel_count(); });
  return count;
}

const char* kernel_name(int32_t index) {
  const char* name = nullptr;
  guarded([&] {
    if (index >= 0 && index < adjoint::kernel_count()) name = adjoint::kernel_at(index, adjoint::Isa::kBaseline).name;
  });
  return name;
}

constexpr adj_api kApi = {
    .version = ADJ_ABI_VERSION,
    .build_id = build_id,
    .last_error = last_error,
    .last_operand = last_operand,
    .best_isa = best_isa,
    .context_create = context_create,
    .context_destroy = context_destroy,
    .context_isa = context_isa,
    .context_threads = context_threads,
    .blas_serves = blas_serves,
    .blas_open = blas_open,
    .blas_config = blas_config,
    .buffer_allocate = buffer_allocate,
    .buffer_address = buffer_address,
    .buffer_free = buffer_free,
    .memory_on_host = memory_on_host,
    .memory_copy = memory_copy,
    .memory_report = memory_report,
    .memory_trim = memory_trim,
    .kernel_find = kernel_find,
    .kernel_count = kernel_count,
    .kernel_name = kernel_name,
    .program_create = program_create,
    .program_scratch = program_scratch,
    .program_run = program_run,
    .program_run_timed = program_run_timed,
    .program_destroy = program_destroy,
};

}  // extern "C"

}  // namespace

extern "C" const adj_api* adj_get_api(int32_t version) { return version == ADJ_ABI_VERSION ? &kApi : nullptr; }

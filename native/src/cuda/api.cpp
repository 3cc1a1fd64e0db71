/*
 * The table of adjoint.h for a GPU, and those of its functions that are the GPU's own: null checks around what is in
 * src/runtime and src/cuda. They refuse to hold logic. Addresses of buffers are the device's.
 */
#include "adjoint.h"

#include <memory>

#include "cuda/context.h"
#include "cuda/program.h"
#include "cuda/registry.h"

/* Behind the types it is about. */
#include "abi/functions.h"

namespace {

constexpr int32_t kMostLanes = 1024;
constexpr const char* kIsa = "cuda";

extern "C" {

const char* best_isa() { return kIsa; }

adj_status context_create(int32_t threads, int64_t budget, const char* isa, adj_context** context) {
  return guarded([&] {
    need(context, "context");
    *context = nullptr;
    if (threads < 1 || threads > kMostLanes) {
      fail(ADJ_INVALID_ARGUMENT, "threads is %d, outside 1..%d", threads, kMostLanes);
    }
    if (budget < 0) fail(ADJ_INVALID_ARGUMENT, "budget is %lld, must be 0 or more", ll(budget));
    if (isa != nullptr && std::string(isa) != kIsa) {
      fail(ADJ_UNAVAILABLE, "instruction set \"%s\": this library has \"%s\"", adjoint::printable(isa).c_str(), kIsa);
    }
    *context = new adj_context(threads, budget);
  });
}

const char* context_isa(const adj_context* context) { return context == nullptr ? nullptr : context->name(); }

int32_t context_threads(const adj_context* context) { return context == nullptr ? 0 : context->lanes; }

int32_t blas_serves(const adj_context*) { return 0; }

adj_status blas_open(adj_context*, const char* const*, int32_t, const char*) {
  return guarded([] { fail(ADJ_UNAVAILABLE, "OpenBLAS does not run on a GPU"); });
}

const char* blas_config(const adj_context*) { return ""; }

adj_status buffer_allocate(adj_context* context, int64_t bytes, adj_buffer** buffer) {
  return guarded([&] {
    need(context, "context");
    need(buffer, "buffer");
    *buffer = nullptr;
    context->refuse_if_broken();
    *buffer = context->memory.allocate(bytes);
  });
}

int32_t memory_on_host(const adj_context*) { return 0; }

adj_status memory_copy(adj_context* context, uint64_t to, uint64_t from, int64_t bytes) {
  return guarded([&] {
    need_copy(context, to, from, bytes);
    context->copy(to, from, bytes);
  });
}

int32_t kernel_find(const char* name) {
  int32_t index = -1;
  guarded([&] {
    if (name != nullptr) index = adjoint::cuda::kernel_find(name);
  });
  return index;
}

int32_t kernel_count() {
  int32_t count = 0;
  guarded([&] { count = adjoint::cuda::kernel_count(); });
  return count;
}

const char* kernel_name(int32_t index) {
  const char* name = nullptr;
  guarded([&] {
    if (index >= 0 && index < adjoint::cuda::kernel_count()) name = adjoint::cuda::kernel_at(index).name;
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

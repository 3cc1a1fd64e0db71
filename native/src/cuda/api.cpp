/*
 * The extern "C" functions of adjoint.h for a GPU: null checks around what is in src/runtime and src/cuda. They refuse
 * to hold logic. Addresses of buffers are the device's.
 */
#include "adjoint.h"

#include <memory>

#include "abi/guarded.h"
#include "cuda/context.h"
#include "cuda/program.h"
#include "cuda/registry.h"
#include "runtime/build_id.h"
#include "runtime/image.h"

namespace {

using adjoint::fail;
using adjoint::guarded;
using adjoint::ll;
using adjoint::need;

constexpr int32_t kMostLanes = 1024;
constexpr const char* kIsa = "cuda";

extern "C" {

const char* build_id() { return adjoint::build_id(); }

const char* last_error() { return adjoint::remembered(); }

int64_t last_operand() { return adjoint::remembered_operand(); }

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

adj_status context_destroy(adj_context* context) {
  return guarded([&] {
    if (context == nullptr) return;
    const adj_memory memory = context->memory.report();
    const int64_t programs = context->programs.load();
    if (memory.buffers != 0 || programs != 0) {
      fail(ADJ_INVALID_ARGUMENT, "the context still has %lld buffers and %lld programs: free them first",
           ll(memory.buffers), ll(programs));
    }
    delete context;
  });
}

const char* context_isa(const adj_context* context) { return context == nullptr ? nullptr : kIsa; }

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

uint64_t buffer_address(const adj_buffer* buffer) {
  return buffer == nullptr ? 0 : static_cast<uint64_t>(reinterpret_cast<uintptr_t>(buffer->block.address));
}

adj_status buffer_free(adj_context* context, adj_buffer* buffer) {
  return guarded([&] {
    if (buffer == nullptr) return;
    need(context, "context");
    context->memory.free(buffer);
  });
}

adj_status memory_report(const adj_context* context, adj_memory* memory) {
  return guarded([&] {
    need(context, "context");
    need(memory, "memory");
    *memory = context->memory.report();
  });
}

adj_status memory_trim(adj_context* context) {
  return guarded([&] {
    need(context, "context");
    context->memory.trim();
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

adj_status program_create(adj_context* context, const void* image, int64_t bytes, adj_program** program) {
  return guarded([&] {
    need(context, "context");
    need(image, "image");
    need(program, "program");
    *program = nullptr;
    *program = new adj_program(*context, adjoint::read_image(image, bytes));
  });
}

adj_status program_scratch(const adj_program* program, int64_t* bytes) {
  return guarded([&] {
    need(program, "program");
    need(bytes, "bytes");
    *bytes = program->scratch_bytes();
  });
}

adj_status program_run(adj_context* context, const adj_program* program, const adj_binding* bindings,
                       int32_t bindings_count, int64_t* failed) {
  int64_t at = -1;
  const adj_status status = guarded([&] {
    need(context, "context");
    need(program, "program");
    if (&program->context() != context) fail(ADJ_INVALID_ARGUMENT, "the program belongs to another context");
    program->run(bindings, bindings_count, nullptr, at);
  });
  if (failed != nullptr) *failed = at;
  return status;
}

adj_status program_run_timed(adj_context* context, const adj_program* program, const adj_binding* bindings,
                             int32_t bindings_count, adj_timing* timings, int64_t timings_count, int64_t* failed) {
  int64_t at = -1;
  const adj_status status = guarded([&] {
    need(context, "context");
    need(program, "program");
    need(timings, "timings");
    if (&program->context() != context) fail(ADJ_INVALID_ARGUMENT, "the program belongs to another context");
    if (timings_count != program->timings()) {
      fail(ADJ_INVALID_ARGUMENT, "timings_count is %lld, the program has %lld instructions", adjoint::ll(timings_count),
           adjoint::ll(program->timings()));
    }
    for (int64_t i = 0; i < timings_count; ++i) timings[i] = {0, 0, i};
    program->run(bindings, bindings_count, timings, at);
  });
  if (failed != nullptr) *failed = at;
  return status;
}

adj_status program_destroy(adj_program* program) {
  return guarded([&] { delete program; });
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

/*
 * The functions of adjoint.h that are the same for every backend: null checks around its adj_context and adj_program,
 * which must be known where this is included. A library includes it once, where it makes its table. To add a function,
 * declare it in adjoint.h, wrap its body in `guarded`, and name it in the tables.
 */
#pragma once

#include "abi/guarded.h"
#include "adjoint.h"
#include "runtime/build_id.h"
#include "runtime/error.h"
#include "runtime/image.h"

namespace {

using adjoint::fail;
using adjoint::guarded;
using adjoint::ll;
using adjoint::need;

extern "C" {

const char* build_id() { return adjoint::build_id(); }

const char* last_error() { return adjoint::remembered(); }

int64_t last_operand() { return adjoint::remembered_operand(); }

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

/* Throws Error for what no copy of memory can be. */
void need_copy(const adj_context* context, uint64_t to, uint64_t from, int64_t bytes) {
  need(context, "context");
  if (bytes < 0) fail(ADJ_INVALID_ARGUMENT, "bytes is %lld, must be 0 or more", ll(bytes));
  if (bytes > 0 && (to == 0 || from == 0)) fail(ADJ_INVALID_ARGUMENT, "a copy of %lld bytes has no address", ll(bytes));
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

/* What both ways to run a program refuse. */
void need_run(const adj_context* context, const adj_program* program, int64_t carried) {
  need(context, "context");
  need(program, "program");
  if (&program->context() != context) fail(ADJ_INVALID_ARGUMENT, "the program belongs to another context");
  if (carried < 0 || carried % 8 != 0) {
    fail(ADJ_INVALID_ARGUMENT, "carried is %lld, must be a multiple of 8 and 0 or more", ll(carried));
  }
}

adj_status program_run(adj_context* context, const adj_program* program, const adj_binding* bindings,
                       int32_t bindings_count, int64_t carried, int64_t* failed) {
  int64_t at = -1;
  const adj_status status = guarded([&] {
    need_run(context, program, carried);
    program->run({bindings, bindings_count, carried}, nullptr, at);
  });
  if (failed != nullptr) *failed = at;
  return status;
}

adj_status program_run_timed(adj_context* context, const adj_program* program, const adj_binding* bindings,
                             int32_t bindings_count, int64_t carried, adj_timing* timings, int64_t timings_count,
                             int64_t* failed) {
  int64_t at = -1;
  const adj_status status = guarded([&] {
    need_run(context, program, carried);
    need(timings, "timings");
    if (timings_count != program->timings()) {
      fail(ADJ_INVALID_ARGUMENT, "timings_count is %lld, the program has %lld instructions with those of its loops",
           ll(timings_count), ll(program->timings()));
    }
    program->begin_timings(timings, 0);
    program->run({bindings, bindings_count, carried}, timings, at);
  });
  if (failed != nullptr) *failed = at;
  return status;
}

adj_status program_destroy(adj_program* program) {
  return guarded([&] { delete program; });
}

}  // extern "C"

}  // namespace

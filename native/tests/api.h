/* The functions of the library's table under names of their own: adj_context_create for context_create, and so on. */
#pragma once

#include "adjoint.h"

static inline const adj_api* api_under_test(void) { return adj_get_api(ADJ_ABI_VERSION); }

#define adj_build_id (api_under_test()->build_id)
#define adj_last_error (api_under_test()->last_error)
#define adj_last_operand (api_under_test()->last_operand)
#define adj_best_isa (api_under_test()->best_isa)
#define adj_context_create (api_under_test()->context_create)
#define adj_context_destroy (api_under_test()->context_destroy)
#define adj_context_isa (api_under_test()->context_isa)
#define adj_context_threads (api_under_test()->context_threads)
#define adj_blas_serves (api_under_test()->blas_serves)
#define adj_blas_open (api_under_test()->blas_open)
#define adj_blas_config (api_under_test()->blas_config)
#define adj_buffer_allocate (api_under_test()->buffer_allocate)
#define adj_buffer_address (api_under_test()->buffer_address)
#define adj_buffer_free (api_under_test()->buffer_free)
#define adj_memory_on_host (api_under_test()->memory_on_host)
#define adj_memory_copy (api_under_test()->memory_copy)
#define adj_memory_report (api_under_test()->memory_report)
#define adj_memory_trim (api_under_test()->memory_trim)
#define adj_kernel_find (api_under_test()->kernel_find)
#define adj_kernel_count (api_under_test()->kernel_count)
#define adj_kernel_name (api_under_test()->kernel_name)
#define adj_program_create (api_under_test()->program_create)
#define adj_program_scratch (api_under_test()->program_scratch)
#define adj_program_destroy (api_under_test()->program_destroy)

/* Runs that carry nothing with them, as most tests'. */
static inline adj_status adj_program_run(adj_context* context, const adj_program* program, const adj_binding* bindings,
                                         int32_t count, int64_t* failed) {
  return api_under_test()->program_run(context, program, bindings, count, 0, failed);
}

static inline adj_status adj_program_run_timed(adj_context* context, const adj_program* program,
                                               const adj_binding* bindings, int32_t count, adj_timing* timings,
                                               int64_t timings_count, int64_t* failed) {
  return api_under_test()->program_run_timed(context, program, bindings, count, 0, timings, timings_count, failed);
}

/* The ABI from C99: that the header is C, and that every function answers as it says, null pointers included. */
#define _POSIX_C_SOURCE 200112L /* setenv */

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "check.h"

static void test_library(void) {
  CHECK(adj_get_api(ADJ_ABI_VERSION)->version == ADJ_ABI_VERSION, "%d", adj_get_api(ADJ_ABI_VERSION)->version);
  CHECK(adj_get_api(ADJ_ABI_VERSION - 1) == NULL && adj_get_api(ADJ_ABI_VERSION + 1) == NULL, "another version");
  CHECK(strlen(adj_build_id()) >= 16, "build id \"%s\"", adj_build_id());
  CHECK(strcmp(adj_last_error(), "") == 0, "\"%s\" before any failure", adj_last_error());
  CHECK(strcmp(adj_best_isa(), "baseline") == 0 || strcmp(adj_best_isa(), "avx2") == 0 ||
            strcmp(adj_best_isa(), "avx512") == 0 || strcmp(adj_best_isa(), "avx512bf16") == 0 ||
            strcmp(adj_best_isa(), "amx") == 0,
        "%s", adj_best_isa());
}

static void test_context(void) {
  adj_context* context = NULL;
  CHECK(adj_context_create(0, 0, NULL, &context) == ADJ_INVALID_ARGUMENT, "0 threads");
  CHECK(strcmp(adj_last_error(), "threads is 0, outside 1..1024") == 0, "%s", adj_last_error());
  CHECK(adj_context_create(1, -1, NULL, &context) == ADJ_INVALID_ARGUMENT, "a negative budget");
  CHECK(adj_context_create(1, 0, NULL, NULL) == ADJ_INVALID_ARGUMENT, "nowhere to put it");
  CHECK(adj_context_create(1, 0, "sse9", &context) == ADJ_INVALID_ARGUMENT && context == NULL, "an unknown isa");
  CHECK(strcmp(adj_last_error(),
               "no instruction set is called \"sse9\": use amx, avx512bf16, avx512, avx2 or baseline") == 0,
        "%s", adj_last_error());

  setenv("ADJOINT_ISA", "baseline", 1);
  CHECK(adj_context_create(1, 0, NULL, &context) == ADJ_OK, "%s", adj_last_error());
  CHECK(strcmp(adj_context_isa(context), "baseline") == 0, "ADJOINT_ISA gave %s", adj_context_isa(context));
  CHECK(adj_context_destroy(context) == ADJ_OK, "%s", adj_last_error());
  unsetenv("ADJOINT_ISA");

  CHECK(adj_context_create(3, 0, NULL, &context) == ADJ_OK, "%s", adj_last_error());
  CHECK(strcmp(adj_context_isa(context), adj_best_isa()) == 0, "%s", adj_context_isa(context));
  CHECK(adj_context_threads(context) == 3, "%d", adj_context_threads(context));
  CHECK(adj_context_destroy(context) == ADJ_OK, "%s", adj_last_error());

  CHECK(adj_context_destroy(NULL) == ADJ_OK, "null");
  CHECK(adj_context_isa(NULL) == NULL && adj_context_threads(NULL) == 0, "null");
  CHECK(strcmp(adj_blas_config(NULL), "") == 0, "null");
  CHECK(adj_blas_open(NULL, NULL, 0, "x") == ADJ_INVALID_ARGUMENT, "null");
  CHECK(adj_buffer_allocate(NULL, 1, NULL) == ADJ_INVALID_ARGUMENT && adj_buffer_address(NULL) == 0, "null");
  CHECK(adj_memory_copy(NULL, 0, 0, 0) == ADJ_INVALID_ARGUMENT, "null");
  CHECK(adj_memory_report(NULL, NULL) == ADJ_INVALID_ARGUMENT && adj_memory_trim(NULL) == ADJ_INVALID_ARGUMENT, "null");
  CHECK(adj_program_create(NULL, NULL, 0, NULL) == ADJ_INVALID_ARGUMENT, "null");
  CHECK(adj_program_run(NULL, NULL, NULL, 0, NULL) == ADJ_INVALID_ARGUMENT, "null");
  CHECK(adj_program_run_timed(NULL, NULL, NULL, 0, NULL, 0, NULL) == ADJ_INVALID_ARGUMENT, "null");
  CHECK(adj_program_destroy(NULL) == ADJ_OK, "null");
}

static void test_kernels(void) {
  int32_t i;
  const int32_t count = adj_kernel_count();
  CHECK(count >= 46, "%d kernels", count);
  for (i = 0; i < count; ++i) {
    CHECK(adj_kernel_find(adj_kernel_name(i)) == i, "%s is not at %d", adj_kernel_name(i), i);
  }
  CHECK(adj_kernel_find("matmul") >= 0, "no matmul");
  CHECK(adj_kernel_find("Matmul") == -1 && adj_kernel_find("") == -1 && adj_kernel_find(NULL) == -1, "found nothing");
  CHECK(adj_kernel_name(-1) == NULL && adj_kernel_name(count) == NULL, "a name out of range");
}

/* y = a + b over two elements, written by hand, as adjoint.h describes it. */
static void test_program(void) {
  int64_t image[8 + 3 + 8 + 5 + 3 * 6] = {ADJ_IMAGE_MAGIC,
                                          ADJ_IMAGE_VERSION,
                                          8 + 3 + 8 + 5 + 3 * 6,
                                          3,
                                          1,
                                          1,
                                          0,
                                          0,
                                          16,
                                          16,
                                          16,
                                          0,
                                          0,
                                          0,
                                          0,
                                          0,
                                          0,
                                          0,
                                          0,
                                          0,
                                          5 + 3 * 6,
                                          0,
                                          2,
                                          1,
                                          0,
                                          0,
                                          ADJ_F64,
                                          1,
                                          2,
                                          1,
                                          1,
                                          0,
                                          ADJ_F64,
                                          1,
                                          2,
                                          1,
                                          2,
                                          0,
                                          ADJ_F64,
                                          1,
                                          2,
                                          1};
  double a[2] = {1, 2}, b[2] = {10, 20}, copied = 0;
  const double original = 2.5;
  adj_context* context = NULL;
  adj_buffer* buffer = NULL;
  adj_program* program = NULL;
  adj_binding bindings[3];
  adj_memory memory;
  adj_timing timing = {-1, -1, -1};
  const double* y;
  int64_t failed = 5;
  memcpy(&image[11], "plus", 4);
  CHECK(adj_context_create(2, 1024, NULL, &context) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, 16, &buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_program_create(context, image, (int64_t)sizeof(image), &program) == ADJ_OK, "%s", adj_last_error());
  memset(image, 0, sizeof(image));
  bindings[0].address = (uint64_t)(uintptr_t)a;
  bindings[1].address = (uint64_t)(uintptr_t)b;
  bindings[2].address = adj_buffer_address(buffer);
  bindings[0].bytes = bindings[1].bytes = bindings[2].bytes = 16;
  CHECK(adj_program_run(context, program, bindings, 3, &failed) == ADJ_OK, "%s", adj_last_error());
  y = (const double*)(uintptr_t)adj_buffer_address(buffer);
  CHECK(y[0] == 11 && y[1] == 22 && failed == -1, "%g %g", y[0], y[1]);
  a[0] = 3;
  failed = 5;
  CHECK(adj_program_run_timed(context, program, bindings, 3, &timing, 1, &failed) == ADJ_OK, "%s", adj_last_error());
  CHECK(y[0] == 13 && failed == -1, "%g in a timed run", y[0]);
  CHECK(timing.nanoseconds > 0 && timing.runs == 1 && timing.group == 0, "%lld ns", (long long)timing.nanoseconds);
  CHECK(adj_program_run_timed(context, program, bindings, 3, NULL, 1, NULL) == ADJ_INVALID_ARGUMENT, "no timings");
  CHECK(adj_program_run_timed(context, program, bindings, 3, &timing, 2, NULL) == ADJ_INVALID_ARGUMENT, "too many");
  CHECK(strcmp(adj_last_error(), "timings_count is 2, the program has 1 instructions with those of its loops") == 0,
        "%s", adj_last_error());
  CHECK(api_under_test()->program_run(context, program, bindings, 3, 4, NULL) == ADJ_INVALID_ARGUMENT, "carried");
  CHECK(adj_context_destroy(context) == ADJ_INVALID_ARGUMENT, "destroyed with a program");
  CHECK(adj_program_destroy(program) == ADJ_OK && adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_memory_on_host(context) == 1, "the CPU's memory is the host's");
  CHECK(adj_memory_copy(context, (uintptr_t)&copied, (uintptr_t)&original, sizeof(copied)) == ADJ_OK && copied == 2.5,
        "%g", copied);
  CHECK(adj_memory_copy(context, (uintptr_t)&copied, 0, 8) == ADJ_INVALID_ARGUMENT, "no address");
  CHECK(adj_memory_copy(context, (uintptr_t)&copied, (uintptr_t)&original, -1) == ADJ_INVALID_ARGUMENT, "bytes");
  CHECK(adj_memory_report(context, &memory) == ADJ_OK && memory.outstanding == 0 && memory.budget == 1024, "%lld",
        (long long)memory.outstanding);
  CHECK(adj_context_destroy(context) == ADJ_OK, "%s", adj_last_error());
}

int main(void) {
  test_library();
  test_context();
  test_kernels();
  test_program();
  return finish();
}

/*
 * Contexts for the tests, one for each table of kernels that this machine can run, and calls that run one kernel.
 *
 * Extensions of AVX-512 (avx512bf16, amx) share its table but for the BF16 products: ADJ_EXTENDED_FAMILIES in
 * src/kernels/families.h. Tests of those products take isas(); all other tests take tables() and run no kernel twice.
 */
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "arrays.h"

namespace test {

/* Every instruction set that this machine can run. */
inline std::vector<std::string> offered() {
  std::vector<std::string> names;
  for (const char* name : {"baseline", "avx2", "avx512", "avx512bf16", "amx"}) {
    adj_context* context = nullptr;
    const adj_status status = adj_context_create(1, 0, name, &context);
    if (status == ADJ_OK)
      names.push_back(name);
    else
      CHECK(status == ADJ_UNAVAILABLE, "%s: status %d, %s", name, status, adj_last_error());
    adj_context_destroy(context);
  }
  return names;
}

/*
 * The instruction sets to test. Under a sanitizer the narrowest vectors stay out: their source is that of the others,
 * and in the release build all arrays end at a fence (fenced.h). With ADJ_TEST_ALL_TABLES in the environment they come
 * along.
 */
inline std::vector<std::string> isas() {
  std::vector<std::string> names = offered();
  const bool all = !sanitized() || std::getenv("ADJ_TEST_ALL_TABLES") != nullptr;
  if (!all && names.size() > 1) names.erase(names.begin());
  return names;
}

/* Those of isas() that have a table of their own. */
inline std::vector<std::string> tables() {
  std::vector<std::string> names = isas();
  const auto extends = [](const std::string& isa) { return isa == "avx512bf16" || isa == "amx"; };
  names.erase(std::remove_if(names.begin(), names.end(), extends), names.end());
  return names;
}

/* A context that destroys itself, and with it checks that nothing was left behind. */
class Context {
 public:
  explicit Context(const std::string& isa, int32_t threads = 1, int64_t budget = 0) {
    const adj_status status = adj_context_create(threads, budget, isa.empty() ? nullptr : isa.c_str(), &context_);
    CHECK(status == ADJ_OK, "%s: %s", isa.c_str(), adj_last_error());
  }
  ~Context() { CHECK(adj_context_destroy(context_) == ADJ_OK, "%s", adj_last_error()); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  operator adj_context*() const { return context_; }

 private:
  adj_context* context_ = nullptr;
};

/* Opens OpenBLAS from the folder that ADJOINT_TEST_OPENBLAS_DIR names; false, and said so, if there is none. */
inline bool open_blas(adj_context* context) {
  const char* folder = std::getenv("ADJOINT_TEST_OPENBLAS_DIR");
  if (folder == nullptr) {
    printf("ADJOINT_TEST_OPENBLAS_DIR is not set: testing our own kernels only\n");
    return false;
  }
  const std::string prefix = std::string(folder) + "/";
  const std::string quadmath = prefix + "libquadmath.so.0", fortran = prefix + "libgfortran.so.5";
  const char* dependencies[] = {quadmath.c_str(), fortran.c_str()};
  const adj_status status = adj_blas_open(context, dependencies, 2, (prefix + "libopenblas.so.0").c_str());
  CHECK(status == ADJ_OK, "%s", adj_last_error());
  return status == ADJ_OK;
}

/* Creates, runs and destroys a program; the first status that is not ADJ_OK, with its text in adj_last_error. */
inline adj_status run(adj_context* context, const std::vector<Call>& calls, int64_t* failed = nullptr) {
  const Image image = write_image(calls);
  adj_program* program = nullptr;
  adj_status status = adj_program_create(context, image.data(), image.bytes(), &program);
  if (status != ADJ_OK) return status;
  status =
      adj_program_run(context, program, image.bindings.data(), static_cast<int32_t>(image.bindings.size()), failed);
  adj_program_destroy(program);
  return status;
}

/* The same for a timed run; `timings` has as many entries as the program has instructions, with those of its loops. */
inline adj_status run_timed(adj_context* context, const std::vector<Call>& calls, std::vector<adj_timing>& timings) {
  const Image image = write_image(calls);
  adj_program* program = nullptr;
  adj_status status = adj_program_create(context, image.data(), image.bytes(), &program);
  if (status != ADJ_OK) return status;
  status = adj_program_run_timed(context, program, image.bindings.data(), static_cast<int32_t>(image.bindings.size()),
                                 timings.data(), static_cast<int64_t>(timings.size()), nullptr);
  adj_program_destroy(program);
  return status;
}

/* Runs one call and checks that it went well. */
inline bool runs(adj_context* context, const Call& call) {
  const adj_status status = run(context, {call});
  CHECK(status == ADJ_OK, "%s on %s: %s", call.kernel.c_str(), adj_context_isa(context), adj_last_error());
  return status == ADJ_OK;
}

/* Runs one call that must be refused, and checks status and text. */
inline void refused(adj_context* context, const Call& call, adj_status status, const std::string& text) {
  const adj_status got = run(context, {call});
  CHECK(got == status, "%s: status %d instead of %d", call.kernel.c_str(), got, status);
  if (got != ADJ_OK) CHECK(adj_last_error() == text, "\"%s\" instead of \"%s\"", adj_last_error(), text.c_str());
}

inline void for_each_isa(const std::function<void(adj_context*)>& body) {
  for (const std::string& isa : tables()) {
    const Context context(isa);
    body(context);
  }
}

/* Shapes around the vector widths, primes, and nothing at all. */
inline const std::vector<Dims> kShapes = {{},     {0},     {1},      {7},       {8},        {9},         {15},
                                          {16},   {17},    {31},     {33},      {1009},     {3, 0},      {1, 7},
                                          {7, 1}, {5, 17}, {17, 33}, {2, 3, 4}, {3, 1, 65}, {4, 5, 6, 7}};

}  // namespace test

/*
 * OpenBLAS, opened at run time and kept single-threaded: our own pool splits the work. It refuses to be linked against,
 * so that the library loads without it. To use another of its functions, add it to the table and to the list in
 * blas.cpp.
 */
#pragma once

#include <cstdint>

#include "cpu/isa.h"

namespace adjoint {

inline constexpr int kCblasRowMajor = 101;
inline constexpr int kCblasNoTrans = 111;
inline constexpr int kCblasTrans = 112;

struct BlasTable {
  void (*sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                const float* b, int ldb, float beta, float* c, int ldc);
  void (*dgemm)(int order, int trans_a, int trans_b, int m, int n, int k, double alpha, const double* a, int lda,
                const double* b, int ldb, double beta, double* c, int ldc);
  char* (*get_config)();
  void (*set_num_threads)(int);
};

/* Whether any product of the instruction set would go to OpenBLAS: where none does, it need not be opened. */
bool blas_serves(Isa isa);

/* Opens it for the process, once; throws Error (ADJ_UNAVAILABLE) with the loader's text. */
void blas_open(const char* const* dependencies, int32_t dependencies_count, const char* openblas);

/* What it says of itself, "" before it is open. */
const char* blas_config();

/* A place among the callers inside OpenBLAS, whose table of them is finite: beyond it, it corrupts its memory. */
class BlasTurn {
 public:
  BlasTurn();
  ~BlasTurn();
  BlasTurn(const BlasTurn&) = delete;
  BlasTurn& operator=(const BlasTurn&) = delete;

  const BlasTable& table;
};

}  // namespace adjoint

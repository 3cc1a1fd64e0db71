/* What follows the last block of k in every product of matrices: c = activation(c + bias). */
#pragma once

#include "kernels/elementwise.h"
#include "kernels/tanh.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN

template <class T>
struct Epilogue {
  const T* bias; /* null for none */
  int64_t bias_m, bias_n;
  int32_t activation;
};

template <class T>
ADJ_ALWAYS void activate(T* c, int64_t n, int32_t activation) {
  switch (activation) {
    case 1:
      ADJ_LOOP(int64_t j = 0; j < n; ++j) c[j] = c[j] <= T(0) ? T(0) : c[j];
      break;
    case 2:
      tanh_row(c, c, n);
      break;
    case 3:
      ADJ_LOOP(int64_t j = 0; j < n; ++j) c[j] = sigmoid_of(c[j]);
      break;
    default:
      break;
  }
}

/* The epilogue of rows that lie in memory. */
template <class T>
__attribute__((noinline)) void finish_rows(T* c, int64_t ldc, int64_t rows, int64_t columns, const Epilogue<T>& f) {
  for (int64_t i = 0; i < rows; ++i) {
    T* row = c + i * ldc;
    if (f.bias != nullptr) {
      const T* bias = f.bias + i * f.bias_m;
      if (f.bias_n == 1) {
        ADJ_LOOP(int64_t j = 0; j < columns; ++j) row[j] += bias[j];
      } else if (f.bias_n == 0) {
        const T same = *bias;
        ADJ_LOOP(int64_t j = 0; j < columns; ++j) row[j] += same;
      } else {
        for (int64_t j = 0; j < columns; ++j) row[j] += bias[j * f.bias_n];
      }
    }
    activate(row, columns, f.activation);
  }
}

ADJ_ISA_END

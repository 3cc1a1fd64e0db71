/*
 * The product of a matrix and a vector, either way round: result i is the sum over p of element (i, p) of the matrix
 * and element p of the vector, one chain of multiply-adds as in a register block, so that the bits are a block's. A
 * block would leave all lanes but one empty, and copy the vector. The matrix is read in place: with results in lanes
 * where they lie side by side, else turned in registers. It refuses matrices that lie otherwise: plan/matmul.cpp knows.
 */
#pragma once

#include "kernels/matmul_block.h"

ADJ_ISA_BEGIN

/* y[rows] (+)= matrix[rows x k] * x[k]; steps are in elements, and one of the matrix' two is 1. */
template <class T>
struct VectorPiece {
  const T* matrix;
  int64_t row_step, k_step;
  const T* x;
  int64_t x_step;
  int64_t rows, k;
  bool add;
  T* y;
};

/* Adds kSteps steps of k to `count` sums. */
template <int kSteps, class T>
ADJ_ALWAYS void add_steps(const T* matrix, int64_t k_step, const T* x, int64_t x_step, int64_t count, T* sums) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  V y[kSteps];
#pragma GCC unroll 8
  for (int s = 0; s < kSteps; ++s) y[s] = splat(x[s * x_step]);
  int64_t i = 0;
  for (; i + kL <= count; i += kL) {
    V sum = load<V>(sums + i);
#pragma GCC unroll 8
    for (int s = 0; s < kSteps; ++s) sum = fma(load<V>(matrix + s * k_step + i), y[s], sum);
    store(sums + i, sum);
  }
  for (; i < count; ++i) {
    T sum = sums[i];
#pragma GCC unroll 8
    for (int s = 0; s < kSteps; ++s) sum = fma(matrix[s * k_step + i], x[s * x_step], sum);
    sums[i] = sum;
  }
}

/* Rows lie side by side: their sums are in the first cache, and steps of k are read one after the other. */
template <class T>
__attribute__((noinline)) void multiply_side_by_side(const VectorPiece<T>& of) {
  constexpr int64_t kAtOnce = 1024;
  constexpr int kSteps = 8;
  for (int64_t from = 0; from < of.rows; from += kAtOnce) {
    const int64_t count = of.rows - from < kAtOnce ? of.rows - from : kAtOnce;
    T sums[kAtOnce];
    __builtin_memset(sums, 0, static_cast<size_t>(count) * sizeof(T));
    const T* matrix = of.matrix + from;
    const T* x = of.x;
    int64_t p = of.k;
    for (; p >= kSteps; p -= kSteps) {
      add_steps<kSteps>(matrix, of.k_step, x, of.x_step, count, sums);
      matrix += kSteps * of.k_step;
      x += kSteps * of.x_step;
    }
    for (; p > 0; --p) {
      add_steps<1>(matrix, of.k_step, x, of.x_step, count, sums);
      matrix += of.k_step;
      x += of.x_step;
    }
    T* y = of.y + from;
    if (of.add) {
      ADJ_LOOP(int64_t i = 0; i < count; ++i) y[i] += sums[i];
    } else {
      __builtin_memcpy(y, sums, static_cast<size_t>(count) * sizeof(T));
    }
  }
}

/* Rows `first` on, kGroups vectors of them, whose k lies side by side; of the last vector `last` rows are there. */
template <int kGroups, class T>
ADJ_ALWAYS void multiply_turned(const VectorPiece<T>& of, int64_t first, int64_t last) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  const bool whole = last == kL;
  V sums[kGroups]{};
  for (int64_t p = 0; p < of.k; p += kL) {
    const int64_t steps = of.k - p < kL ? of.k - p : kL;
    const Mask<T> mask = mask_of<T>(steps);
    const T* x = of.x + p * of.x_step;
#pragma GCC unroll 4
    for (int g = 0; g < kGroups; ++g) {
      const T* from = of.matrix + (first + g * kL) * of.row_step + p;
      const int64_t rows = g < kGroups - 1 || whole ? kL : last;
      V square[kL];
      if (steps == kL && rows == kL) {
#pragma GCC unroll 16
        for (int64_t j = 0; j < kL; ++j) square[j] = load<V>(from + j * of.row_step);
      } else {
#pragma GCC unroll 16
        for (int64_t j = 0; j < kL; ++j) square[j] = j < rows ? load(from + j * of.row_step, mask) : V{};
      }
      transpose<T>(square);
      if (steps == kL) {
#pragma GCC unroll 16
        for (int64_t j = 0; j < kL; ++j) sums[g] = fma(square[j], splat(x[j * of.x_step]), sums[g]);
      } else {
#pragma GCC unroll 16
        for (int64_t j = 0; j < kL; ++j) {
          if (j < steps) sums[g] = fma(square[j], splat(x[j * of.x_step]), sums[g]);
        }
      }
    }
  }
#pragma GCC unroll 4
  for (int g = 0; g < kGroups; ++g) {
    T* y = of.y + first + g * kL;
    const Mask<T> there = mask_of<T>(g < kGroups - 1 ? kL : last);
    store(y, of.add ? sums[g] + load(y, there) : sums[g], there);
  }
}

/* The k of a row lies side by side: squares of rows and steps are turned, so that rows are lanes. */
template <class T>
__attribute__((noinline)) void multiply_rows(const VectorPiece<T>& of) {
  constexpr int64_t kL = kLanes<T>;
  constexpr int kGroups = 4; /* vectors of sums: a chain waits for its last multiply-add */
  int64_t first = 0;
  for (; first + kGroups * kL <= of.rows; first += kGroups * kL) multiply_turned<kGroups>(of, first, kL);
  for (; first < of.rows; first += kL) {
    multiply_turned<1>(of, first, of.rows - first < kL ? of.rows - first : kL);
  }
}

template <class T>
ADJ_ALWAYS void multiply_vector(const VectorPiece<T>& of) {
  if (of.row_step == 1) {
    multiply_side_by_side(of);
  } else {
    multiply_rows(of);
  }
}

ADJ_ISA_END

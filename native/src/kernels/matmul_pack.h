/*
 * Copies of matmul's operands in the order in which its register blocks read them: B in panels of kWidth columns, A in
 * blocks of at most kRows rows, each a step of k after the other. Whether to copy at all is contract/matmul.cpp's
 * choice.
 */
#pragma once

#include "kernels/matmul_block.h"

ADJ_ISA_BEGIN

/* Turns `count` <= kL runs of k contiguous elements, `apart` from one another, into k vectors, `step` apart, of which
 * the first kStored elements are written; those from `count` on are 0. */
template <int64_t kStored, class T>
ADJ_ALWAYS void turn(const T* from, int64_t apart, int64_t count, int64_t k, T* to, int64_t step) {
  constexpr int64_t kL = kLanes<T>;
  for (int64_t p = 0; p < k; p += kL) {
    const int64_t steps = k - p < kL ? k - p : kL;
    const Some<T> some_steps = some<T>(steps);
    Vector<T> square[kL];
    if (count == kL && steps == kL) {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) square[j] = load<Vector<T>>(from + j * apart + p);
    } else {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) square[j] = j < count ? load(from + j * apart + p, some_steps) : Vector<T>{};
    }
    transpose<T>(square);
    if (steps == kL) {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) __builtin_memcpy(to + (p + j) * step, &square[j], kStored * sizeof(T));
    } else {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) {
        if (j < steps) __builtin_memcpy(to + (p + j) * step, &square[j], kStored * sizeof(T));
      }
    }
  }
}

/* Copies `columns` columns of b, k long, into panels, one k * kWidth after the other; missing columns are 0. */
template <class T>
__attribute__((noinline)) void pack_b(const T* b, int64_t b_k, int64_t b_n, int64_t k, int64_t columns, T* packed) {
  constexpr int64_t kL = kLanes<T>, kW = kWidth<T>;
  if (b_n == 1) {
    const int64_t whole = columns / kW * kW;
    const Some<T> first = some<T>(columns - whole), second = some<T>(columns - whole > kL ? columns - whole - kL : 0);
    for (int64_t p = 0; p < k; ++p) {
      const T* from = b + p * b_k;
      T* to = packed + p * kW;
      for (int64_t j = 0; j < whole; j += kW) {
        store(to, load<Vector<T>>(from + j));
        store(to + kL, load<Vector<T>>(from + j + kL));
        to += k * kW;
      }
      if (whole < columns) {
        store(to, load(from + whole, first));
        store(to + kL, load(from + whole + kL, second));
      }
    }
    return;
  }
  for (int64_t j = 0; j < columns; j += kL) {
    T* to = packed + j / kW * k * kW + j % kW;
    turn<kL>(b + j * b_n, b_n, columns - j < kL ? columns - j : kL, k, to, kW);
  }
  if (columns % kW > 0 && columns % kW <= kL) {
    T* to = packed + columns / kW * k * kW + kL;
    for (int64_t p = 0; p < k; ++p) store(to + p * kW, Vector<T>{});
  }
}

/* Copies kCount rows of a, k long, so that their elements of one step of k lie side by side, `step` apart. */
template <int64_t kCount, class T>
ADJ_ALWAYS void turn_rows(const T* a, int64_t a_m, int64_t k, T* packed, int64_t step) {
  constexpr int64_t kNow = kCount < kLanes<T> ? kCount : kLanes<T>;
  turn<kNow>(a, a_m, kNow, k, packed, step);
  if constexpr (kNow < kCount) turn_rows<kCount - kNow>(a + kNow * a_m, a_m, k, packed + kNow, step);
}

template <int64_t kCount, class T>
__attribute__((noinline)) void pack_rows(const T* a, int64_t a_m, int64_t a_k, int64_t k, T* packed) {
  if (a_k == 1) {
    turn_rows<kCount>(a, a_m, k, packed, kCount);
  } else {
    for (int64_t p = 0; p < k; ++p) __builtin_memcpy(packed + p * kCount, a + p * a_k, kCount * sizeof(T));
  }
}

template <class T>
using PackRows = void (*)(const T* a, int64_t a_m, int64_t a_k, int64_t k, T* packed);

/* By how many rows, from 1. */
template <class T>
constexpr PackRows<T> kPackRows[12] = {pack_rows<1, T>,
                                       pack_rows<2, T>,
                                       pack_rows<3, T>,
                                       pack_rows<4, T>,
                                       pack_rows<5, T>,
                                       pack_rows<6, T>,
                                       pack_rows < kRows<7 ? kRows : 7, T>,
                                       pack_rows < kRows<8 ? kRows : 8, T>,
                                       pack_rows < kRows<9 ? kRows : 9, T>,
                                       pack_rows < kRows<10 ? kRows : 10, T>,
                                       pack_rows < kRows<11 ? kRows : 11, T>,
                                       pack_rows < kRows<12 ? kRows : 12, T>};

/* How a number of rows is cut into register blocks: `larger` of `height` + 1, then the rest of `height`. */
struct Cut {
  int64_t blocks, height, larger;
};
ADJ_ALWAYS Cut cut(int64_t rows) {
  const int64_t blocks = (rows + kRows - 1) / kRows;
  return {blocks, rows / blocks, rows % blocks};
}

/* Copies rows of a, k long, in the blocks that `cut` gives. */
template <class T>
ADJ_ALWAYS void pack_a(const T* a, int64_t a_m, int64_t a_k, int64_t k, int64_t rows, T* packed) {
  const Cut into = cut(rows);
  for (int64_t i = 0; i < into.blocks; ++i) {
    const int64_t height = into.height + (i < into.larger ? 1 : 0);
    kPackRows<T>[height - 1](a, a_m, a_k, k, packed);
    a += height * a_m;
    packed += height * k;
  }
}

ADJ_ISA_END

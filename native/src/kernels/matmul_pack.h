/*
 * Copies of matmul's operands in the order in which its register blocks read them: B in panels of kWidth columns, A in
 * blocks of at most kRows rows, each a step of k after the other. Whether to copy at all is plan/matmul.cpp's
 * choice.
 */
#pragma once

#include <utility>

#include "kernels/matmul_block.h"

ADJ_ISA_BEGIN

/* How far ahead memory is prefetched, where operands come from beyond the second cache. */
inline constexpr int64_t kPrefetchBytes = 256; /* of a run of k */
inline constexpr int64_t kPrefetchSteps = 4;   /* of k, where a step's elements lie side by side */

/* Writes the first kCount lanes of v. */
template <int64_t kCount, class T>
ADJ_ALWAYS void store_first(T* to, Vector<T> v) {
  if constexpr (kMaskedLoads) {
    store(to, v, mask_of<T>(kCount));
  } else {
    __builtin_memcpy(to, &v, kCount * sizeof(T));
  }
}

/* Turns `count` <= kL runs of k contiguous elements, `apart` from one another, into k vectors, `step` apart, of which
 * the first kStored elements are written; those from `count` on are 0. */
template <int64_t kStored, class T>
ADJ_ALWAYS void transpose(const T* from, int64_t apart, int64_t count, int64_t k, bool prefetch, T* to, int64_t step) {
  constexpr int64_t kL = kLanes<T>;
  for (int64_t p = 0; p < k; p += kL) {
    const int64_t steps = k - p < kL ? k - p : kL;
    const Mask<T> step_mask = mask_of<T>(steps);
    if (prefetch) {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) {
        __builtin_prefetch(reinterpret_cast<const char*>(from + (j < count ? j : 0) * apart + p) + kPrefetchBytes, 0,
                           2);
      }
    }
    Vector<T> square[kL];
    if (count == kL && steps == kL) {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) square[j] = load<Vector<T>>(from + j * apart + p);
    } else {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) square[j] = j < count ? load(from + j * apart + p, step_mask) : Vector<T>{};
    }
    transpose<T>(square);
    if (steps == kL) {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) store_first<kStored>(to + (p + j) * step, square[j]);
    } else {
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) {
        if (j < steps) store_first<kStored>(to + (p + j) * step, square[j]);
      }
    }
  }
}

/* Copies `columns` columns of b, k long, into panels, one k * kWidth after the other; missing columns are 0. */
template <class T>
__attribute__((noinline)) void pack_b(const T* b, int64_t b_k, int64_t b_n, int64_t k, int64_t columns, bool prefetch,
                                      T* packed) {
  constexpr int64_t kL = kLanes<T>, kW = kWidth<T>;
  if (b_n == 1) {
    const int64_t whole = columns / kW * kW, ahead = kPrefetchSteps * b_k;
    const Mask<T> first = mask_of<T>(columns - whole),
                  second = mask_of<T>(columns - whole > kL ? columns - whole - kL : 0);
    for (int64_t p = 0; p < k; ++p) {
      const T* from = b + p * b_k;
      T* to = packed + p * kW;
      for (int64_t j = 0; j < whole; j += kW) {
        if (prefetch) {
          __builtin_prefetch(from + j + ahead);
          __builtin_prefetch(from + j + kL + ahead);
        }
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
    transpose<kL>(b + j * b_n, b_n, columns - j < kL ? columns - j : kL, k, prefetch, to, kW);
  }
  if (columns % kW > 0 && columns % kW <= kL) {
    T* to = packed + columns / kW * k * kW + kL;
    for (int64_t p = 0; p < k; ++p) store(to + p * kW, Vector<T>{});
  }
}

/* Copies kCount rows of a, k long, so that their elements of one step of k lie side by side, `step` apart. */
template <int64_t kCount, class T>
ADJ_ALWAYS void transpose_rows(const T* a, int64_t a_m, int64_t k, bool prefetch, T* packed, int64_t step) {
  constexpr int64_t kNow = kCount < kLanes<T> ? kCount : kLanes<T>;
  transpose<kNow>(a, a_m, kNow, k, prefetch, packed, step);
  if constexpr (kNow < kCount) transpose_rows<kCount - kNow>(a + kNow * a_m, a_m, k, prefetch, packed + kNow, step);
}

template <int64_t kCount, class T>
__attribute__((noinline)) void pack_rows(const T* a, int64_t a_m, int64_t a_k, int64_t k, bool prefetch, T* packed) {
  if (a_k == 1) {
    transpose_rows<kCount>(a, a_m, k, prefetch, packed, kCount);
    return;
  }
  for (int64_t p = 0; p < k; ++p) {
    /* The line that the next rows begin in. */
    if (prefetch) __builtin_prefetch(a + p * a_k + 2 * kCount, 0, 2);
    __builtin_memcpy(packed + p * kCount, a + p * a_k, kCount * sizeof(T));
  }
}

template <class T>
using PackRows = void (*)(const T* a, int64_t a_m, int64_t a_k, int64_t k, bool prefetch, T* packed);

/* By how many rows, from 1. */
template <class T>
struct PackRowsRuns {
  PackRows<T> run[kRows];
};
template <class T, int... i>
constexpr PackRowsRuns<T> all_pack_rows(std::integer_sequence<int, i...>) {
  return {{pack_rows<i + 1, T>...}};
}

/* Compiled with matmul.cpp, as its blocks are. */
extern const PackRowsRuns<float> float_pack_rows;
extern const PackRowsRuns<double> double_pack_rows;

template <class T>
ADJ_ALWAYS const PackRowsRuns<T>& pack_rows_of() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return float_pack_rows;
  } else {
    return double_pack_rows;
  }
}

/* How a number of rows is cut into register blocks: `larger` of `height` + 1, then the rest of `height`. */
struct Cut {
  int64_t blocks, height, larger;

  ADJ_ALWAYS int64_t height_of(int64_t block) const { return height + (block < larger ? 1 : 0); }
  ADJ_ALWAYS int64_t row_of(int64_t block) const { return block * height + (block < larger ? block : larger); }
};
ADJ_ALWAYS Cut cut(int64_t rows) {
  const int64_t blocks = (rows + kRows - 1) / kRows;
  return {blocks, rows / blocks, rows % blocks};
}

/* Copies the rows of a, k long, that are in the register blocks from `first` on and before `last`. */
template <class T>
ADJ_ALWAYS void pack_a(const T* a, int64_t a_m, int64_t a_k, int64_t k, Cut into, int64_t first, int64_t last,
                       bool prefetch, T* packed) {
  for (int64_t i = first; i < last; ++i) {
    const int64_t row = into.row_of(i);
    pack_rows_of<T>().run[into.height_of(i) - 1](a + row * a_m, a_m, a_k, k, prefetch, packed + row * k);
  }
}

ADJ_ISA_END

/*
 * Copies of matmulBf16's operands in the order in which its register blocks read them. A comes as it is or widened, as
 * the block wants it; either operand may lie along k or across it, and squares of vectors are turned where it must be.
 */
#pragma once

#include "kernels/matmul_bf16_block.h"

ADJ_ISA_BEGIN
namespace bf16 {

inline constexpr int64_t kL = kLanes<float>;

typedef uint16_t HalfLanes __attribute__((vector_size(kVectorBytes / 2)));
typedef uint32_t WordLanes __attribute__((vector_size(kVectorBytes)));

/* kL neighbours, each in the low half of a lane. */
ADJ_ALWAYS WordLanes load_halves(const Bf16* from) { return __builtin_convertvector(load<HalfLanes>(from), WordLanes); }

ADJ_ALWAYS void put(Bf16* to, Bf16 x) { *to = x; }
ADJ_ALWAYS void put(float* to, Bf16 x) { *to = widen(x); }

/* Two steps of k, kL columns: pairs side by side. */
ADJ_ALWAYS void interleave(const Bf16* first, const Bf16* second, Bf16* to) {
  store(to, load_halves(first) | load_halves(second) << 16);
}

/* Packs steps [k0, k0 + steps) of `columns` columns into a panel; steps is a multiple of kSlice, or reaches past k. */
inline void pack_panel(const Bf16* b, const Bf16Plan& plan, int64_t k0, int64_t steps, int64_t columns, Bf16* to) {
  const int64_t whole = plan.k - k0 < steps ? plan.k - k0 : steps;
  const Bf16* from = b + k0 * plan.b_k;
  if (columns < kColumns || whole < steps) {
    __builtin_memset(to, 0, static_cast<size_t>(steps * kColumns) * sizeof(Bf16));
  }
  int64_t p = 0;
  if (plan.b_n == 1) {
    for (; 2 * p + 1 < whole; ++p) {
      const Bf16* first = from + 2 * p * plan.b_k;
      const Bf16* second = first + plan.b_k;
      Bf16* row = to + 2 * p * kColumns;
      int64_t j = 0;
      for (; j + kL <= columns; j += kL) interleave(first + j, second + j, row + 2 * j);
      for (; j < columns; ++j) {
        row[2 * j] = first[j];
        row[2 * j + 1] = second[j];
      }
    }
  } else {
    /* Columns run along k: pairs are there already, and squares of them are turned. */
    int64_t turned = 0;
    for (; turned + kL <= columns; turned += kL) {
      for (p = 0; 2 * (p + kL) <= whole; p += kL) {
        Vector<float> square[kL];
#pragma GCC unroll 16
        for (int64_t j = 0; j < kL; ++j) square[j] = load<Vector<float>>(from + (turned + j) * plan.b_n + 2 * p);
        transpose<float>(square);
#pragma GCC unroll 16
        for (int64_t j = 0; j < kL; ++j) store(to + 2 * ((p + j) * kColumns + turned), square[j]);
      }
    }
    const int64_t done = turned > 0 ? 2 * p : 0;
    for (int64_t j = 0; j < columns; ++j) {
      const Bf16* column = from + j * plan.b_n;
      for (int64_t k = j < turned ? done : 0; k < whole; ++k) to[k / 2 * 2 * kColumns + 2 * j + k % 2] = column[k];
    }
    return;
  }
  if (2 * p < whole) {
    for (int64_t j = 0; j < columns; ++j) to[2 * (p * kColumns + j)] = from[2 * p * plan.b_k + j];
  }
}

/* One row's slice, whose elements lie side by side. */
ADJ_ALWAYS void pack_line(const Bf16* from, Bf16* to) { __builtin_memcpy(to, from, kSlice * sizeof(Bf16)); }
ADJ_ALWAYS void pack_line(const Bf16* from, float* to) {
  for (int64_t p = 0; p < kSlice; p += kL) store(to + p, load_halves(from + p) << 16);
}

/* kL rows of a slice that lie across k, by squares turned: of pairs, or of widened elements. */
ADJ_ALWAYS void pack_square(const Bf16* from, int64_t a_k, Bf16* to) {
  for (int64_t p = 0; p < kPairs; p += kL) {
    Vector<float> square[kL];
#pragma GCC unroll 16
    for (int64_t j = 0; j < kL; ++j) {
      const Bf16* first = from + 2 * (p + j) * a_k;
      square[j] = (Vector<float>)(load_halves(first) | load_halves(first + a_k) << 16);
    }
    transpose<float>(square);
#pragma GCC unroll 16
    for (int64_t i = 0; i < kL; ++i) store(to + i * kSlice + 2 * p, square[i]);
  }
}
ADJ_ALWAYS void pack_square(const Bf16* from, int64_t a_k, float* to) {
  for (int64_t p = 0; p < kSlice; p += kL) {
    Vector<float> square[kL];
#pragma GCC unroll 16
    for (int64_t j = 0; j < kL; ++j) square[j] = (Vector<float>)(load_halves(from + (p + j) * a_k) << 16);
    transpose<float>(square);
#pragma GCC unroll 16
    for (int64_t i = 0; i < kL; ++i) store(to + i * kSlice + p, square[i]);
  }
}

/* Packs `rows` rows (`padded` with those beyond the matrix) of the slices from k0 on, which are a_slice apart. */
inline void pack_rows(const Bf16* a, const Bf16Plan& plan, int64_t k0, int64_t slices, int64_t rows, int64_t padded,
                      Element* to, int64_t a_slice) {
  for (int64_t s = 0; s < slices; ++s, to += a_slice) {
    const int64_t k = k0 + s * kSlice, whole = plan.k - k < kSlice ? plan.k - k : kSlice;
    const Bf16* from = a + k * plan.a_k;
    int64_t i = 0;
    if (whole == kSlice && plan.a_k == 1) {
      for (; i < rows; ++i) pack_line(from + i * plan.a_m, to + i * kSlice);
    } else if (whole == kSlice) {
      for (; i + kL <= rows; i += kL) pack_square(from + i * plan.a_m, plan.a_k, to + i * kSlice);
    }
    if (i < padded) __builtin_memset(to + i * kSlice, 0, static_cast<size_t>((padded - i) * kSlice) * sizeof(Element));
    for (; i < rows; ++i) {
      for (int64_t p = 0; p < whole; ++p) put(to + i * kSlice + p, from[i * plan.a_m + p * plan.a_k]);
    }
  }
}

}  // namespace bf16
ADJ_ISA_END

/*
 * What both directions of attention do with a tile of queries by keys: products of small matrices on matmul's register
 * blocks, and scores scaled, masked and exponentiated. A thread's work; who does which tile is attention.cpp's choice.
 */
#pragma once

#include "kernels/exponentials.h"
#include "kernels/matmul_block.h"
#include "kernels/matmul_pack.h"
#include "kernels/plan/attention.h"

ADJ_ISA_BEGIN

ADJ_ALWAYS int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* How many keys come first that a query may see. */
ADJ_ALWAYS int64_t seen_by(const AttentionCall& of, int64_t query) {
  if (!of.causal) return of.keys;
  const int64_t end = query + of.offset + 1;
  return end < 0 ? 0 : least(end, of.keys);
}

/* A matrix with an axis whose elements lie side by side: row i, step p is at i*across + p*down, one of them 1. */
template <class T>
struct Rowed {
  const T* at;
  int64_t across, down;
};

/* A matrix of columns side by side, or of panels of kWidth columns. */
template <class T>
struct Columned {
  const T* at;
  int64_t down; /* from a step to the next; of panels kWidth */
  bool panels;
};

/* c (+)= a·b, rows by columns, k steps. */
template <class T>
__attribute__((noinline)) void multiply_tile(const Rowed<T>& a, const Columned<T>& b, int64_t rows, int64_t columns,
                                             int64_t k, bool add, T* c, int64_t ldc) {
  constexpr int64_t kW = kWidth<T>, kL = kLanes<T>;
  if (rows == 0) return;
  const Cut into = cut(rows);
  Piece<T> piece;
  piece.a_m = a.across;
  piece.a_k = a.down;
  piece.b_k = b.down;
  piece.k = k;
  piece.ldc = ldc;
  piece.add = add;
  piece.finish = nullptr;
  piece.ahead = {reinterpret_cast<const char*>(c), 0, 0};
  for (int64_t j = 0; j < columns; j += kW) {
    piece.columns = least(columns - j, kW);
    piece.a = a.at;
    piece.b = b.panels ? b.at + j * k : b.at + j;
    piece.c = c + j;
    const BlockRun<T>* runs =
        blocks_of<T>().run[b.panels || piece.columns % kL == 0 ? 0 : 1][piece.columns > kL ? 1 : 0][0];
    for (int64_t i = 0; i < into.blocks; ++i) {
      const int64_t height = into.height_of(i);
      runs[height - 1](piece);
      piece.a += height * a.across;
      piece.c += height * ldc;
    }
  }
}

/* Columns that lie side by side, k of them one below the other: in place where blocks read whole vectors of them. */
template <class T>
ADJ_ALWAYS Columned<T> columns_of(const T* b, int64_t k, int64_t columns, T* panels) {
  if (kMaskedLoads || columns % kLanes<T> == 0) return {b, columns, false};
  pack_b(b, columns, int64_t{1}, k, columns, false, panels);
  return {panels, kWidth<T>, true};
}

/* Where a tile of queries by keys lies: from a query, of a head, and from a key on. */
struct TilePlace {
  int64_t batch, head, query, key;
};

/* A mask's elements for one query, from the tile's first key on; null if there is none. */
template <class T>
ADJ_ALWAYS const T* mask_row(const void* mask, const ScoreMask& of, const TilePlace& place, int64_t row) {
  if (!of.present) return nullptr;
  return static_cast<const T*>(mask) + place.batch * of.strides[0] + place.head * of.strides[1] +
         (place.query + row) * of.strides[2] + place.key * of.strides[3];
}

/* Scores get their bias, or -inf where a mask hides the key. */
template <class T>
ADJ_ALWAYS void mask_scores(T* s, int64_t n, const T* bias, int64_t bias_apart, const uint8_t* mask,
                            int64_t mask_apart) {
  if (bias != nullptr && bias_apart == 1) {
    ADJ_LOOP(int64_t j = 0; j < n; ++j) s[j] += bias[j];
  } else if (bias != nullptr) {
    for (int64_t j = 0; j < n; ++j) s[j] += bias[j * bias_apart];
  }
  if (mask == nullptr) return;
  for (int64_t j = 0; j < n; ++j) s[j] = mask[j * mask_apart] != 0 ? s[j] : kLeast<true, T>;
}

/* Row `row` of a tile's scores, of which the first n keys may be seen for their place. */
template <class T>
ADJ_ALWAYS void mask_row_scores(const AttentionCall& of, const TilePlace& place, const void* bias, const void* mask,
                                int64_t row, int64_t n, T* s) {
  mask_scores(s, n, mask_row<T>(bias, of.bias, place, row), of.bias.strides[3],
              mask_row<uint8_t>(mask, of.mask, place, row), of.mask.strides[3]);
}

/* s = e^(s - from); beyond n, where keys are hidden, 0. */
template <class T>
ADJ_ALWAYS void exp_scores(T* s, int64_t n, int64_t all, T from) {
  ADJ_LOOP(int64_t j = 0; j < n; ++j) s[j] = exp_of(s[j] - from);
  for (int64_t j = n; j < all; ++j) s[j] = T(0);
}

#if defined(__AVX512F__)
ADJ_ALWAYS void exp_scores(float* s, int64_t n, int64_t all, float from) {
  unrolled_row([=](const auto& v) { return exp_of<false>(v - from); }, s, s, n);
  for (int64_t j = n; j < all; ++j) s[j] = 0;
}
#endif

/* The sum of the shares of one tile, few enough to be added in lanes of T. */
template <class T>
ADJ_ALWAYS double sum_scores(const T* s, int64_t n) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  V s0{}, s1{}, s2{}, s3{};
  int64_t j = 0;
  for (; j + 4 * kL <= n; j += 4 * kL) {
    s0 += load<V>(s + j);
    s1 += load<V>(s + j + kL);
    s2 += load<V>(s + j + 2 * kL);
    s3 += load<V>(s + j + 3 * kL);
  }
  double sum = 0;
  T lanes[kL];
  store(lanes, (s0 + s1) + (s2 + s3));
  for (int64_t lane = 0; lane < kL; ++lane) sum += static_cast<double>(lanes[lane]);
  for (; j < n; ++j) sum += static_cast<double>(s[j]);
  return sum;
}

/* Panels of columns, each element times the scale, which so costs nothing where scores are made. */
template <class T>
ADJ_ALWAYS void pack_scaled(const T* b, int64_t down, int64_t across, int64_t k, int64_t columns, double scale,
                            T* panels) {
  pack_b(b, down, across, k, columns, false, panels);
  const int64_t count = (columns + kWidth<T> - 1) / kWidth<T> * kWidth<T> * k;
  const T by = static_cast<T>(scale);
  ADJ_LOOP(int64_t i = 0; i < count; ++i) panels[i] *= by;
}

ADJ_ISA_END

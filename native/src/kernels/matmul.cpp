/*
 * The product of matrices, one tile of it at a time: our own register-blocked loops, and the epilogue (bias,
 * activation) that follows a tile whoever computed it. An element is one chain of multiply-adds over k in blocks of
 * kDepth, so it does not depend on the tile that it is in. It refuses to choose between itself and OpenBLAS:
 * contract/matmul.cpp does.
 */
#include "kernels/contract/loops.h"
#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN
namespace {

/*
 * Rows of the register block: with its two vectors of columns it fills the register file. And the multiply-adds from
 * which OpenBLAS 0.3.31 was faster, on a Zen 5: with AVX-512 against its SkylakeX kernels (which it does not choose by
 * itself there; against its Haswell ones we are 1.4 to 2.6 times as fast up to 1024^3), otherwise against its Haswell
 * kernels.
 */
#if defined(__AVX512F__)
constexpr int kRows = 12;
constexpr int64_t kBlasFrom = int64_t{1} << 31;
#elif defined(__AVX2__)
constexpr int kRows = 6;
constexpr int64_t kBlasFrom = int64_t{1} << 27;
#else
constexpr int kRows = 6;
constexpr int64_t kBlasFrom = int64_t{1} << 14;
#endif

constexpr int64_t kDepth = 256; /* steps of k whose panel of B stays in the first cache */

template <class T>
constexpr int64_t kWidth = 2 * kLanes<T>; /* columns of a panel */

/* A panel of B, and the rows of A, of which a tile has at most kMatmulTileRows; rounded up to whole blocks. */
template <class T>
constexpr int64_t kLaneBytes = kDepth*(kWidth<T> + kMatmulTileRows + kRows) * static_cast<int64_t>(sizeof(T));

/* c[kR x kWidth] (+)= a[kR x k] * b[k x kWidth]. The columns of b lie side by side, its rows are b_k apart. */
template <int kR, class T>
ADJ_ALWAYS void block(const T* a, int64_t a_m, int64_t a_k, const T* b, int64_t b_k, int64_t k, T* c, int64_t ldc,
                      bool add) {
  using V = Vector<T>;
  constexpr int64_t kL = kLanes<T>;
  V sum0[kR], sum1[kR];
#pragma GCC unroll 16
  for (int i = 0; i < kR; ++i) {
    sum0[i] = add ? load<V>(c + i * ldc) : V{};
    sum1[i] = add ? load<V>(c + i * ldc + kL) : V{};
  }
  for (int64_t p = 0; p < k; ++p) {
    const V b0 = load<V>(b), b1 = load<V>(b + kL);
#pragma GCC unroll 16
    for (int i = 0; i < kR; ++i) {
      const V x = splat(a[i * a_m]);
      sum0[i] = fma(x, b0, sum0[i]);
      sum1[i] = fma(x, b1, sum1[i]);
    }
    a += a_k;
    b += b_k;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kR; ++i) {
    store(c + i * ldc, sum0[i]);
    store(c + i * ldc + kL, sum1[i]);
  }
}

template <int kR, class T>
__attribute__((noinline)) void full_block(const T* a, int64_t a_m, int64_t a_k, const T* b, int64_t b_k, int64_t k,
                                          T* c, int64_t ldc, int64_t columns, bool add) {
  if (columns == kWidth<T>) {
    block<kR>(a, a_m, a_k, b, b_k, k, c, ldc, add);
    return;
  }
  /* Fewer columns than a panel has: through a full block of scratch, so that the same arithmetic serves. */
  T scratch[kR * kWidth<T>];
  for (int64_t i = 0; i < kR; ++i) {
    for (int64_t j = 0; j < kWidth<T>; ++j) scratch[i * kWidth<T> + j] = add && j < columns ? c[i * ldc + j] : T(0);
  }
  block<kR>(a, a_m, a_k, b, b_k, k, scratch, kWidth<T>, add);
  for (int64_t i = 0; i < kR; ++i) {
    for (int64_t j = 0; j < columns; ++j) c[i * ldc + j] = scratch[i * kWidth<T> + j];
  }
}

/* Where the rows of a lie, and how far apart their elements are: in place, or packed in blocks of kRows. */
template <class T>
struct Rows {
  const T* a;
  int64_t a_m, a_k, block;
};

/* All rows of one panel of columns. */
template <class T>
ADJ_ALWAYS void panel(const MatmulTile<T>& tile, const Rows<T>& rows, const T* b, int64_t b_k, int64_t k, T* c,
                      int64_t columns, bool add) {
  int64_t i = 0;
  const T* a = rows.a;
  for (; i + kRows <= tile.rows; i += kRows) {
    full_block<kRows>(a, rows.a_m, rows.a_k, b, b_k, k, c + i * tile.ldc, tile.ldc, columns, add);
    a += rows.block;
  }
#define ADJ_REST(count)                                                                            \
  if (count < kRows && tile.rows - i >= count) {                                                   \
    full_block<count>(a, rows.a_m, rows.a_k, b, b_k, k, c + i * tile.ldc, tile.ldc, columns, add); \
    a += count * rows.a_m;                                                                         \
    i += count;                                                                                    \
  }
  ADJ_REST(8)
  ADJ_REST(4)
  ADJ_REST(2)
  ADJ_REST(1)
#undef ADJ_REST
}

/* Turns kCount <= kL runs of k contiguous elements, `apart` from one another, into k groups of kCount, `step` apart. */
template <int64_t kCount, class T>
ADJ_ALWAYS void turn(const T* from, int64_t apart, int64_t k, T* to, int64_t step) {
  constexpr int64_t kL = kLanes<T>;
  int64_t p = 0;
  for (; p + kL <= k; p += kL) {
    Vector<T> square[kL];
#pragma GCC unroll 16
    for (int64_t j = 0; j < kL; ++j) square[j] = j < kCount ? load<Vector<T>>(from + j * apart + p) : Vector<T>{};
    transpose<T>(square);
#pragma GCC unroll 16
    for (int64_t j = 0; j < kL; ++j) __builtin_memcpy(to + (p + j) * step, &square[j], kCount * sizeof(T));
  }
  for (; p < k; ++p) {
    for (int64_t j = 0; j < kCount; ++j) to[p * step + j] = from[j * apart + p];
  }
}

/* Copies `columns` columns of b, k long, into a panel of full width; the missing ones are 0. */
template <class T>
ADJ_ALWAYS void pack_columns(const T* b, int64_t b_k, int64_t b_n, int64_t k, int64_t columns, T* packed) {
  constexpr int64_t kW = kWidth<T>, kL = kLanes<T>;
  if (b_n == 1 && columns == kW) {
    for (int64_t p = 0; p < k; ++p) __builtin_memcpy(packed + p * kW, b + p * b_k, kW * sizeof(T));
    return;
  }
  if (columns < kW) __builtin_memset(packed, 0, static_cast<size_t>(k * kW) * sizeof(T));
  if (b_n == 1) {
    for (int64_t p = 0; p < k; ++p) {
      for (int64_t j = 0; j < columns; ++j) packed[p * kW + j] = b[p * b_k + j];
    }
    return;
  }
  for (int64_t j = 0; j < columns;) {
    if (columns - j >= kL) {
      turn<kL>(b + j * b_n, b_n, k, packed + j, kW);
      j += kL;
    } else {
      turn<1>(b + j * b_n, b_n, k, packed + j, kW);
      ++j;
    }
  }
}

/* Copies kCount rows of a, k long, so that their elements of one step of k lie side by side, kRows apart. */
template <int64_t kCount, class T>
ADJ_ALWAYS void pack_block(const T* a, int64_t a_m, int64_t k, T* packed) {
  constexpr int64_t kNow = kCount < kLanes<T> ? kCount : kLanes<T>;
  turn<kNow>(a, a_m, k, packed, kRows);
  if constexpr (kNow < kCount) pack_block<kCount - kNow>(a + kNow * a_m, a_m, k, packed + kNow);
}

/* Copies rows of a, whose elements lie side by side, in blocks of kRows. */
template <class T>
ADJ_ALWAYS void pack_rows(const T* a, int64_t a_m, int64_t rows, int64_t k, T* packed) {
  int64_t i = 0;
  for (; i + kRows <= rows; i += kRows) pack_block<kRows>(a + i * a_m, a_m, k, packed + i * k);
  for (int64_t r = 0; i + r < rows; ++r) pack_block<1>(a + (i + r) * a_m, a_m, k, packed + i * k + r);
}

template <class T>
ADJ_ALWAYS void multiply(const MatmulTile<T>& tile, const MatmulPlan& plan, T* packed_b, T* packed_a) {
  constexpr int64_t kW = kWidth<T>;
  if (plan.k == 0) {
    for (int64_t i = 0; i < tile.rows; ++i) {
      __builtin_memset(tile.c + i * tile.ldc, 0, static_cast<size_t>(tile.columns) * sizeof(T));
    }
    return;
  }
  /* With few rows a copy of B would cost as much as its use. */
  const bool b_in_place = plan.b_n == 1 && tile.rows <= 2 * kRows;
  /* Rows that are a multiple of 2 KiB apart share a few sets of the first cache and push each other out. */
  const bool a_in_place = plan.a_k != 1 || plan.a_m * static_cast<int64_t>(sizeof(T)) % 2048 != 0 || tile.columns <= kW;
  for (int64_t p = 0; p < plan.k; p += kDepth) {
    const int64_t k = plan.k - p < kDepth ? plan.k - p : kDepth;
    Rows<T> rows{tile.a + p * plan.a_k, plan.a_m, plan.a_k, kRows * plan.a_m};
    if (!a_in_place) {
      pack_rows(rows.a, plan.a_m, tile.rows, k, packed_a);
      rows = {packed_a, 1, kRows, kRows * k};
    }
    for (int64_t j0 = 0; j0 < tile.columns; j0 += kW) {
      const int64_t columns = tile.columns - j0 < kW ? tile.columns - j0 : kW;
      const T* b = tile.b + p * plan.b_k + j0 * plan.b_n;
      if (b_in_place && columns == kW) {
        panel(tile, rows, b, plan.b_k, k, tile.c + j0, columns, p > 0);
      } else {
        pack_columns(b, plan.b_k, plan.b_n, k, columns, packed_b);
        panel(tile, rows, static_cast<const T*>(packed_b), kW, k, tile.c + j0, columns, p > 0);
      }
    }
  }
}

template <class T>
ADJ_ALWAYS void activate(T* c, int64_t n, int32_t activation) {
  switch (activation) {
    case 1:
      for (int64_t j = 0; j < n; ++j) c[j] = c[j] <= T(0) ? T(0) : c[j];
      break;
    case 2:
      for (int64_t j = 0; j < n; ++j) c[j] = tanh_of(c[j]);
      break;
    case 3:
      for (int64_t j = 0; j < n; ++j) c[j] = sigmoid_of(c[j]);
      break;
    default:
      break;
  }
}

template <class T>
void epilogue(const void* of, const MatmulPlan& plan) {
  const MatmulTile<T>& tile = *static_cast<const MatmulTile<T>*>(of);
  for (int64_t i = 0; i < tile.rows; ++i) {
    T* c = tile.c + i * tile.ldc;
    if (tile.bias != nullptr) {
      const T* bias = tile.bias + i * plan.bias_m;
      if (plan.bias_n == 1) {
        ADJ_LOOP(int64_t j = 0; j < tile.columns; ++j) c[j] += bias[j];
      } else {
        for (int64_t j = 0; j < tile.columns; ++j) c[j] += bias[j * plan.bias_n];
      }
    }
    activate(c, tile.columns, plan.activation);
  }
}

template <class T>
void own_part(const Part& part) {
  const MatmulPlan& plan = *static_cast<const MatmulPlan*>(part.plan);
  const MatmulTile<T> tile = tile_of<T>(part, plan);
  T* packed = reinterpret_cast<T*>(part.lane);
  multiply(tile, plan, packed, packed + kDepth * kWidth<T>);
  epilogue<T>(&tile, plan);
}

constexpr MatmulLoops loops[] = {
    {ADJ_F32, own_part<float>, epilogue<float>, kLaneBytes<float>, kBlasFrom},
    {ADJ_F64, own_part<double>, epilogue<double>, kLaneBytes<double>, kBlasFrom},
};

constexpr Kernel kernels[] = {{"matmul", prepare_matmul, loops, 2, 2, 1, {0, 0, 0}}};

}  // namespace

extern const Family matmul;
const Family matmul{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

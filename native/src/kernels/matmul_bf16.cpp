/*
 * `matmulBf16`: BF16 matrices, F32 sums, with the epilogue of `matmul`. Both operands are packed once, into scratch
 * that all parts see; then tiles of the product are taken in turns. Three register blocks do the work, the best that
 * the instruction set has: AMX tiles, dot products of pairs (AVX512-BF16), or multiply-adds on widened values. It
 * refuses to choose between them at run time: this file is compiled once for each. A new one is a struct like `Wide`.
 */
#include "kernels/bf16.h"
#include "kernels/contract/loops.h"
#include "kernels/tanh.h"
#include "kernels/vector_math.h"

#if defined(__AMX_BF16__) || defined(ADJ_EMULATE_TILES)
#define ADJ_TILES
#include "kernels/tile.h"
#endif

ADJ_ISA_BEGIN
namespace {

constexpr int64_t kSlice = kBf16Slice, kPairs = kSlice / 2;

/*
 * Packed A: slices of kSlice steps of k; a slice holds the rows one after another, each with its kSlice elements side
 * by side. Packed B: panels of kColumns columns; a panel holds for each pair of steps its columns one after another,
 * each with its two elements side by side (VNNI layout). What lies beyond a matrix is 0.
 */
struct Packed {
  const void* a;
  int64_t a_slice; /* elements from one slice to the next */
  const Bf16* b;   /* of one panel */
  int64_t slices;
};

#if defined(ADJ_TILES)

/* Four tiles of C, two of A, two of B: every tile that is loaded is used twice. */
struct Tile {
  using Element = Bf16;
  static constexpr int64_t kRows = 2 * kTileRows, kColumns = 32, kDepth = 512;
  static constexpr int64_t kWork = int64_t{1} << 25, kLeastColumns = 128;

  static void begin() { ADJ_TILES_CONFIGURE(); }
  static void end() { ADJ_TILES_RELEASE(); }

  ADJ_ALWAYS static void block(const Packed& packed, float* c, int64_t ldc, bool add) {
    constexpr int64_t kHalf = kTileRows * kSlice, kStep = kPairs * kColumns * 2, kStride = 2 * kTileBytes;
    const Bf16* a = static_cast<const Bf16*>(packed.a);
    const Bf16* b = packed.b;
    const int64_t c_stride = ldc * static_cast<int64_t>(sizeof(float));
    float* low = c + kTileRows * ldc;
    ADJ_TILES_BEGIN(tiles);
    if (add) {
      ADJ_TILE_LOAD(tiles, 0, c, c_stride);
      ADJ_TILE_LOAD(tiles, 1, c + kColumns / 2, c_stride);
      ADJ_TILE_LOAD(tiles, 2, low, c_stride);
      ADJ_TILE_LOAD(tiles, 3, low + kColumns / 2, c_stride);
    } else {
      ADJ_TILE_ZERO(tiles, 0);
      ADJ_TILE_ZERO(tiles, 1);
      ADJ_TILE_ZERO(tiles, 2);
      ADJ_TILE_ZERO(tiles, 3);
    }
    for (int64_t s = 0; s < packed.slices; ++s) {
      ADJ_TILE_LOAD(tiles, 4, a, kTileBytes);
      ADJ_TILE_LOAD(tiles, 6, b, kStride);
      ADJ_TILE_DOT(tiles, 0, 4, 6);
      ADJ_TILE_LOAD(tiles, 7, b + kColumns, kStride);
      ADJ_TILE_DOT(tiles, 1, 4, 7);
      ADJ_TILE_LOAD(tiles, 5, a + kHalf, kTileBytes);
      ADJ_TILE_DOT(tiles, 2, 5, 6);
      ADJ_TILE_DOT(tiles, 3, 5, 7);
      a += packed.a_slice;
      b += kStep;
    }
    ADJ_TILE_STORE(tiles, 0, c, c_stride);
    ADJ_TILE_STORE(tiles, 1, c + kColumns / 2, c_stride);
    ADJ_TILE_STORE(tiles, 2, low, c_stride);
    ADJ_TILE_STORE(tiles, 3, low + kColumns / 2, c_stride);
    ADJ_TILES_END(tiles);
  }
};
using Engine = Tile;

#elif defined(__AVX512BF16__)

/* Twelve rows by two vectors: with two of B and one of A in flight they fill the register file. */
struct Pairs {
  using Element = Bf16;
  static constexpr int64_t kRows = 12, kColumns = 32, kDepth = 512;
  static constexpr int64_t kWork = int64_t{1} << 23, kLeastColumns = 64;

  static void begin() {}
  static void end() {}

  ADJ_ALWAYS static void block(const Packed& packed, float* c, int64_t ldc, bool add) {
    constexpr int64_t kL = kLanes<float>;
    const Bf16* a = static_cast<const Bf16*>(packed.a);
    const Bf16* b = packed.b;
    __m512 sum0[kRows], sum1[kRows];
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      sum0[i] = add ? load<__m512>(c + i * ldc) : __m512{};
      sum1[i] = add ? load<__m512>(c + i * ldc + kL) : __m512{};
    }
    for (int64_t s = 0; s < packed.slices; ++s) {
      for (int64_t p = 0; p < kPairs; ++p) {
        const __m512i b0 = load<__m512i>(b), b1 = load<__m512i>(b + 2 * kL);
#pragma GCC unroll 16
        for (int64_t i = 0; i < kRows; ++i) {
          int32_t pair;
          __builtin_memcpy(&pair, a + i * kSlice + 2 * p, sizeof(pair));
          const __m512bh x = (__m512bh)_mm512_set1_epi32(pair);
          sum0[i] = _mm512_dpbf16_ps(sum0[i], x, (__m512bh)b0);
          sum1[i] = _mm512_dpbf16_ps(sum1[i], x, (__m512bh)b1);
        }
        b += 2 * kColumns;
      }
      a += packed.a_slice;
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      store(c + i * ldc, sum0[i]);
      store(c + i * ldc + kL, sum1[i]);
    }
  }
};
using Engine = Pairs;

#else

/*
 * A is widened when it is packed, B as it is used: a shift or a mask for every kRows multiply-adds. Products of BF16
 * are exact in F32, so each element is one chain of sums in the order of k, the same bits with a fused multiply-add or
 * without.
 */
struct Wide {
  using Element = float;
#if defined(__AVX512F__)
  static constexpr int64_t kRows = 12;
#else
  static constexpr int64_t kRows = 6;
#endif
  static constexpr int64_t kColumns = 2 * kLanes<float>, kDepth = 256;
  static constexpr int64_t kWork = int64_t{1} << 23, kLeastColumns = 64;

  static void begin() {}
  static void end() {}

  ADJ_ALWAYS static void block(const Packed& packed, float* c, int64_t ldc, bool add) {
    using V = Vector<float>;
    using I = Lanes<float>;
    constexpr int64_t kL = kLanes<float>;
    const float* a = static_cast<const float*>(packed.a);
    const Bf16* b = packed.b;
    V sum0[kRows], sum1[kRows];
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      sum0[i] = add ? load<V>(c + i * ldc) : V{};
      sum1[i] = add ? load<V>(c + i * ldc + kL) : V{};
    }
    for (int64_t s = 0; s < packed.slices; ++s) {
      for (int64_t p = 0; p < kPairs; ++p) {
        const I b0 = load<I>(b), b1 = load<I>(b + 2 * kL);
        const V even0 = (V)(b0 << 16), even1 = (V)(b1 << 16);
#pragma GCC unroll 16
        for (int64_t i = 0; i < kRows; ++i) {
          const V x = splat(a[i * kSlice + 2 * p]);
          sum0[i] = fma(x, even0, sum0[i]);
          sum1[i] = fma(x, even1, sum1[i]);
        }
        const V odd0 = (V)(b0 & ~0xFFFF), odd1 = (V)(b1 & ~0xFFFF);
#pragma GCC unroll 16
        for (int64_t i = 0; i < kRows; ++i) {
          const V x = splat(a[i * kSlice + 2 * p + 1]);
          sum0[i] = fma(x, odd0, sum0[i]);
          sum1[i] = fma(x, odd1, sum1[i]);
        }
        b += 2 * kColumns;
      }
      a += packed.a_slice;
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kRows; ++i) {
      store(c + i * ldc, sum0[i]);
      store(c + i * ldc + kL, sum1[i]);
    }
  }
};
using Engine = Wide;

#endif

using Element = Engine::Element;
constexpr int64_t kRows = Engine::kRows, kColumns = Engine::kColumns, kDepth = Engine::kDepth;
constexpr int64_t kL = kLanes<float>;

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
void pack_panel(const Bf16* b, const Bf16Plan& plan, int64_t k0, int64_t steps, int64_t columns, Bf16* to) {
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
void pack_rows(const Bf16* a, const Bf16Plan& plan, int64_t k0, int64_t slices, int64_t rows, int64_t padded,
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

/* One block of the product; through scratch where it is cut off, so that the same arithmetic serves. */
ADJ_ALWAYS void block_of(const Packed& packed, float* c, int64_t ldc, int64_t rows, int64_t columns, bool add) {
  if (rows == kRows && columns == kColumns) {
    Engine::block(packed, c, ldc, add);
    return;
  }
  alignas(64) float scratch[kRows * kColumns];
  if (add) {
    for (int64_t i = 0; i < kRows; ++i) {
      for (int64_t j = 0; j < kColumns; ++j) scratch[i * kColumns + j] = i < rows && j < columns ? c[i * ldc + j] : 0;
    }
  }
  Engine::block(packed, scratch, kColumns, add);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) c[i * ldc + j] = scratch[i * kColumns + j];
  }
}

__attribute__((noinline)) void block(const Packed& packed, float* c, int64_t ldc, int64_t rows, int64_t columns,
                                     bool add) {
  block_of(packed, c, ldc, rows, columns, add);
}

ADJ_ALWAYS void activate(float* c, int64_t n, int32_t activation) {
  switch (activation) {
    case 1:
      for (int64_t j = 0; j < n; ++j) c[j] = c[j] <= 0.0f ? 0.0f : c[j];
      break;
    case 2:
      tanh_row(c, c, n);
      break;
    case 3:
      for (int64_t j = 0; j < n; ++j) c[j] = sigmoid_of(c[j]);
      break;
    default:
      break;
  }
}

ADJ_ALWAYS void epilogue(const Bf16Plan& plan, const float* bias, float* c, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i, c += plan.n) {
    if (plan.has_bias != 0) {
      const float* line = bias + i * plan.bias_m;
      if (plan.bias_n == 1) {
        ADJ_LOOP(int64_t j = 0; j < columns; ++j) c[j] += line[j];
      } else {
        for (int64_t j = 0; j < columns; ++j) c[j] += line[j * plan.bias_n];
      }
    }
    activate(c, columns, plan.activation);
  }
}

/* Stage 1: a panel of B, or some rows of A, into shared scratch. */
void pack_part(const Part& part) {
  const Bf16Plan& plan = *static_cast<const Bf16Plan*>(part.plan);
  const int64_t steps = plan.slices * kSlice, panels = plan.padded_n / kColumns;
  if (part.index < panels) {
    const int64_t j = part.index * kColumns, columns = plan.n - j < kColumns ? plan.n - j : kColumns;
    Bf16* to = reinterpret_cast<Bf16*>(part.shared + plan.packed_b) + part.index * steps * kColumns;
    pack_panel(reinterpret_cast<const Bf16*>(part.at[1]) + j * plan.b_n, plan, 0, steps, columns, to);
    return;
  }
  const int64_t i = (part.index - panels) * kBf16PackRows;
  const int64_t left = plan.m - i < 0 ? 0 : plan.m - i, rows = left < kBf16PackRows ? left : kBf16PackRows;
  const int64_t padded = plan.padded_m - i < kBf16PackRows ? plan.padded_m - i : kBf16PackRows;
  pack_rows(reinterpret_cast<const Bf16*>(part.at[0]) + i * plan.a_m, plan, 0, plan.slices, rows, padded,
            reinterpret_cast<Element*>(part.shared) + i * kSlice, plan.padded_m * kSlice);
}

/* Stage 2: one tile of the product. Where nothing is packed yet, it packs what it needs for itself. */
void multiply_part(const Part& part) {
  const Bf16Plan& plan = *static_cast<const Bf16Plan*>(part.plan);
  const int64_t per_batch = plan.tiles_m * plan.tiles_n, batch = part.index / per_batch;
  const int64_t i0 = part.index % per_batch / plan.tiles_n * plan.tile_m;
  const int64_t j0 = part.index % plan.tiles_n * plan.tile_n;
  const int64_t rows = plan.m - i0 < plan.tile_m ? plan.m - i0 : plan.tile_m;
  const int64_t columns = plan.n - j0 < plan.tile_n ? plan.n - j0 : plan.tile_n;
  int64_t a_at = i0 * plan.a_m, b_at = j0 * plan.b_n, bias_at = i0 * plan.bias_m + j0 * plan.bias_n, rest = batch;
  for (int d = plan.batch_rank - 1; d >= 0; --d) {
    const int64_t at = rest % plan.batch_dims[d];
    rest /= plan.batch_dims[d];
    a_at += at * plan.batch_a[d];
    b_at += at * plan.batch_b[d];
    bias_at += at * plan.batch_bias[d];
  }
  float* c = reinterpret_cast<float*>(part.at[plan.has_bias != 0 ? 3 : 2]) + batch * plan.m * plan.n + i0 * plan.n + j0;
  if (plan.slices == 0) {
    for (int64_t i = 0; i < rows; ++i) __builtin_memset(c + i * plan.n, 0, static_cast<size_t>(columns) * sizeof(*c));
  }
  const bool shared = plan.shared;
  const int64_t depth = kDepth / kSlice;
  if (plan.slices > 0) Engine::begin();
  for (int64_t s0 = 0; s0 < plan.slices; s0 += depth) {
    const int64_t slices = plan.slices - s0 < depth ? plan.slices - s0 : depth, steps = slices * kSlice;
    const Element* a;
    const Bf16* b;
    int64_t a_slice, b_panel;
    if (shared) {
      a_slice = plan.padded_m * kSlice;
      b_panel = plan.slices * kSlice * kColumns;
      a = reinterpret_cast<const Element*>(part.shared) + s0 * a_slice + i0 * kSlice;
      b = reinterpret_cast<const Bf16*>(part.shared + plan.packed_b) + j0 / kColumns * b_panel + s0 * kSlice * kColumns;
    } else {
      const int64_t padded = (rows + kRows - 1) / kRows * kRows;
      Element* to_a = reinterpret_cast<Element*>(part.lane);
      Bf16* to_b = reinterpret_cast<Bf16*>(part.lane + plan.packed_b);
      a_slice = padded * kSlice;
      b_panel = steps * kColumns;
      pack_rows(reinterpret_cast<const Bf16*>(part.at[0]) + a_at, plan, s0 * kSlice, slices, rows, padded, to_a,
                a_slice);
      for (int64_t j = 0; j < columns; j += kColumns) {
        pack_panel(reinterpret_cast<const Bf16*>(part.at[1]) + b_at + j * plan.b_n, plan, s0 * kSlice, steps,
                   columns - j < kColumns ? columns - j : kColumns, to_b + j / kColumns * b_panel);
      }
      a = to_a;
      b = to_b;
    }
    for (int64_t j = 0; j < columns; j += kColumns) {
      for (int64_t i = 0; i < rows; i += kRows) {
        block({a + i * kSlice, a_slice, b + j / kColumns * b_panel, slices}, c + i * plan.n + j, plan.n,
              rows - i < kRows ? rows - i : kRows, columns - j < kColumns ? columns - j : kColumns, s0 > 0);
      }
    }
  }
  if (plan.slices > 0) Engine::end();
  epilogue(plan, plan.has_bias != 0 ? reinterpret_cast<const float*>(part.at[2]) + bias_at : nullptr, c, rows, columns);
}

constexpr Bf16Loops loops[] = {{ADJ_BF16, pack_part, multiply_part, kRows, kColumns, kDepth, sizeof(Element),
                                Engine::kWork, Engine::kLeastColumns}};

constexpr Kernel kernels[] = {{"matmulBf16", prepare_matmul_bf16, loops, 1, 2, 1, {0, 0, 0}}};

}  // namespace

extern const Family matmul_bf16;
const Family matmul_bf16{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

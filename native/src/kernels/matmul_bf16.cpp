/*
 * `matmulBf16`: BF16 matrices, F32 sums, with the epilogue of `matmul`. Both operands are packed once, into scratch
 * that all parts see; then tiles of the product are taken in turns. matmul_bf16_block.h multiplies, matmul_bf16_pack.h
 * packs; what to pack for whom is plan/matmul_bf16.cpp's choice.
 */
#include "kernels/epilogue.h"
#include "kernels/matmul_bf16_block.h"
#include "kernels/matmul_bf16_pack.h"

ADJ_ISA_BEGIN
namespace {

using namespace bf16;

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
  const ProductStart start = start_of(plan, batch, i0, j0);
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
      pack_rows(reinterpret_cast<const Bf16*>(part.at[0]) + start.a, plan, s0 * kSlice, slices, rows, padded, to_a,
                a_slice);
      for (int64_t j = 0; j < columns; j += kColumns) {
        pack_panel(reinterpret_cast<const Bf16*>(part.at[1]) + start.b + j * plan.b_n, plan, s0 * kSlice, steps,
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
  const float* bias = plan.has_bias != 0 ? reinterpret_cast<const float*>(part.at[2]) + start.bias : nullptr;
  finish_rows(c, plan.n, rows, columns, Epilogue<float>{bias, plan.bias_m, plan.bias_n, plan.activation});
}

constexpr Bf16Loops loops[] = {{ADJ_BF16, pack_part, multiply_part, kRows, kColumns, kDepth, sizeof(Element),
                                Engine::kWork, Engine::kLeastColumns}};

constexpr Kernel kernels[] = {{{"matmulBf16", 2, {0, 0, 0}}, prepare_matmul_bf16, loops, 1, 1}};

}  // namespace

extern const Family matmul_bf16;
const Family matmul_bf16{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * matmul: what its plan is, which tile a part has, and the loops that each instruction set supplies. Plain structs
 * only, for the reason given in kernel.h.
 */
#pragma once

#include "kernels/plan/product.h"

namespace adjoint {

/* Where the blocks of a product read an operand: where it lies, in the tile's own copy, or in one made for all tiles.
 */
enum class Source : int32_t { kInPlace, kOwn, kShared };

/* Which operand is a vector whose product has a loop of its own: none, A as the only row, B as the only column. */
enum class Single : int32_t { kNone, kRow, kColumn };

struct MatmulPlan : ProductPlan {
  int64_t depth; /* of a block of k */
  /* Into how many blocks of k a product is split that is too small to be cut otherwise, 0 if it is not. */
  int64_t splits;
  Source a, b;
  Single single;
  int64_t shared_b_at, lane_a_at;  /* bytes: the copies of b in shared scratch, of a in a thread's */
  int64_t run_at, sums_at;         /* bytes in a thread's scratch: a tile's run of blocks, its sums; see kLongFrom */
  const struct MatmulLoops* loops; /* whose epilogue follows a tile of OpenBLAS' */
};

/*
 * From more steps of k than this on, blocks of F32 are added in F32 in runs of so many, and runs in double: how much
 * rounding takes would grow with k otherwise. The tile that runs are added in costs less than a hundredth of the time.
 */
inline constexpr int64_t kLongFrom = int64_t{1} << 16;
inline constexpr int64_t kRunBlocks = 16;

/* So much of B stays in the second cache beside anything else. */
inline constexpr int64_t kNearBytes = 65536;

/* A tile of the product: `rows` x `columns` at c, whose rows are `ldc` apart. */
template <class T>
struct MatmulTile {
  const T* a;
  const T* b;
  T* c;
  const T* bias; /* null for none */
  int64_t rows, columns, ldc;
  int64_t batch, i, j; /* where it starts */
};

/* Tile (row, column) of the grid. Operands are a, b, the bias if there is one, and c. */
template <class T>
ADJ_ALWAYS MatmulTile<T> tile_at(const Part& part, const MatmulPlan& plan, int64_t batch, int64_t row, int64_t column) {
  const int64_t i = row * plan.tile_m, j = column * plan.tile_n;
  const ProductStart start = start_of(plan, batch, i, j);
  return {reinterpret_cast<const T*>(part.at[0]) + start.a,
          reinterpret_cast<const T*>(part.at[1]) + start.b,
          reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + batch * plan.m * plan.n + i * plan.n + j,
          plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + start.bias : nullptr,
          plan.m - i < plan.tile_m ? plan.m - i : plan.tile_m,
          plan.n - j < plan.tile_n ? plan.n - j : plan.tile_n,
          plan.n,
          batch,
          i,
          j};
}

/* The tile that is a part's. */
template <class T>
ADJ_ALWAYS MatmulTile<T> tile_of(const Part& part, const MatmulPlan& plan) {
  const int64_t per_batch = plan.tiles_m * plan.tiles_n;
  if (per_batch == 1) return tile_at<T>(part, plan, part.index, 0, 0);
  const int64_t within = part.index % per_batch;
  return tile_at<T>(part, plan, part.index / per_batch, within / plan.tiles_n, within % plan.tiles_n);
}

struct MatmulLoops {
  int32_t dtype;
  Run own;                                                    /* one tile by our kernels */
  Run pack;                                                   /* one block of k of shared copies */
  Run split;                                                  /* one block of k of a whole product, to scratch */
  Run join;                                                   /* those of some rows, added in order */
  void (*epilogue)(const void* tile, const MatmulPlan& plan); /* bias and activation of a tile, whoever computed it */
  int64_t rows, width;                                        /* of a register block: rows of A, columns of B */
  int64_t depth;                                              /* the most steps of k of a block */
  bool masked_loads; /* whether B can be read in place where its columns are no multiple of the width */
  int64_t blas_from; /* multiply-adds from which OpenBLAS is faster, by measurement */
};

void prepare_matmul(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

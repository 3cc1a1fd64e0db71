/*
 * The attention family: what its plans are. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/attention.h"
#include "kernels/kernel.h"

namespace adjoint {

/*
 * Queries and keys go in tiles, whose scores a thread has in its scratch. Keys and values lie in panels of columns in
 * scratch that all parts see: for each head and tile of keys, kᵀ, then v; of the gradient a thread packs them itself.
 */
struct AttentionPlan : AttentionCall {
  int64_t query_tile, key_tile;   /* the most of each in a tile */
  int64_t query_tiles, key_tiles; /* how many there are */
  /* Elements of panels: `tile_` those of one tile of keys, which begins with kᵀ. */
  int64_t tile_keys, tile_values;
  /* Of the gradient: the tiles of keys of a head are dealt out to so many parts, each of which adds up a dq. */
  int64_t shares;
  int64_t products_at, shares_at; /* bytes in shared scratch: g·y of each query, the shares' dq */
  /* Bytes in a thread's scratch. */
  int64_t scores_at, slopes_at, peaks_at, sums_at, keys_at, values_at, rows_at, queries_at, cotangents_at;
};

struct AttentionLoops {
  int32_t dtype;
  Run first;           /* forward: packs a tile of keys and values; backward: g·y of some queries */
  Run tiles;           /* forward: a tile of queries; backward: a share of a head's tiles of keys */
  Run join;            /* backward: adds up the shares of some of dq */
  int64_t rows, width; /* of a register block */
};

/* Queries whose g·y a part computes; elements of dq that a part joins. */
inline constexpr int64_t kProductsAtOnce = 256;
inline constexpr int64_t kJoinedAtOnce = 8192;

void prepare_attention(const Kernel&, const Call&, const Machine&, Step&);
void prepare_attention_grad(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

/* Plans the attention family: tiles that fit the second cache, by shape and instruction set alone. */
#include "kernels/plan/attention.h"

#include <algorithm>

#include "kernels/plan/plan.h"
#include "runtime/layout.h"

namespace adjoint {
namespace {

/* Rows of queries of a tile, in register blocks, and keys of a tile: their scores take some 50 KiB of F32. */
constexpr int64_t kQueryBlocks = 16;
constexpr int64_t kKeyTile = 128;

/* Parts of a gradient that are enough for the threads of a large machine, and the most of one head. */
constexpr int64_t kEnoughParts = 16;
constexpr int64_t kMostShares = 8;

/* Puts `elements` of T into scratch; returns where they begin. */
int64_t place(int64_t& bytes, int64_t elements, int64_t size) {
  const int64_t at = bytes;
  bytes = plus(bytes, round_up(times(elements, size), 64));
  return at;
}

AttentionPlan& plan_tiles(const AttentionCall& call, const AttentionLoops& loops, Step& step) {
  AttentionPlan& plan = plan_in<AttentionPlan>(step, call);
  plan.query_tile = std::clamp<int64_t>(plan.queries, 1, kQueryBlocks * loops.rows);
  plan.key_tile = std::clamp<int64_t>(plan.keys, 1, kKeyTile);
  plan.query_tiles = ceil_div(plan.queries, plan.query_tile);
  plan.key_tiles = ceil_div(plan.keys, plan.key_tile);
  plan.tile_keys = times(plan.size, round_up(plan.key_tile, loops.width));
  plan.tile_values = times(plan.key_tile, round_up(plan.value_size, loops.width));
  return plan;
}

}  // namespace

void prepare_attention(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const AttentionCall checked = check_attention(kernel, call);
  const AttentionLoops& loops = loops_for<AttentionLoops>(kernel, checked.dtype);
  AttentionPlan& plan = plan_tiles(checked, loops, step);
  const int64_t size = size_of(plan.dtype), scores = times(plan.query_tile, plan.key_tile);
  plan.scores_at = place(step.lane_bytes, scores, size);
  plan.peaks_at = place(step.lane_bytes, plan.query_tile, size);
  plan.sums_at = place(step.lane_bytes, plan.query_tile, sizeof(double));
  const int64_t parts = times(times(plan.batches, plan.heads), plan.query_tiles);
  if (parts == 0) return;
  const int64_t tiles = times(times(plan.batches, plan.key_heads), plan.key_tiles);
  step.shared_bytes = times(times(tiles, plus(plan.tile_keys, plan.tile_values)), size);
  add_stage(step, loops.first, tiles);
  add_stage(step, loops.tiles, parts);
}

void prepare_attention_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const AttentionCall checked = check_attention_grad(kernel, call);
  const AttentionLoops& loops = loops_for<AttentionLoops>(kernel, checked.dtype);
  AttentionPlan& plan = plan_tiles(checked, loops, step);
  const int64_t size = size_of(plan.dtype), scores = times(plan.query_tile, plan.key_tile);
  plan.scores_at = place(step.lane_bytes, scores, size);
  plan.slopes_at = place(step.lane_bytes, scores, size);
  plan.keys_at = place(step.lane_bytes, plan.tile_keys, size);
  plan.values_at = place(step.lane_bytes, times(plan.value_size, round_up(plan.key_tile, loops.width)), size);
  const int64_t wide = round_up(plan.size, loops.width);
  plan.rows_at = place(step.lane_bytes, times(plan.key_tile, wide), size);
  plan.queries_at = place(step.lane_bytes, times(plan.query_tile, wide), size);
  plan.cotangents_at = place(step.lane_bytes, times(plan.query_tile, round_up(plan.value_size, loops.width)), size);
  const int64_t rows = times(times(plan.batches, plan.heads), plan.queries);
  const int64_t heads = times(plan.batches, plan.key_heads);
  if (heads == 0 || (rows == 0 && plan.keys == 0)) return;
  plan.shares =
      std::clamp<int64_t>(ceil_div(kEnoughParts, heads), 1, std::clamp<int64_t>(plan.key_tiles, 1, kMostShares));
  plan.products_at = place(step.shared_bytes, rows, size);
  const int64_t slopes = times(rows, plan.size);
  plan.shares_at = place(step.shared_bytes, plan.shares > 1 ? times(plan.shares, slopes) : 0, size);
  add_stage(step, loops.first, ceil_div(rows, kProductsAtOnce));
  add_stage(step, loops.tiles, times(heads, plan.shares));
  if (plan.shares > 1) add_stage(step, loops.join, ceil_div(slopes, kJoinedAtOnce));
}

}  // namespace adjoint

/*
 * Plans matmulBf16: chooses whether operands are packed once for all or tile by tile, and lays the
 * grid of tiles, by shape and instruction set alone. It knows no instruction set: the sizes of blocks are the row's.
 */
#include "kernels/plan/matmul_bf16.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kLine = 64; /* bytes of a cache line */
/* Padding may make small or thin matrices much larger; past these, operands are packed tile by tile. */
constexpr int64_t kMostShared = int64_t{1} << 20, kMostGrowth = 8;

/* Narrower tiles first: rows share what is loaded of a panel. */
void lay_tiles(Bf16Plan& plan, const Bf16Loops& loops) {
  plan.tile_m = std::min(plan.padded_m, kBf16TileRows);
  const int64_t step = 2 * loops.columns;
  const int64_t columns = loops.work / std::max<int64_t>(times(plan.tile_m, plan.k), 1) / step * step;
  plan.tile_n = std::min(plan.padded_n, std::clamp(columns, round_up(loops.least_columns, step), 8 * step));
  plan.tiles_m = ceil_div(plan.m, plan.tile_m);
  plan.tiles_n = ceil_div(plan.n, plan.tile_n);
}

int64_t a_bytes(const Bf16Loops& loops, int64_t rows, int64_t steps) {
  return round_up(times(times(rows, steps), loops.element), kLine);
}

int64_t b_bytes(int64_t columns, int64_t steps) { return times(times(columns, steps), 2); }

void plan_matmul_bf16(const Kernel& kernel, const ProductCall& call, Step& step) {
  const Bf16Loops& loops = loops_for<Bf16Loops>(kernel, call.dtype);
  if (call.batches == 0) return;
  Bf16Plan& plan = plan_in<Bf16Plan>(step, call);
  plan.slices = ceil_div(plan.k, kBf16Slice);
  plan.padded_m = round_up(plan.m, loops.rows);
  plan.padded_n = round_up(plan.n, loops.columns);
  lay_tiles(plan, loops);
  const int64_t tiles = times(plan.tiles_m, plan.tiles_n);
  const int64_t steps = times(plan.slices, kBf16Slice);
  const int64_t all_a = a_bytes(loops, plan.padded_m, steps), all_b = b_bytes(plan.padded_n, steps);
  const int64_t given = plus(times(plan.m, plan.k), times(plan.k, plan.n));
  plan.shared = plan.slices > 0 && plan.batches == 1 && tiles > 1 &&
                all_a / 2 + all_b / 2 <= std::max(kMostShared, times(given, kMostGrowth / 2));
  if (plan.shared) {
    plan.packed_b = all_a;
    step.shared_bytes = plus(all_a, all_b);
    const int64_t of_a = ceil_div(plan.padded_m, kBf16PackRows), of_b = plan.padded_n / loops.columns;
    add_stage(step, loops.pack, plus(of_b, of_a), part_elements(1) / times(steps, loops.columns));
  } else if (plan.slices > 0) {
    const int64_t depth = std::min(steps, loops.depth);
    plan.packed_b = a_bytes(loops, plan.tile_m, depth);
    step.lane_bytes = plus(plan.packed_b, b_bytes(plan.tile_n, depth));
  }
  const int64_t work = times(times(plan.tile_m, plan.tile_n), std::max<int64_t>(plan.k, 1));
  add_stage(step, loops.multiply, times(plan.batches, tiles), loops.work / 4 / std::max<int64_t>(work, 1));
}

}  // namespace

void prepare_matmul_bf16(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_matmul_bf16(kernel, check_matmul_bf16(kernel, call), step);
}

}  // namespace adjoint

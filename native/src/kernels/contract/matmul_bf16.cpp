/*
 * Plans matmulBf16: checks the layouts, chooses whether operands are packed once for all or tile by tile, and lays the
 * grid of tiles, by shape and instruction set alone. It knows no instruction set: the sizes of blocks are the row's.
 */
#include <algorithm>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

constexpr int64_t kLine = 64; /* bytes of a cache line */
/* Padding may make small or thin matrices much larger; past these, operands are packed tile by tile. */
constexpr int64_t kMostShared = int64_t{1} << 20, kMostGrowth = 8;

int64_t round_up(int64_t x, int64_t step) { return ceil_div(x, step) * step; }

int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* A matrix may be stored by rows or by columns. Fixes the stride of an axis that is too short to have one. */
void check_layout(const Named& of, int64_t rows, int64_t columns, int64_t& row_stride, int64_t& column_stride) {
  if (rows == 0 || columns == 0) return;
  const bool by_rows = (column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1);
  const bool by_columns = (row_stride == 1 || rows == 1) && (column_stride >= rows || columns == 1);
  if (!by_rows && !by_columns) {
    fail(ADJ_INVALID_IMAGE, "%s: %s %d %s has strides %lld, %lld: one must be 1, the other span the contiguous axis",
         of.kernel.name, of.side, of.index, shape_text(of.operand).c_str(), static_cast<long long>(row_stride),
         static_cast<long long>(column_stride));
  }
  if (by_rows) {
    column_stride = 1;
    row_stride = rows == 1 ? columns : row_stride;
  } else {
    row_stride = 1;
    column_stride = columns == 1 ? rows : column_stride;
  }
}

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
  const int64_t bytes = times(times(rows, steps), loops.element);
  return bytes > INT64_MAX / 2 ? bytes : round_up(bytes, kLine);
}

int64_t b_bytes(int64_t columns, int64_t steps) { return times(times(columns, steps), 2); }

}  // namespace

void prepare_matmul_bf16(const Kernel& kernel, const Call& call, Step& step) {
  if (call.ints_count != 2) check_counts(kernel, call, 2, kernel.inputs, 1);
  check_int(kernel, "hasBias", call.ints[0], 0, 1);
  check_int(kernel, "activation", call.ints[1], 0, 3);
  const int32_t has_bias = static_cast<int32_t>(call.ints[0]);
  check_counts(kernel, call, 2, kernel.inputs + has_bias, 1);
  const Operand &a = call.inputs[0], &b = call.inputs[1], &c = call.outputs[0];
  const Bf16Loops& loops = loops_for<Bf16Loops>(kernel, a.dtype);
  const int rank = a.rank;
  check_int(kernel, "rank", rank, 2, kMaxRank);
  check_dtype(input(kernel, call, 1), a.dtype);
  check_dtype(output(kernel, call, 0), ADJ_F32);
  check_rank(input(kernel, call, 1), rank);
  check_rank(output(kernel, call, 0), rank);

  Bf16Plan& plan = plan_of<Bf16Plan>(step);
  plan.m = a.dims[rank - 2];
  plan.k = a.dims[rank - 1];
  plan.n = b.dims[rank - 1];
  if (b.dims[rank - 2] != plan.k) {
    fail(ADJ_INVALID_IMAGE, "%s: inner sizes differ: %s x %s", kernel.name, shape_text(a).c_str(),
         shape_text(b).c_str());
  }
  for (int d = 0; d < rank - 2; ++d) {
    check_dim(input(kernel, call, 1), d, a.dims[d]);
    check_dim(output(kernel, call, 0), d, a.dims[d]);
  }
  check_dim(output(kernel, call, 0), rank - 2, plan.m);
  check_dim(output(kernel, call, 0), rank - 1, plan.n);
  check_contiguous(output(kernel, call, 0));
  if (has_bias != 0) {
    check_dtype(input(kernel, call, 2), ADJ_F32);
    check_dims(input(kernel, call, 2), c);
  }
  const int64_t elements = count_of(c);
  if (elements == 0) return;

  plan.a_m = a.strides[rank - 2];
  plan.a_k = a.strides[rank - 1];
  plan.b_k = b.strides[rank - 2];
  plan.b_n = b.strides[rank - 1];
  check_layout(input(kernel, call, 0), plan.m, plan.k, plan.a_m, plan.a_k);
  check_layout(input(kernel, call, 1), plan.k, plan.n, plan.b_k, plan.b_n);
  plan.has_bias = has_bias;
  plan.activation = static_cast<int32_t>(call.ints[1]);
  if (has_bias != 0) {
    plan.bias_m = call.inputs[2].strides[rank - 2];
    plan.bias_n = call.inputs[2].strides[rank - 1];
  }
  plan.batch_rank = rank - 2;
  for (int d = 0; d < rank - 2; ++d) {
    plan.batch_dims[d] = c.dims[d];
    plan.batch_a[d] = a.strides[d];
    plan.batch_b[d] = b.strides[d];
    plan.batch_bias[d] = has_bias != 0 ? call.inputs[2].strides[d] : 0;
  }
  plan.slices = ceil_div(plan.k, kBf16Slice);
  plan.padded_m = round_up(plan.m, loops.rows);
  plan.padded_n = round_up(plan.n, loops.columns);
  lay_tiles(plan, loops);
  const int64_t tiles = plan.tiles_m * plan.tiles_n, batches = elements / (plan.m * plan.n);
  const int64_t steps = plan.slices * kBf16Slice;
  const int64_t all_a = a_bytes(loops, plan.padded_m, steps), all_b = b_bytes(plan.padded_n, steps);
  const int64_t given = times(plan.m, plan.k) + times(plan.k, plan.n);
  plan.shared = plan.slices > 0 && batches == 1 && tiles > 1 &&
                all_a / 2 + all_b / 2 <= std::max(kMostShared, times(given, kMostGrowth / 2));
  if (plan.shared) {
    plan.packed_b = all_a;
    step.shared_bytes = all_a + all_b;
    const int64_t of_a = ceil_div(plan.padded_m, kBf16PackRows), of_b = plan.padded_n / loops.columns;
    add_stage(step, loops.pack, of_b + of_a, part_elements(1) / (steps * loops.columns));
  } else if (plan.slices > 0) {
    const int64_t depth = std::min(steps, loops.depth);
    plan.packed_b = a_bytes(loops, plan.tile_m, depth);
    step.lane_bytes = plan.packed_b + b_bytes(plan.tile_n, depth);
  }
  const int64_t work = times(times(plan.tile_m, plan.tile_n), std::max<int64_t>(plan.k, 1));
  add_stage(step, loops.multiply, batches * tiles, loops.work / 4 / std::max<int64_t>(work, 1));
}

}  // namespace adjoint

/*
 * Plans matmul: checks the layouts, chooses between our own loops and OpenBLAS, and lays the grid of tiles, all by
 * shape and instruction set alone. Columns are split before rows, which costs OpenBLAS least. It also calls OpenBLAS,
 * since that needs no instruction set of ours.
 */
#include <algorithm>
#include <type_traits>

#include "kernels/contract/checks.h"
#include "runtime/blas.h"

namespace adjoint {
namespace {

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

template <class T>
void run_blas(const Part& part) {
  const MatmulPlan& plan = *static_cast<const MatmulPlan*>(part.plan);
  const MatmulTile<T> tile = tile_of<T>(part, plan);
  const bool a_by_rows = plan.a_k == 1, b_by_rows = plan.b_n == 1;
  const int a_order = a_by_rows ? kCblasNoTrans : kCblasTrans, b_order = b_by_rows ? kCblasNoTrans : kCblasTrans;
  const int m = static_cast<int>(tile.rows), n = static_cast<int>(tile.columns), k = static_cast<int>(plan.k);
  const int lda = static_cast<int>(a_by_rows ? plan.a_m : plan.a_k);
  const int ldb = static_cast<int>(b_by_rows ? plan.b_k : plan.b_n);
  const int ldc = static_cast<int>(tile.ldc);
  {
    const BlasTurn turn;
    if constexpr (std::is_same_v<T, float>) {
      turn.table.sgemm(kCblasRowMajor, a_order, b_order, m, n, k, 1.0f, tile.a, lda, tile.b, ldb, 0.0f, tile.c, ldc);
    } else {
      turn.table.dgemm(kCblasRowMajor, a_order, b_order, m, n, k, 1.0, tile.a, lda, tile.b, ldb, 0.0, tile.c, ldc);
    }
  }
  plan.loops->epilogue(&tile, plan);
}

/* A few rows are hardly more than a matrix and a vector, which we read in place and OpenBLAS copies. */
constexpr int64_t kBlasRows = 4;

int64_t round_up(int64_t x, int64_t step) { return ceil_div(x, step) * step; }

/* The product of sizes, saturated. */
int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* Cuts `size` into pieces of at most about `piece`, an even number of them, as even as multiples of `step` allow. */
void cut(int64_t size, int64_t piece, int64_t step, int64_t& tile, int64_t& tiles) {
  const int64_t pieces = ceil_div(size, piece);
  tile = std::min(size, round_up(ceil_div(size, pieces > 1 ? round_up(pieces, 2) : 1), step));
  tiles = ceil_div(size, tile);
}

/* OpenBLAS copies its operands anew for every tile: narrower tiles first, then shorter ones. */
void lay_blas_tiles(MatmulPlan& plan) {
  constexpr int64_t kWork = 1 << 22, kRowStep = 192, kColumnStep = 128;
  const int64_t columns = kWork / times(plan.m, plan.k) / kColumnStep * kColumnStep;
  plan.tile_n = std::min(plan.n, std::max(columns, kColumnStep));
  const int64_t rows = kWork / times(plan.k, plan.tile_n) / kRowStep * kRowStep;
  plan.tile_m = std::min(plan.m, std::max(rows, kRowStep));
  plan.tiles_m = ceil_div(plan.m, plan.tile_m);
  plan.tiles_n = ceil_div(plan.n, plan.tile_n);
}

/* Multiply-adds of a tile: a part of some ten microseconds. */
constexpr int64_t kTileWork = 1 << 19;

/* Up to so many rows one tile has them all, and copies its columns of B while they are in its cache: sharing would send
 * the copy of B through memory. */
constexpr int64_t kOwnRows = 512;

/* So much of B stays in the second cache beside anything else: tiles are rows of the whole width. */
constexpr int64_t kNearBytes = 65536;

/* Multiply-adds from which a stage of its own for copies pays. */
constexpr int64_t kSharedFrom = 1 << 23;
constexpr int64_t kSharedBytes = int64_t{1} << 27;

/* Rows a multiple of this apart share a few sets of the first cache and push each other out. */
constexpr int64_t kConflictBytes = 2048;

/* Up to so many elements a product is too small to be cut by rows and columns; and what one part of their joining
 * takes. */
constexpr int64_t kSplitElements = 1 << 14;
constexpr int64_t kJoinElements = 1 << 11;

/* From so many steps of k on, blocks are even in number, so that two threads can have as many each. By k alone: else an
 * element would depend on the other sizes. */
constexpr int64_t kEvenDepth = 1024;

/* Scratch of a thread for a tile's own copies. */
void take_lanes(MatmulPlan& plan, const MatmulLoops& loops, int64_t size, Step& step) {
  if (plan.b == Source::kOwn) plan.lane_a_at = round_up(plan.tile_n, loops.width) * plan.depth * size;
  step.lane_bytes = plan.lane_a_at;
  if (plan.a == Source::kOwn) step.lane_bytes += plan.tile_m * plan.depth * size;
}

void lay_own_tiles(MatmulPlan& plan, const MatmulLoops& loops, int64_t size, Step& step) {
  const int64_t m = plan.m, n = plan.n, k = plan.k, width = loops.width;
  const int64_t work = times(times(m, n), k);
  int64_t blocks = k == 0 ? 0 : ceil_div(k, loops.depth);
  if (k >= kEvenDepth) blocks = round_up(blocks, 2);
  plan.depth = blocks < 2 ? std::max<int64_t>(k, 1) : round_up(ceil_div(k, blocks), 16);
  blocks = ceil_div(k, plan.depth);

  /* A is read once for every panel of columns: a copy pays if there are some, and if it cannot be read well. */
  const bool a_apart = plan.a_k == 1 ? plan.a_m * size % kConflictBytes == 0 : k > 64;
  plan.a = n > 2 * width && m > loops.rows && a_apart ? Source::kOwn : Source::kInPlace;
  /* B is read once for every block of rows. */
  const bool whole = loops.masked_loads || n % width == 0;
  const bool near = m <= 2 * loops.rows || (plan.b_k <= 2 * width && k * plan.b_k * size <= 32768);
  plan.b = plan.b_n == 1 && whole && near ? Source::kInPlace : Source::kOwn;

  const int64_t all = times(times(m, n), plan.batches);
  if (blocks >= 2 && all <= kSplitElements && work >= kTileWork && all * size <= kSharedBytes / blocks) {
    plan.splits = blocks;
    plan.tile_n = n;
    plan.tiles_n = 1;
    plan.tile_m = m;
    take_lanes(plan, loops, size, step);
    cut(m, ceil_div(kJoinElements, n), 1, plan.tile_m, plan.tiles_m);
    step.shared_bytes = all * blocks * size;
    add_stage(step, loops.split, plan.batches * blocks, kTileWork / 2 / (m * n * plan.depth));
    add_stage(step, loops.join, plan.batches * plan.tiles_m);
    return;
  }

  const bool can_share = work >= kSharedFrom &&
                         times(plan.batches, round_up(n, width) + m) <= kSharedBytes / size / std::max<int64_t>(k, 1);
  if (n * k * size <= kNearBytes) {
    plan.tile_n = n;
    plan.tiles_n = 1;
    cut(m, std::max<int64_t>(kTileWork / times(n, std::max<int64_t>(k, 1)), 8 * loops.rows), 1, plan.tile_m,
        plan.tiles_m);
  } else if (can_share && m > kOwnRows && (plan.a == Source::kOwn || plan.b == Source::kOwn)) {
    cut(m, 192, 1, plan.tile_m, plan.tiles_m);
    cut(n, 256, width, plan.tile_n, plan.tiles_n);
  } else {
    const int64_t least = n >= 64 * width ? 2 : 1; /* wider ones are a little faster, as long as there are many */
    const int64_t columns = std::max(kTileWork / times(m, k) / width, least) * width;
    cut(n, columns, width, plan.tile_n, plan.tiles_n);
    const int64_t rows = std::max(kTileWork / times(k, plan.tile_n), kOwnRows);
    cut(m, rows, 1, plan.tile_m, plan.tiles_m);
  }
  if (can_share && plan.a == Source::kOwn && plan.tiles_n > 1) plan.a = Source::kShared;
  if (can_share && plan.b == Source::kOwn && plan.tiles_m > 1) plan.b = Source::kShared;

  int64_t packs = 0;
  if (plan.a == Source::kShared) {
    plan.shared_b_at = round_up(plan.batches * m * k * size, 64);
    packs += plan.batches * plan.tiles_m * blocks;
  }
  step.shared_bytes = plan.shared_b_at;
  if (plan.b == Source::kShared) {
    step.shared_bytes += plan.batches * round_up(n, width) * k * size;
    packs += plan.batches * plan.tiles_n * blocks;
  }
  take_lanes(plan, loops, size, step);
  add_stage(step, loops.pack, packs);
  const int64_t tile_work = std::max<int64_t>(times(times(plan.tile_m, plan.tile_n), k), 1);
  add_stage(step, loops.own, plan.batches * plan.tiles_m * plan.tiles_n, kTileWork / 2 / tile_work);
}

/* Whether every size fits the 32-bit integers of the CBLAS interface. */
bool fits_blas(const MatmulPlan& plan) {
  const int64_t largest = std::max({plan.m, plan.n, plan.k, plan.a_m, plan.a_k, plan.b_k, plan.b_n});
  return largest <= INT32_MAX;
}

}  // namespace

void prepare_matmul(const Kernel& kernel, const Call& call, Step& step) {
  if (call.ints_count != 2) check_counts(kernel, call, 2, kernel.inputs, 1);
  check_int(kernel, "hasBias", call.ints[0], 0, 1);
  check_int(kernel, "activation", call.ints[1], 0, 3);
  const int32_t has_bias = static_cast<int32_t>(call.ints[0]);
  check_counts(kernel, call, 2, kernel.inputs + has_bias, 1);
  const Operand &a = call.inputs[0], &b = call.inputs[1], &c = call.outputs[0];
  const MatmulLoops& loops = loops_for<MatmulLoops>(kernel, a.dtype);
  const int rank = a.rank;
  check_int(kernel, "rank", rank, 2, kMaxRank);
  check_dtype(input(kernel, call, 1), a.dtype);
  check_dtype(output(kernel, call, 0), a.dtype);
  check_rank(input(kernel, call, 1), rank);
  check_rank(output(kernel, call, 0), rank);

  MatmulPlan& plan = plan_of<MatmulPlan>(step);
  plan.m = a.dims[rank - 2];
  plan.k = a.dims[rank - 1];
  plan.n = b.dims[rank - 1];
  if (b.dims[rank - 2] != plan.k) {
    fail(ADJ_INVALID_IMAGE, "matmul: inner sizes differ: %s x %s", shape_text(a).c_str(), shape_text(b).c_str());
  }
  for (int d = 0; d < rank - 2; ++d) {
    check_dim(input(kernel, call, 1), d, a.dims[d]);
    check_dim(output(kernel, call, 0), d, a.dims[d]);
  }
  check_dim(output(kernel, call, 0), rank - 2, plan.m);
  check_dim(output(kernel, call, 0), rank - 1, plan.n);
  check_contiguous(output(kernel, call, 0));
  if (has_bias != 0) {
    check_dtype(input(kernel, call, 2), a.dtype);
    check_dims(input(kernel, call, 2), c);
  }
  if (count_of(c) == 0) return;

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
  plan.loops = &loops;

  plan.batches = count_of(c) / (plan.m * plan.n);

  const int64_t work = times(times(plan.m, plan.n), plan.k);
  if (call.blas && work >= loops.blas_from && plan.m >= kBlasRows && fits_blas(plan)) {
    lay_blas_tiles(plan);
    const Run run = a.dtype == ADJ_F32 ? run_blas<float> : run_blas<double>;
    add_stage(step, run, plan.batches * plan.tiles_m * plan.tiles_n);
  } else {
    lay_own_tiles(plan, loops, size_of(a.dtype), step);
  }
}

}  // namespace adjoint

/*
 * Plans matmul: chooses between our own loops and OpenBLAS, and lays the grid of tiles, all by shape and instruction
 * set alone. Columns are split before rows, which costs OpenBLAS least. It also calls OpenBLAS, since that needs no
 * instruction set of ours.
 */
#include "kernels/plan/matmul.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "cpu/blas.h"
#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

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

/* Of the whole grid. */
int64_t tiles_of(const MatmulPlan& plan) { return times(plan.batches, times(plan.tiles_m, plan.tiles_n)); }

/* A few rows are hardly more than a matrix and a vector, which we read in place and OpenBLAS copies. */
constexpr int64_t kBlasRows = 4;

/* Cuts `size` into pieces of at most about `piece`, an even number of them, as even as multiples of `step` allow. */
void cut_evenly(int64_t size, int64_t piece, int64_t step, int64_t& tile, int64_t& tiles) {
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

/* Steps of k that an element counts for at least, because it is written, and for a tanh or a sigmoid; those take 40 and
 * 60 with AVX-512, but finer parts copy B more often. */
constexpr int64_t kLeastSteps = 8, kActivationSteps = 24;

/* Up to so many rows one tile has them all, and copies its columns of B while they are in its cache: sharing would send
 * the copy of B through memory. */
constexpr int64_t kOwnRows = 512;

/* Multiply-adds from which a stage of its own for copies pays. */
constexpr int64_t kSharedFrom = 1 << 23;
constexpr int64_t kSharedBytes = int64_t{1} << 27;

/* Rows a multiple of this apart share a few sets of the first cache and push each other out. */
constexpr int64_t kConflictBytes = 2048;

/* Up to so many elements a product is too small to be cut by rows and columns; and what one part of their joining
 * takes. */
constexpr int64_t kSplitElements = 1 << 14;
constexpr int64_t kSplitWork = 1 << 14; /* multiply-adds from which joining costs little beside them */
constexpr int64_t kJoinElements = 1 << 11;

/* From so many steps of k on, blocks are a power of two: threads and strips share them evenly. */
constexpr int64_t kEvenFrom = 1024;

/* The steps of k of a block, by k alone: else an element would depend on the other sizes. */
int64_t depth_of(int64_t k, const MatmulLoops& loops) {
  if (k >= kEvenFrom) return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(loops.depth)));
  const int64_t blocks = ceil_div(k, loops.depth);
  return blocks < 2 ? std::max<int64_t>(k, 1) : round_up(ceil_div(k, blocks), 16);
}

/* A product with one row or one column, whose other operand lies row by row or column by column. */
Single single_of(const MatmulPlan& plan) {
  if (plan.n == 1 && (plan.a_m == 1 || plan.a_k == 1)) return Single::kColumn;
  if (plan.m == 1 && (plan.b_n == 1 || plan.b_k == 1)) return Single::kRow;
  return Single::kNone;
}

/* Scratch of a thread for a tile's own copies. */
void take_lanes(MatmulPlan& plan, const MatmulLoops& loops, int64_t size, Step& step) {
  const int64_t step_bytes = plan.depth * size;
  if (plan.b == Source::kOwn) plan.lane_a_at = times(round_up(plan.tile_n, loops.width), step_bytes);
  step.lane_bytes = plan.lane_a_at;
  if (plan.a == Source::kOwn) step.lane_bytes = plus(step.lane_bytes, times(plan.tile_m, step_bytes));
}

void lay_own_tiles(MatmulPlan& plan, const MatmulLoops& loops, int64_t size, Step& step) {
  const int64_t m = plan.m, n = plan.n, k = plan.k, width = loops.width;
  const int64_t work = times(times(m, n), k);
  plan.depth = depth_of(k, loops);
  const int64_t blocks = ceil_div(k, plan.depth);

  /* A is read once for every panel of columns: a copy pays if there are some, and if it cannot be read well. */
  const bool a_apart = plan.a_k == 1 ? times(plan.a_m, size) % kConflictBytes == 0 : k > 64;
  plan.a = n > 2 * width && m > loops.rows && a_apart ? Source::kOwn : Source::kInPlace;
  /* B is read once for every block of rows. */
  const bool whole = loops.masked_loads || n % width == 0;
  const bool near = m <= 2 * loops.rows || (plan.b_k <= 2 * width && times(k, plan.b_k * size) <= 32768);
  plan.b = plan.b_n == 1 && whole && near ? Source::kInPlace : Source::kOwn;
  plan.single = single_of(plan);
  if (plan.single != Single::kNone) plan.a = plan.b = Source::kInPlace;

  const int64_t steps = plus(std::max(k, kLeastSteps), plan.activation > 1 ? kActivationSteps : 0);
  const bool b_near = times(n, k) <= kNearBytes / size;
  /* Wider ones are a little faster, as long as there are many. */
  const int64_t least = n >= 64 * width ? 4 : n >= 32 * width ? 2 : 1;
  const int64_t columns = std::max(kTileWork / std::max<int64_t>(times(m, k), 1) / width, least) * width;

  /* Strips run through a product whose k is the rows of both operands only where it is cut along k. */
  const bool k_is_rows = plan.a_m == 1 && plan.b_n == 1;
  const bool few_tiles = b_near || ceil_div(n, columns) < blocks;
  const int64_t all = times(times(m, n), plan.batches);
  if (blocks >= 2 && (k_is_rows || few_tiles) && all <= kSplitElements && work >= kSplitWork &&
      all <= kSharedBytes / blocks / size) {
    plan.splits = blocks;
    plan.tile_n = n;
    plan.tiles_n = 1;
    plan.tile_m = m;
    take_lanes(plan, loops, size, step);
    cut_evenly(m, ceil_div(kJoinElements, n), 1, plan.tile_m, plan.tiles_m);
    step.shared_bytes = all * blocks * size;
    add_stage(step, loops.split, plan.batches * blocks, kTileWork / 2 / (m * n * plan.depth));
    add_stage(step, loops.join, tiles_of(plan));
    return;
  }

  const bool can_share = work >= kSharedFrom && times(plan.batches, plus(round_up(n, width), m)) <=
                                                    kSharedBytes / size / std::max<int64_t>(k, 1);
  /* Tiles are rows of the whole width. */
  if (b_near) {
    plan.tile_n = n;
    plan.tiles_n = 1;
    cut_evenly(m, std::max<int64_t>(kTileWork / times(n, steps), 8 * loops.rows), 1, plan.tile_m, plan.tiles_m);
  } else if (can_share && m > kOwnRows && (plan.a == Source::kOwn || plan.b == Source::kOwn)) {
    cut_evenly(m, 192, 1, plan.tile_m, plan.tiles_m);
    cut_evenly(n, 256, width, plan.tile_n, plan.tiles_n);
  } else {
    cut_evenly(n, columns, width, plan.tile_n, plan.tiles_n);
    const int64_t rows = std::max(kTileWork / times(k, plan.tile_n), kOwnRows);
    cut_evenly(m, rows, 1, plan.tile_m, plan.tiles_m);
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
  if (plan.dtype == ADJ_F32 && k > kLongFrom) {
    const int64_t elements = plan.tile_m * plan.tile_n;
    plan.run_at = round_up(step.lane_bytes, 64);
    plan.sums_at = round_up(plan.run_at + elements * size, 64);
    step.lane_bytes = plan.sums_at + elements * static_cast<int64_t>(sizeof(double));
  }
  const int64_t tile_work = times(times(plan.tile_m, plan.tile_n), steps);
  add_stage(step, loops.own, tiles_of(plan), kTileWork / 2 / tile_work);
}

/*
 * Says how strips may run through a product by our own loops, whose bits do not depend on tiles as OpenBLAS' do: along
 * the rows of A, or along k, which is the batch of a weight's gradient.
 */
void say_rows(const MatmulPlan& plan, int64_t size, Step& step) {
  const bool near = plan.k > 0 && plan.batch_rank == 0 && times(plan.k, plan.n) <= kNearBytes / size;
  const bool folds = plan.splits > 0 && plan.batch_rank == 0;
  const bool k_is_rows = plan.a_m == 1 && plan.b_n == 1 && plan.k > plan.m;
  if (folds && (k_is_rows || !near)) {
    step.rows = {plan.k, plan.depth, {1, 0, Rows::kBehind, Rows::kBehind}};
  } else if (near) {
    by_rows(step, plan.m, 1);
  }
}

/* Whether every size fits the 32-bit integers of the CBLAS interface. */
bool fits_blas(const MatmulPlan& plan) {
  const int64_t largest = std::max({plan.m, plan.n, plan.k, plan.a_m, plan.a_k, plan.b_k, plan.b_n});
  return largest <= INT32_MAX;
}

void plan_matmul(const Kernel& kernel, const ProductCall& call, const Machine& machine, Step& step) {
  const MatmulLoops& loops = loops_for<MatmulLoops>(kernel, call.dtype);
  if (call.batches == 0) return;
  MatmulPlan& plan = plan_in<MatmulPlan>(step, call);
  plan.loops = &loops;
  const int64_t work = times(times(plan.m, plan.n), plan.k), size = size_of(plan.dtype);
  if (machine.blas && work >= loops.blas_from && plan.m >= kBlasRows && fits_blas(plan)) {
    lay_blas_tiles(plan);
    add_stage(step, plan.dtype == ADJ_F32 ? run_blas<float> : run_blas<double>, tiles_of(plan));
  } else {
    lay_own_tiles(plan, loops, size, step);
    say_rows(plan, size, step);
  }
}

}  // namespace

void prepare_matmul(const Kernel& kernel, const Call& call, const Machine& machine, Step& step) {
  plan_matmul(kernel, check_matmul(kernel, call), machine, step);
}

}  // namespace adjoint

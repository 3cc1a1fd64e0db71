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

/* A grid of tiles for a backend: multiples of its register blocks, of about `work` multiply-adds. */
struct Grid {
  int64_t work, row_step, most_rows, column_step, least_columns;
};
/* Few rows: tiles may be narrow. Many: packing pays only if a tile is used for several panels of columns. */
constexpr Grid kOwnGrid{1 << 21, 48, kMatmulTileRows, 64, 64};
constexpr Grid kOwnTallGrid{1 << 22, 48, kMatmulTileRows, 64, 128};
/* OpenBLAS copies its operands anew for every tile. */
constexpr Grid kBlasGrid{1 << 22, 192, INT32_MAX, 128, 128};

/* A few rows are hardly more than a matrix and a vector, which we read in place and OpenBLAS copies. */
constexpr int64_t kBlasRows = 4;

/* Narrower tiles first, then shorter ones. */
void lay_tiles(MatmulPlan& plan, const Grid& grid) {
  int64_t column;
  if (__builtin_mul_overflow(plan.m, plan.k, &column)) column = INT64_MAX;
  const int64_t columns = grid.work / std::max<int64_t>(column, 1) / grid.column_step * grid.column_step;
  plan.tile_n = std::min(plan.n, std::max(columns, grid.least_columns));
  const int64_t rows = grid.work / std::max<int64_t>(plan.k * plan.tile_n, 1) / grid.row_step * grid.row_step;
  plan.tile_m = std::min(plan.m, std::clamp(rows, grid.row_step, grid.most_rows));
  plan.tiles_m = ceil_div(plan.m, plan.tile_m);
  plan.tiles_n = ceil_div(plan.n, plan.tile_n);
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

  int64_t work;
  if (__builtin_mul_overflow(plan.m * plan.n, plan.k, &work)) work = INT64_MAX;
  const bool blas = call.blas && work >= loops.blas_from && plan.m >= kBlasRows && fits_blas(plan);
  const Grid grid = blas ? kBlasGrid : plan.m > kMatmulTileRows ? kOwnTallGrid : kOwnGrid;
  lay_tiles(plan, grid);
  if (!blas) step.lane_bytes = loops.lane_bytes;
  const Run run = !blas ? loops.own : a.dtype == ADJ_F32 ? run_blas<float> : run_blas<double>;
  add_stage(step, run, count_of(c) / (plan.m * plan.n) * plan.tiles_m * plan.tiles_n,
            grid.work / std::max<int64_t>(work / (plan.tiles_m * plan.tiles_n), 1));
}

}  // namespace adjoint

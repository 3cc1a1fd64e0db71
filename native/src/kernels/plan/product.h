/*
 * What the plans of all products of matrices share. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/product.h"
#include "kernels/kernel.h"

namespace adjoint {

/* How every product of matrices is cut into tiles. */
struct ProductPlan : ProductCall {
  int64_t tile_m, tile_n, tiles_m, tiles_n;
};

/* How many elements into its operands a tile of a batch begins at row i and column j. */
struct ProductStart {
  int64_t a, b, bias;
};

ADJ_ALWAYS ProductStart start_of(const ProductPlan& plan, int64_t batch, int64_t i, int64_t j) {
  ProductStart start{i * plan.a_m, j * plan.b_n, i * plan.bias_m + j * plan.bias_n};
  for (int d = plan.batch_rank - 1; d >= 0; --d) {
    const int64_t at = batch % plan.batch_dims[d];
    batch /= plan.batch_dims[d];
    start.a += at * plan.batch_a[d];
    start.b += at * plan.batch_b[d];
    start.bias += at * plan.batch_bias[d];
  }
  return start;
}

}  // namespace adjoint

/*
 * What the contracts of all products of matrices share: checks of sizes, dtypes and layouts, and where operands lie. It
 * refuses to cut a product into tiles: how is a matter of the kernel.
 */
#include "kernels/contract/checks.h"

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

}  // namespace

bool plan_product(const Kernel& kernel, const Call& call, int32_t result, ProductPlan& plan) {
  if (call.ints_count != 2) check_counts(kernel, call, 2, kernel.inputs, 1);
  check_int(kernel, "hasBias", call.ints[0], 0, 1);
  check_int(kernel, "activation", call.ints[1], 0, 3);
  plan.has_bias = static_cast<int32_t>(call.ints[0]);
  plan.activation = static_cast<int32_t>(call.ints[1]);
  check_counts(kernel, call, 2, kernel.inputs + plan.has_bias, 1);
  const Operand &a = call.inputs[0], &b = call.inputs[1], &c = call.outputs[0];
  const int rank = a.rank;
  check_int(kernel, "rank", rank, 2, kMaxRank);
  check_dtype(input(kernel, call, 1), a.dtype);
  check_dtype(output(kernel, call, 0), result);
  check_rank(input(kernel, call, 1), rank);
  check_rank(output(kernel, call, 0), rank);

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
  if (plan.has_bias != 0) {
    check_dtype(input(kernel, call, 2), result);
    check_dims(input(kernel, call, 2), c);
  }
  const int64_t elements = count_of(c);
  if (elements == 0) return false;

  plan.a_m = a.strides[rank - 2];
  plan.a_k = a.strides[rank - 1];
  plan.b_k = b.strides[rank - 2];
  plan.b_n = b.strides[rank - 1];
  check_layout(input(kernel, call, 0), plan.m, plan.k, plan.a_m, plan.a_k);
  check_layout(input(kernel, call, 1), plan.k, plan.n, plan.b_k, plan.b_n);
  if (plan.has_bias != 0) {
    plan.bias_m = call.inputs[2].strides[rank - 2];
    plan.bias_n = call.inputs[2].strides[rank - 1];
  }
  plan.batches = elements / (plan.m * plan.n);
  plan.batch_rank = rank - 2;
  for (int d = 0; d < rank - 2; ++d) {
    plan.batch_dims[d] = c.dims[d];
    plan.batch_a[d] = a.strides[d];
    plan.batch_b[d] = b.strides[d];
    plan.batch_bias[d] = plan.has_bias != 0 ? call.inputs[2].strides[d] : 0;
  }
  return true;
}

}  // namespace adjoint

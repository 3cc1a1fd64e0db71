/* Contracts of products of matrices: see product.h. */
#include "contract/product.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

/* A matrix may be stored by rows or by columns. Fixes the stride of an axis that is too short to have one. */
void check_layout(const Named& of, int64_t rows, int64_t columns, int64_t& row_stride, int64_t& column_stride) {
  if (rows == 0 || columns == 0) return;
  const bool by_rows = (column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1);
  const bool by_columns = (row_stride == 1 || rows == 1) && (column_stride >= rows || columns == 1);
  if (!by_rows && !by_columns) {
    fail(ADJ_INVALID_IMAGE, "%s: %s %d %s has strides %lld, %lld: one must be 1, the other span the contiguous axis",
         of.kernel.name, of.side, of.index, shape_text(of.operand).c_str(), ll(row_stride), ll(column_stride));
  }
  if (by_rows) {
    column_stride = 1;
    row_stride = rows == 1 ? columns : row_stride;
  } else {
    row_stride = 1;
    column_stride = columns == 1 ? rows : column_stride;
  }
}

/* How many operands there are depends on an int. Returns the dtype of the first. */
int32_t first_dtype(const Signature& kernel, const Call& call) {
  if (call.inputs_count < 2 || call.ints_count != 2) check_counts(kernel, call, 2, kernel.inputs, 1);
  return call.inputs[0].dtype;
}

/* A product of matrices that gives `result`. */
ProductCall check_product(const Signature& kernel, const Call& call, int32_t result) {
  check_int(kernel, "hasBias", call.ints[0], 0, 1);
  check_int(kernel, "activation", call.ints[1], 0, 3);
  ProductCall product{};
  product.has_bias = static_cast<int32_t>(call.ints[0]);
  product.activation = static_cast<int32_t>(call.ints[1]);
  check_counts(kernel, call, 2, kernel.inputs + product.has_bias, 1);
  const Operand &a = call.inputs[0], &b = call.inputs[1], &c = call.outputs[0];
  const int rank = a.rank;
  product.dtype = a.dtype;
  check_int(kernel, "rank", rank, 2, kMaxRank);
  check_dtype(input(kernel, call, 1), a.dtype);
  check_dtype(output(kernel, call, 0), result);
  check_rank(input(kernel, call, 1), rank);
  check_rank(output(kernel, call, 0), rank);

  product.m = a.dims[rank - 2];
  product.k = a.dims[rank - 1];
  product.n = b.dims[rank - 1];
  if (b.dims[rank - 2] != product.k) {
    fail(ADJ_INVALID_IMAGE, "%s: inner sizes differ: %s x %s", kernel.name, shape_text(a).c_str(),
         shape_text(b).c_str());
  }
  for (int d = 0; d < rank - 2; ++d) {
    check_dim(input(kernel, call, 1), d, a.dims[d]);
    check_dim(output(kernel, call, 0), d, a.dims[d]);
  }
  check_dim(output(kernel, call, 0), rank - 2, product.m);
  check_dim(output(kernel, call, 0), rank - 1, product.n);
  check_contiguous(output(kernel, call, 0));
  if (product.has_bias != 0) {
    check_dtype(input(kernel, call, 2), result);
    check_dims(input(kernel, call, 2), c);
  }
  const int64_t elements = count_of(c);
  if (elements == 0) return product;

  product.a_m = a.strides[rank - 2];
  product.a_k = a.strides[rank - 1];
  product.b_k = b.strides[rank - 2];
  product.b_n = b.strides[rank - 1];
  check_layout(input(kernel, call, 0), product.m, product.k, product.a_m, product.a_k);
  check_layout(input(kernel, call, 1), product.k, product.n, product.b_k, product.b_n);
  if (product.has_bias != 0) {
    product.bias_m = call.inputs[2].strides[rank - 2];
    product.bias_n = call.inputs[2].strides[rank - 1];
  }
  product.batches = elements / (product.m * product.n);
  product.batch_rank = rank - 2;
  for (int d = 0; d < rank - 2; ++d) {
    product.batch_dims[d] = c.dims[d];
    product.batch_a[d] = a.strides[d];
    product.batch_b[d] = b.strides[d];
    product.batch_bias[d] = product.has_bias != 0 ? call.inputs[2].strides[d] : 0;
  }
  return product;
}

}  // namespace

ProductCall check_matmul(const Signature& kernel, const Call& call) {
  const int32_t dtype = first_dtype(kernel, call);
  if (dtype != ADJ_F32 && dtype != ADJ_F64) no_kernel_for(kernel, dtype);
  return check_product(kernel, call, dtype);
}

ProductCall check_matmul_bf16(const Signature& kernel, const Call& call) {
  const int32_t dtype = first_dtype(kernel, call);
  if (dtype != ADJ_BF16) no_kernel_for(kernel, dtype);
  return check_product(kernel, call, ADJ_F32);
}

}  // namespace adjoint

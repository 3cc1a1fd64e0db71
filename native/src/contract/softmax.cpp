/* Contracts of the softmax family: see softmax.h. */
#include "contract/softmax.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

/* Input 0 is [rows, n]. */
SoftmaxCall check_rows(const Signature& kernel, const Call& call) {
  const Operand& x = call.inputs[0];
  check_rank(input(kernel, call, 0), 2);
  check_contiguous(input(kernel, call, 0));
  return {x.dtype, x.dims[0], x.dims[1], 0, false};
}

/* An output like input 0. */
void check_like(const Signature& kernel, const Call& call, int index) {
  const Named y = output(kernel, call, index);
  check_dtype(y, call.inputs[0].dtype);
  check_dims(y, call.inputs[0]);
  check_contiguous(y);
}

/* An operand of one element a row. */
void check_per_row(const Named& of, int32_t dtype, int64_t rows) {
  check_dtype(of, dtype);
  check_rank(of, 1);
  check_dim(of, 0, rows);
}

/* An output of one element a row. */
void check_result_per_row(const Signature& kernel, const Call& call) {
  check_per_row(output(kernel, call, 0), call.inputs[0].dtype, call.inputs[0].dims[0]);
  check_contiguous(output(kernel, call, 0));
}

/* Logits and labels. */
SoftmaxCall check_labelled(const Signature& kernel, const Call& call) {
  SoftmaxCall result = check_rows(kernel, call);
  const Named labels = input(kernel, call, 1);
  check_index_dtype(labels);
  check_per_row(labels, labels.operand.dtype, result.rows);
  check_contiguous(labels);
  result.wide_labels = labels.operand.dtype == ADJ_I64;
  return result;
}

/* Logits, labels and g, and the gradient, which is output `gradient`. */
SoftmaxCall check_gradient(const Signature& kernel, const Call& call, int gradient) {
  SoftmaxCall result = check_labelled(kernel, call);
  check_per_row(input(kernel, call, 2), result.dtype, result.rows);
  result.g_stride = call.inputs[2].strides[0];
  check_like(kernel, call, gradient);
  return result;
}

}  // namespace

SoftmaxCall check_softmax(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 1, 1);
  const SoftmaxCall result = check_rows(kernel, call);
  check_like(kernel, call, 0);
  return result;
}

SoftmaxCall check_log_sum_exp(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 1, 1);
  const SoftmaxCall result = check_rows(kernel, call);
  check_result_per_row(kernel, call);
  return result;
}

SoftmaxCall check_cross_entropy(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 2, 1);
  const SoftmaxCall result = check_labelled(kernel, call);
  check_result_per_row(kernel, call);
  return result;
}

SoftmaxCall check_cross_entropy_grad(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 3, 1);
  return check_gradient(kernel, call, 0);
}

SoftmaxCall check_cross_entropy_with_grad(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 3, 2);
  const SoftmaxCall result = check_gradient(kernel, call, 1);
  check_result_per_row(kernel, call);
  return result;
}

}  // namespace adjoint

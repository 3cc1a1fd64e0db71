/* Plans the softmax family: contiguous rows, shared out in groups. */
#include <algorithm>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

/* Checks [rows, n] and shares its rows out. */
SoftmaxPlan& plan_rows(const Kernel& kernel, const Call& call, Step& step) {
  const Operand& x = call.inputs[0];
  check_rank(input(kernel, call, 0), 2);
  check_contiguous(input(kernel, call, 0));
  SoftmaxPlan& plan = plan_of<SoftmaxPlan>(step);
  plan.rows = x.dims[0];
  plan.n = x.dims[1];
  plan.rows_per_part = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(plan.n, 1), 1);
  add_stage(step, loops_for<DtypeLoops>(kernel, x.dtype).part, ceil_div(plan.rows, plan.rows_per_part));
  return plan;
}

void check_labels(const Kernel& kernel, const Call& call, SoftmaxPlan& plan) {
  check_index_dtype(input(kernel, call, 1));
  check_rank(input(kernel, call, 1), 1);
  check_dim(input(kernel, call, 1), 0, plan.rows);
  check_contiguous(input(kernel, call, 1));
  plan.wide_labels = call.inputs[1].dtype == ADJ_I64;
}

/* An output of one element a row. */
void check_per_row(const Named& of, int32_t dtype, int64_t rows) {
  check_dtype(of, dtype);
  check_rank(of, 1);
  check_dim(of, 0, rows);
}

/* Checks logits, labels and g, and the gradient, which is output `gradient`. */
SoftmaxPlan& plan_gradient(const Kernel& kernel, const Call& call, Step& step, int gradient) {
  SoftmaxPlan& plan = plan_rows(kernel, call, step);
  check_labels(kernel, call, plan);
  check_per_row(input(kernel, call, 2), call.inputs[0].dtype, plan.rows);
  plan.g_stride = call.inputs[2].strides[0];
  check_dtype(output(kernel, call, gradient), call.inputs[0].dtype);
  check_dims(output(kernel, call, gradient), call.inputs[0]);
  check_contiguous(output(kernel, call, gradient));
  return plan;
}

}  // namespace

void prepare_softmax(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 1, 1);
  plan_rows(kernel, call, step);
  check_dtype(output(kernel, call, 0), call.inputs[0].dtype);
  check_dims(output(kernel, call, 0), call.inputs[0]);
  check_contiguous(output(kernel, call, 0));
  if (count_of(call.inputs[0]) > 0) by_rows(call, step);
}

void prepare_log_sum_exp(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 1, 1);
  const SoftmaxPlan& plan = plan_rows(kernel, call, step);
  check_per_row(output(kernel, call, 0), call.inputs[0].dtype, plan.rows);
  check_contiguous(output(kernel, call, 0));
  if (count_of(call.inputs[0]) > 0) by_rows(call, step);
}

void prepare_cross_entropy(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 2, 1);
  SoftmaxPlan& plan = plan_rows(kernel, call, step);
  check_labels(kernel, call, plan);
  check_per_row(output(kernel, call, 0), call.inputs[0].dtype, plan.rows);
  check_contiguous(output(kernel, call, 0));
}

void prepare_cross_entropy_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 3, 1);
  plan_gradient(kernel, call, step, 0);
}

void prepare_cross_entropy_with_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 3, 2);
  const SoftmaxPlan& plan = plan_gradient(kernel, call, step, 1);
  check_per_row(output(kernel, call, 0), call.inputs[0].dtype, plan.rows);
  check_contiguous(output(kernel, call, 0));
}

}  // namespace adjoint

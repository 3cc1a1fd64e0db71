/* Plans the softmax family: rows, shared out in groups. */
#include "kernels/plan/softmax.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

/* `gives_rows`: the outputs are rows like the input's, and none has an element a row. */
void plan_softmax(const Kernel& kernel, const SoftmaxCall& call, Step& step, bool gives_rows = false) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  SoftmaxPlan& plan = plan_in<SoftmaxPlan>(step, call);
  plan.rows_per_part = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(plan.n, 1), 1);
  /* Rows without elements that give none need no memory: there may be any number of them. */
  if (plan.n > 0 || !gives_rows) add_stage(step, run, ceil_div(plan.rows, plan.rows_per_part));
  if (!kernel.can_fault && plan.n > 0) by_rows(step, plan.rows);
}

}  // namespace

void prepare_softmax(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_softmax(kernel, check_softmax(kernel, call), step, true);
}

void prepare_log_sum_exp(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_softmax(kernel, check_log_sum_exp(kernel, call), step);
}

void prepare_cross_entropy(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_softmax(kernel, check_cross_entropy(kernel, call), step);
}

void prepare_cross_entropy_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_softmax(kernel, check_cross_entropy_grad(kernel, call), step);
}

void prepare_cross_entropy_with_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_softmax(kernel, check_cross_entropy_with_grad(kernel, call), step);
}

}  // namespace adjoint

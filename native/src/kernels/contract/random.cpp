/* Plans random numbers: q keys, m elements of each. */
#include <algorithm>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

void check_keys(const Named& of) {
  check_dtype(of, ADJ_I64);
  check_rank(of, 1);
  check_contiguous(of);
}

}  // namespace

void prepare_random(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 1, 1);
  const Operand& y = call.outputs[0];
  const Run run = loops_for<DtypeLoops>(kernel, y.dtype).part;
  check_keys(input(kernel, call, 0));
  check_rank(output(kernel, call, 0), 2);
  check_dim(output(kernel, call, 0), 0, call.inputs[0].dims[0]);
  check_contiguous(output(kernel, call, 0));
  RandomPlan& plan = plan_of<RandomPlan>(step);
  plan.q = y.dims[0];
  plan.m = y.dims[1];
  /* Whole chunks of the largest size, so that a part starts where a block does. */
  plan.tile = ceil_div(part_elements(kernel.cost), 256) * 256;
  plan.tiles = ceil_div(plan.m, plan.tile);
  add_stage(step, run, plan.q * plan.tiles, plan.tile / std::max<int64_t>(plan.m, 256));
}

void prepare_random_fold(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 2, 1);
  check_keys(input(kernel, call, 0));
  check_keys(input(kernel, call, 1));
  check_keys(output(kernel, call, 0));
  check_dims(input(kernel, call, 1), call.inputs[0]);
  check_dims(output(kernel, call, 0), call.inputs[0]);
  RandomPlan& plan = plan_of<RandomPlan>(step);
  plan.q = call.inputs[0].dims[0];
  plan.tile = part_elements(kernel.cost);
  add_stage(step, loops_for<DtypeLoops>(kernel, ADJ_I64).part, ceil_div(plan.q, plan.tile));
}

}  // namespace adjoint

/* Plans the fused optimizer steps: arrays of one shape, and scalars. */
#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

/* `arrays` inputs and all outputs alike and contiguous, the other inputs F64 scalars. */
OptimizerPlan& plan_arrays(const Kernel& kernel, const Call& call, int arrays, Step& step) {
  const Operand& p = call.inputs[0];
  const Run run = loops_for<DtypeLoops>(kernel, p.dtype).part;
  const auto check_array = [&](const Named& of) {
    check_dtype(of, p.dtype);
    check_dims(of, p);
    check_contiguous(of);
  };
  for (int i = 0; i < arrays; ++i) check_array(input(kernel, call, i));
  for (int i = 0; i < call.outputs_count; ++i) check_array(output(kernel, call, i));
  for (int i = arrays; i < call.inputs_count; ++i) {
    check_dtype(input(kernel, call, i), ADJ_F64);
    check_rank(input(kernel, call, i), 0);
  }
  OptimizerPlan& plan = plan_of<OptimizerPlan>(step);
  plan.n = count_of(p);
  plan.tile = part_elements(kernel.cost);
  add_stage(step, run, ceil_div(plan.n, plan.tile));
  return plan;
}

}  // namespace

void prepare_adam(const Kernel& kernel, const Call& call, Step& step) {
  check_counts(kernel, call, 0, 9, 3);
  plan_arrays(kernel, call, 4, step);
}

void prepare_sgd(const Kernel& kernel, const Call& call, Step& step) {
  check_counts(kernel, call, 1, 5, 2);
  check_int(kernel, "nesterov", call.ints[0], 0, 1);
  plan_arrays(kernel, call, 3, step).nesterov = call.ints[0] == 1;
}

}  // namespace adjoint

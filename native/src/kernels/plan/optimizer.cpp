/* Plans optimizer steps over lists of arrays, which are cut into parts as if they lay one after another on a line. */
#include "kernels/plan/optimizer.h"

#include <memory>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

/* Where each array starts on the line and where the line ends; the sizes; which of them are F64. */
std::unique_ptr<int64_t[]> table_of(const Kernel& kernel, const Call& call, int64_t arrays) {
  std::unique_ptr<int64_t[]> table(new int64_t[static_cast<size_t>(3 * arrays + 1)]);
  int64_t* starts = table.get();
  int64_t* sizes = starts + arrays + 1;
  int64_t* wide = sizes + arrays;
  int64_t end = 0;
  for (int64_t a = 0; a < arrays; ++a) {
    const Operand& p = call.inputs[kernel.lists->single_inputs + a];
    starts[a] = end;
    sizes[a] = count_of(p);
    wide[a] = p.dtype == ADJ_F64;
    const int64_t padded = ceil_div(sizes[a], kOptimizerAlignment) * kOptimizerAlignment;
    if (__builtin_add_overflow(end, padded, &end)) {
      fail(ADJ_INVALID_IMAGE, "%s: %lld arrays have more elements together than can be counted", kernel.name,
           ll(arrays));
    }
  }
  starts[arrays] = end;
  return table;
}

void plan_optimizer(const Kernel& kernel, const Call& call, const OptimizerCall& checked, Step& step) {
  const OptimizerLoops& loops = *static_cast<const OptimizerLoops*>(kernel.loops);
  std::unique_ptr<int64_t[]> table = table_of(kernel, call, checked.arrays);
  OptimizerPlan& plan = plan_in<OptimizerPlan>(step, checked);
  plan.tile = round_up(part_elements(kernel.cost), kOptimizerAlignment);
  plan.parts = ceil_div(table[static_cast<size_t>(plan.arrays)], plan.tile);
  step.shared_bytes = times(plus(kOptimizerConstants, plan.clipped ? 2 * plan.parts : 0), sizeof(double));
  if (plan.clipped) add_stage(step, loops.norm, plan.parts);
  add_stage(step, loops.begin, 1);
  add_stage(step, loops.update, plan.parts);
  plan.table = step.table = table.release();
}

}  // namespace

void prepare_adam(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_optimizer(kernel, call, check_adam(kernel, call, false), step);
}

void prepare_clipped_adam(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_optimizer(kernel, call, check_adam(kernel, call, true), step);
}

void prepare_sgd(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_optimizer(kernel, call, check_sgd(kernel, call, false), step);
}

void prepare_clipped_sgd(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_optimizer(kernel, call, check_sgd(kernel, call, true), step);
}

}  // namespace adjoint

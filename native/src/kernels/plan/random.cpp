/* Plans random numbers: parts of the elements of one key. */
#include "kernels/plan/random.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

void plan_random(const Kernel& kernel, const RandomCall& call, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  RandomPlan& plan = plan_in<RandomPlan>(step, call);
  /* Whole chunks of the largest size, so that a part starts where a block does. */
  plan.tile = round_up(part_elements(kernel.cost), 256);
  plan.tiles = ceil_div(plan.m, plan.tile);
  add_stage(step, run, times(plan.q, plan.tiles), plan.tile / std::max<int64_t>(plan.m, 256));
}

void plan_random_fold(const Kernel& kernel, const RandomCall& call, Step& step) {
  RandomPlan& plan = plan_in<RandomPlan>(step, call);
  plan.tile = part_elements(kernel.cost);
  add_stage(step, loops_for<DtypeLoops>(kernel, call.dtype).part, ceil_div(plan.q, plan.tile));
}

}  // namespace

void prepare_random(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_random(kernel, check_random(kernel, call), step);
}

void prepare_random_fold(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_random_fold(kernel, check_random_fold(kernel, call), step);
}

}  // namespace adjoint

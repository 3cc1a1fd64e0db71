/* Plans the standardize family: groups, shared out some at a time; columns as many as vectors hold. */
#include "kernels/plan/standardize.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

/* Each group's places lie in `lead` runs; rows of a matrix are one run each, so that they need no columns. */
void plan_groups(const Kernel& kernel, const StandardizeCall& call, const StandardizeLoops& loops, Step& step) {
  StandardizePlan& plan = plan_in<StandardizePlan>(step, call);
  const int64_t elements = times(plan.lead, plan.trail), run = std::max<int64_t>(plan.trail, 1);
  plan.columns = plan.lead > 1 && plan.trail < kLongRun;
  plan.per_part = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(elements, 1), 1);
  if (!plan.columns) return;
  const int64_t share = round_up(ceil_div(times(plan.kept, run), kColumnParts), loops.columns);
  plan.per_part = std::max<int64_t>(std::min(share, kMostColumns) / run, 1);
  step.lane_bytes = times(times(plan.per_part, plan.trail), kColumnNumbers * static_cast<int64_t>(sizeof(double)));
}

}  // namespace

void prepare_standardize(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const StandardizeCall checked = check_standardize(kernel, call);
  const StandardizeLoops& loops = loops_for<StandardizeLoops>(kernel, checked.dtype);
  plan_groups(kernel, checked, loops, step);
  const int64_t per_part = reinterpret_cast<const StandardizePlan*>(step.plan)->per_part;
  add_stage(step, loops.groups, ceil_div(checked.kept, per_part));
}

void prepare_standardize_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const StandardizeCall checked = check_standardize_grad(kernel, call);
  const StandardizeLoops& loops = loops_for<StandardizeLoops>(kernel, checked.dtype);
  plan_groups(kernel, checked, loops, step);
  StandardizePlan& plan = *reinterpret_cast<StandardizePlan*>(step.plan);
  const bool joins = plan.along == Along::kTrail && plan.slopes > 0;
  if (joins) plan.per_part = std::max(plan.per_part, ceil_div(plan.kept, kMostSlopeParts));
  const int64_t parts = ceil_div(plan.kept, plan.per_part);
  /* Groups without elements that give nothing need no memory: there may be any number of them. */
  const bool nothing = (plan.lead == 0 || plan.trail == 0) && (plan.along != Along::kKept || plan.slopes == 0);
  if (!nothing) add_stage(step, loops.groups, parts);
  if (!joins) return;
  step.shared_bytes = times(times(parts, plan.slopes), times(plan.trail, static_cast<int64_t>(sizeof(double))));
  add_stage(step, loops.slopes, ceil_div(plan.trail, kSlopesAtOnce));
}

}  // namespace adjoint

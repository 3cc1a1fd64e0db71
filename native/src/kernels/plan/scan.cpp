/* Plans scans along the middle axis of [o, n, i], and the order of rows. */
#include "kernels/plan/scan.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

void plan_scan(const Kernel& kernel, const ScanCall& call, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  ScanPlan& plan = plan_in<ScanPlan>(step, call);
  if (plan.o == 0 || plan.n == 0 || plan.i == 0) return;
  plan.tile = std::min(plan.i, kScanLines);
  plan.tiles = ceil_div(plan.i, plan.tile);
  add_stage(step, run, times(plan.o, plan.tiles), part_elements(kernel.cost) / times(plan.tile, plan.n));
}

void plan_argsort(const Kernel& kernel, const SortCall& call, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  SortPlan& plan = plan_in<SortPlan>(step, call);
  if (plan.rows == 0 || plan.n == 0) return;
  step.lane_bytes = times(plan.n, 2 * sizeof(SortPair));
  plan.rows_per_part = std::max<int64_t>(part_elements(kernel.cost) / plan.n, 1);
  add_stage(step, run, ceil_div(plan.rows, plan.rows_per_part));
}

}  // namespace

void prepare_scan(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_scan(kernel, check_scan(kernel, call), step);
}

void prepare_argsort(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_argsort(kernel, check_argsort(kernel, call), step);
}

}  // namespace adjoint

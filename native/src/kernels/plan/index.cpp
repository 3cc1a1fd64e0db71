/* Plans gather, scatterAdd and iota. */
#include "kernels/plan/index.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kLeastBytes = 256; /* of a row that a part of scatterAdd takes: four cache lines */

/* Every part takes some index rows of one [n, i]. */
void plan_gather(const Kernel& kernel, const IndexCall& call, Step& step) {
  IndexPlan& plan = plan_in<IndexPlan>(step, call);
  plan.size = size_of(plan.dtype);
  plan.tile = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(plan.i, 1), 1);
  plan.tiles = ceil_div(plan.k, plan.tile);
  const int64_t elements = std::max<int64_t>(times(std::min(plan.tile, plan.k), plan.i), 1);
  add_stage(step, loops_for<DtypeLoops>(kernel, 0).part, times(times(plan.b, plan.o), plan.tiles),
            part_elements(kernel.cost) / elements);
}

/* Every part reads all the indices of one [n, i], so its inner elements are no fewer than four cache lines. */
void plan_scatter_add(const Kernel& kernel, const IndexCall& call, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  IndexPlan& plan = plan_in<IndexPlan>(step, call);
  plan.size = size_of(plan.dtype);
  const int64_t work = std::max<int64_t>(plus(plan.n, plan.k), 1);
  plan.tile = std::max<int64_t>(part_elements(kernel.cost) / work, kLeastBytes / plan.size);
  plan.tiles = ceil_div(plan.i, plan.tile);
  const int64_t elements = std::max<int64_t>(times(std::min(plan.tile, plan.i), work), 1);
  add_stage(step, run, times(times(plan.b, plan.o), plan.tiles), part_elements(kernel.cost) / elements);
}

void plan_iota(const Kernel& kernel, const IotaCall& call, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  IotaPlan& plan = plan_in<IotaPlan>(step, call);
  plan.tile = part_elements(kernel.cost);
  add_stage(step, run, ceil_div(plan.n, plan.tile));
}

}  // namespace

void prepare_gather(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_gather(kernel, check_gather(kernel, call), step);
}

void prepare_scatter_add(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_scatter_add(kernel, check_scatter_add(kernel, call), step);
}

void prepare_iota(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_iota(kernel, check_iota(kernel, call), step);
}

}  // namespace adjoint

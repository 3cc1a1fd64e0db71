/* Plans gather, scatterAdd, iota and nonZero. */
#include "kernels/plan/index.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kMostSums = INT32_MAX; /* that a row can name */
constexpr int64_t kLeastBytes = 256;     /* of a row that a part of scatterAdd takes: four cache lines */

/* Every part takes some index rows of one [n, i]. */
void plan_gather(const Kernel& kernel, const IndexCall& call, Step& step) {
  IndexPlan& plan = plan_in<IndexPlan>(step, call);
  if (plan.i == 0) return; /* else any number of parts would have nothing to do */
  plan.size = size_of(plan.dtype);
  plan.tile = std::max<int64_t>(part_elements(kernel.cost) / plan.i, 1);
  plan.tiles = ceil_div(plan.k, plan.tile);
  const int64_t elements = std::max<int64_t>(times(std::min(plan.tile, plan.k), plan.i), 1);
  add_stage(step, loops_for<DtypeLoops>(kernel, 0).part, times(times(plan.b, plan.o), plan.tiles),
            part_elements(kernel.cost) / elements);
}

/*
 * Gives a sum in double to each row of one b that more than kFewUpdates updates go to. Indices outside their axis are
 * found where they are added.
 */
void count_updates(const Part& part) {
  const IndexPlan& plan = *static_cast<const IndexPlan*>(part.plan);
  int32_t* const sum_of = reinterpret_cast<int32_t*>(part.shared + plan.sum_of_at) + part.index * (plan.n + 1);
  std::fill_n(sum_of, plan.n, 0);
  bool many = false;
  for (int64_t k = 0; k < plan.k; ++k) {
    const int64_t at = part.index * plan.k + k;
    const int64_t index =
        plan.wide ? reinterpret_cast<const int64_t*>(part.at[0])[at] : reinterpret_cast<const int32_t*>(part.at[0])[at];
    if (index < 0 || index >= plan.n) continue;
    sum_of[index] += sum_of[index] <= kFewUpdates ? 1 : 0;
    many |= sum_of[index] > kFewUpdates;
  }
  int32_t sums = 0;
  if (!many) {
    sum_of[plan.n] = sums;
    return;
  }
  for (int64_t r = 0; r < plan.n; ++r) sum_of[r] = sum_of[r] > kFewUpdates && sums < plan.sums ? sums++ : kNoSum;
  sum_of[plan.n] = sums;
}

/* Every part reads all the indices of one [n, i], so its inner elements are no fewer than four cache lines. */
void plan_scatter_add(const Kernel& kernel, const IndexCall& call, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  IndexPlan& plan = plan_in<IndexPlan>(step, call);
  if (plan.n == 0 && plan.k == 0) return; /* else any number of parts would have nothing to do */
  plan.size = size_of(plan.dtype);
  const int64_t work = std::max<int64_t>(plus(plan.n, plan.k), 1);
  plan.tile = std::max<int64_t>(part_elements(kernel.cost) / work, kLeastBytes / plan.size);
  plan.tiles = ceil_div(plan.i, plan.tile);
  if (plan.dtype == ADJ_F32 && plan.tiles > 0) plan.sums = std::min({plan.n, plan.k / (kFewUpdates + 1), kMostSums});
  if (plan.sums > 0) {
    plan.sum_of_at = times(times(times(plan.b, plan.o), times(plan.sums, plan.i)), sizeof(double));
    step.shared_bytes = plus(plan.sum_of_at, times(times(plan.b, plus(plan.n, 1)), sizeof(int32_t)));
    add_stage(step, count_updates, plan.b);
  }
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

void prepare_non_zero(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const NonZeroCall checked = check_non_zero(kernel, call);
  const Run run = loops_for<DtypeLoops>(kernel, checked.dtype).part;
  NonZeroPlan& plan = plan_in<NonZeroPlan>(step, checked);
  plan.tile = part_elements(kernel.cost);
  add_stage(step, run, ceil_div(plan.n, plan.tile));
}

void prepare_iota(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_iota(kernel, check_iota(kernel, call), step);
}

}  // namespace adjoint

/*
 * Plans reductions over trailing axes: which axes run side by side, how kept elements are tiled, and, where there are
 * few kept elements, how the reduced ones are cut into segments. All of it follows from shapes and strides alone.
 */
#include "kernels/plan/reduce.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

/* Enough parts for the cores of a large machine; more would only cost. */
constexpr int64_t kManyParts = 64;

void plan_reduce(const Kernel& kernel, const ReduceCall& call, Step& step) {
  const ReduceLoops& loops = loops_for<ReduceLoops>(kernel, call.dtype);
  ReducePlan& plan = plan_in<ReducePlan>(step, call);
  if (plan.kept.count == 0) return;
  const int64_t kept_stride = plan.kept.rank > 0 ? plan.kept.strides[plan.kept.rank - 1] : 0;
  const int64_t reduced_stride = plan.reduced.rank > 0 ? plan.reduced.strides[plan.reduced.rank - 1] : 1;
  plan.columns = kept_stride == 1 && reduced_stride != 1 && plan.reduced.count > 1;
  const int64_t share = part_elements(kernel.cost);
  if (plan.columns) {
    const int64_t length = plan.kept.dims[plan.kept.rank - 1];
    plan.tile = std::min(length, kReduceColumns);
    plan.tiles = times(plan.kept.count / length, ceil_div(length, plan.tile));
  } else {
    plan.tile = std::clamp<int64_t>(share / std::max<int64_t>(plan.reduced.count, 1), 1, plan.kept.count);
    plan.tiles = ceil_div(plan.kept.count, plan.tile);
  }
  plan.segments = 1;
  if (plan.tiles < kManyParts) {
    const int64_t tile_elements = plan.columns ? plan.tile : 1;
    const int64_t wanted = std::max<int64_t>(plan.reduced.count / std::max<int64_t>(share / tile_elements, 1), 1);
    plan.segments = std::min(wanted, ceil_div(kManyParts, plan.tiles));
  }
  plan.segment = std::max<int64_t>(ceil_div(plan.reduced.count, plan.segments), 1);
  plan.segments = std::max<int64_t>(ceil_div(plan.reduced.count, plan.segment), 1);
  add_stage(step, loops.part, times(plan.tiles, plan.segments), share / times(plan.tile, plan.segment));
  if (plan.segments > 1) {
    step.shared_bytes = times(times(plan.segments, plan.kept.count), sizeof(double));
    add_stage(step, loops.combine, ceil_div(plan.kept.count, kCombineTile));
  }
}

void plan_argmax(const Kernel& kernel, const ReduceCall& call, Step& step) {
  const ReduceLoops& loops = loops_for<ReduceLoops>(kernel, call.dtype);
  ReducePlan& plan = plan_in<ReducePlan>(step, call);
  if (plan.kept.count == 0) return;
  plan.tile = std::clamp<int64_t>(part_elements(kernel.cost) / plan.reduced.count, 1, plan.kept.count);
  plan.tiles = ceil_div(plan.kept.count, plan.tile);
  plan.segments = 1;
  add_stage(step, loops.part, plan.tiles);
}

}  // namespace

void prepare_reduce(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_reduce(kernel, check_reduce(kernel, call), step);
}

void prepare_argmax(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_argmax(kernel, check_argmax(kernel, call), step);
}

}  // namespace adjoint

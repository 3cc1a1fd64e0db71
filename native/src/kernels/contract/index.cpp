/* Plans gather and scatterAdd over [b, o, n, i] and [b, k], and iota, which makes indices. */
#include <algorithm>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

/* `whole` is [b, o, n, i], `picked` is [b, o, k, i], `index` is [b, k]. */
IndexPlan& plan_index(const Named& whole, const Named& index, const Named& picked, Step& step) {
  check_rank(whole, 4);
  check_index_dtype(index);
  check_rank(index, 2);
  check_rank(picked, 4);
  const int64_t* dims = whole.operand.dims;
  check_dim(index, 0, dims[0]);
  check_dim(picked, 0, dims[0]);
  check_dim(picked, 1, dims[1]);
  check_dim(picked, 2, index.operand.dims[1]);
  check_dim(picked, 3, dims[3]);
  check_dtype(picked, whole.operand.dtype);
  for (const Named* of : {&whole, &index, &picked}) check_contiguous(*of);
  IndexPlan& plan = plan_of<IndexPlan>(step);
  plan.b = dims[0];
  plan.o = dims[1];
  plan.n = dims[2];
  plan.i = dims[3];
  plan.k = index.operand.dims[1];
  plan.wide = index.operand.dtype == ADJ_I64;
  plan.size = size_of(whole.operand.dtype);
  return plan;
}

}  // namespace

void prepare_gather(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 2, 1);
  IndexPlan& plan = plan_index(input(kernel, call, 0), input(kernel, call, 1), output(kernel, call, 0), step);
  plan.tile = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(plan.i, 1), 1);
  plan.tiles = ceil_div(plan.k, plan.tile);
  const int64_t elements = std::max<int64_t>(std::min(plan.tile, plan.k) * plan.i, 1);
  add_stage(step, loops_for<DtypeLoops>(kernel, 0).part, plan.b * plan.o * plan.tiles,
            part_elements(kernel.cost) / elements);
}

void prepare_scatter_add(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 0, 2, 1);
  const Run run = loops_for<DtypeLoops>(kernel, call.outputs[0].dtype).part;
  IndexPlan& plan = plan_index(output(kernel, call, 0), input(kernel, call, 0), input(kernel, call, 1), step);
  /* Every part reads all the indices, so tiles are no narrower than four cache lines. */
  const int64_t work = plan.n + plan.k;
  plan.tile = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(work, 1), 256 / plan.size);
  plan.tiles = ceil_div(plan.i, plan.tile);
  const int64_t elements = std::max<int64_t>(std::min(plan.tile, plan.i) * work, 1);
  add_stage(step, run, plan.b * plan.o * plan.tiles, part_elements(kernel.cost) / elements);
}

void prepare_iota(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 2, 0, 1);
  const Run run = loops_for<DtypeLoops>(kernel, call.outputs[0].dtype).part;
  check_rank(output(kernel, call, 0), 1);
  check_contiguous(output(kernel, call, 0));
  IotaPlan& plan = plan_of<IotaPlan>(step);
  plan.n = call.outputs[0].dims[0];
  plan.tile = part_elements(kernel.cost);
  plan.start = static_cast<uint64_t>(call.ints[0]);
  plan.step = static_cast<uint64_t>(call.ints[1]);
  add_stage(step, run, ceil_div(plan.n, plan.tile));
}

}  // namespace adjoint

/*
 * Plans elementwise calls: a nest of loops around a loop of two axes that the family supplies. It knows no op: counts,
 * dtypes and costs are the row's.
 */
#include "kernels/plan/elementwise.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

const Loops& loops_of(const Kernel& kernel, const ElementwiseCall& call) {
  const Loops* loops = static_cast<const Loops*>(kernel.loops);
  for (int32_t i = 0; i < kernel.loops_count; ++i) {
    if (std::equal(call.dtypes, call.dtypes + call.operands, loops[i].dtypes)) return loops[i];
  }
  const int inputs = call.operands - 1;
  std::string dtypes;
  for (int j = 0; j < inputs; ++j) dtypes += (j > 0 ? ", " : "") + dtype_text(call.dtypes[j]);
  fail(ADJ_UNKNOWN_KERNEL, "%s: there is no kernel for %s -> %s", kernel.name, dtypes.c_str(),
       dtype_text(call.dtypes[inputs]).c_str());
}

Loop loop_for(const Loops& loops, const int64_t* inner) {
  const int inputs = loops.operands - 1;
  /* Value operands are the last two inputs: `where` has its condition before them. */
  const int first = inputs - 2, second = inputs - 1;
  bool others = inner[inputs] == 1;
  for (int j = 0; j < first; ++j) others = others && inner[j] == 1;
  if (!others) return loops.strided;
  if (inputs == 1) return inner[0] == 1 ? loops.contiguous : loops.strided;
  if (inner[first] == 1 && inner[second] == 1) return loops.contiguous;
  if (inner[first] == 0 && inner[second] == 1) return loops.first;
  if (inner[first] == 1 && inner[second] == 0) return loops.second;
  return loops.strided;
}

void run_elementwise(const Part& part) {
  const ElementwisePlan& plan = *static_cast<const ElementwisePlan*>(part.plan);
  const int count = plan.operands;
  const int64_t pieces = ceil_div(plan.n, plan.piece);
  const int64_t block_rows = plan.rows;
  int64_t row = part.index / pieces * plan.rows_per_part;
  int64_t outside = 1;
  for (int d = 0; d < plan.rank; ++d) outside *= plan.dims[d];
  const int64_t last = std::min(row + plan.rows_per_part, outside * block_rows);
  const int64_t start = part.index % pieces * plan.piece;
  Block block;
  block.n = std::min(plan.piece, plan.n - start);
  for (int j = 0; j < count; ++j) {
    block.outer[j] = plan.outer[j];
    block.inner[j] = plan.inner[j];
  }
  while (row < last) {
    /* The rest of one block, which is all of it except at a part's ends. */
    const int64_t within = row % block_rows;
    int64_t rest = row / block_rows;
    int64_t at[kMaxRank];
    for (int d = plan.rank - 1; d >= 0; --d) {
      at[d] = rest % plan.dims[d];
      rest /= plan.dims[d];
    }
    block.rows = std::min(block_rows - within, last - row);
    for (int j = 0; j < count; ++j) {
      int64_t offset = within * plan.outer[j] + start * plan.inner_bytes[j];
      for (int d = 0; d < plan.rank; ++d) offset += at[d] * plan.strides[j][d];
      block.at[j] = part.at[j] + offset;
    }
    plan.loop(block);
    row += block.rows;
  }
}

void plan_elementwise(const Kernel& kernel, const ElementwiseCall& call, Step& step) {
  const Loops& loops = loops_of(kernel, call);
  if (call.elements == 0) return;
  /* The block's two axes; where there are fewer, an axis of length 1 stands in. An element alone counts as contiguous.
   */
  const int rank = call.rank;
  const Axis* axes = call.axes;
  ElementwisePlan& plan = plan_in<ElementwisePlan>(step);
  plan.operands = call.operands;
  plan.n = rank > 0 ? axes[rank - 1].dim : 1;
  plan.rows = rank > 1 ? axes[rank - 2].dim : 1;
  for (int j = 0; j < plan.operands; ++j) {
    const int64_t size = size_of(call.dtypes[j]);
    plan.inner[j] = rank > 0 ? axes[rank - 1].strides[j] : 1;
    plan.outer[j] = rank > 1 ? axes[rank - 2].strides[j] * size : 0;
    plan.inner_bytes[j] = plan.inner[j] * size;
    for (int d = 0; d < rank - 2; ++d) plan.strides[j][d] = axes[d].strides[j] * size;
  }
  plan.rank = std::max(rank - 2, 0);
  for (int d = 0; d < plan.rank; ++d) plan.dims[d] = axes[d].dim;
  plan.loop = loop_for(loops, plan.inner);

  const int64_t share = part_elements(kernel.cost);
  const int64_t rows = call.elements / plan.n;
  plan.piece = plan.n > share + share / 2 ? share : plan.n;
  plan.rows_per_part = plan.piece < plan.n ? 1 : std::max<int64_t>(share / plan.n, 1);
  add_stage(step, run_elementwise, times(ceil_div(rows, plan.rows_per_part), ceil_div(plan.n, plan.piece)));
}

}  // namespace

void prepare_elementwise(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  plan_elementwise(kernel, check_elementwise(kernel, call), step);
  const Operand& y = call.outputs[0];
  if (step.stages_count > 0 && y.rank > 0 && is_contiguous(y)) by_rows(step, y.dims[0]);
}

}  // namespace adjoint

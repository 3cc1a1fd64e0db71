/*
 * Plans reductions over trailing axes: which axes run side by side, how kept elements are tiled, and, where there are
 * few kept elements, how the reduced ones are cut into segments. All of it follows from shapes and strides alone.
 */
#include <algorithm>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

/* Axes [from, to) without those of length 1, adjacent ones merged; largest stride first if `order` does not matter. */
Nest nest_of(const Operand& x, int from, int to, bool any_order) {
  Nest nest{};
  nest.count = product(x, from, to);
  struct Axis {
    int64_t dim, stride;
  } axes[kMaxRank];
  int rank = 0;
  for (int d = from; d < to; ++d) {
    if (x.dims[d] != 1) axes[rank++] = {x.dims[d], x.strides[d]};
  }
  if (any_order) std::stable_sort(axes, axes + rank, [](const Axis& a, const Axis& b) { return a.stride > b.stride; });
  for (int d = 0; d < rank; ++d) {
    int64_t span;
    const bool joins = nest.rank > 0 && !__builtin_mul_overflow(axes[d].dim, axes[d].stride, &span) &&
                       nest.strides[nest.rank - 1] == span;
    if (joins) {
      nest.dims[nest.rank - 1] *= axes[d].dim;
      nest.strides[nest.rank - 1] = axes[d].stride;
    } else {
      nest.dims[nest.rank] = axes[d].dim;
      nest.strides[nest.rank++] = axes[d].stride;
    }
  }
  return nest;
}

/* Enough parts for the cores of a large machine; more would only cost. */
constexpr int64_t kManyParts = 64;

const Operand& check_reduction(const Kernel& kernel, const Call& call, int32_t out_dtype, int32_t reduced) {
  const Operand& x = call.inputs[0];
  const Operand& y = call.outputs[0];
  check_dtype(output(kernel, call, 0), out_dtype);
  check_rank(output(kernel, call, 0), x.rank - reduced);
  for (int d = 0; d < y.rank; ++d) check_dim(output(kernel, call, 0), d, x.dims[d]);
  check_contiguous(output(kernel, call, 0));
  return x;
}

}  // namespace

void prepare_reduce(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 1, 1, 1);
  const ReduceLoops& loops = loops_for<ReduceLoops>(kernel, call.inputs[0].dtype);
  check_int(kernel, "reduced axes", call.ints[0], 0, call.inputs[0].rank);
  const int32_t reduced = static_cast<int32_t>(call.ints[0]);
  const Operand& x = check_reduction(kernel, call, call.inputs[0].dtype, reduced);

  ReducePlan& plan = plan_of<ReducePlan>(step);
  plan.kept = nest_of(x, 0, x.rank - reduced, false);
  plan.reduced = nest_of(x, x.rank - reduced, x.rank, true);
  if (plan.kept.count == 0) return;
  if (plan.reduced.count == 0) {
    if (std::string(kernel.name) != "sum" && std::string(kernel.name) != "prod") {
      fail(ADJ_INVALID_IMAGE, "%s: nothing to reduce in %s", kernel.name, shape_text(x).c_str());
    }
    plan.reduced = Nest{};
    plan.kept = nest_of(call.outputs[0], 0, call.outputs[0].rank, false);
  }

  const int64_t kept_stride = plan.kept.rank > 0 ? plan.kept.strides[plan.kept.rank - 1] : 0;
  const int64_t reduced_stride = plan.reduced.rank > 0 ? plan.reduced.strides[plan.reduced.rank - 1] : 1;
  plan.columns = kept_stride == 1 && reduced_stride != 1 && plan.reduced.count > 1;
  const int64_t share = part_elements(kernel.cost);
  if (plan.columns) {
    const int64_t length = plan.kept.dims[plan.kept.rank - 1];
    plan.tile = std::min(length, kReduceColumns);
    plan.tiles = plan.kept.count / length * ceil_div(length, plan.tile);
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
  add_stage(step, loops.part, plan.tiles * plan.segments, share / (plan.tile * plan.segment));
  if (plan.segments > 1) {
    step.shared_bytes = plan.segments * plan.kept.count * static_cast<int64_t>(sizeof(double));
    add_stage(step, loops.combine, ceil_div(plan.kept.count, kCombineTile));
  }
}

void prepare_argmax(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 1, 1, 1);
  const ReduceLoops& loops = loops_for<ReduceLoops>(kernel, call.inputs[0].dtype);
  check_int(kernel, "reduced axes", call.ints[0], 1, 1);
  check_int(kernel, "rank", call.inputs[0].rank, 1, kMaxRank);
  const Operand& x = check_reduction(kernel, call, ADJ_I64, 1);

  ReducePlan& plan = plan_of<ReducePlan>(step);
  plan.kept = nest_of(x, 0, x.rank - 1, false);
  plan.reduced = nest_of(x, x.rank - 1, x.rank, true);
  if (plan.kept.count == 0) return;
  if (plan.reduced.count == 0) fail(ADJ_INVALID_IMAGE, "argmax: nothing to choose from in %s", shape_text(x).c_str());
  plan.tile = std::clamp<int64_t>(part_elements(kernel.cost) / plan.reduced.count, 1, plan.kept.count);
  plan.tiles = ceil_div(plan.kept.count, plan.tile);
  plan.segments = 1;
  add_stage(step, loops.part, plan.tiles);
}

}  // namespace adjoint

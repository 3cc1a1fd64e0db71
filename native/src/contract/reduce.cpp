/* Contracts of reductions: see reduce.h. */
#include "contract/reduce.h"

#include <algorithm>
#include <cstring>

#include "contract/checks.h"

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

/* The last `reduced` axes of the input are reduced. */
ReduceCall check_reduction(const Signature& kernel, const Call& call, int32_t result, int64_t reduced) {
  const Operand &x = call.inputs[0], &y = call.outputs[0];
  const int kept = x.rank - static_cast<int>(reduced);
  check_dtype(output(kernel, call, 0), result);
  check_rank(output(kernel, call, 0), kept);
  for (int d = 0; d < y.rank; ++d) check_dim(output(kernel, call, 0), d, x.dims[d]);
  check_contiguous(output(kernel, call, 0));
  return {x.dtype, nest_of(x, 0, kept, false), nest_of(x, kept, x.rank, true)};
}

}  // namespace

ReduceCall check_reduce(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 1, 1, 1);
  check_int(kernel, "reduced axes", call.ints[0], 0, call.inputs[0].rank);
  ReduceCall result = check_reduction(kernel, call, call.inputs[0].dtype, call.ints[0]);
  if (result.kept.count == 0 || result.reduced.count > 0) return result;
  if (std::strcmp(kernel.name, "sum") != 0 && std::strcmp(kernel.name, "prod") != 0) {
    fail(ADJ_INVALID_IMAGE, "%s: nothing to reduce in %s", kernel.name, shape_text(call.inputs[0]).c_str());
  }
  /* Of no elements there may be no memory: nothing of the input's layout is left. */
  result.reduced = Nest{};
  result.kept = nest_of(call.outputs[0], 0, call.outputs[0].rank, false);
  return result;
}

ReduceCall check_argmax(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 1, 1, 1);
  check_int(kernel, "reduced axes", call.ints[0], 1, 1);
  check_int(kernel, "rank", call.inputs[0].rank, 1, kMaxRank);
  const ReduceCall result = check_reduction(kernel, call, ADJ_I64, 1);
  if (result.kept.count > 0 && result.reduced.count == 0) {
    fail(ADJ_INVALID_IMAGE, "%s: nothing to choose from in %s", kernel.name, shape_text(call.inputs[0]).c_str());
  }
  return result;
}

}  // namespace adjoint

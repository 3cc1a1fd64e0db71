/* Plans scans along the middle axis of [o, n, i], and the order of rows. */
#include <algorithm>

#include "kernels/contract/checks.h"

namespace adjoint {

void prepare_scan(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 1, kernel.inputs, 1);
  check_int(kernel, "reverse", call.ints[0], 0, 1);
  const Operand& y = call.outputs[0];
  check_rank(output(kernel, call, 0), 3);
  check_contiguous(output(kernel, call, 0));
  for (int i = 0; i < kernel.inputs; ++i) {
    check_dtype(input(kernel, call, i), y.dtype);
    check_dims(input(kernel, call, i), y);
    check_contiguous(input(kernel, call, i));
  }
  const Run run = loops_for<DtypeLoops>(kernel, y.dtype).part;
  ScanPlan& plan = plan_of<ScanPlan>(step);
  plan.n = y.dims[1];
  plan.i = y.dims[2];
  plan.reverse = call.ints[0] == 1;
  if (count_of(y) == 0) return;
  plan.tile = std::min(plan.i, kScanLines);
  plan.tiles = ceil_div(plan.i, plan.tile);
  add_stage(step, run, y.dims[0] * plan.tiles, part_elements(kernel.cost) / (plan.tile * plan.n));
}

void prepare_argsort(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_counts(kernel, call, 1, 1, 1);
  check_int(kernel, "descending", call.ints[0], 0, 1);
  const Operand& x = call.inputs[0];
  check_rank(input(kernel, call, 0), 2);
  check_contiguous(input(kernel, call, 0));
  check_dtype(output(kernel, call, 0), ADJ_I64);
  check_dims(output(kernel, call, 0), x);
  check_contiguous(output(kernel, call, 0));
  const Run run = loops_for<DtypeLoops>(kernel, x.dtype).part;
  SortPlan& plan = plan_of<SortPlan>(step);
  plan.rows = x.dims[0];
  plan.n = x.dims[1];
  plan.descending = call.ints[0] == 1;
  if (count_of(x) == 0) return;
  int64_t bytes;
  if (__builtin_mul_overflow(plan.n, 2 * static_cast<int64_t>(sizeof(SortPair)), &bytes)) {
    fail(ADJ_INVALID_IMAGE, "%s: a row of %s needs too much scratch", kernel.name, shape_text(x).c_str());
  }
  step.lane_bytes = bytes;
  plan.rows_per_part = std::max<int64_t>(part_elements(kernel.cost) / plan.n, 1);
  add_stage(step, run, ceil_div(plan.rows, plan.rows_per_part));
}

}  // namespace adjoint

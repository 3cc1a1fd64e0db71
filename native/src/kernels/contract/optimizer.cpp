/* Plans optimizer steps over lists of arrays, which are cut into parts as if they lay one after another on a line. */
#include <algorithm>
#include <memory>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

/* How many arrays each list has; fails unless the operands are the single ones and lists of equal length. */
int64_t arrays_of(const Kernel& kernel, const Call& call) {
  const Lists& lists = *kernel.lists;
  const int64_t arrays = (call.inputs_count - lists.single_inputs) / lists.input_lists;
  if (arrays < 1 || call.inputs_count != lists.single_inputs + arrays * lists.input_lists ||
      call.outputs_count != lists.single_outputs + arrays * lists.output_lists) {
    fail(ADJ_INVALID_IMAGE,
         "%s: takes %d inputs and %d lists of k >= 1, gives %d and %d lists of k; got %lld inputs and %lld outputs",
         kernel.name, lists.single_inputs, lists.input_lists, lists.single_outputs, lists.output_lists,
         ll(call.inputs_count), ll(call.outputs_count));
  }
  return arrays;
}

/* Where each array starts on the line and where the line ends; the sizes; which of them are F64. */
std::unique_ptr<int64_t[]> table_of(const Kernel& kernel, const Call& call, int64_t arrays) {
  std::unique_ptr<int64_t[]> table(new int64_t[static_cast<size_t>(3 * arrays + 1)]);
  int64_t* starts = table.get();
  int64_t* sizes = starts + arrays + 1;
  int64_t* wide = sizes + arrays;
  int64_t end = 0;
  for (int64_t a = 0; a < arrays; ++a) {
    const Operand& p = call.inputs[kernel.lists->single_inputs + a];
    starts[a] = end;
    sizes[a] = count_of(p);
    wide[a] = p.dtype == ADJ_F64;
    const int64_t padded = ceil_div(sizes[a], kOptimizerAlignment) * kOptimizerAlignment;
    if (__builtin_add_overflow(end, padded, &end)) {
      fail(ADJ_INVALID_IMAGE, "%s: %lld arrays have more elements together than can be counted", kernel.name,
           ll(arrays));
    }
  }
  starts[arrays] = end;
  return table;
}

/* Members of all lists with the same number are alike and contiguous; what is single is an F64 scalar. */
void check_operands(const Kernel& kernel, const Call& call, int64_t arrays) {
  const Lists& lists = *kernel.lists;
  const auto check_array = [&](const Named& of, const Operand& p) {
    check_dtype(of, p.dtype);
    check_dims(of, p);
    check_contiguous(of);
  };
  const auto check_scalar = [](const Named& of) {
    check_dtype(of, ADJ_F64);
    check_rank(of, 0);
  };
  for (int i = 0; i < lists.single_inputs; ++i) check_scalar(input(kernel, call, i));
  for (int i = 0; i < lists.single_outputs; ++i) check_scalar(output(kernel, call, i));
  for (int64_t a = 0; a < arrays; ++a) {
    const Operand& p = call.inputs[lists.single_inputs + a];
    if (p.dtype != ADJ_F32 && p.dtype != ADJ_F64) no_loops(kernel, p.dtype);
    for (int l = 0; l < lists.input_lists; ++l) {
      check_array(input(kernel, call, static_cast<int>(lists.single_inputs + l * arrays + a)), p);
    }
    for (int l = 0; l < lists.output_lists; ++l) {
      check_array(output(kernel, call, static_cast<int>(lists.single_outputs + l * arrays + a)), p);
    }
  }
}

OptimizerPlan& plan_lists(const Kernel& kernel, const Call& call, bool clipped, Step& step) {
  const Lists& lists = *kernel.lists;
  const OptimizerLoops& loops = *static_cast<const OptimizerLoops*>(kernel.loops);
  const int64_t arrays = arrays_of(kernel, call);
  check_operands(kernel, call, arrays);
  std::unique_ptr<int64_t[]> table = table_of(kernel, call, arrays);
  OptimizerPlan& plan = plan_of<OptimizerPlan>(step);
  plan.arrays = arrays;
  plan.tile = ceil_div(part_elements(kernel.cost), kOptimizerAlignment) * kOptimizerAlignment;
  plan.parts = ceil_div(table[static_cast<size_t>(arrays)], plan.tile);
  plan.inputs = lists.single_inputs;
  plan.outputs = lists.single_outputs;
  plan.first_output = call.inputs_count;
  plan.clipped = clipped;
  step.shared_bytes = (kOptimizerConstants + (clipped ? plan.parts : 0)) * 8;
  if (clipped) add_stage(step, loops.norm, plan.parts);
  add_stage(step, loops.begin, 1);
  add_stage(step, loops.update, plan.parts);
  plan.table = step.table = table.release();
  return plan;
}

void check_ints(const Kernel& kernel, const Call& call, int64_t ints) {
  if (call.ints_count != ints) {
    fail(ADJ_INVALID_IMAGE, "%s: takes %lld ints, got %lld", kernel.name, ll(ints), ll(call.ints_count));
  }
}

void prepare_descent(const Kernel& kernel, const Call& call, bool clipped, Step& step) {
  check_ints(kernel, call, 1);
  check_int(kernel, "nesterov", call.ints[0], 0, 1);
  plan_lists(kernel, call, clipped, step).nesterov = call.ints[0] == 1;
}

}  // namespace

void prepare_adam(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_ints(kernel, call, 0);
  plan_lists(kernel, call, false, step);
}

void prepare_clipped_adam(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  check_ints(kernel, call, 0);
  plan_lists(kernel, call, true, step);
}

void prepare_sgd(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  prepare_descent(kernel, call, false, step);
}

void prepare_clipped_sgd(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  prepare_descent(kernel, call, true, step);
}

}  // namespace adjoint

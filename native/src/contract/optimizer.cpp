/* Contracts of optimizer steps: see optimizer.h. */
#include "contract/optimizer.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

/* How many arrays each list has; fails unless the operands are the single ones and lists of equal length. */
int64_t arrays_of(const Signature& kernel, const Call& call) {
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

/* Members of all lists with the same number are alike and contiguous; what is single is an F64 scalar. */
void check_operands(const Signature& kernel, const Call& call, int64_t arrays) {
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
    if (p.dtype != ADJ_F32 && p.dtype != ADJ_F64) no_kernel_for(kernel, p.dtype);
    for (int l = 0; l < lists.input_lists; ++l) {
      check_array(input(kernel, call, static_cast<int>(lists.single_inputs + l * arrays + a)), p);
    }
    for (int l = 0; l < lists.output_lists; ++l) {
      check_array(output(kernel, call, static_cast<int>(lists.single_outputs + l * arrays + a)), p);
    }
  }
}

OptimizerCall check_lists(const Signature& kernel, const Call& call, int64_t ints, bool clipped) {
  if (call.ints_count != ints) {
    fail(ADJ_INVALID_IMAGE, "%s: takes %lld ints, got %lld", kernel.name, ll(ints), ll(call.ints_count));
  }
  const int64_t arrays = arrays_of(kernel, call);
  check_operands(kernel, call, arrays);
  return {arrays, kernel.lists->single_inputs, kernel.lists->single_outputs, call.inputs_count, clipped, false};
}

}  // namespace

OptimizerCall check_adam(const Signature& kernel, const Call& call, bool clipped) {
  return check_lists(kernel, call, 0, clipped);
}

OptimizerCall check_sgd(const Signature& kernel, const Call& call, bool clipped) {
  OptimizerCall result = check_lists(kernel, call, 1, clipped);
  check_int(kernel, "nesterov", call.ints[0], 0, 1);
  result.nesterov = call.ints[0] == 1;
  return result;
}

}  // namespace adjoint

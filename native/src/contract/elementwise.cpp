/* Contracts of elementwise calls: see elementwise.h. */
#include "contract/elementwise.h"

#include "contract/checks.h"

namespace adjoint {

ElementwiseCall check_elementwise(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, kernel.inputs, 1);
  ElementwiseCall result{};
  const Operand& y = call.outputs[0];
  const Operand* operands[kMaxElementwise];
  for (int j = 0; j < kernel.inputs; ++j) {
    check_dims(input(kernel, call, j), y);
    operands[j] = &call.inputs[j];
  }
  operands[kernel.inputs] = &y;
  result.operands = kernel.inputs + 1;
  for (int j = 0; j < result.operands; ++j) result.dtypes[j] = operands[j]->dtype;
  result.elements = count_of(y);
  if (result.elements > 0) result.rank = collapse(operands, result.operands, result.axes);
  return result;
}

}  // namespace adjoint

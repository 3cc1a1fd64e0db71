/* Contracts of scans and of the order of rows: see scan.h. */
#include "contract/scan.h"

#include "contract/checks.h"

namespace adjoint {

ScanCall check_scan(const Signature& kernel, const Call& call) {
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
  return {y.dtype, y.dims[0], y.dims[1], y.dims[2], call.ints[0] == 1};
}

SortCall check_argsort(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 1, 1, 1);
  check_int(kernel, "descending", call.ints[0], 0, 1);
  const Operand& x = call.inputs[0];
  check_rank(input(kernel, call, 0), 2);
  check_contiguous(input(kernel, call, 0));
  check_dtype(output(kernel, call, 0), ADJ_I64);
  check_dims(output(kernel, call, 0), x);
  check_contiguous(output(kernel, call, 0));
  return {x.dtype, x.dims[0], x.dims[1], call.ints[0] == 1};
}

}  // namespace adjoint

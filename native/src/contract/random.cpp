/* Contracts of random numbers: see random.h. */
#include "contract/random.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

void check_keys(const Named& of) {
  check_dtype(of, ADJ_I64);
  check_rank(of, 1);
  check_contiguous(of);
}

}  // namespace

RandomCall check_random(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 1, 1);
  const Operand& y = call.outputs[0];
  check_keys(input(kernel, call, 0));
  check_rank(output(kernel, call, 0), 2);
  check_dim(output(kernel, call, 0), 0, call.inputs[0].dims[0]);
  check_contiguous(output(kernel, call, 0));
  return {y.dtype, y.dims[0], y.dims[1]};
}

RandomCall check_random_fold(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 2, 1);
  check_keys(input(kernel, call, 0));
  check_keys(input(kernel, call, 1));
  check_keys(output(kernel, call, 0));
  check_dims(input(kernel, call, 1), call.inputs[0]);
  check_dims(output(kernel, call, 0), call.inputs[0]);
  return {ADJ_I64, call.inputs[0].dims[0], 1};
}

}  // namespace adjoint

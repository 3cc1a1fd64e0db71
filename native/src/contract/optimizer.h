/* What an optimizer step over lists of arrays is, whatever computes it. */
#pragma once

#include "contract/call.h"

namespace adjoint {

struct OptimizerCall {
  int64_t arrays;          /* of each list */
  int64_t inputs, outputs; /* single ones, which come before the lists */
  int64_t first_output;    /* its operand number */
  bool clipped, nesterov;
};

OptimizerCall check_adam(const Signature& kernel, const Call& call, bool clipped);
OptimizerCall check_sgd(const Signature& kernel, const Call& call, bool clipped);

}  // namespace adjoint

/* What random numbers are of, whatever computes them: q keys, m elements of each. */
#pragma once

#include "contract/call.h"

namespace adjoint {

struct RandomCall {
  int32_t dtype;
  int64_t q, m;
};

RandomCall check_random(const Signature& kernel, const Call& call);
RandomCall check_random_fold(const Signature& kernel, const Call& call);

}  // namespace adjoint

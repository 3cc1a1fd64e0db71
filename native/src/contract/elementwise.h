/* What an elementwise call is, whatever computes it: one nest of loops for all operands. It knows no op. */
#pragma once

#include "contract/collapse.h"

namespace adjoint {

inline constexpr int kMaxElementwise = 4; /* operands of an elementwise call: three inputs and the output */

struct ElementwiseCall {
  int32_t operands; /* inputs, then the output */
  int32_t dtypes[kMaxElementwise];
  int64_t elements;
  int32_t rank; /* of the collapsed axes; 0 of one element, and of none */
  Axis axes[kMaxRank];
};

ElementwiseCall check_elementwise(const Signature& kernel, const Call& call);

}  // namespace adjoint

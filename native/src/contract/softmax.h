/* What calls of the softmax family are, whatever computes them: contiguous rows. */
#pragma once

#include "contract/call.h"

namespace adjoint {

struct SoftmaxCall {
  int32_t dtype;
  int64_t rows, n;
  int64_t g_stride;
  bool wide_labels; /* I64 */
};

SoftmaxCall check_softmax(const Signature& kernel, const Call& call);
SoftmaxCall check_log_sum_exp(const Signature& kernel, const Call& call);
SoftmaxCall check_cross_entropy(const Signature& kernel, const Call& call);
SoftmaxCall check_cross_entropy_grad(const Signature& kernel, const Call& call);
SoftmaxCall check_cross_entropy_with_grad(const Signature& kernel, const Call& call);

}  // namespace adjoint

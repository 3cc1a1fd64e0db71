/* What a product of matrices is, whatever computes it: its sizes, and where its operands lie. */
#pragma once

#include "contract/call.h"

namespace adjoint {

struct ProductCall {
  int32_t dtype; /* of a and b */
  int32_t has_bias, activation;
  int64_t m, n, k;
  int64_t a_m, a_k, b_k, b_n, bias_m, bias_n; /* strides, elements */
  int32_t batch_rank;
  int64_t batches; /* 0 if there are no elements, and then no strides either */
  int64_t batch_dims[kMaxRank];
  int64_t batch_a[kMaxRank], batch_b[kMaxRank], batch_bias[kMaxRank];
};

ProductCall check_matmul(const Signature& kernel, const Call& call);
ProductCall check_matmul_bf16(const Signature& kernel, const Call& call);

}  // namespace adjoint

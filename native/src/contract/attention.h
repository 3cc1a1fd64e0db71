/* What calls of the attention family are, whatever computes them. */
#pragma once

#include "contract/call.h"

namespace adjoint {

/* Scores of queries by keys, to be masked: a view of [batches, heads, queries, keys], of strides 0 where it repeats. */
struct ScoreMask {
  bool present;
  int64_t strides[4];
};

/* q [batches, heads, queries, size], k [batches, key_heads, keys, size], v [batches, key_heads, keys, value_size]. */
struct AttentionCall {
  int32_t dtype;
  bool causal;
  int64_t offset; /* causal: query i sees keys 0 … i + offset; between -queries and keys */
  double scale;   /* finite */
  int64_t batches, heads, key_heads, queries, keys, size, value_size;
  ScoreMask bias, mask;
};

AttentionCall check_attention(const Signature& kernel, const Call& call);
AttentionCall check_attention_grad(const Signature& kernel, const Call& call);

}  // namespace adjoint

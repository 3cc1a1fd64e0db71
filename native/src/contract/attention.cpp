/* Contracts of the attention family: see attention.h. */
#include "contract/attention.h"

#include <algorithm>

#include "contract/checks.h"

namespace adjoint {
namespace {

constexpr int64_t kInts = 5;

/* Input `index` is [axes…], of the dtype of input 0. */
void check_axes(const Signature& kernel, const Call& call, int index, const int64_t (&dims)[4]) {
  const Named of = input(kernel, call, index);
  check_dtype(of, call.inputs[0].dtype);
  check_rank(of, 4);
  for (int d = 0; d < 4; ++d) check_dim(of, d, dims[d]);
  check_contiguous(of);
}

ScoreMask check_mask(const Signature& kernel, const Call& call, int index, int32_t dtype, const AttentionCall& of) {
  const Named mask = input(kernel, call, index);
  const int64_t dims[] = {of.batches, of.heads, of.queries, of.keys};
  check_dtype(mask, dtype);
  check_rank(mask, 4);
  ScoreMask result{true, {}};
  for (int d = 0; d < 4; ++d) {
    check_dim(mask, d, dims[d]);
    result.strides[d] = mask.operand.strides[d];
  }
  return result;
}

/* The ints, q, k, v, and the masks, which are inputs from `masks` on. */
AttentionCall check_inputs(const Signature& kernel, const Call& call, int masks, int64_t outputs) {
  if (call.ints_count != kInts || call.inputs_count < masks) check_counts(kernel, call, kInts, masks, outputs);
  check_int(kernel, "bias", call.ints[0], 0, 1);
  check_int(kernel, "mask", call.ints[1], 0, 1);
  check_int(kernel, "causal", call.ints[2], 0, 1);
  check_counts(kernel, call, kInts, masks + call.ints[0] + call.ints[1], outputs);
  AttentionCall result{};
  const Operand &q = call.inputs[0], &k = call.inputs[1], &v = call.inputs[2];
  for (int i = 0; i < 3; ++i) check_rank(input(kernel, call, i), 4);
  result.dtype = q.dtype;
  result.causal = call.ints[2] != 0;
  result.scale = __builtin_bit_cast(double, call.ints[4]);
  result.batches = q.dims[0];
  result.heads = q.dims[1];
  result.queries = q.dims[2];
  result.size = q.dims[3];
  result.key_heads = k.dims[1];
  result.keys = k.dims[2];
  result.value_size = v.dims[3];
  result.offset = std::clamp(call.ints[3], -result.queries, result.keys);
  if (!(result.scale - result.scale == 0)) {
    fail(ADJ_INVALID_IMAGE, "%s: scale %g is not finite", kernel.name, result.scale);
  }
  if (result.key_heads == 0 ? result.heads != 0 : result.heads % result.key_heads != 0) {
    fail(ADJ_INVALID_IMAGE, "%s: %lld heads do not share %lld heads of keys evenly", kernel.name, ll(result.heads),
         ll(result.key_heads));
  }
  check_axes(kernel, call, 0, {result.batches, result.heads, result.queries, result.size});
  check_axes(kernel, call, 1, {result.batches, result.key_heads, result.keys, result.size});
  check_axes(kernel, call, 2, {result.batches, result.key_heads, result.keys, result.value_size});
  if (call.ints[0] != 0) result.bias = check_mask(kernel, call, masks, q.dtype, result);
  if (call.ints[1] != 0) {
    result.mask = check_mask(kernel, call, masks + (result.bias.present ? 1 : 0), ADJ_BOOL, result);
  }
  return result;
}

/* An operand of q's dtype and of `rank` of these axes. */
void check_result(const Named& of, const AttentionCall& call, const int64_t (&dims)[4], int rank) {
  check_dtype(of, call.dtype);
  check_rank(of, rank);
  for (int d = 0; d < rank; ++d) check_dim(of, d, dims[d]);
  check_contiguous(of);
}

}  // namespace

AttentionCall check_attention(const Signature& kernel, const Call& call) {
  const AttentionCall result = check_inputs(kernel, call, 3, 2);
  const int64_t dims[] = {result.batches, result.heads, result.queries, result.value_size};
  check_result(output(kernel, call, 0), result, dims, 4);
  check_result(output(kernel, call, 1), result, dims, 3);
  return result;
}

AttentionCall check_attention_grad(const Signature& kernel, const Call& call) {
  const AttentionCall result = check_inputs(kernel, call, 6, 3);
  const int64_t dims[] = {result.batches, result.heads, result.queries, result.value_size};
  check_result(input(kernel, call, 3), result, dims, 4);
  check_result(input(kernel, call, 4), result, dims, 4);
  check_result(input(kernel, call, 5), result, dims, 3);
  for (int i = 0; i < 3; ++i) {
    const Named slope = output(kernel, call, i);
    check_dtype(slope, result.dtype);
    check_dims(slope, call.inputs[i]);
    check_contiguous(slope);
  }
  return result;
}

}  // namespace adjoint

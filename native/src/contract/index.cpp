/* Contracts of gather, scatterAdd, iota and nonZero: see index.h. */
#include "contract/index.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

/* `whole` is [b, o, n, i], `picked` is [b, o, k, i], `index` is [b, k]. */
IndexCall check_index(const Named& whole, const Named& index, const Named& picked) {
  check_rank(whole, 4);
  check_index_dtype(index);
  check_rank(index, 2);
  check_rank(picked, 4);
  const int64_t* dims = whole.operand.dims;
  check_dim(index, 0, dims[0]);
  check_dim(picked, 0, dims[0]);
  check_dim(picked, 1, dims[1]);
  check_dim(picked, 2, index.operand.dims[1]);
  check_dim(picked, 3, dims[3]);
  check_dtype(picked, whole.operand.dtype);
  for (const Named* of : {&whole, &index, &picked}) check_contiguous(*of);
  return {whole.operand.dtype,           dims[0], dims[1], dims[2], dims[3], index.operand.dims[1],
          index.operand.dtype == ADJ_I64};
}

}  // namespace

IndexCall check_gather(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 2, 1);
  return check_index(input(kernel, call, 0), input(kernel, call, 1), output(kernel, call, 0));
}

IndexCall check_scatter_add(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 2, 1);
  return check_index(output(kernel, call, 0), input(kernel, call, 0), input(kernel, call, 1));
}

NonZeroCall check_non_zero(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 0, 1, 1);
  const Operand& y = call.outputs[0];
  const Named x = input(kernel, call, 0);
  check_rank(x, 1);
  check_contiguous(x);
  check_dtype(x, y.dtype);
  check_dims(x, y);
  check_contiguous(output(kernel, call, 0));
  return {y.dtype, y.dims[0]};
}

IotaCall check_iota(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, 2, 0, 1);
  const Operand& y = call.outputs[0];
  check_rank(output(kernel, call, 0), 1);
  check_contiguous(output(kernel, call, 0));
  return {y.dtype, y.dims[0], static_cast<uint64_t>(call.ints[0]), static_cast<uint64_t>(call.ints[1])};
}

}  // namespace adjoint

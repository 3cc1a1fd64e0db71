/* The checks that contracts are made of: see checks.h. */
#include "contract/checks.h"

#include <algorithm>

namespace adjoint {

void check_counts(const Signature& kernel, const Call& call, int64_t ints, int64_t inputs, int64_t outputs) {
  if (call.ints_count != ints || call.inputs_count != inputs || call.outputs_count != outputs) {
    fail(ADJ_INVALID_IMAGE, "%s: takes %lld ints, %lld inputs, %lld outputs, not %lld, %lld, %lld", kernel.name,
         ll(ints), ll(inputs), ll(outputs), ll(call.ints_count), ll(call.inputs_count), ll(call.outputs_count));
  }
}

void check_int(const Signature& kernel, const char* name, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) {
    fail(ADJ_INVALID_IMAGE, "%s: %s is %lld, outside %lld..%lld", kernel.name, name, ll(value), ll(least), ll(most));
  }
}

void check_dtype(const Named& of, int32_t dtype) {
  if (of.operand.dtype != dtype) {
    fail(ADJ_UNKNOWN_KERNEL, "%s: %s %d is %s, needs %s", of.kernel.name, of.side, of.index,
         dtype_text(of.operand.dtype).c_str(), dtype_text(dtype).c_str());
  }
}

void check_rank(const Named& of, int32_t rank) {
  if (of.operand.rank != rank) {
    fail(ADJ_INVALID_IMAGE, "%s: %s %d %s has rank %d, needs %d", of.kernel.name, of.side, of.index,
         shape_text(of.operand).c_str(), of.operand.rank, rank);
  }
}

void check_contiguous(const Named& of) {
  if (!is_contiguous(of.operand)) {
    fail(ADJ_INVALID_IMAGE, "%s: %s %d %s is not contiguous: copy it first", of.kernel.name, of.side, of.index,
         shape_text(of.operand).c_str());
  }
}

void check_dims(const Named& of, const Operand& as) {
  if (of.operand.rank != as.rank || !std::equal(of.operand.dims, of.operand.dims + as.rank, as.dims)) {
    fail(ADJ_INVALID_IMAGE, "%s: %s %d is %s, needs %s", of.kernel.name, of.side, of.index,
         shape_text(of.operand).c_str(), shape_text(as).c_str());
  }
}

void check_dim(const Named& of, int axis, int64_t dim) {
  if (of.operand.dims[axis] != dim) {
    fail(ADJ_INVALID_IMAGE, "%s: axis %d of %s %d %s must be %lld long", of.kernel.name, axis, of.side, of.index,
         shape_text(of.operand).c_str(), ll(dim));
  }
}

void check_index_dtype(const Named& of) {
  if (of.operand.dtype != ADJ_I32 && of.operand.dtype != ADJ_I64) {
    fail(ADJ_UNKNOWN_KERNEL, "%s: %s %d is %s, needs I32 or I64", of.kernel.name, of.side, of.index,
         dtype_text(of.operand.dtype).c_str());
  }
}

void no_kernel_for(const Signature& kernel, int32_t dtype) {
  fail(ADJ_UNKNOWN_KERNEL, "%s: there is no kernel for %s", kernel.name, dtype_text(dtype).c_str());
}

}  // namespace adjoint

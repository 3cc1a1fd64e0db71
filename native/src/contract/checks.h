/*
 * The checks that contracts are made of, and their texts: op first, then what was wrong with which values. They throw
 * adjoint::Error. Dtypes that do not go together are ADJ_UNKNOWN_KERNEL, everything else that does not fit
 * ADJ_INVALID_IMAGE. To add an op's contract, write check_<op> from these: it takes a call apart into a plain struct
 * that says what to compute, and leaves it to a backend how.
 */
#pragma once

#include "contract/call.h"
#include "contract/sizes.h"
#include "runtime/error.h"
#include "runtime/layout.h"

namespace adjoint {

/* Names an operand in a text: "input 0", "output 1". */
struct Named {
  const Signature& kernel;
  const Operand& operand;
  const char* side;
  int index;
};
inline Named input(const Signature& kernel, const Call& call, int i) { return {kernel, call.inputs[i], "input", i}; }
inline Named output(const Signature& kernel, const Call& call, int i) { return {kernel, call.outputs[i], "output", i}; }

/* Each fails with its own text unless what its name says holds. */
void check_counts(const Signature& kernel, const Call& call, int64_t ints, int64_t inputs, int64_t outputs);
void check_int(const Signature& kernel, const char* name, int64_t value, int64_t least, int64_t most);
void check_dtype(const Named& of, int32_t dtype);
void check_rank(const Named& of, int32_t rank);
void check_contiguous(const Named& of);
void check_dims(const Named& of, const Operand& as);
void check_dim(const Named& of, int axis, int64_t dim);
void check_index_dtype(const Named& of);

/* Fails: a backend has nothing that computes with this dtype. */
[[noreturn]] void no_kernel_for(const Signature& kernel, int32_t dtype);

}  // namespace adjoint

/*
 * The checks that contracts are made of, and their texts: op first, then what was wrong with which values. They throw
 * adjoint::Error. Dtypes that no loop serves are ADJ_UNKNOWN_KERNEL, everything else that does not fit
 * ADJ_INVALID_IMAGE.
 */
#pragma once

#include <new>
#include <string>

#include "kernels/contract/loops.h"
#include "runtime/error.h"

namespace adjoint {

/* Bytes of an element, 0 if there is no such dtype. */
int64_t size_of(int64_t dtype);

/* "F32" and so on, "dtype 17" if there is no such dtype. */
std::string dtype_text(int64_t dtype);

/* "[64, 784]". */
std::string shape_text(const Operand& operand);

/* The number of elements. Image validation has seen to it that no product of non-zero dims overflows. */
int64_t count_of(const Operand& operand);

/* The product of dims[from, to). */
int64_t product(const Operand& operand, int from, int to);

bool is_contiguous(const Operand& operand);

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

/* The loops for a dtype, ADJ_UNKNOWN_KERNEL if there are none. L is any of the loop structs with a `dtype`. */
[[noreturn]] void no_loops(const Signature& kernel, int32_t dtype);
template <class L>
const L& loops_for(const Kernel& kernel, int32_t dtype) {
  const L* loops = static_cast<const L*>(kernel.loops);
  for (int32_t i = 0; i < kernel.loops_count; ++i) {
    if (loops[i].dtype == dtype) return loops[i];
  }
  no_loops(kernel, dtype);
}

/* The plan of a step, as a P whose bytes are all zero. */
template <class P>
P& plan_of(Step& step) {
  static_assert(sizeof(P) <= kPlanBytes && alignof(P) <= 16);
  return *new (step.plan) P{};
}

/* Appends a stage; one without parts is left out. Parts that are small on their own are taken `grain` at a time. */
void add_stage(Step& step, Run run, int64_t parts, int64_t grain = 1);

/* Says that each row of the call's outputs follows from that row of its inputs alone, and input `whole`, if any. All
 * have elements, and their first axis is the rows. */
void by_rows(const Call& call, Step& step, int whole = -1);

/* Checks a product of matrices that gives `result` and says where its operands lie; false if it has no elements. */
bool plan_product(const Kernel& kernel, const Call& call, int32_t result, ProductPlan& plan);

inline int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }

inline int64_t round_up(int64_t x, int64_t step) { return ceil_div(x, step) * step; }

/* The product of sizes, saturated. */
inline int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* Elements of one part, given their cost in plain additions: small enough to share out, large enough to be worth it. */
int64_t part_elements(int64_t cost);

}  // namespace adjoint

/*
 * What plans are made of: stages, scratch and rows of a Step. A plan takes what a contract has checked (contract/) and
 * lays out how this machine computes it, by shape and instruction set alone. Sizes are computed with the arithmetic of
 * contract/sizes.h: what saturates is refused where the scratch of an instruction is counted.
 */
#pragma once

#include <new>

#include "contract/checks.h"
#include "kernels/kernel.h"

namespace adjoint {

/* From so many bytes on, operands come from memory rather than from a cache, and results go there. */
inline constexpr int64_t kLargeFrom = int64_t{16} << 20;

/* The plan of a step, as a P whose bytes are all zero. */
template <class P>
P& plan_in(Step& step) {
  static_assert(sizeof(P) <= kPlanBytes && alignof(P) <= 16);
  return *new (step.plan) P{};
}

/* The same, with what the contract has found. */
template <class P, class C>
P& plan_in(Step& step, const C& call) {
  P& plan = plan_in<P>(step);
  static_cast<C&>(plan) = call;
  return plan;
}

/* The loops for a dtype, ADJ_UNKNOWN_KERNEL if there are none. L is any of the loop structs with a `dtype`. */
template <class L>
const L& loops_for(const Kernel& kernel, int32_t dtype) {
  const L* loops = static_cast<const L*>(kernel.loops);
  for (int32_t i = 0; i < kernel.loops_count; ++i) {
    if (loops[i].dtype == dtype) return loops[i];
  }
  no_kernel_for(kernel, dtype);
}

/* Appends a stage; one without parts is left out. Parts that are small on their own are taken `grain` at a time. */
void add_stage(Step& step, Run run, int64_t parts, int64_t grain = 1);

/* Says that each row of the outputs, along their first axis, follows from that row of the inputs alone, and input
 * `whole`, if any. All have elements. */
void by_rows(Step& step, int64_t rows, int whole = -1);

/* Elements of one part, given their cost in plain additions: small enough to share out, large enough to be worth it. */
int64_t part_elements(int64_t cost);

}  // namespace adjoint

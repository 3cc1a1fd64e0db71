/*
 * Whether operands share memory. Exact for the layouts that views have; where it cannot tell, it says that they do.
 */
#pragma once

#include "contract/call.h"

namespace adjoint {

/* Whether two elements of one operand are the same memory. */
bool overlaps_itself(const Operand& operand);

/* The byte of its binding that comes after the operand's last one; its offset if it has no elements. */
int64_t end_of(const Operand& operand);

/* Whether two operands of one binding share memory. */
bool overlap(const Operand& a, const Operand& b);

/* Whether they are the same elements in the same places: offset, dtype, dims and strides. */
bool same_place(const Operand& a, const Operand& b);

}  // namespace adjoint

/*
 * Whether operands share memory. `overlap` is exact but for layouts of many unrelated strides; where a function cannot
 * tell, it says that memory is shared.
 */
#pragma once

#include "runtime/operand.h"

namespace adjoint {

/* Whether two elements of one operand share memory. True, too, where steps do not nest: {0, 3, 6} + {0, 2}. */
bool overlaps_itself(const Operand& operand);

/* The byte of its binding that comes after the operand's last one; its offset if it has no elements. */
int64_t end_of(const Operand& operand);

/* Whether two operands of one binding share memory. */
bool overlap(const Operand& a, const Operand& b);

/* Whether they are the same elements in the same places: offset, dtype, dims and strides. */
bool same_place(const Operand& a, const Operand& b);

}  // namespace adjoint

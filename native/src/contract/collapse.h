/* Loops over several operands of the same dims, with as few axes as their strides allow. */
#pragma once

#include "contract/call.h"

namespace adjoint {

inline constexpr int kMostCollapsed = 49; /* operands */

/* An axis and the stride, in elements, of every operand along it. */
struct Axis {
  int64_t dim;
  int64_t strides[kMostCollapsed];
};

/*
 * The axes longer than 1, the last operand's largest stride first, adjacent ones merged where all operands allow it.
 * Returns how many there are; `axes` has room for every axis of an operand.
 */
int collapse(const Operand* const* operands, int count, Axis* axes);

}  // namespace adjoint

/*
 * Loops of the families that have one function for each dtype. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "kernels/kernel.h"

namespace adjoint {

struct DtypeLoops {
  int32_t dtype;
  Run part;
};

}  // namespace adjoint

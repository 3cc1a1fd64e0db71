/* Kernels by name, and by instruction set. Filled from the family tables; nothing registers itself. */
#pragma once

#include <cstdint>

#include "cpu/isa.h"
#include "kernels/kernel.h"

namespace adjoint {

/* How many kernels there are: the same ones, in the same order, for every instruction set. */
int32_t kernel_count();

/* The index of a kernel, -1 if none has that name. */
int32_t kernel_find(const char* name);

/* The row for an instruction set; the index must be in range. */
const Kernel& kernel_at(int32_t index, Isa isa);

}  // namespace adjoint

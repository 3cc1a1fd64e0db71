/* Kernels of the GPU by name. Filled from the family tables; nothing registers itself. */
#pragma once

#include "cuda/kernel.h"

namespace adjoint {
namespace cuda {

int32_t kernel_count();

/* The index of a kernel, -1 if none has that name. */
int32_t kernel_find(const char* name);

/* The index must be in range. */
const Kernel& kernel_at(int32_t row);

}  // namespace cuda
}  // namespace adjoint

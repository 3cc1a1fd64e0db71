/* Which operands of an instruction may share memory: what an op's signature allows, and nothing else. */
#pragma once

#include "contract/call.h"
#include "runtime/image.h"

namespace adjoint {

/*
 * Throws Error where an output shares memory with another output, or with an input unless the kernel allows it and both
 * are the same elements in the same places.
 */
void check_sharing(const Signature& kernel, const Instruction& instruction);

}  // namespace adjoint

/* Faults inside loops: the Error of fault.h with the turn. Apart from it, because every kernel sees that header. */
#pragma once

#include "runtime/fault.h"

namespace adjoint {

/* Throws the Error that a fault of the kernel of that name is; `where` ends its text. */
[[noreturn]] void refuse(const char* kernel, const Fault& fault, const char* where);

}  // namespace adjoint

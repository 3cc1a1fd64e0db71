/* A text that tells two builds of the library apart. */
#pragma once

namespace adjoint {

const char* build_id();

}  // namespace adjoint

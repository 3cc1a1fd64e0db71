/*
 * The list of kernel families, which is all that the registry knows. To add a family, add its word here and its file to
 * native/CMakeLists.txt.
 */
#pragma once

#include "kernels/kernel.h"

#define ADJ_FAMILIES(F) \
  F(unary)              \
  F(binary)             \
  F(trigonometric)      \
  F(special)            \
  F(activations)        \
  F(compare)            \
  F(select)             \
  F(cast)               \
  F(reduce)             \
  F(matmul)             \
  F(softmax)            \
  F(index)              \
  F(scan)               \
  F(sort)               \
  F(iota)               \
  F(optimizer)          \
  F(random)             \
  F(fused)

namespace adjoint {

/* The families of one instruction set, in the order of the list. */
struct Families {
  const Family* const* families;
  int32_t count;
};

namespace cpu {
namespace baseline {
extern const Families families;
}
namespace avx2 {
extern const Families families;
}
namespace avx512 {
extern const Families families;
}
}  // namespace cpu
}  // namespace adjoint

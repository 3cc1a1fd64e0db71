/*
 * The list of kernel families, which is all that the registry knows. To add a family, add its word here and its file to
 * native/CMakeLists.txt; where an extension of AVX-512 serves it better, its word to ADJ_EXTENDED_FAMILIES and its file
 * to adjoint_extend_kernels.
 */
#pragma once

#include "kernels/kernel.h"

#define ADJ_FAMILIES(F) \
  F(unary)              \
  F(binary)             \
  F(integers)           \
  F(trigonometric)      \
  F(special)            \
  F(activations)        \
  F(compare)            \
  F(select)             \
  F(cast)               \
  F(reduce)             \
  F(matmul)             \
  F(matmul_bf16)        \
  F(convolution)        \
  F(window)             \
  F(softmax)            \
  F(standardize)        \
  F(attention)          \
  F(index)              \
  F(scan)               \
  F(sort)               \
  F(iota)               \
  F(optimizer)          \
  F(random)             \
  F(fused)

/* Families that each extension has loops of its own for; everything else of its table is that of AVX-512. */
#define ADJ_EXTENDED_FAMILIES(F) F(matmul_bf16)

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
#define ADJ_DECLARE_EXTENDED(family) extern const Family family;
namespace avx512bf16 {
ADJ_EXTENDED_FAMILIES(ADJ_DECLARE_EXTENDED)
}
namespace amx {
ADJ_EXTENDED_FAMILIES(ADJ_DECLARE_EXTENDED)
}
#undef ADJ_DECLARE_EXTENDED
}  // namespace cpu
}  // namespace adjoint

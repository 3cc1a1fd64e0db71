/* An operand: an array of up to kMaxRank axes in a binding's memory. Kernels see this header: plain structs only. */
#pragma once

#include <cstdint>

#include "adjoint.h"

namespace adjoint {

inline constexpr int kMaxRank = ADJ_MAX_RANK;

/* An operand as it stands in the image, after validation. Strides count elements. */
struct Operand {
  int64_t binding;
  int64_t offset;
  int32_t dtype;
  int32_t rank;
  int64_t dims[kMaxRank];
  int64_t strides[kMaxRank];
};

}  // namespace adjoint

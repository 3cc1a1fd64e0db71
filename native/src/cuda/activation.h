/* The activations that a product applies to what it writes, by the number that an image has for each. */
#pragma once

#include "cuda/environment.h"
#include "kernels/tanh.h"
#include "kernels/vector_math.h"

namespace adjoint {
namespace cuda {

template <class T>
ADJ_DEVICE T activated(T x, int32_t activation) {
  switch (activation) {
    case 1:
      return x <= T(0) ? T(0) : x;
    case 2:
      return tanh_of(x);
    case 3:
      return sigmoid_of(x);
    default:
      return x;
  }
}

}  // namespace cuda
}  // namespace adjoint

/* Folds of an array over some of its axes as launches: reductions, and the ends of fused regions. */
#pragma once

#include "contract/reduce.h"
#include "contract/region.h"
#include "cuda/kernel.h"

namespace adjoint {
namespace cuda {

/* y[kept] = the fold of x over `reduced`, divided by a number if `divides`. */
struct FoldCall {
  Fold fold;
  int32_t dtype; /* F32 or F64 */
  Place x, y;
  Nest kept, reduced;
  bool divides;
  Place divisor;
};

void add_fold(const Signature& kernel, const FoldCall& call, Step& step);

}  // namespace cuda
}  // namespace adjoint

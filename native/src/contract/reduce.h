/* What a reduction over trailing axes is, whatever computes it. */
#pragma once

#include "contract/call.h"

namespace adjoint {

/* Axes longer than 1, adjacent ones merged. */
struct Nest {
  int32_t rank;
  int64_t count;
  int64_t dims[kMaxRank];
  int64_t strides[kMaxRank]; /* elements */
};

struct ReduceCall {
  int32_t dtype;      /* of the input */
  Nest kept, reduced; /* the axes of the input, reduced ones in any order where that does not matter */
};

ReduceCall check_reduce(const Signature& kernel, const Call& call);
ReduceCall check_argmax(const Signature& kernel, const Call& call);

}  // namespace adjoint

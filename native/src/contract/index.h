/* What gather, scatterAdd, iota, which makes indices, and nonZero are, whatever computes them. */
#pragma once

#include "contract/call.h"

namespace adjoint {

/* x is [b, o, n, i], what is picked of it [b, o, k, i], the index [b, k]. */
struct IndexCall {
  int32_t dtype; /* of x */
  int64_t b, o, n, i, k;
  bool wide; /* I64 indices */
};

struct IotaCall {
  int32_t dtype;
  int64_t n;
  uint64_t start, step;
};

struct NonZeroCall {
  int32_t dtype;
  int64_t n;
};

IndexCall check_gather(const Signature& kernel, const Call& call);
IndexCall check_scatter_add(const Signature& kernel, const Call& call);
IotaCall check_iota(const Signature& kernel, const Call& call);
NonZeroCall check_non_zero(const Signature& kernel, const Call& call);

}  // namespace adjoint

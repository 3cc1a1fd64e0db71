/*
 * gather, scatterAdd and iota, which makes indices: what their plans are. Plain structs only, for the reason given in
 * kernel.h.
 */
#pragma once

#include "contract/index.h"
#include "kernels/plan/loops.h"

namespace adjoint {

struct IndexPlan : IndexCall {
  int64_t size; /* bytes of an element of x */
  int64_t tile; /* gather: index rows of a part; scatterAdd: inner elements of a part */
  int64_t tiles;
  /* scatterAdd of F32: the most rows of an [n, i] that may have a sum in double, at the start of the scratch; and
   * where, in bytes, for each b, follow the numbers of the n rows' sums and how many there are. */
  int64_t sums, sum_of_at;
};

/* Up to so many updates of a row are added in F32. */
inline constexpr int64_t kFewUpdates = 16;
inline constexpr int32_t kNoSum = -1;

struct IotaPlan : IotaCall {
  int64_t tile;
};

struct NonZeroPlan : NonZeroCall {
  int64_t tile;
};

void prepare_non_zero(const Kernel&, const Call&, const Machine&, Step&);
void prepare_gather(const Kernel&, const Call&, const Machine&, Step&);
void prepare_scatter_add(const Kernel&, const Call&, const Machine&, Step&);
void prepare_iota(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

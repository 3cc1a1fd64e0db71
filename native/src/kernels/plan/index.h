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
};

struct IotaPlan : IotaCall {
  int64_t tile;
};

void prepare_gather(const Kernel&, const Call&, const Machine&, Step&);
void prepare_scatter_add(const Kernel&, const Call&, const Machine&, Step&);
void prepare_iota(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

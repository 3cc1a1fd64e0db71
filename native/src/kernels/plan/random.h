/*
 * Random numbers: what their plan is. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/random.h"
#include "kernels/plan/loops.h"

namespace adjoint {

struct RandomPlan : RandomCall {
  int64_t tile, tiles;
};

void prepare_random(const Kernel&, const Call&, const Machine&, Step&);
void prepare_random_fold(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

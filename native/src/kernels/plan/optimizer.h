/*
 * Optimizer steps: what their plan is, and the loops that each instruction set supplies. Plain structs only, for the
 * reason given in kernel.h.
 */
#pragma once

#include "contract/optimizer.h"
#include "kernels/kernel.h"

namespace adjoint {

inline constexpr int64_t kOptimizerAlignment = 64; /* elements: arrays start at such multiples of the line of parts */
inline constexpr int64_t kOptimizerConstants = 16; /* doubles at the start of the shared scratch */

struct OptimizerPlan : OptimizerCall {
  const int64_t* table; /* where each array starts on the line, its end; sizes; which are F64 */
  int64_t tile, parts;  /* elements of the line that one part takes; how many parts there are */
};

struct OptimizerLoops {
  Run norm;   /* a part's sums of squares, if it clips */
  Run begin;  /* once: the constants of the run */
  Run update; /* a part's new values */
};

void prepare_adam(const Kernel&, const Call&, const Machine&, Step&);
void prepare_clipped_adam(const Kernel&, const Call&, const Machine&, Step&);
void prepare_sgd(const Kernel&, const Call&, const Machine&, Step&);
void prepare_clipped_sgd(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

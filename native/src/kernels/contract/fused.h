/* What the plan of a fused region hands to its run: see fused_plan.cpp and fused.cpp. */
#pragma once

#include "kernels/contract/loops.h"

namespace adjoint {

inline constexpr int kNone = -1; /* no register, no output */

/* Runs one part of a region, whose sums it leaves in scratch. */
void run_fused(const Part& part);

/* Joins the sums of the parts, in order. */
void combine_fused(const Part& part);

}  // namespace adjoint

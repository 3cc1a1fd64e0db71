/*
 * The standardize family: what its plan is. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/standardize.h"
#include "kernels/kernel.h"

namespace adjoint {

struct StandardizePlan : StandardizeCall {
  int64_t per_part; /* places on the kept axis, each with its group */
  /* Whether vectors lie along the kept and trailing axes, for runs of trailing elements that are too short. */
  bool columns;
  /* Columns: how many elements of each place on the leading axis a thread copies, 0 for none; where, in its scratch. */
  int64_t copied, copies_at;
};

struct StandardizeLoops {
  int32_t dtype;
  Run groups;
  Run slopes;      /* joins what parts of a gradient have added up along the trailing axis */
  int64_t columns; /* as many as a part's vectors hold */
};

/* Trailing elements from which a run of them is long enough for vectors. */
inline constexpr int64_t kLongRun = 16;

/* What is kept of a column between two passes over it. */
inline constexpr int64_t kColumnNumbers = 7;

/* The most parts that add up slopes along the trailing axis, each apart, and how many of those are joined at a time. */
inline constexpr int64_t kMostSlopeParts = 64;
inline constexpr int64_t kSlopesAtOnce = 512;

void prepare_standardize(const Kernel&, const Call&, const Machine&, Step&);
void prepare_standardize_grad(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

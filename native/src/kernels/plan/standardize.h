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
};

struct StandardizeLoops {
  int32_t dtype;
  Run groups;
  Run slopes;      /* joins what parts of a gradient have added up along the trailing axis */
  int64_t columns; /* whose sums stay in registers */
};

/* Trailing elements from which a run of them is long enough for vectors. */
inline constexpr int64_t kLongRun = 16;

/* Columns are shared out among so many parts, if each has at least those whose sums stay in registers; and at most so
 * many are one part's. */
inline constexpr int64_t kColumnParts = 8;
inline constexpr int64_t kMostColumns = 256;

/* What is kept of a column between two passes over it. */
inline constexpr int64_t kColumnNumbers = 7;

/* The most parts that add up slopes along the trailing axis, each apart, and how many of those are joined at a time. */
inline constexpr int64_t kMostSlopeParts = 64;
inline constexpr int64_t kSlopesAtOnce = 512;

void prepare_standardize(const Kernel&, const Call&, const Machine&, Step&);
void prepare_standardize_grad(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

/*
 * The standardize family: what its plan is. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/standardize.h"
#include "kernels/kernel.h"

namespace adjoint {

/* Groups are folded whole, part by part, unless stages have pieces of them. */
struct StandardizePlan : StandardizeCall {
  int64_t per_part; /* places on the kept axis, each with its group; of columns, those of a tile */
  int64_t rows;     /* places on the leading axis that a piece has */
  int64_t run;      /* and elements of each run of trailing ones */
  int64_t pieces;   /* of each group */
  bool streams;     /* whether y or dx goes past the caches */
};

/* The stages of groups in pieces. */
struct PieceLoops {
  Run fold, join, write;
};

struct StandardizeLoops {
  int32_t dtype;
  Run groups;
  Run slopes;         /* joins what parts of a gradient have added up along the trailing axis */
  Run tiles;          /* columns, where a tile has all rows */
  PieceLoops columns; /* and where it has not */
  PieceLoops pieces;  /* few large groups */
  int64_t numbers;    /* of double, that a piece leaves for a place */
};

/* Trailing elements from which a run of them is long enough for vectors. */
inline constexpr int64_t kLongRun = 16;

/* What a tile keeps of a column while it writes, and what is found of a group: numbers of double. */
inline constexpr int64_t kColumnNumbers = 7;
inline constexpr int64_t kFoundNumbers = 9;

/* Groups of columns that a part joins. */
inline constexpr int64_t kJoinedAtOnce = 64;

/* The most parts that add up slopes along the trailing axis, each apart, and how many of those are joined at a time. */
inline constexpr int64_t kMostSlopeParts = 64;
inline constexpr int64_t kSlopesAtOnce = 512;

void prepare_standardize(const Kernel&, const Call&, const Machine&, Step&);
void prepare_standardize_grad(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

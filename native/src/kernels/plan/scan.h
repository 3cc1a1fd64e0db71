/*
 * Scans and the order of rows: what their plans are. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/scan.h"
#include "kernels/plan/loops.h"

namespace adjoint {

inline constexpr int64_t kScanLines = 64; /* the most lines that one part runs side by side */

struct ScanPlan : ScanCall {
  int64_t tile; /* lines of a part */
  int64_t tiles;
};

struct SortPair {
  uint64_t key;
  int64_t at;
};

struct SortPlan : SortCall {
  int64_t rows_per_part;
};

void prepare_scan(const Kernel&, const Call&, const Machine&, Step&);
void prepare_argsort(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

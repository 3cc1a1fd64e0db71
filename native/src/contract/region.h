/*
 * A fused region as any backend could compute it: elementwise ops by name on numbered values, and what becomes of some
 * of them, over one nest of loops.
 */
#pragma once

#include "contract/collapse.h"

namespace adjoint {

/* Of a small region: so few elements that a lane of any thread holds all values, and no folds. */
inline constexpr int64_t kSmallRegion = 128;
inline constexpr int kMaxRegionInputs = 32;
inline constexpr int kMaxRegionOutputs = 16;
inline constexpr int kMaxRegionOperands = kMaxRegionInputs + kMaxRegionOutputs;
inline constexpr int kMaxRegionOps = 64;
/* Of any other region. */
inline constexpr int kMaxTiledInputs = 12;
inline constexpr int kMaxTiledOutputs = 3;
inline constexpr int kMaxTiledOperands = kMaxTiledInputs + kMaxTiledOutputs;
inline constexpr int kMaxTiledOps = 32;
inline constexpr int kMaxRegionValues = kMaxRegionInputs + kMaxRegionOps;
inline constexpr int kMaxRegionAxes = 6; /* that cannot be merged */
inline constexpr int kAbsent = -1;       /* no value, no divisor, no op */

static_assert(kMaxRegionOperands + 1 <= kMostCollapsed);

/* How a region folds a value over its leading or trailing axes; by number in the ints of a call. */
enum class Fold : int64_t { kNone, kSum, kMax, kMin, kLogSumExp };
inline constexpr int kFolds = 4;

/* Values are numbered: the inputs first, then the results of the ops. */
struct RegionOp {
  char name[25]; /* of an elementwise kernel */
  int8_t inputs; /* how many values it reads */
  int8_t values[3];
};

/* What becomes of a value: it leaves as it is, or folded. */
struct RegionOutput {
  int8_t value;
  Fold fold;
  bool trailing;       /* folded over trailing axes, or over all; else over leading ones */
  int8_t divisor;      /* the input that the fold is divided by */
  int64_t kept;        /* elements of a fold's output */
  int8_t last_aliased; /* the last op that reads an input whose memory the output takes */
};

struct Region {
  int32_t inputs, ops, outputs;
  RegionOp op[kMaxRegionOps];
  RegionOutput output[kMaxRegionOutputs];
  int32_t dtypes[kMaxRegionValues];
  int8_t last_read[kMaxRegionValues]; /* the last op that reads a value, `ops` if it leaves */
  int64_t elements;
  int64_t lead; /* the length of the first axis, 1 without axes */
  /* Collapsed; strides of the inputs, of the outputs as they lie under the region, 0 along axes that they fold, and of
   * the region as if it were an array. No axes without elements. */
  int32_t rank;
  Axis axes[kMaxRank];
};

/* Whether a region is small: its limits are wider, and no thread but one works on it. */
bool is_small(const Region& region);

Region check_region(const Signature& kernel, const Call& call);

}  // namespace adjoint

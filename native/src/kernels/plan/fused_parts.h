/*
 * What the files about fused regions share: fused_plan.cpp plans them, fused_run.cpp runs them, fused_fold.cpp folds;
 * fused_small.cpp does all that for small ones.
 */
#pragma once

#include "kernels/plan/fused.h"

namespace adjoint {

/* Where the elements of one operand of a tile lie: rows that are `outer` bytes apart. */
struct View {
  char* at;
  int64_t outer;
};

/* The loops of op k for the dtypes of its values; adds what an element costs to `cost`. */
const Loops& region_loops(const Kernel& kernel, const Region& region, int k, int64_t& cost);

/* Plans a region that is_small. */
void plan_small_region(const Kernel& kernel, const Region& region, Step& step);

/* Runs one part of a region. */
void run_fused(const Part& part);

/*
 * The divisors of a part's folds, read before the part writes anything: of a region of one element, an output may be
 * the divisor's memory.
 */
struct Divisors {
  Divisors(const Part& part, const FusedPlan& plan);

  const void* of(int output) const { return present[output] ? &numbers[output] : nullptr; }

  double numbers[kMaxTiledOutputs]; /* the first bytes of each are the number, in the output's dtype */
  bool present[kMaxTiledOutputs];
};

/* Starts the states that a part has for as long as it runs, and says where the states of each output are. */
void start_part(const Part& part, const FusedPlan& plan, char** starts);

/* Starts the states of the rows from `row` on, before their tiles; a part has rows [first, last). */
void start_rows(const FusedPlan& plan, int64_t row, int64_t rows, int64_t first, char* const* starts);

/* Folds a tile of the value of output o, whose states begin at `states`. */
void fold_tile(const FusedPlan& plan, int o, const View& x, int64_t rows, int64_t n, char* states);

/* Makes elements of the states of rows that are complete, or leaves the states to be joined. */
void end_rows(const Part& part, const FusedPlan& plan, const Divisors& divisors, int64_t row, int64_t rows,
              int64_t first, int64_t last, char* const* starts);

/* Makes `count` elements, from number `from` on, of the states of the columns of a part that has all their rows. */
void end_columns(const Part& part, const FusedPlan& plan, const Divisors& divisors, int64_t from, int64_t count);

/* Joins the states of the parts, in order, and makes elements of them. */
void combine_fused(const Part& part);

/* How many parts that makes. */
int64_t combining_parts(const FusedOutput& output);

}  // namespace adjoint

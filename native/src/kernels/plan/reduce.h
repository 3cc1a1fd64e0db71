/*
 * Reductions: what their plan is, and the loops that each instruction set supplies. Plain structs only, for the reason
 * given in kernel.h.
 */
#pragma once

#include "contract/reduce.h"
#include "kernels/kernel.h"

namespace adjoint {

struct ReducePlan : ReduceCall {
  bool columns;     /* kept elements lie side by side: reduce many columns at once */
  int64_t tile;     /* kept elements that one part reduces */
  int64_t tiles;    /* how many tiles there are: within a row of the innermost kept axis if `columns` */
  int64_t segments; /* the reduced elements are cut into so many segments ... */
  int64_t segment;  /* ... of so many elements */
};

struct ReduceLoops {
  int32_t dtype;
  Run part;    /* one tile, one segment: to the output, or to scratch if there are several segments */
  Run combine; /* the segments of some kept elements, in order */
};

inline constexpr int64_t kReduceColumns = 128; /* the widest tile of columns */
inline constexpr int64_t kCombineTile = 1024;  /* kept elements that one combining part takes */

void prepare_reduce(const Kernel&, const Call&, const Machine&, Step&);
void prepare_argmax(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

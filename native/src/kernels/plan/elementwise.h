/*
 * Elementwise calls: what their plan is, and the loops that each instruction set supplies. Plain structs only, for the
 * reason given in kernel.h.
 */
#pragma once

#include "contract/elementwise.h"
#include "kernels/kernel.h"

namespace adjoint {

/* `rows` rows of `n` elements. Operands are inputs, then the output; outer strides in bytes, inner in elements. */
struct Block {
  int64_t rows;
  int64_t n;
  char* at[kMaxElementwise];
  int64_t outer[kMaxElementwise];
  int64_t inner[kMaxElementwise];
};

using Loop = void (*)(const Block&);

/*
 * Loops of one signature. All inner strides are 1 in `contiguous`; in `first` and `second` that of the first or second
 * value operand is 0 instead; `strided` takes any. A null one is not offered.
 */
struct Loops {
  int32_t dtypes[kMaxElementwise]; /* inputs, then the output */
  int32_t operands;
  Loop contiguous;
  Loop first;
  Loop second;
  Loop strided;
};

struct ElementwisePlan {
  Loop loop;
  int32_t operands;
  int32_t rank; /* of the axes outside the block's two */
  int64_t dims[kMaxRank];
  int64_t strides[kMaxElementwise][kMaxRank]; /* bytes */
  int64_t rows, n;                            /* of the block */
  int64_t outer[kMaxElementwise], inner[kMaxElementwise], inner_bytes[kMaxElementwise];
  int64_t piece; /* elements of a row that one part takes, n if whole rows */
  int64_t rows_per_part;
};

void prepare_elementwise(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

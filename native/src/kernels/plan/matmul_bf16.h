/*
 * matmulBf16: what its plan is, and the loops that each instruction set supplies. Plain structs only, for the reason
 * given in kernel.h.
 */
#pragma once

#include "kernels/plan/product.h"

namespace adjoint {

inline constexpr int64_t kBf16Slice = 32;     /* steps of k whose elements of a row are packed side by side */
inline constexpr int64_t kBf16PackRows = 48;  /* rows of A that one part packs */
inline constexpr int64_t kBf16TileRows = 192; /* of a tile at most; a multiple of the rows of every register block */

struct Bf16Plan : ProductPlan {
  int64_t slices;             /* of k, the last one padded with zeros */
  int64_t padded_m, padded_n; /* rounded up to whole register blocks */
  int64_t packed_b;           /* where B's panels start in scratch, behind A; bytes */
  bool shared;                /* packed once for all parts, or by each part for itself */
};

struct Bf16Loops {
  int32_t dtype;
  Run pack;              /* a panel of B, or rows of A */
  Run multiply;          /* one tile */
  int64_t rows, columns; /* of a register block */
  int64_t depth;         /* steps of k that a tile takes at a time */
  int64_t element;       /* bytes of an element of packed A */
  int64_t work;          /* multiply-adds of a tile, about */
  int64_t least_columns; /* of a tile */
};

void prepare_matmul_bf16(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

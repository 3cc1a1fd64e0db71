/*
 * Fused regions: what their plan is, and the loops that each instruction set supplies. Plain structs only, for the
 * reason given in kernel.h.
 */
#pragma once

#include "contract/region.h"
#include "kernels/plan/elementwise.h"

namespace adjoint {

inline constexpr int kMaxFusedAxes = kMaxRegionAxes - 2; /* outside the block's two */
inline constexpr int64_t kFusedTile = 1024;              /* the most elements of a tile */
inline constexpr int64_t kFusedGroups = 64;        /* the most parts that share the rows of a fold over leading axes */
inline constexpr int64_t kFusedCombineTile = 1024; /* elements that one combining part finishes */

/* An op of a region. Values are numbered: the inputs first, then the results of the ops; -1 is none. */
struct FusedOp {
  const Loops* loops;
  int8_t operands[3];
  int8_t slot;   /* the register of its result ... */
  int8_t output; /* ... or the output that it writes at once, -1 for none */
  int8_t size;   /* bytes of an element of its result */
};

/*
 * A fold, and its loops, whose index is 0 for F32, 1 for F64. A state is what the elements so far have come to: so many
 * numbers in F64.
 */
struct FoldLoops {
  int32_t width; /* numbers of a state */
  int32_t cost;  /* of an element, in plain additions */
  double start[2];
  /* `rows` rows of n, `outer` bytes apart; row r goes into the state that is r * step numbers on. */
  void (*rows[2])(const char* x, int64_t rows, int64_t outer, int64_t n, double* states, int64_t step);
  /* The j-th elements of all rows go into the j-th state; null if that is not offered. */
  void (*columns[2])(const char* x, int64_t rows, int64_t outer, int64_t n, double* states);
  /* Takes `count` other states in, each of which comes after its own. */
  void (*join)(const double* others, int64_t count, double* states);
  /* The elements that states come to, divided by a number unless that is null. */
  void (*end[2])(const double* states, int64_t count, const void* divisor, void* y);
};

/* What becomes of a value: it leaves as it is, or folded. */
struct FusedOutput {
  const FoldLoops* fold; /* null for none */
  int8_t value;
  int8_t divisor; /* the input that the fold is divided by, -1 for none */
  bool aside;     /* leaves its register when the tile is done, because an input that lies there is still read */
  int32_t dtype;  /* of the value and of the output */
  int64_t kept;   /* elements of a fold's output */
  int64_t group;  /* rows of the region that one of them folds; 0 if they are folded over leading axes */
  int64_t states; /* that each part leaves in scratch for the parts to be joined; 0 if it finishes its own elements */
  int64_t shared; /* where in the scratch of all parts those begin; bytes */
  int64_t lane;   /* where in a thread's scratch the states of a tile's rows, or of a part's columns, begin; bytes */
};

/* The loops of regions that the instruction set supplies. */
struct FusedLoops {
  const struct Families* families;
  const FoldLoops* folds; /* in the order of Fold */
  /* Copies past the caches; y begins a line of them, and `bytes` are whole lines. */
  void (*stream)(const char* x, char* y, int64_t bytes);
};

struct FusedPlan {
  const FusedLoops* loops;
  int32_t inputs, ops, registers, outputs;
  int32_t rank;    /* of the axes outside the block's two */
  bool large;      /* operands come from memory: ask for them ahead, and write past the caches */
  bool folds_rows; /* some output is folded over trailing axes */
  bool by_columns; /* a part has all that its elements fold: pieces of single rows of what is kept */
  int64_t tile;
  int64_t dims[kMaxFusedAxes];
  int64_t strides[kMaxTiledOperands][kMaxFusedAxes]; /* bytes; of a fold over leading axes, in its states */
  int64_t rows, n;                                   /* of the block */
  int64_t outer[kMaxTiledOperands];                  /* bytes */
  int64_t inner[kMaxTiledOperands];                  /* elements */
  int32_t sizes[kMaxTiledOperands];
  int8_t slots[kMaxTiledInputs]; /* the register that an input is filled into, -1 if it is read where it lies */
  FusedOutput output[kMaxTiledOutputs];
  FusedOp op[kMaxTiledOps];
  int64_t slot_bytes, piece, rows_per_part, parts;
};

void prepare_fused(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

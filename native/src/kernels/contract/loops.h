/*
 * The tables between contracts and loops: what each family's contract plans, and the functions that each instruction
 * set supplies for it. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "kernels/kernel.h"

namespace adjoint {

/* ---- elementwise ---- */

inline constexpr int kMaxElementwise = 4; /* operands of an elementwise call: three inputs and the output */

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

/* ---- fused ---- */

inline constexpr int kMaxFusedInputs = 12;
inline constexpr int kMaxFusedOutputs = 3;
inline constexpr int kMaxFusedOperands = kMaxFusedInputs + kMaxFusedOutputs;
inline constexpr int kMaxFusedOps = 32;
inline constexpr int kMaxFusedAxes = 4;            /* outside the block's two */
inline constexpr int64_t kFusedTile = 1024;        /* the most elements of a tile */
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

/* How a region folds a value over its leading or trailing axes; by number in the ints of a call. */
enum class Fold : int64_t { kNone, kSum, kMax, kMin, kLogSumExp };
inline constexpr int kFolds = 4;

/*
 * A fold, and its loops, whose index is 0 for F32, 1 for F64. A state is what the elements so far have come to: so many
 * numbers in F64.
 */
struct FoldLoops {
  int32_t width; /* numbers of a state */
  int32_t cost;  /* of an element, in plain additions */
  double start[2];
  bool empty; /* whether no elements have a fold */
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
  int64_t lane;   /* where in a thread's scratch the states of the rows of a tile begin; bytes */
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
  int64_t tile;
  int64_t dims[kMaxFusedAxes];
  int64_t strides[kMaxFusedOperands][kMaxFusedAxes]; /* bytes; of a fold over leading axes, in its states */
  int64_t rows, n;                                   /* of the block */
  int64_t outer[kMaxFusedOperands];                  /* bytes */
  int64_t inner[kMaxFusedOperands];                  /* elements */
  int32_t sizes[kMaxFusedOperands];
  int8_t slots[kMaxFusedInputs]; /* the register that an input is filled into, -1 if it is read where it lies */
  FusedOutput output[kMaxFusedOutputs];
  FusedOp op[kMaxFusedOps];
  int64_t slot_bytes, piece, rows_per_part, parts;
};

/* ---- reduce ---- */

struct Nest {
  int32_t rank;
  int64_t count;
  int64_t dims[kMaxRank];
  int64_t strides[kMaxRank]; /* elements */
};

struct ReducePlan {
  Nest kept, reduced;
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

/* ---- matmul ---- */

/* Where the blocks of a product read an operand: where it lies, in the tile's own copy, or in one made for all tiles.
 */
enum class Source : int32_t { kInPlace, kOwn, kShared };

/* What every product of matrices is cut from: its sizes, where its operands lie, and the grid of its tiles. */
struct ProductPlan {
  int64_t m, n, k;
  int64_t a_m, a_k, b_k, b_n, bias_m, bias_n; /* strides, elements */
  int64_t tile_m, tile_n, tiles_m, tiles_n;
  int32_t has_bias, activation;
  int32_t batch_rank;
  int64_t batches;
  int64_t batch_dims[kMaxRank];
  int64_t batch_a[kMaxRank], batch_b[kMaxRank], batch_bias[kMaxRank];
};

struct MatmulPlan : ProductPlan {
  int64_t depth; /* of a block of k */
  /* Into how many blocks of k a product is split that is too small to be cut otherwise, 0 if it is not. */
  int64_t splits;
  Source a, b;
  int64_t shared_b_at, lane_a_at;  /* bytes: the copies of b in shared scratch, of a in a thread's */
  const struct MatmulLoops* loops; /* whose epilogue follows a tile of OpenBLAS' */
};

/* So much of B stays in the second cache beside anything else. */
inline constexpr int64_t kNearBytes = 65536;

/* A tile of the product: `rows` x `columns` at c, whose rows are `ldc` apart. */
template <class T>
struct MatmulTile {
  const T* a;
  const T* b;
  T* c;
  const T* bias; /* null for none */
  int64_t rows, columns, ldc;
  int64_t batch, i, j; /* where it starts */
};

/* Tile (row, column) of the grid. Operands are a, b, the bias if there is one, and c. */
template <class T>
ADJ_ALWAYS MatmulTile<T> tile_at(const Part& part, const MatmulPlan& plan, int64_t batch, int64_t row, int64_t column) {
  const int64_t i = row * plan.tile_m, j = column * plan.tile_n;
  int64_t a = i * plan.a_m, b = j * plan.b_n, bias = i * plan.bias_m + j * plan.bias_n;
  int64_t rest = batch;
  for (int d = plan.batch_rank - 1; d >= 0; --d) {
    const int64_t at = rest % plan.batch_dims[d];
    rest /= plan.batch_dims[d];
    a += at * plan.batch_a[d];
    b += at * plan.batch_b[d];
    bias += at * plan.batch_bias[d];
  }
  return {reinterpret_cast<const T*>(part.at[0]) + a,
          reinterpret_cast<const T*>(part.at[1]) + b,
          reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + batch * plan.m * plan.n + i * plan.n + j,
          plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + bias : nullptr,
          plan.m - i < plan.tile_m ? plan.m - i : plan.tile_m,
          plan.n - j < plan.tile_n ? plan.n - j : plan.tile_n,
          plan.n,
          batch,
          i,
          j};
}

/* The tile that is a part's. */
template <class T>
ADJ_ALWAYS MatmulTile<T> tile_of(const Part& part, const MatmulPlan& plan) {
  const int64_t per_batch = plan.tiles_m * plan.tiles_n;
  if (per_batch == 1) return tile_at<T>(part, plan, part.index, 0, 0);
  const int64_t within = part.index % per_batch;
  return tile_at<T>(part, plan, part.index / per_batch, within / plan.tiles_n, within % plan.tiles_n);
}

struct MatmulLoops {
  int32_t dtype;
  Run own;                                                    /* one tile by our kernels */
  Run pack;                                                   /* one block of k of shared copies */
  Run split;                                                  /* one block of k of a whole product, to scratch */
  Run join;                                                   /* those of some rows, added in order */
  void (*epilogue)(const void* tile, const MatmulPlan& plan); /* bias and activation of a tile, whoever computed it */
  int64_t rows, width;                                        /* of a register block: rows of A, columns of B */
  int64_t depth;                                              /* the most steps of k of a block */
  bool masked_loads; /* whether B can be read in place where its columns are no multiple of the width */
  int64_t blas_from; /* multiply-adds from which OpenBLAS is faster, by measurement */
};

/* ---- matmulBf16 ---- */

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

/* ---- softmax ---- */

struct SoftmaxPlan {
  int64_t rows, n, rows_per_part;
  int64_t g_stride;
  bool wide_labels;
};

struct DtypeLoops {
  int32_t dtype;
  Run part;
};

/* ---- index ---- */

struct IndexPlan {
  int64_t b, o, n, i, k;
  bool wide;    /* I64 indices */
  int64_t size; /* bytes of an element of x */
  int64_t tile; /* gather: index rows of a part; scatterAdd: inner elements of a part */
  int64_t tiles;
};

/* ---- scan ---- */

inline constexpr int64_t kScanLines = 64; /* the most lines that one part runs side by side */

struct ScanPlan {
  int64_t n, i;
  int64_t tile; /* lines of a part */
  int64_t tiles;
  bool reverse;
};

/* ---- sort ---- */

struct SortPair {
  uint64_t key;
  int64_t at;
};

struct SortPlan {
  int64_t rows, n, rows_per_part;
  bool descending;
};

/* ---- iota ---- */

struct IotaPlan {
  int64_t n, tile;
  uint64_t start, step;
};

/* ---- optimizer ---- */

inline constexpr int64_t kOptimizerAlignment = 64; /* elements: arrays start at such multiples of the line of parts */
inline constexpr int64_t kOptimizerConstants = 16; /* doubles at the start of the shared scratch */

struct OptimizerPlan {
  const int64_t* table;    /* where each array starts on the line, its end; sizes; which are F64 */
  int64_t arrays;          /* of each list */
  int64_t tile, parts;     /* elements of the line that one part takes; how many parts there are */
  int64_t inputs, outputs; /* single ones, which come before the lists */
  int64_t first_output;    /* its operand number */
  bool clipped, nesterov;
};

struct OptimizerLoops {
  Run norm;   /* a part's sum of squares, if it clips */
  Run begin;  /* once: the constants of the run */
  Run update; /* a part's new values */
};

/* ---- random ---- */

struct RandomPlan {
  int64_t q, m, tile, tiles;
};

/* ---- contracts ---- */

void prepare_elementwise(const Kernel&, const Call&, const Machine&, Step&);
void prepare_fused(const Kernel&, const Call&, const Machine&, Step&);
void prepare_reduce(const Kernel&, const Call&, const Machine&, Step&);
void prepare_argmax(const Kernel&, const Call&, const Machine&, Step&);
void prepare_matmul(const Kernel&, const Call&, const Machine&, Step&);
void prepare_matmul_bf16(const Kernel&, const Call&, const Machine&, Step&);
void prepare_softmax(const Kernel&, const Call&, const Machine&, Step&);
void prepare_log_sum_exp(const Kernel&, const Call&, const Machine&, Step&);
void prepare_cross_entropy(const Kernel&, const Call&, const Machine&, Step&);
void prepare_cross_entropy_grad(const Kernel&, const Call&, const Machine&, Step&);
void prepare_cross_entropy_with_grad(const Kernel&, const Call&, const Machine&, Step&);
void prepare_gather(const Kernel&, const Call&, const Machine&, Step&);
void prepare_scatter_add(const Kernel&, const Call&, const Machine&, Step&);
void prepare_scan(const Kernel&, const Call&, const Machine&, Step&);
void prepare_argsort(const Kernel&, const Call&, const Machine&, Step&);
void prepare_iota(const Kernel&, const Call&, const Machine&, Step&);
void prepare_adam(const Kernel&, const Call&, const Machine&, Step&);
void prepare_clipped_adam(const Kernel&, const Call&, const Machine&, Step&);
void prepare_sgd(const Kernel&, const Call&, const Machine&, Step&);
void prepare_clipped_sgd(const Kernel&, const Call&, const Machine&, Step&);
void prepare_random(const Kernel&, const Call&, const Machine&, Step&);
void prepare_random_fold(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

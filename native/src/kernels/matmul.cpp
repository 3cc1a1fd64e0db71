/*
 * The product of matrices, one tile of it at a time. An element is one chain of multiply-adds for each block of k, and
 * the sum of the blocks in order, so it does not depend on the tile that it is in. Operands are read in place or from
 * copies in panels: a tile's own, or those that a first stage has made for all tiles. A small product of a long k is
 * cut along k. It refuses to choose how, and between itself and OpenBLAS: plan/matmul.cpp does.
 */
#include "kernels/plan/matmul.h"
#include "kernels/matmul_block.h"
#include "kernels/matmul_pack.h"
#include "kernels/matmul_vector.h"
#include "kernels/subnormals.h"

ADJ_ISA_BEGIN
namespace {

/* The most steps of k of a block, whose sums stay in registers. */
constexpr int64_t kDepth = 256;

/*
 * The multiply-adds from which handing tiles to OpenBLAS 0.3.31 was faster: with AVX-512 never (Emerald Rapids, two
 * threads, its SkylakeX kernels: ours takes 0.58 to 0.93 of its time from 512^3 to 2048^3), else on a Zen 5 against its
 * Haswell kernels.
 */
#if defined(__AVX512F__)
constexpr int64_t kBlasFrom = INT64_MAX;
#elif defined(__AVX2__)
constexpr int64_t kBlasFrom = int64_t{1} << 27;
#else
constexpr int64_t kBlasFrom = int64_t{1} << 14;
#endif

ADJ_ALWAYS int64_t round_up_to(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

/* Where the copies of block p of k lie in the scratch that all parts see. */
template <class T>
ADJ_ALWAYS T* shared_a(const Part& part, const MatmulPlan& plan, const MatmulTile<T>& tile, int64_t p) {
  return reinterpret_cast<T*>(part.shared) + (tile.batch * plan.m + tile.i) * plan.k + p * tile.rows;
}
template <class T>
ADJ_ALWAYS T* shared_b(const Part& part, const MatmulPlan& plan, const MatmulTile<T>& tile, int64_t p) {
  const int64_t all = round_up_to(plan.n, kWidth<T>), columns = round_up_to(tile.columns, kWidth<T>);
  return reinterpret_cast<T*>(part.shared + plan.shared_b_at) + (tile.batch * all + tile.j) * plan.k + p * columns;
}

/* A share of one tile's rows or columns, for all tiles. Runs of k are read to their end, and asked for beyond: a core
 * does not see by itself that short ones go on. */
template <class T>
void pack_part(const Part& part) {
  constexpr int64_t kW = kWidth<T>;
  const MatmulPlan& plan = *static_cast<const MatmulPlan*>(part.plan);
  const int64_t shares = (plan.k + plan.depth - 1) / plan.depth;
  const int64_t a_parts = plan.a == Source::kShared ? plan.batches * plan.tiles_m * shares : 0;
  const bool is_a = part.index < a_parts;
  const int64_t index = is_a ? part.index : part.index - a_parts;
  const int64_t share = index % shares, of = index / shares;
  const MatmulTile<T> tile = is_a ? tile_at<T>(part, plan, of / plan.tiles_m, of % plan.tiles_m, 0)
                                  : tile_at<T>(part, plan, of / plan.tiles_n, 0, of % plan.tiles_n);
  /* By blocks of rows or panels where k lies side by side, else by steps of k. */
  const bool by_steps = (is_a ? plan.a_k : plan.b_k) != 1;
  const Cut into = cut(tile.rows);
  const int64_t pieces = is_a ? into.blocks : (tile.columns + kW - 1) / kW;
  const int64_t first = by_steps ? 0 : pieces * share / shares;
  const int64_t last = by_steps ? pieces : pieces * (share + 1) / shares;
  const int64_t begin = by_steps ? share * plan.depth : 0, end = by_steps ? begin + 1 : plan.k;
  for (int64_t p = begin; p < end; p += plan.depth) {
    const int64_t k = plan.k - p < plan.depth ? plan.k - p : plan.depth;
    if (is_a) {
      pack_a(tile.a + p * plan.a_k, plan.a_m, plan.a_k, k, into, first, last, true, shared_a(part, plan, tile, p));
    } else {
      const int64_t j = first * kW, columns = (last * kW < tile.columns ? last * kW : tile.columns) - j;
      T* to = shared_b(part, plan, tile, p) + j * k;
      pack_b(tile.b + p * plan.b_k + j * plan.b_n, plan.b_k, plan.b_n, k, columns, true, to);
    }
  }
}

/* What block number i of those that are computed meanwhile asks for: a part of `columns` columns of b, k long. */
template <class T>
ADJ_ALWAYS Prefetch prefetch_of(const T* b, int64_t b_k, int64_t b_n, int64_t k, int64_t columns, int64_t i) {
  constexpr int64_t kW = kWidth<T>, kSize = static_cast<int64_t>(sizeof(T));
  const int64_t prefetches = k / kPrefetchEvery, panel = i / kPrefetchEvery * kW;
  if (b_n == 1) {
    const T* at = b + panel + i % kPrefetchEvery * prefetches * b_k;
    return {reinterpret_cast<const char*>(at), b_k * kSize, panel < columns ? prefetches : 0};
  }
  return {reinterpret_cast<const char*>(b + i * kW), b_n * kSize,
          i * kW >= k            ? 0
          : columns < prefetches ? columns
                                 : prefetches};
}

/* From so many bytes on B is not in the second cache when its columns are copied, and asking for them ahead gains more
 * than it costs. */
constexpr int64_t kPrefetchFrom = 1 << 20;

/* The columns of b that a thread is likely to copy when the block of k from step p on is done: the tile's next steps of
 * k, or those of the tile after it. Null if they are near already. */
template <class T>
ADJ_ALWAYS const T* next_b(const Part& part, const MatmulPlan& plan, const MatmulTile<T>& tile, int64_t p) {
  if (plan.n * plan.k * static_cast<int64_t>(sizeof(T)) < kPrefetchFrom) return nullptr;
  if (p + plan.depth < plan.k) return tile.b + (p + plan.depth) * plan.b_k;
  if (part.index + 1 >= plan.batches * plan.tiles_m * plan.tiles_n) return nullptr;
  Part next = part;
  ++next.index;
  const T* b = tile_of<T>(next, plan).b;
  return b == tile.b ? nullptr : b;
}

/* The block of k from step p on, of a product with one row or one column: as multiply does it. */
template <class T>
__attribute__((noinline)) void multiply_single(const MatmulPlan& plan, const MatmulTile<T>& tile, int64_t p, bool add,
                                               const Epilogue<T>* finish) {
  const int64_t k = plan.k - p < plan.depth ? plan.k - p : plan.depth;
  const T *a = tile.a + p * plan.a_k, *b = tile.b + p * plan.b_k;
  const bool column = plan.single == Single::kColumn;
  const VectorPiece<T> piece = column
                                   ? VectorPiece<T>{a, plan.a_m, plan.a_k, b, plan.b_k, tile.rows, k, add, tile.c}
                                   : VectorPiece<T>{b, plan.b_n, plan.b_k, a, plan.a_k, tile.columns, k, add, tile.c};
  multiply_vector(piece);
  if (finish == nullptr) return;
  const Epilogue<T> along{tile.bias, 0, column ? plan.bias_m : plan.bias_n, finish->activation};
  finish_rows(tile.c, 0, 1, piece.rows, along);
}

/* The block of k from step p on, of a tile: written to it or added to it, and followed by `finish` unless that is null.
 */
template <class T>
ADJ_ALWAYS void multiply(const Part& part, const MatmulPlan& plan, const MatmulTile<T>& tile, int64_t p, bool add,
                         Epilogue<T>* finish) {
  if (plan.single != Single::kNone) {
    multiply_single(plan, tile, p, add, finish);
    return;
  }
  constexpr int64_t kW = kWidth<T>, kL = kLanes<T>;
  const int64_t k = plan.k - p < plan.depth ? plan.k - p : plan.depth;
  const bool a_packed = plan.a != Source::kInPlace, b_packed = plan.b != Source::kInPlace;
  const Cut into = cut(tile.rows);
  const T* a = tile.a + p * plan.a_k;
  if (plan.a == Source::kShared) {
    a = shared_a(part, plan, tile, p);
  } else if (plan.a == Source::kOwn) {
    T* own = reinterpret_cast<T*>(part.lane + plan.lane_a_at);
    pack_a(a, plan.a_m, plan.a_k, k, into, 0, into.blocks, false, own);
    a = own;
  }
  const T* b = tile.b + p * plan.b_k;
  if (plan.b == Source::kShared) {
    b = shared_b(part, plan, tile, p);
  } else if (plan.b == Source::kOwn) {
    T* own = reinterpret_cast<T*>(part.lane);
    pack_b(b, plan.b_k, plan.b_n, k, tile.columns, false, own);
    b = own;
  }
  Piece<T> piece;
  piece.a_m = plan.a_m;
  piece.a_k = plan.a_k;
  piece.b_k = b_packed ? kW : plan.b_k;
  piece.k = k;
  piece.ldc = tile.ldc;
  piece.add = add;
  piece.finish = finish;
  const T* next = plan.b == Source::kOwn ? next_b(part, plan, tile, p) : nullptr;
  int64_t done = 0; /* blocks */
  piece.ahead = {reinterpret_cast<const char*>(tile.c), 0, 0};
  for (int64_t j = 0; j < tile.columns; j += kW) {
    piece.columns = tile.columns - j < kW ? tile.columns - j : kW;
    piece.a = a;
    piece.b = b_packed ? b + j * k : b + j;
    piece.c = tile.c + j;
    if (finish != nullptr && tile.bias != nullptr) finish->bias = tile.bias + j * plan.bias_n;
    const BlockRun<T>* runs =
        blocks_of<T>().run[b_packed || piece.columns % kL == 0 ? 0 : 1][piece.columns > kL ? 1 : 0][a_packed ? 1 : 0];
    for (int64_t i = 0; i < into.blocks; ++i) {
      const int64_t height = into.height_of(i);
      if (plan.b == Source::kShared) {
        piece.ahead = prefetch_of(piece.b + k * kW, kW, 1, k, kW, i); /* the next panel */
      } else if (next != nullptr) {
        piece.ahead = prefetch_of(next, plan.b_k, plan.b_n, k, tile.columns, done++);
      }
      runs[height - 1](piece);
      piece.a += a_packed ? height * k : height * plan.a_m;
      piece.c += height * tile.ldc;
      if (finish != nullptr && tile.bias != nullptr) finish->bias += height * plan.bias_m;
    }
  }
}

/* sums (+)= run. */
template <class T>
__attribute__((noinline)) void add_run(double* sums, const T* run, int64_t count, bool add) {
  if (!add) __builtin_memset(sums, 0, static_cast<size_t>(count) * sizeof(double));
  ADJ_LOOP(int64_t e = 0; e < count; ++e) sums[e] += static_cast<double>(run[e]);
}

template <class T>
__attribute__((noinline)) void round_sums(const double* sums, int64_t count, T* c) {
  ADJ_LOOP(int64_t e = 0; e < count; ++e) c[e] = static_cast<T>(sums[e]);
}

/* A tile of a long k: see kLongFrom. */
template <class T>
ADJ_ALWAYS void multiply_long(const Part& part, const MatmulPlan& plan, const MatmulTile<T>& tile) {
  MatmulTile<T> run = tile;
  run.c = reinterpret_cast<T*>(part.lane + plan.run_at);
  run.ldc = tile.columns;
  double* sums = reinterpret_cast<double*>(part.lane + plan.sums_at);
  for (int64_t p = 0; p < plan.k; p += plan.depth) {
    const int64_t block = p / plan.depth % kRunBlocks;
    multiply<T>(part, plan, run, p, block > 0, nullptr);
    if (block < kRunBlocks - 1 && p + plan.depth < plan.k) continue;
    add_run(sums, run.c, tile.rows * tile.columns, p / plan.depth >= kRunBlocks);
  }
  for (int64_t i = 0; i < tile.rows; ++i) {
    round_sums(sums + i * tile.columns, tile.columns, tile.c + i * tile.ldc);
  }
}

/* A tile, block of k after block. */
template <class T>
void own_part(const Part& part) {
  const SubnormalsAreZero here;
  const MatmulPlan& plan = *static_cast<const MatmulPlan*>(part.plan);
  const MatmulTile<T> tile = tile_of<T>(part, plan);
  Epilogue<T> finish{tile.bias, plan.bias_m, plan.bias_n, plan.activation};
  const bool finishes = tile.bias != nullptr || plan.activation != 0;
  if (plan.k == 0) {
    for (int64_t i = 0; i < tile.rows; ++i) {
      __builtin_memset(tile.c + i * tile.ldc, 0, static_cast<size_t>(tile.columns) * sizeof(T));
    }
    if (finishes) finish_rows(tile.c, tile.ldc, tile.rows, tile.columns, finish);
  }
  if (plan.sums_at > 0) {
    multiply_long(part, plan, tile);
    if (finishes) finish_rows(tile.c, tile.ldc, tile.rows, tile.columns, finish);
    return;
  }
  for (int64_t p = 0; p < plan.k; p += plan.depth) {
    multiply(part, plan, tile, p, p > 0, finishes && p + plan.depth >= plan.k ? &finish : nullptr);
  }
}

/* One block of k of a whole product, to scratch of its own. */
template <class T>
void split_part(const Part& part) {
  const SubnormalsAreZero here;
  const MatmulPlan& plan = *static_cast<const MatmulPlan*>(part.plan);
  MatmulTile<T> tile = tile_at<T>(part, plan, part.index / plan.splits, 0, 0);
  tile.rows = plan.m; /* the grid is that of the second stage */
  tile.c = reinterpret_cast<T*>(part.shared) + part.index * plan.m * plan.n;
  multiply<T>(part, plan, tile, part.index % plan.splits * plan.depth, false, nullptr);
}

/* Adds the blocks of k of some rows in order, as a tile does that has them one after the other. */
template <class T>
__attribute__((noinline)) void join_rows(const Part& part) {
  const MatmulPlan& plan = *static_cast<const MatmulPlan*>(part.plan);
  const MatmulTile<T> tile = tile_of<T>(part, plan);
  const int64_t apart = plan.m * plan.n, count = tile.rows * plan.n;
  const T* block = reinterpret_cast<const T*>(part.shared) + tile.batch * plan.splits * apart + tile.i * plan.n;
  if (sizeof(T) == 4 && plan.k > kLongFrom) {
    constexpr int64_t kAtOnce = 256;
    for (int64_t from = 0; from < count; from += kAtOnce) {
      const int64_t length = count - from < kAtOnce ? count - from : kAtOnce;
      double sums[kAtOnce];
      T run[kAtOnce];
      for (int64_t s = 0; s < plan.splits; ++s) {
        const T* next = block + s * apart + from;
        if (s % kRunBlocks == 0) {
          ADJ_LOOP(int64_t e = 0; e < length; ++e) run[e] = next[e];
        } else {
          ADJ_LOOP(int64_t e = 0; e < length; ++e) run[e] += next[e];
        }
        if (s % kRunBlocks == kRunBlocks - 1 || s == plan.splits - 1) add_run(sums, run, length, s >= kRunBlocks);
      }
      round_sums(sums, length, tile.c + from);
    }
  } else {
    ADJ_LOOP(int64_t e = 0; e < count; ++e) tile.c[e] = block[e] + block[e + apart];
    for (int64_t s = 2; s < plan.splits; ++s) {
      const T* next = block + s * apart;
      ADJ_LOOP(int64_t e = 0; e < count; ++e) tile.c[e] += next[e];
    }
  }
  if (tile.bias == nullptr && plan.activation == 0) return;
  finish_rows(tile.c, tile.ldc, tile.rows, tile.columns,
              Epilogue<T>{tile.bias, plan.bias_m, plan.bias_n, plan.activation});
}

template <class T>
void join_part(const Part& part) {
  const SubnormalsAreZero here;
  join_rows<T>(part);
}

template <class T>
void epilogue(const void* of, const MatmulPlan& plan) {
  const MatmulTile<T>& tile = *static_cast<const MatmulTile<T>*>(of);
  if (tile.bias == nullptr && plan.activation == 0) return;
  finish_rows(tile.c, tile.ldc, tile.rows, tile.columns,
              Epilogue<T>{tile.bias, plan.bias_m, plan.bias_n, plan.activation});
}

constexpr MatmulLoops loops[] = {
    {ADJ_F32, own_part<float>, pack_part<float>, split_part<float>, join_part<float>, epilogue<float>, kRows,
     kWidth<float>, kDepth, kMaskedLoads, kBlasFrom},
    {ADJ_F64, own_part<double>, pack_part<double>, split_part<double>, join_part<double>, epilogue<double>, kRows,
     kWidth<double>, kDepth, kMaskedLoads, kBlasFrom},
};

constexpr Kernel kernels[] = {{{"matmul", 2, {0, 0, 0}}, prepare_matmul, loops, 2, 1}};

}  // namespace

constexpr std::make_integer_sequence<int, kRows> kAllRows{};
const Blocks<float> float_blocks = all_blocks<float>(kAllRows);
const Blocks<double> double_blocks = all_blocks<double>(kAllRows);
const PackRowsRuns<float> float_pack_rows = all_pack_rows<float>(kAllRows);
const PackRowsRuns<double> double_pack_rows = all_pack_rows<double>(kAllRows);

extern const Family matmul;
const Family matmul{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

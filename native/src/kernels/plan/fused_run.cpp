/*
 * Runs fused elementwise regions: a small program over registers, tile by tile, so that values between two ops stay in
 * the first-level cache. The ops are the rows of the elementwise families and their loops, each element meets the same
 * functions as unfused, and so the results are the same bits. Up to three values leave, each as it is or folded.
 */
#include "kernels/plan/fused_parts.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kLine = 64; /* bytes of a line of a cache */
constexpr int64_t kTilesAhead = 2;

template <class D>
void spread(const char* from, int64_t outer, int64_t inner, int64_t rows, int64_t n, char* to) {
  D* y = reinterpret_cast<D*>(to);
  for (int64_t r = 0; r < rows; ++r) {
    const D* x = reinterpret_cast<const D*>(from + r * outer);
    if (inner == 0) {
      std::fill(y, y + n, x[0]);
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = x[i * inner];
    }
    y += n;
  }
}

/* Copies a tile of an input whose elements do not lie side by side into a register. */
[[gnu::noinline]] void fill(const FusedPlan& plan, int input, const char* from, int64_t rows, int64_t n, char* to) {
  const int64_t outer = plan.outer[input], inner = plan.inner[input];
  if (plan.sizes[input] == 8) {
    spread<uint64_t>(from, outer, inner, rows, n, to);
  } else if (plan.sizes[input] == 4) {
    spread<uint32_t>(from, outer, inner, rows, n, to);
  } else if (plan.sizes[input] == 2) {
    spread<uint16_t>(from, outer, inner, rows, n, to);
  } else {
    spread<uint8_t>(from, outer, inner, rows, n, to);
  }
}

bool is_constant(const FusedPlan& plan, int input) {
  bool constant = plan.inner[input] == 0 && plan.outer[input] == 0;
  for (int d = 0; d < plan.rank; ++d) constant = constant && plan.strides[input][d] == 0;
  return constant;
}

/* Copies a tile of a result to where it belongs, past the caches if it will not be read from there. */
void store_tile(const FusedPlan& plan, const View& from, const View& to, int64_t rows, int64_t bytes) {
  for (int64_t r = 0; r < rows; ++r) {
    char* y = to.at + r * to.outer;
    const char* x = from.at + r * from.outer;
    int64_t i = 0;
    if (plan.large) {
      /* Whole lines only: a part of one would have to be read first. */
      const int64_t beyond = static_cast<int64_t>(reinterpret_cast<uintptr_t>(y) % kLine);
      i = std::min(beyond == 0 ? 0 : kLine - beyond, bytes);
      if (i > 0) std::memcpy(y, x, static_cast<size_t>(i));
      const int64_t lines = (bytes - i) / kLine * kLine;
      plan.loops->stream(x + i, y + i, lines);
      i += lines;
    }
    if (i < bytes) std::memcpy(y + i, x + i, static_cast<size_t>(bytes - i));
  }
}

/*
 * The program of a region with the addresses of a tile filled in. What follows from a tile's shape alone is worked out
 * when the shape changes; from one tile to the next only the addresses of operands outside the registers move.
 */
class Tiles {
 public:
  Tiles(const FusedPlan& plan, char* registers) : plan_(plan), registers_(registers) {}

  /* Runs the program on `rows` x `n` elements whose operands start at `at`. */
  void run(char* const* at, int64_t rows, int64_t n) {
    if (rows != rows_ || n != n_) bind(rows, n);
    for (int j = 0; j < plan_.inputs; ++j) {
      if (plan_.slots[j] != kAbsent && !is_constant(plan_, j)) fill(plan_, j, at[j], rows, n, slot(plan_.slots[j]));
    }
    for (int i = 0; i < moving_; ++i) *moves_[i].address = at[moves_[i].operand];
    for (int k = 0; k < plan_.ops; ++k) {
      if (plan_.large) prefetch_ahead(at, k);
      plan_.op[k].loops->contiguous(blocks_[k]);
    }
    for (int o = 0; o < plan_.outputs; ++o) {
      const FusedOutput& output = plan_.output[o];
      const int operand = plan_.inputs + o, k = output.value - plan_.inputs;
      const int result = plan_.op[k].loops->operands - 1;
      const View value{blocks_[k].at[result], outers_[output.value]};
      if (output.fold != nullptr) {
        fold_tile(plan_, o, value, rows, n, at[operand]);
      } else if (output.aside) {
        store_tile(plan_, value, {at[operand], plan_.outer[operand]}, rows, n * plan_.sizes[operand]);
      }
    }
  }

 private:
  static constexpr int64_t kShares = 1024;

  struct Move {
    char** address;
    int operand;
  };

  char* slot(int number) const { return registers_ + number * plan_.slot_bytes; }

  void bind(int64_t rows, int64_t n) {
    rows_ = rows;
    n_ = n;
    moving_ = 0;
    int8_t slots[kMaxTiledInputs + kMaxTiledOps], operands[kMaxTiledInputs + kMaxTiledOps];
    const auto place = [&](int value, int register_slot, int operand, int64_t size) {
      slots[value] = static_cast<int8_t>(register_slot);
      operands[value] = static_cast<int8_t>(operand);
      outers_[value] = register_slot == kAbsent ? plan_.outer[operand] : n * size;
    };
    for (int j = 0; j < plan_.inputs; ++j) place(j, plan_.slots[j], j, plan_.sizes[j]);
    for (int k = 0; k < plan_.ops; ++k) {
      const FusedOp& op = plan_.op[k];
      shares_[k + 1] = kShares * (k + 1) / plan_.ops;
      const int arity = op.loops->operands - 1, y = plan_.inputs + k;
      place(y, op.output == kAbsent ? op.slot : kAbsent, plan_.inputs + op.output, op.size);
      Block& block = blocks_[k];
      bool dense = true;
      for (int j = 0; j <= arity; ++j) {
        const int value = j < arity ? op.operands[j] : y;
        const int64_t size = value < plan_.inputs ? plan_.sizes[value] : plan_.op[value - plan_.inputs].size;
        block.outer[j] = outers_[value];
        block.inner[j] = 1;
        dense = dense && outers_[value] == n * size;
        if (slots[value] == kAbsent) {
          moves_[moving_++] = {&block.at[j], operands[value]};
        } else {
          block.at[j] = slot(slots[value]);
        }
      }
      /* Without gaps all rows are one long one: vector loops run best on those. */
      block.rows = dense ? 1 : rows;
      block.n = dense ? rows * n : n;
    }
  }

  /*
   * Prefetches what the program will read a few tiles from here; beyond the end that does nothing. Before each op a
   * share of it: more lines at once than a core can wait for would hold up the op. Inlined by force: g++ takes a
   * function that does nothing but prefetch for one without effect, and drops its calls.
   */
  [[gnu::always_inline]] inline void prefetch_ahead(char* const* at, int op) const {
    for (int j = 0; j < plan_.inputs; ++j) {
      if (plan_.slots[j] != kAbsent) continue;
      const int64_t bytes = n_ * plan_.sizes[j];
      const int64_t from = bytes * shares_[op] / kShares / kLine * kLine;
      const int64_t to = bytes * shares_[op + 1] / kShares / kLine * kLine;
      /* As an integer: the address may lie outside of any object. */
      const uintptr_t start = reinterpret_cast<uintptr_t>(at[j]) + static_cast<uintptr_t>(kTilesAhead * bytes);
      for (int64_t i = from; i < to; i += kLine)
        __builtin_prefetch(reinterpret_cast<const void*>(start + static_cast<uintptr_t>(i)));
    }
  }

  const FusedPlan& plan_;
  char* const registers_;
  int64_t rows_ = 0, n_ = 0;
  int moving_ = 0;
  int64_t outers_[kMaxTiledInputs + kMaxTiledOps];
  int64_t shares_[kMaxTiledOps + 1] = {}; /* how much has been prefetched before an op, of kShares */
  Move moves_[kMaxTiledOps * kMaxElementwise];
  Block blocks_[kMaxTiledOps];
};

}  // namespace

void run_fused(const Part& part) {
  const FusedPlan& plan = *static_cast<const FusedPlan*>(part.plan);
  const int count = plan.inputs + plan.outputs;
  char* starts[kMaxTiledOperands];
  for (int j = 0; j < count; ++j) starts[j] = part.at[j];
  const Divisors divisors(part, plan);
  start_part(part, plan, starts);
  for (int j = 0; j < plan.inputs; ++j) {
    if (plan.slots[j] != kAbsent && is_constant(plan, j)) {
      fill(plan, j, part.at[j], 1, plan.tile, part.lane + plan.slots[j] * plan.slot_bytes);
    }
  }
  const int64_t pieces = ceil_div(plan.n, plan.piece);
  const int64_t first = part.index / pieces * plan.rows_per_part;
  int64_t outside = 1;
  for (int d = 0; d < plan.rank; ++d) outside *= plan.dims[d];
  const int64_t last = std::min(first + plan.rows_per_part, outside * plan.rows);
  const int64_t start = part.index % pieces * plan.piece;
  const int64_t end = std::min(start + plan.piece, plan.n);
  const int64_t columns = std::min(plan.tile, end - start), tile_rows = plan.tile / columns;
  Tiles tiles(plan, part.lane);
  for (int64_t row = first; row < last;) {
    const int64_t within = row % plan.rows;
    int64_t rest = row / plan.rows;
    int64_t base[kMaxTiledOperands];
    for (int j = 0; j < count; ++j) base[j] = within * plan.outer[j];
    for (int d = plan.rank - 1; d >= 0; --d) {
      for (int j = 0; j < count; ++j) base[j] += rest % plan.dims[d] * plan.strides[j][d];
      rest /= plan.dims[d];
    }
    const int64_t rows = std::min({tile_rows, plan.rows - within, last - row});
    if (plan.folds_rows) start_rows(plan, row, rows, first, starts);
    for (int64_t i = start; i < end; i += columns) {
      char* at[kMaxTiledOperands];
      for (int j = 0; j < count; ++j) {
        const int64_t column = plan.by_columns && j >= plan.inputs ? i - start : i;
        at[j] = starts[j] + base[j] + column * plan.inner[j] * plan.sizes[j];
      }
      tiles.run(at, rows, std::min(columns, end - i));
    }
    if (plan.folds_rows) end_rows(part, plan, divisors, row, rows, first, last, starts);
    row += rows;
  }
  if (plan.by_columns) end_columns(part, plan, divisors, first / plan.rows_per_part * plan.n + start, end - start);
#if defined(__SSE2__)
  if (plan.large) _mm_sfence();
#endif
}

}  // namespace adjoint

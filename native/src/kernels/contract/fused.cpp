/*
 * Plans and runs fused elementwise regions: a small program over registers, tile by tile, so that values between two
 * ops stay in the first-level cache. The ops are the rows of the elementwise families and their loops, each element
 * meets the same functions as unfused, and so the results are the same bits. Up to three values leave, each as it is or
 * added up over leading axes: every part sums its own rows in F64, and `combine` joins the parts in order.
 */
#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/contract/checks.h"
#include "kernels/contract/collapse.h"
#include "kernels/families.h"

namespace adjoint {
namespace {

constexpr int kNameInts = 3; /* a name is so many ints of eight characters, padded with zeros */
constexpr int kOpInts = kNameInts + 4;
constexpr int kOutputInts = 2;
constexpr int kNone = -1;
constexpr int64_t kLine = 64; /* bytes of a line of a cache */
/* Short tiles, so that the loads of one run ahead into the arithmetic of the one before. */
constexpr int64_t kLargeTile = 256;
constexpr int64_t kTilesAhead = 2;
/* From so many bytes on a region's operands come from memory rather than from a cache, and its results go there. */
constexpr int64_t kLargeFrom = int64_t{16} << 20;
constexpr int64_t kLargeShare = 128 * kLargeTile;

/* Where the elements of one operand of a tile lie: rows that are `outer` bytes apart. */
struct View {
  char* at;
  int64_t outer;
};

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
void fill(const FusedPlan& plan, int input, const char* from, int64_t rows, int64_t n, char* to) {
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
void leave(const FusedPlan& plan, const View& from, const View& to, int64_t rows, int64_t bytes) {
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

/* Adds a tile of a result to the sums of its part. */
void add_up(const FusedPlan& plan, int operand, const FusedOutput& output, const View& x, int64_t rows, int64_t n,
            char* sums) {
  const int of = output.dtype == ADJ_F64 ? 1 : 0;
  const int64_t step = plan.outer[operand];
  double* y = reinterpret_cast<double*>(sums);
  if (plan.inner[operand] == 0) {
    for (int64_t r = 0; r < rows; ++r)
      y[r * step / plan.sizes[operand]] += plan.loops->total[of](x.at + r * x.outer, n);
  } else if (step == 0) {
    plan.loops->columns[of](x.at, rows, x.outer, n, y);
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      plan.loops->columns[of](x.at + r * x.outer, 1, 0, n, y + r * step / plan.sizes[operand]);
    }
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
      if (plan_.slots[j] != kNone && !is_constant(plan_, j)) fill(plan_, j, at[j], rows, n, slot(plan_.slots[j]));
    }
    for (int i = 0; i < moving_; ++i) *moves_[i].address = at[moves_[i].operand];
    for (int k = 0; k < plan_.ops; ++k) {
      if (plan_.large) ask_ahead(at, k);
      plan_.op[k].loops->contiguous(blocks_[k]);
    }
    for (int o = 0; o < plan_.outputs; ++o) {
      const FusedOutput& output = plan_.output[o];
      const int operand = plan_.inputs + o, k = output.value - plan_.inputs;
      const int result = plan_.op[k].loops->operands - 1;
      const View value{blocks_[k].at[result], outers_[output.value]};
      if (output.sums) {
        add_up(plan_, operand, output, value, rows, n, at[operand]);
      } else if (output.aside) {
        leave(plan_, value, {at[operand], plan_.outer[operand]}, rows, n * plan_.sizes[operand]);
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
    int8_t slots[kMaxFusedInputs + kMaxFusedOps], operands[kMaxFusedInputs + kMaxFusedOps];
    const auto place = [&](int value, int register_slot, int operand, int64_t size) {
      slots[value] = static_cast<int8_t>(register_slot);
      operands[value] = static_cast<int8_t>(operand);
      outers_[value] = register_slot == kNone ? plan_.outer[operand] : n * size;
    };
    for (int j = 0; j < plan_.inputs; ++j) place(j, plan_.slots[j], j, plan_.sizes[j]);
    for (int k = 0; k < plan_.ops; ++k) {
      const FusedOp& op = plan_.op[k];
      shares_[k + 1] = kShares * (k + 1) / plan_.ops;
      const int arity = op.loops->operands - 1, y = plan_.inputs + k;
      place(y, op.output == kNone ? op.slot : kNone, plan_.inputs + op.output, op.size);
      Block& block = blocks_[k];
      bool dense = true;
      for (int j = 0; j <= arity; ++j) {
        const int value = j < arity ? op.operands[j] : y;
        const int64_t size = value < plan_.inputs ? plan_.sizes[value] : plan_.op[value - plan_.inputs].size;
        block.outer[j] = outers_[value];
        block.inner[j] = 1;
        dense = dense && outers_[value] == n * size;
        if (slots[value] == kNone) {
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
   * Asks for what the program will read a few tiles from here; beyond the end that does nothing. Before each op for a
   * share of it: more lines at once than a core can wait for would hold up the op. Inlined by force: g++ takes a
   * function that does nothing but prefetch for one without effect, and drops its calls.
   */
  [[gnu::always_inline]] inline void ask_ahead(char* const* at, int op) const {
    for (int j = 0; j < plan_.inputs; ++j) {
      if (plan_.slots[j] != kNone) continue;
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
  int64_t outers_[kMaxFusedInputs + kMaxFusedOps];
  int64_t shares_[kMaxFusedOps + 1] = {}; /* how much has been asked for before an op, of kShares */
  Move moves_[kMaxFusedOps * kMaxElementwise];
  Block blocks_[kMaxFusedOps];
};

void run_fused(const Part& part) {
  const FusedPlan& plan = *static_cast<const FusedPlan*>(part.plan);
  const int count = plan.inputs + plan.outputs;
  char* starts[kMaxFusedOperands];
  for (int j = 0; j < count; ++j) starts[j] = part.at[j];
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    if (!output.sums) continue;
    const int64_t bytes = output.kept * static_cast<int64_t>(sizeof(double));
    starts[plan.inputs + o] = part.shared + output.shared + part.index * bytes;
    std::memset(starts[plan.inputs + o], 0, static_cast<size_t>(bytes));
  }
  for (int j = 0; j < plan.inputs; ++j) {
    if (plan.slots[j] != kNone && is_constant(plan, j)) {
      fill(plan, j, part.at[j], 1, plan.tile, part.lane + plan.slots[j] * plan.slot_bytes);
    }
  }
  const int64_t pieces = ceil_div(plan.n, plan.piece);
  int64_t row = part.index / pieces * plan.rows_per_part;
  int64_t outside = 1;
  for (int d = 0; d < plan.rank; ++d) outside *= plan.dims[d];
  const int64_t last = std::min(row + plan.rows_per_part, outside * plan.rows);
  const int64_t start = part.index % pieces * plan.piece;
  const int64_t end = std::min(start + plan.piece, plan.n);
  const int64_t columns = std::min(plan.tile, end - start), tile_rows = plan.tile / columns;
  Tiles tiles(plan, part.lane);
  while (row < last) {
    const int64_t within = row % plan.rows;
    int64_t rest = row / plan.rows;
    int64_t base[kMaxFusedOperands];
    for (int j = 0; j < count; ++j) base[j] = within * plan.outer[j];
    for (int d = plan.rank - 1; d >= 0; --d) {
      for (int j = 0; j < count; ++j) base[j] += rest % plan.dims[d] * plan.strides[j][d];
      rest /= plan.dims[d];
    }
    const int64_t rows = std::min({tile_rows, plan.rows - within, last - row});
    for (int64_t i = start; i < end; i += columns) {
      char* at[kMaxFusedOperands];
      for (int j = 0; j < count; ++j) at[j] = starts[j] + base[j] + i * plan.inner[j] * plan.sizes[j];
      tiles.run(at, rows, std::min(columns, end - i));
    }
    row += rows;
  }
#if defined(__SSE2__)
  if (plan.large) _mm_sfence();
#endif
}

/* Joins the sums of the parts, in order. */
void combine(const Part& part) {
  const FusedPlan& plan = *static_cast<const FusedPlan*>(part.plan);
  int64_t index = part.index;
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    if (!output.sums) continue;
    const int64_t tiles = ceil_div(output.kept, kFusedCombineTile);
    if (index >= tiles) {
      index -= tiles;
      continue;
    }
    const int64_t from = index * kFusedCombineTile, to = std::min(from + kFusedCombineTile, output.kept);
    const double* sums = reinterpret_cast<const double*>(part.shared + output.shared);
    char* y = part.at[plan.inputs + o];
    for (int64_t i = from; i < to; ++i) {
      double total = 0;
      for (int64_t p = 0; p < plan.parts; ++p) total += sums[p * output.kept + i];
      if (output.dtype == ADJ_F64) {
        reinterpret_cast<double*>(y)[i] = total;
      } else {
        reinterpret_cast<float*>(y)[i] = static_cast<float>(total);
      }
    }
    return;
  }
}

/* The row of that name in an elementwise family of the same instruction set. */
const Kernel& elementwise_row(const Kernel& kernel, const int64_t* words) {
  char name[kNameInts * sizeof(int64_t) + 1] = {};
  std::memcpy(name, words, kNameInts * sizeof(int64_t));
  const Families& families = *static_cast<const FusedLoops*>(kernel.loops)->families;
  for (int32_t f = 0; f < families.count; ++f) {
    const Family& family = *families.families[f];
    for (int32_t k = 0; k < family.count; ++k) {
      const Kernel& row = family.kernels[k];
      if (row.prepare == prepare_elementwise && std::strcmp(row.name, name) == 0) return row;
    }
  }
  fail(ADJ_UNKNOWN_KERNEL, "%s: no elementwise kernel is called \"%s\"", kernel.name, printable(name).c_str());
}

const Loops& loops_of(const Kernel& kernel, const Kernel& row, const int32_t* dtypes, int32_t result) {
  const Loops* loops = static_cast<const Loops*>(row.loops);
  for (int32_t i = 0; i < row.loops_count; ++i) {
    bool fits = loops[i].dtypes[row.inputs] == result && loops[i].contiguous != nullptr;
    for (int j = 0; j < row.inputs; ++j) fits = fits && loops[i].dtypes[j] == dtypes[j];
    if (fits) return loops[i];
  }
  fail(ADJ_UNKNOWN_KERNEL, "%s: there is no %s for these dtypes that gives %s", kernel.name, row.name,
       dtype_text(result).c_str());
}

/* Whether an output is the memory of an input that is read after op k. Where they overlap they are the same. */
bool overwrites(const Call& call, const Operand& y, const int* last_use, int k) {
  for (int64_t j = 0; j < call.inputs_count; ++j) {
    const Operand& x = call.inputs[j];
    if (x.binding == y.binding && x.offset == y.offset && last_use[j] > k) return true;
  }
  return false;
}

/* Reads the ops and what leaves; returns the cost of an element. */
int64_t plan_ops(const Kernel& kernel, const Call& call, FusedPlan& plan) {
  int32_t dtypes[kMaxFusedInputs + kMaxFusedOps];
  int last_use[kMaxFusedInputs + kMaxFusedOps] = {};
  for (int j = 0; j < plan.inputs; ++j) dtypes[j] = call.inputs[j].dtype;
  int64_t cost = 0;
  for (int k = 0; k < plan.ops; ++k) {
    const int64_t* ints = call.ints + 1 + k * kOpInts;
    const Kernel& row = elementwise_row(kernel, ints);
    const int64_t result = ints[kNameInts];
    if (size_of(result) == 0) fail(ADJ_INVALID_IMAGE, "%s: op %d gives %s", kernel.name, k, dtype_text(result).c_str());
    int32_t operands[3] = {};
    for (int j = 0; j < 3; ++j) {
      const int64_t value = ints[kNameInts + 1 + j];
      check_int(kernel, "a value", value, j < row.inputs ? 0 : kNone, j < row.inputs ? plan.inputs + k - 1 : kNone);
      if (j >= row.inputs) continue;
      operands[j] = dtypes[value];
      plan.op[k].operands[j] = static_cast<int8_t>(value);
      last_use[value] = k;
    }
    dtypes[plan.inputs + k] = static_cast<int32_t>(result);
    plan.op[k].loops = &loops_of(kernel, row, operands, static_cast<int32_t>(result));
    plan.op[k].size = static_cast<int8_t>(size_of(result));
    plan.op[k].output = kNone;
    cost += row.cost;
  }
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    const int k = output.value - plan.inputs;
    output.dtype = dtypes[output.value];
    check_dtype(adjoint::output(kernel, call, o), output.dtype);
    if (output.sums) {
      if (output.dtype != ADJ_F32 && output.dtype != ADJ_F64) no_loops(kernel, output.dtype);
      ++cost;
    }
    /* A value that leaves twice, or past the caches, or over an input that is still needed, has a register. */
    output.aside =
        !output.sums && (plan.large || plan.op[k].output != kNone || overwrites(call, call.outputs[o], last_use, k));
    if (!output.sums && !output.aside) plan.op[k].output = static_cast<int8_t>(o);
    last_use[output.value] = plan.ops;
  }
  /* Registers: one an input that has to be filled, then the first that is free. */
  int next = 0;
  for (int j = 0; j < plan.inputs; ++j) plan.slots[j] = static_cast<int8_t>(plan.inner[j] == 1 ? kNone : next++);
  int free_from[kMaxFusedOps] = {}; /* the op after which a register may be written again */
  int used = 0;
  for (int k = 0; k < plan.ops; ++k) {
    if (plan.op[k].output != kNone) continue;
    int slot = 0;
    while (slot < used && free_from[slot] >= k) ++slot;
    used = std::max(used, slot + 1);
    free_from[slot] = std::max(last_use[plan.inputs + k], k);
    plan.op[k].slot = static_cast<int8_t>(next + slot);
  }
  plan.registers = next + used;
  return cost;
}

/* Reads the outputs' ints: the value, and over how many leading axes it is summed. */
void plan_outputs(const Kernel& kernel, const Call& call, FusedPlan& plan, const Operand& region, Operand* laid_out) {
  for (int o = 0; o < plan.outputs; ++o) {
    const int64_t* ints = call.ints + 1 + plan.ops * kOpInts + o * kOutputInts;
    check_int(kernel, "the value of an output", ints[0], plan.inputs, plan.inputs + plan.ops - 1);
    check_int(kernel, "summed axes", ints[1], 0, region.rank);
    const Operand& y = call.outputs[o];
    const int summed = static_cast<int>(ints[1]);
    plan.output[o].value = static_cast<int8_t>(ints[0]);
    plan.output[o].sums = summed > 0;
    plan.output[o].kept = product(region, summed, region.rank);
    check_rank(output(kernel, call, o), region.rank - summed);
    for (int d = summed; d < region.rank; ++d) check_dim(output(kernel, call, o), d - summed, region.dims[d]);
    check_contiguous(output(kernel, call, o));
    /* As it lies under the region: a sum does not move along the axes that it is taken over. */
    laid_out[o] = region;
    for (int d = 0; d < region.rank; ++d) laid_out[o].strides[d] = d < summed ? 0 : y.strides[d - summed];
  }
}

}  // namespace

void prepare_fused(const Kernel& kernel, const Call& call, Step& step) {
  if (call.ints_count < 1 || call.inputs_count < 1 || call.inputs_count > kMaxFusedInputs || call.outputs_count < 1 ||
      call.outputs_count > kMaxFusedOutputs) {
    fail(ADJ_INVALID_IMAGE, "%s: takes 1 to %d inputs, 1 to %d outputs and its ops, not %lld, %lld and %lld ints",
         kernel.name, kMaxFusedInputs, kMaxFusedOutputs, static_cast<long long>(call.inputs_count),
         static_cast<long long>(call.outputs_count), static_cast<long long>(call.ints_count));
  }
  check_int(kernel, "the number of ops", call.ints[0], 1, kMaxFusedOps);
  const int64_t ints = 1 + kOpInts * call.ints[0] + kOutputInts * call.outputs_count;
  check_int(kernel, "the number of ints", call.ints_count, ints, ints);
  FusedPlan& plan = plan_of<FusedPlan>(step);
  plan.loops = static_cast<const FusedLoops*>(kernel.loops);
  plan.inputs = static_cast<int32_t>(call.inputs_count);
  plan.outputs = static_cast<int32_t>(call.outputs_count);
  plan.ops = static_cast<int32_t>(call.ints[0]);
  /* The region's own layout comes last, because axes are ordered by that. */
  Operand region = call.inputs[0];
  int64_t stride = 1;
  for (int d = region.rank - 1; d >= 0; --d) {
    region.strides[d] = stride;
    stride *= std::max<int64_t>(region.dims[d], 1);
  }
  Operand laid_out[kMaxFusedOutputs];
  const int count = plan.inputs + plan.outputs;
  const Operand* operands[kMaxFusedOperands + 1];
  for (int j = 0; j < plan.inputs; ++j) {
    check_dims(input(kernel, call, j), region);
    operands[j] = &call.inputs[j];
  }
  plan_outputs(kernel, call, plan, region, laid_out);
  for (int o = 0; o < plan.outputs; ++o) operands[plan.inputs + o] = &laid_out[o];
  operands[count] = &region;
  Axis axes[kMaxRank];
  const int rank = collapse(operands, count + 1, axes);
  check_int(kernel, "the number of axes that cannot be merged", rank, 0, kMaxFusedAxes + 2);
  const int64_t elements = count_of(region);
  plan.n = rank > 0 ? axes[rank - 1].dim : 1;
  plan.rows = rank > 1 ? axes[rank - 2].dim : 1;
  plan.rank = std::max(rank - 2, 0);
  int64_t widest = 1, bytes = 0;
  bool any_sums = false, any_kept = false;
  for (int j = 0; j < count; ++j) {
    const bool sums = j >= plan.inputs && plan.output[j - plan.inputs].sums;
    const int64_t size = sums ? static_cast<int64_t>(sizeof(double))
                              : size_of(j < plan.inputs ? operands[j]->dtype : call.outputs[j - plan.inputs].dtype);
    widest = std::max(widest, size);
    plan.sizes[j] = static_cast<int32_t>(size);
    plan.inner[j] = rank > 0 ? axes[rank - 1].strides[j] : 1;
    plan.outer[j] = rank > 1 ? axes[rank - 2].strides[j] * size : 0;
    for (int d = 0; d < plan.rank; ++d) plan.strides[j][d] = axes[d].strides[j] * size;
    if (j >= plan.inputs && !sums) bytes += elements * size;
    any_sums = any_sums || sums;
    any_kept = any_kept || (sums && plan.output[j - plan.inputs].kept > 1);
  }
  for (int d = 0; d < plan.rank; ++d) plan.dims[d] = axes[d].dim;
  plan.large = bytes >= kLargeFrom;
  plan.tile = plan.large ? kLargeTile : kFusedTile;
  const int64_t cost = plan_ops(kernel, call, plan);
  if (elements > 0) {
    for (int k = 0; k < plan.ops; ++k) widest = std::max<int64_t>(widest, plan.op[k].size);
    plan.slot_bytes = plan.tile * widest;
    step.lane_bytes = plan.registers * plan.slot_bytes;
    /* Of large operands a part takes more: what it asks for ahead of its end is not its own. */
    const int64_t share = plan.large ? kLargeShare : part_elements(cost);
    const int64_t rows = elements / plan.n;
    plan.piece = plan.n > share + share / 2 && !any_kept ? share : plan.n;
    plan.rows_per_part = plan.piece < plan.n ? 1 : std::max<int64_t>(share / plan.n, 1);
    /* Every part has sums of its own: no more of them than make sense beside what is added up. */
    if (any_kept) {
      const int64_t groups = std::clamp<int64_t>(rows / 4, 1, kFusedGroups);
      plan.rows_per_part = std::max(plan.rows_per_part, ceil_div(rows, groups));
    }
    plan.parts = ceil_div(rows, plan.rows_per_part) * ceil_div(plan.n, plan.piece);
    add_stage(step, run_fused, plan.parts);
  }
  if (!any_sums) return;
  int64_t tiles = 0;
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    if (!output.sums) continue;
    output.shared = step.shared_bytes;
    step.shared_bytes += plan.parts * output.kept * static_cast<int64_t>(sizeof(double));
    tiles += ceil_div(output.kept, kFusedCombineTile);
  }
  add_stage(step, combine, tiles);
}

}  // namespace adjoint

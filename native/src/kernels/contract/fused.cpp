/*
 * Plans and runs fused elementwise regions: a small program over registers, tile by tile, so that values between two
 * ops stay in the first-level cache. The ops are the rows of the elementwise families and their loops, each element
 * meets the same functions as unfused, and so the results are the same bits.
 */
#include <algorithm>
#include <cstring>

#include "kernels/contract/checks.h"
#include "kernels/contract/collapse.h"
#include "kernels/families.h"

namespace adjoint {
namespace {

constexpr int kNameInts = 3; /* a name is so many ints of eight characters, padded with zeros */
constexpr int kOpInts = kNameInts + 4;
constexpr int kNone = -1;

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
  } else {
    spread<uint8_t>(from, outer, inner, rows, n, to);
  }
}

bool is_constant(const FusedPlan& plan, int input) {
  bool constant = plan.inner[input] == 0 && plan.outer[input] == 0;
  for (int d = 0; d < plan.rank; ++d) constant = constant && plan.strides[input][d] == 0;
  return constant;
}

/* Runs the program on `rows` x `n` elements whose operands start at `at`. */
void run_tile(const FusedPlan& plan, char* const* at, int64_t rows, int64_t n, char* registers) {
  View values[kMaxFusedOperands + kMaxFusedOps];
  for (int j = 0; j < plan.inputs; ++j) {
    if (plan.slots[j] == kNone) {
      values[j] = {at[j], plan.outer[j]};
      continue;
    }
    char* slot = registers + plan.slots[j] * plan.slot_bytes;
    if (!is_constant(plan, j)) fill(plan, j, at[j], rows, n, slot);
    values[j] = {slot, n * plan.sizes[j]};
  }
  for (int k = 0; k < plan.ops; ++k) {
    const FusedOp& op = plan.op[k];
    const int arity = op.loops->operands - 1;
    View& y = values[plan.inputs + k];
    y = k == plan.ops - 1 ? View{at[plan.inputs], plan.outer[plan.inputs]}
                          : View{registers + op.slot * plan.slot_bytes, n * op.size};
    Block block;
    block.rows = rows;
    block.n = n;
    for (int j = 0; j <= arity; ++j) {
      const View& value = j < arity ? values[op.operands[j]] : y;
      block.at[j] = value.at;
      block.outer[j] = value.outer;
      block.inner[j] = 1;
    }
    op.loops->contiguous(block);
  }
}

void run_fused(const Part& part) {
  const FusedPlan& plan = *static_cast<const FusedPlan*>(part.plan);
  const int count = plan.inputs + 1;
  for (int j = 0; j < plan.inputs; ++j) {
    if (plan.slots[j] != kNone && is_constant(plan, j)) {
      fill(plan, j, part.at[j], 1, kFusedTile, part.lane + plan.slots[j] * plan.slot_bytes);
    }
  }
  const int64_t pieces = ceil_div(plan.n, plan.piece);
  int64_t row = part.index / pieces * plan.rows_per_part;
  int64_t outside = 1;
  for (int d = 0; d < plan.rank; ++d) outside *= plan.dims[d];
  const int64_t last = std::min(row + plan.rows_per_part, outside * plan.rows);
  const int64_t start = part.index % pieces * plan.piece;
  const int64_t end = std::min(start + plan.piece, plan.n);
  const int64_t columns = std::min(kFusedTile, end - start), tile_rows = kFusedTile / columns;
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
      for (int j = 0; j < count; ++j) at[j] = part.at[j] + base[j] + i * plan.inner[j] * plan.sizes[j];
      run_tile(plan, at, rows, std::min(columns, end - i), part.lane);
    }
    row += rows;
  }
}

/* The row of that name in an elementwise family of the same instruction set. */
const Kernel& elementwise_row(const Kernel& kernel, const int64_t* words) {
  char name[kNameInts * sizeof(int64_t) + 1] = {};
  std::memcpy(name, words, kNameInts * sizeof(int64_t));
  const Families& families = *static_cast<const Families*>(kernel.loops);
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

/* Reads the ops; returns the cost of an element. */
int64_t plan_ops(const Kernel& kernel, const Call& call, FusedPlan& plan) {
  int32_t dtypes[kMaxFusedOperands + kMaxFusedOps];
  int last_use[kMaxFusedOperands + kMaxFusedOps] = {};
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
    cost += row.cost;
  }
  check_dtype(output(kernel, call, 0), dtypes[plan.inputs + plan.ops - 1]);
  /* Registers: one an input that has to be filled, then the first that is free. */
  int next = 0;
  for (int j = 0; j < plan.inputs; ++j) plan.slots[j] = static_cast<int8_t>(plan.inner[j] == 1 ? kNone : next++);
  int free_from[kMaxFusedOps] = {}; /* the op after which a register may be written again */
  int used = 0;
  for (int k = 0; k + 1 < plan.ops; ++k) {
    int slot = 0;
    while (slot < used && free_from[slot] >= k) ++slot;
    used = std::max(used, slot + 1);
    free_from[slot] = std::max(last_use[plan.inputs + k], k);
    plan.op[k].slot = static_cast<int8_t>(next + slot);
  }
  plan.registers = next + used;
  return cost;
}

}  // namespace

void prepare_fused(const Kernel& kernel, const Call& call, Step& step) {
  if (call.ints_count < 1 || call.inputs_count >= kMaxFusedOperands || call.outputs_count != 1) {
    fail(ADJ_INVALID_IMAGE, "%s: takes at most %d inputs, one output and its ops, not %lld, %lld and %lld ints",
         kernel.name, kMaxFusedOperands - 1, static_cast<long long>(call.inputs_count),
         static_cast<long long>(call.outputs_count), static_cast<long long>(call.ints_count));
  }
  check_int(kernel, "the number of ops", call.ints[0], 1, kMaxFusedOps);
  check_int(kernel, "the number of ints", call.ints_count, 1 + kOpInts * call.ints[0], 1 + kOpInts * call.ints[0]);
  FusedPlan& plan = plan_of<FusedPlan>(step);
  plan.inputs = static_cast<int32_t>(call.inputs_count);
  plan.ops = static_cast<int32_t>(call.ints[0]);
  const int count = plan.inputs + 1;
  const Operand* operands[kMaxFusedOperands];
  for (int j = 0; j < plan.inputs; ++j) {
    check_dims(input(kernel, call, j), call.outputs[0]);
    operands[j] = &call.inputs[j];
  }
  operands[count - 1] = &call.outputs[0];
  check_contiguous(output(kernel, call, 0));
  Axis axes[kMaxRank];
  const int rank = collapse(operands, count, axes);
  check_int(kernel, "the number of axes that cannot be merged", rank, 0, kMaxFusedAxes + 2);
  const int64_t elements = count_of(call.outputs[0]);
  plan.n = rank > 0 ? axes[rank - 1].dim : 1;
  plan.rows = rank > 1 ? axes[rank - 2].dim : 1;
  plan.rank = std::max(rank - 2, 0);
  int64_t widest = 1;
  for (int j = 0; j < count; ++j) {
    const int64_t size = size_of(operands[j]->dtype);
    widest = std::max(widest, size);
    plan.sizes[j] = static_cast<int32_t>(size);
    plan.inner[j] = rank > 0 ? axes[rank - 1].strides[j] : 1;
    plan.outer[j] = rank > 1 ? axes[rank - 2].strides[j] * size : 0;
    for (int d = 0; d < plan.rank; ++d) plan.strides[j][d] = axes[d].strides[j] * size;
  }
  for (int d = 0; d < plan.rank; ++d) plan.dims[d] = axes[d].dim;
  const int64_t cost = plan_ops(kernel, call, plan);
  if (elements == 0) return;
  for (int k = 0; k < plan.ops; ++k) widest = std::max<int64_t>(widest, plan.op[k].size);
  plan.slot_bytes = kFusedTile * widest;
  step.lane_bytes = plan.registers * plan.slot_bytes;
  const int64_t share = part_elements(cost);
  const int64_t rows = elements / plan.n;
  plan.piece = plan.n > share + share / 2 ? share : plan.n;
  plan.rows_per_part = plan.piece < plan.n ? 1 : std::max<int64_t>(share / plan.n, 1);
  add_stage(step, run_fused, ceil_div(rows, plan.rows_per_part) * ceil_div(plan.n, plan.piece));
}

}  // namespace adjoint

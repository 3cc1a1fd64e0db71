/*
 * Reads the ops and outputs of a fused elementwise region, checks them and plans its run: which loops, which registers,
 * which axes make up a tile, and how the region is cut into parts.
 */
#include <algorithm>
#include <cstring>

#include "kernels/contract/checks.h"
#include "kernels/contract/collapse.h"
#include "kernels/contract/fused.h"
#include "kernels/families.h"

namespace adjoint {
namespace {

constexpr int kNameInts = 3; /* a name is so many ints of eight characters, padded with zeros */
constexpr int kOpInts = kNameInts + 4;
constexpr int kOutputInts = 4;
/* Short tiles, so that the loads of one run ahead into the arithmetic of the one before. */
constexpr int64_t kLargeTile = 256;
/* From so many bytes on a region's operands come from memory rather than from a cache, and its results go there. */
constexpr int64_t kLargeFrom = int64_t{16} << 20;
constexpr int64_t kLargeShare = 128 * kLargeTile;
/* Enough parts for the cores of a large machine; more would only cost. */
constexpr int64_t kManyParts = 64;

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
    if (output.fold != nullptr) {
      if (output.dtype != ADJ_F32 && output.dtype != ADJ_F64) no_loops(kernel, output.dtype);
      if (output.divisor != kNone) check_dtype(input(kernel, call, output.divisor), output.dtype);
      cost += output.fold->cost;
    }
    /* A value that leaves twice, or past the caches, or over an input that is still needed, has a register. */
    const bool folds = output.fold != nullptr;
    output.aside =
        !folds && (plan.large || plan.op[k].output != kNone || overwrites(call, call.outputs[o], last_use, k));
    if (!folds && !output.aside) plan.op[k].output = static_cast<int8_t>(o);
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

/* Whether an input is one number. */
bool is_number(const Operand& x) {
  bool moves = false;
  for (int d = 0; d < x.rank; ++d) moves = moves || (x.dims[d] != 1 && x.strides[d] != 0);
  return !moves;
}

/* Reads how an output is folded; returns over how many leading axes, negative: trailing. */
int plan_fold(const Kernel& kernel, const Call& call, const int64_t* ints, FusedPlan& plan, FusedOutput& output) {
  const Operand& region = call.inputs[0];
  check_int(kernel, "a fold", ints[0], 0, kFolds);
  const bool folds = ints[0] != static_cast<int64_t>(Fold::kNone);
  check_int(kernel, "folded axes", ints[1], folds ? -region.rank : 0, folds ? region.rank : 0);
  check_int(kernel, "a divisor", ints[2], kNone, folds ? plan.inputs - 1 : kNone);
  output.divisor = static_cast<int8_t>(ints[2]);
  if (!folds) return 0;
  const int axes = static_cast<int>(ints[1]);
  output.fold = &plan.loops->folds[ints[0] - 1];
  output.kept = axes < 0 ? product(region, 0, region.rank + axes) : product(region, axes, region.rank);
  const int64_t elements = count_of(region);
  if (elements == 0 && output.kept > 0 && !output.fold->empty) {
    fail(ADJ_INVALID_IMAGE, "%s: nothing to reduce in %s", kernel.name, shape_text(region).c_str());
  }
  /* Of no elements there may be no memory to read. */
  if (output.divisor != kNone && (elements == 0 || !is_number(call.inputs[output.divisor]))) {
    fail(ADJ_INVALID_IMAGE, "%s: input %d divides a fold and is no number", kernel.name, output.divisor);
  }
  if (output.kept > 1 && elements == output.kept) {
    fail(ADJ_INVALID_IMAGE, "%s: a fold of single elements of %s", kernel.name, shape_text(region).c_str());
  }
  return axes;
}

/* Reads the outputs' ints: a value, its fold, over how many axes, and the divisor. */
void plan_outputs(const Kernel& kernel, const Call& call, FusedPlan& plan, const Operand& region, Operand* laid_out) {
  for (int o = 0; o < plan.outputs; ++o) {
    const int64_t* ints = call.ints + 1 + plan.ops * kOpInts + o * kOutputInts;
    FusedOutput& output = plan.output[o];
    check_int(kernel, "the value of an output", ints[0], plan.inputs, plan.inputs + plan.ops - 1);
    output.value = static_cast<int8_t>(ints[0]);
    const int axes = plan_fold(kernel, call, ints + 1, plan, output);
    const int from = std::max(axes, 0), to = region.rank + std::min(axes, 0); /* the kept axes */
    check_rank(adjoint::output(kernel, call, o), to - from);
    for (int d = from; d < to; ++d) check_dim(adjoint::output(kernel, call, o), d - from, region.dims[d]);
    check_contiguous(adjoint::output(kernel, call, o));
    /* As it lies under the region: a fold does not move along the axes that it is taken over. */
    laid_out[o] = region;
    for (int d = 0; d < region.rank; ++d) {
      laid_out[o].strides[d] = d < from || d >= to ? 0 : call.outputs[o].strides[d - from];
    }
    if (output.fold == nullptr) continue;
    const bool trailing = axes < 0 || output.kept == 1;
    if (!trailing && output.fold->columns[0] == nullptr) {
      fail(ADJ_INVALID_IMAGE, "%s: output %d can only be folded over trailing axes", kernel.name, o);
    }
    output.group = trailing ? 1 : 0;
  }
}

/* Rows of the first axis that parts of a small region take which folds them: see Rows::fold. Strips of several
 * regions and products go together if these powers of two divide the products' blocks of k. */
constexpr int64_t kFoldFrom = 1024;
constexpr int64_t kFoldRows = 32;
constexpr int64_t kFoldParts = 128;

/* What leaves as it is does so with its rows, what is folded behind the first stage. */
void say_folded_rows(const FusedPlan& plan, int64_t rows, int64_t fold, Step& step) {
  step.rows.count = rows;
  step.rows.fold = fold;
  for (int o = 0; o < plan.outputs; ++o) {
    step.rows.axis[plan.inputs + o] = plan.output[o].fold != nullptr ? Rows::kBehind : int8_t{0};
  }
}

/*
 * Cuts the region, whose first axis is `lead` long, into parts of rows, or of pieces of rows, and says which outputs
 * they leave to be joined.
 */
void plan_parts(FusedPlan& plan, Step& step, int64_t rows, int64_t share, int64_t lead) {
  bool folds_columns = false, keeps_rows = false, folds = false, folds_lead = true;
  int64_t groups = kFusedGroups;
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    if (output.fold == nullptr) continue;
    if (output.group > 0) output.group = rows / output.kept;
    folds = true;
    folds_lead = folds_lead && (output.group == 0 || output.kept == 1);
    folds_columns = folds_columns || output.group == 0;
    /* Every part has states for all columns: no more of them than make sense beside what is folded. */
    if (output.group == 0) groups = std::clamp<int64_t>(rows * plan.n / output.kept / 4, 1, groups);
    keeps_rows = keeps_rows || (output.group > 0 && output.kept >= kManyParts);
  }
  bool cut = plan.n > share + share / 2 && !folds_columns && !keeps_rows;
  plan.piece = cut ? share : plan.n;
  plan.rows_per_part = cut ? 1 : std::max<int64_t>(share / plan.n, 1);
  if (folds_columns) plan.rows_per_part = std::max(plan.rows_per_part, ceil_div(rows, groups));
  const int64_t line = rows * plan.n / lead;
  folds_lead = folds_lead && folds;
  if (folds_lead && lead >= kFoldFrom) {
    int64_t taken = kFoldRows;
    while (taken * kFoldParts < lead) taken *= 2;
    if (line % plan.n == 0 && taken * line <= share) {
      plan.rows_per_part = taken * line / plan.n;
    } else if (rows == 1 && taken * line <= share) {
      cut = true;
      plan.piece = taken * line;
      plan.rows_per_part = 1;
    }
  }
  /* A part that has all rows of its elements finishes them: worth a larger part, if there are enough of those. */
  for (int o = 0; o < plan.outputs && !cut; ++o) {
    const FusedOutput& output = plan.output[o];
    if (output.group <= 1 || output.kept == 1) continue;
    const int64_t whole = round_up(plan.rows_per_part, output.group);
    if (output.kept >= kManyParts || times(whole, plan.n) <= 2 * share) plan.rows_per_part = whole;
  }
  plan.parts = ceil_div(rows, plan.rows_per_part) * ceil_div(plan.n, plan.piece);
  const int64_t part = plan.rows_per_part * plan.piece;
  if (folds_lead && plan.parts > 1 && part % line == 0 && (!cut || rows == 1))
    say_folded_rows(plan, lead, part / line, step);
  const int64_t tile_rows = plan.tile / std::min(plan.tile, plan.piece);
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    if (output.group == 0) {
      output.states = output.fold == nullptr ? 0 : output.kept;
      continue;
    }
    plan.folds_rows = true;
    const bool finishes = !cut && (plan.rows_per_part % output.group == 0 || plan.parts == 1);
    const int64_t touched = (plan.rows_per_part + output.group - 2) / output.group + 1;
    output.states = finishes ? 0 : std::min(touched, output.kept);
    output.lane = step.lane_bytes;
    step.lane_bytes += (output.group == 1 ? tile_rows : 1) * output.fold->width * static_cast<int64_t>(sizeof(double));
  }
}

}  // namespace

void prepare_fused(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
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
  for (int j = 0; j < count; ++j) {
    const FusedOutput* output = j < plan.inputs ? nullptr : &plan.output[j - plan.inputs];
    const bool folds = output != nullptr && output->fold != nullptr;
    const bool by_rows = folds && output->group > 0;
    const int64_t size = folds ? static_cast<int64_t>(sizeof(double)) * output->fold->width
                               : size_of(j < plan.inputs ? operands[j]->dtype : call.outputs[j - plan.inputs].dtype);
    if (!folds) widest = std::max(widest, size);
    plan.sizes[j] = static_cast<int32_t>(size);
    /* The states of rows begin anew with every tile. */
    plan.inner[j] = by_rows ? 0 : rank > 0 ? axes[rank - 1].strides[j] : 1;
    plan.outer[j] = by_rows || rank < 2 ? 0 : axes[rank - 2].strides[j] * size;
    for (int d = 0; d < plan.rank; ++d) plan.strides[j][d] = by_rows ? 0 : axes[d].strides[j] * size;
    if (j >= plan.inputs && !folds) bytes += elements * size;
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
    plan_parts(plan, step, elements / plan.n, share, region.rank > 0 ? region.dims[0] : 1);
    add_stage(step, run_fused, plan.parts, share / (plan.rows_per_part * plan.piece));
    const auto folds = [](const FusedOutput& output) { return output.fold != nullptr; };
    if (region.rank > 0 && std::none_of(plan.output, plan.output + plan.outputs, folds)) by_rows(call, step);
  }
  int64_t joined = 0;
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    /* Nothing was folded: that has an end, too. */
    if (elements == 0 && output.fold != nullptr) output.states = output.kept;
    if (output.states == 0) continue;
    output.shared = step.shared_bytes;
    step.shared_bytes += plan.parts * output.states * output.fold->width * static_cast<int64_t>(sizeof(double));
    joined += combining_parts(output);
  }
  add_stage(step, combine_fused, joined);
}

}  // namespace adjoint

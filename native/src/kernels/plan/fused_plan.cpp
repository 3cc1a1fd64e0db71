/*
 * Plans a region: which loops, which registers, which axes make up a tile, and how the region is cut into parts.
 */
#include <algorithm>
#include <cstring>

#include "kernels/families.h"
#include "kernels/plan/fused_parts.h"
#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

/* Short tiles, so that the loads of one run ahead into the arithmetic of the one before. */
constexpr int64_t kLargeTile = 256;
constexpr int64_t kLargeShare = 128 * kLargeTile;
/* Enough parts for the cores of a large machine; more would only cost. */
constexpr int64_t kManyParts = 64;

constexpr int64_t kNumber = sizeof(double); /* of a state */

/* The row of that name in an elementwise family of the same instruction set. */
const Kernel& elementwise_row(const Kernel& kernel, const char* name) {
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

/* The loops of op k, a call of `row`, for the dtypes of its values. */
const Loops& loops_of(const Kernel& kernel, const Kernel& row, const Region& region, int k) {
  const RegionOp& op = region.op[k];
  const int32_t result = region.dtypes[region.inputs + k];
  if (op.inputs != row.inputs) {
    fail(ADJ_INVALID_IMAGE, "%s: %s takes %d values, not %d", kernel.name, row.name, row.inputs, op.inputs);
  }
  const Loops* loops = static_cast<const Loops*>(row.loops);
  for (int32_t i = 0; i < row.loops_count; ++i) {
    bool fits = loops[i].dtypes[op.inputs] == result && loops[i].contiguous != nullptr;
    for (int j = 0; j < op.inputs; ++j) fits = fits && loops[i].dtypes[j] == region.dtypes[op.values[j]];
    if (fits) return loops[i];
  }
  fail(ADJ_UNKNOWN_KERNEL, "%s: there is no %s for these dtypes that gives %s", kernel.name, row.name,
       dtype_text(result).c_str());
}

/* Finds the loops of the ops; returns the cost of an element. */
int64_t plan_ops(const Kernel& kernel, const Region& region, FusedPlan& plan) {
  int64_t cost = 0;
  for (int k = 0; k < plan.ops; ++k) {
    FusedOp& op = plan.op[k];
    op.loops = &region_loops(kernel, region, k, cost);
    op.size = static_cast<int8_t>(size_of(region.dtypes[plan.inputs + k]));
    op.output = kAbsent;
    std::copy(region.op[k].values, region.op[k].values + region.op[k].inputs, op.operands);
  }
  return cost;
}

/* Says how outputs are folded; returns what that costs an element. */
int64_t plan_folds(const Region& region, FusedPlan& plan) {
  int64_t cost = 0;
  for (int o = 0; o < plan.outputs; ++o) {
    const RegionOutput& from = region.output[o];
    FusedOutput& output = plan.output[o];
    output.value = from.value;
    output.divisor = from.divisor;
    output.dtype = region.dtypes[from.value];
    if (from.fold == Fold::kNone) continue;
    output.fold = &plan.loops->folds[static_cast<int64_t>(from.fold) - 1];
    output.kept = from.kept;
    output.group = from.trailing ? 1 : 0;
    cost += output.fold->cost;
  }
  return cost;
}

/* Rows of the first axis that parts of a region take which folds them: see Rows::fold. Strips of several regions and
 * products go together if these powers of two divide the products' blocks of k. */
constexpr int64_t kFoldFrom = 1024;
constexpr int64_t kFoldRows = 32;
constexpr int64_t kFoldParts = 128;

/* From so many columns on, the states that each part would leave of all of them are much beside few rows; and of so
 * many neighbours at least a part takes a piece. */
constexpr int64_t kManyColumns = 8192;
constexpr int64_t kLeastPiece = 128;

/* Whether parts have all that their elements fold, over few rows of many columns. */
bool folds_by_columns(const Region& region) {
  bool leading = region.rank > 1 && region.elements > 0;
  for (int o = 0; o < region.outputs && leading; ++o) {
    const RegionOutput& output = region.output[o];
    leading = output.fold != Fold::kNone && !output.trailing && output.kept == region.output[0].kept;
  }
  return leading && region.output[0].kept >= kManyColumns && region.axes[region.rank - 1].dim >= kLeastPiece &&
         region.elements / region.output[0].kept < kFoldFrom;
}

/* The axes as the block and those outside of it have them: where parts go by columns, the folded ones stand between the
 * kept ones and the last. */
void order_axes(const Region& region, const FusedPlan& plan, Axis* axes) {
  std::copy(region.axes, region.axes + region.rank, axes);
  if (!plan.by_columns) return;
  int folded = 0;
  for (int64_t left = region.elements / plan.output[0].kept; left > 1; ++folded) left /= axes[folded].dim;
  std::rotate(axes, axes + folded, axes + region.rank - 1);
}

/* Lays out the block and the axes outside of it, and returns the bytes of what leaves as it is. */
int64_t lay_out(const Region& region, FusedPlan& plan) {
  const int rank = region.rank, count = plan.inputs + plan.outputs;
  Axis axes[kMaxRank]{};
  order_axes(region, plan, axes);
  plan.n = rank > 0 ? axes[rank - 1].dim : 1;
  plan.rows = rank > 1 ? axes[rank - 2].dim : 1;
  plan.rank = std::max(rank - 2, 0);
  for (int d = 0; d < plan.rank; ++d) plan.dims[d] = axes[d].dim;
  int64_t bytes = 0;
  for (int j = 0; j < count; ++j) {
    const FusedOutput* output = j < plan.inputs ? nullptr : &plan.output[j - plan.inputs];
    const bool folds = output != nullptr && output->fold != nullptr;
    const bool states_of_rows = folds && output->group > 0;
    const int64_t size =
        folds ? kNumber * output->fold->width : size_of(output != nullptr ? output->dtype : region.dtypes[j]);
    plan.sizes[j] = static_cast<int32_t>(size);
    /* The states of rows begin anew with every tile. */
    plan.inner[j] = states_of_rows ? 0 : rank > 0 ? axes[rank - 1].strides[j] : 1;
    plan.outer[j] = states_of_rows || rank < 2 ? 0 : times(axes[rank - 2].strides[j], size);
    const bool own = states_of_rows || (folds && plan.by_columns);
    for (int d = 0; d < plan.rank; ++d) plan.strides[j][d] = own ? 0 : times(axes[d].strides[j], size);
    if (output != nullptr && !folds) bytes = plus(bytes, times(region.elements, size));
  }
  return bytes;
}

/* Decides which op writes an output at once, and gives the other results and the inputs that are filled registers. */
void assign_registers(const Region& region, FusedPlan& plan) {
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    if (output.fold != nullptr) continue;
    const int k = output.value - plan.inputs;
    /* A value that leaves twice, or past the caches, or over an input that is still needed, has a register. */
    output.aside = plan.large || plan.op[k].output != kAbsent || region.output[o].last_aliased > k;
    if (!output.aside) plan.op[k].output = static_cast<int8_t>(o);
  }
  /* One for each input that has to be filled, then the first that is free. */
  int next = 0;
  for (int j = 0; j < plan.inputs; ++j) plan.slots[j] = static_cast<int8_t>(plan.inner[j] == 1 ? kAbsent : next++);
  int free_from[kMaxTiledOps] = {}; /* the op after which a register may be written again */
  int used = 0;
  for (int k = 0; k < plan.ops; ++k) {
    if (plan.op[k].output != kAbsent) continue;
    int slot = 0;
    while (slot < used && free_from[slot] >= k) ++slot;
    used = std::max(used, slot + 1);
    free_from[slot] = std::max<int>(region.last_read[plan.inputs + k], k);
    plan.op[k].slot = static_cast<int8_t>(next + slot);
  }
  plan.registers = next + used;
}

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
    while (times(taken, kFoldParts) < lead) taken *= 2;
    if (line % plan.n == 0 && times(taken, line) <= share) {
      plan.rows_per_part = taken * line / plan.n;
    } else if (rows == 1 && times(taken, line) <= share) {
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
  plan.parts = times(ceil_div(rows, plan.rows_per_part), ceil_div(plan.n, plan.piece));
  const int64_t part = times(plan.rows_per_part, plan.piece);
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
    const int64_t touched = plus(plan.rows_per_part, output.group - 2) / output.group + 1;
    output.states = finishes ? 0 : std::min(touched, output.kept);
    output.lane = step.lane_bytes;
    step.lane_bytes += (output.group == 1 ? tile_rows : 1) * output.fold->width * static_cast<int64_t>(sizeof(double));
  }
}

/* Cuts the region into parts that have all rows of some columns. */
void plan_columns(FusedPlan& plan, Step& step, int64_t rows, int64_t share) {
  plan.rows_per_part = times(rows, plan.n) / plan.output[0].kept;
  plan.piece = std::min(plan.n, std::max(round_up(share / plan.rows_per_part, kLeastPiece), kLeastPiece));
  plan.parts = times(rows / plan.rows_per_part, ceil_div(plan.n, plan.piece));
  for (int o = 0; o < plan.outputs; ++o) {
    plan.output[o].lane = step.lane_bytes;
    step.lane_bytes += times(plan.piece, plan.output[o].fold->width * kNumber);
  }
}

/* Where in the scratch of all parts each output's states begin, and how many parts join them. */
int64_t lay_states(FusedPlan& plan, Step& step) {
  int64_t joined = 0;
  for (int o = 0; o < plan.outputs; ++o) {
    FusedOutput& output = plan.output[o];
    if (output.states == 0) continue;
    output.shared = step.shared_bytes;
    const int64_t bytes = times(times(plan.parts, output.states), output.fold->width * kNumber);
    step.shared_bytes = plus(step.shared_bytes, bytes);
    joined = plus(joined, combining_parts(output));
  }
  return joined;
}

void plan_region(const Kernel& kernel, const Region& region, Step& step) {
  FusedPlan& plan = plan_in<FusedPlan>(step);
  plan.loops = static_cast<const FusedLoops*>(kernel.loops);
  plan.inputs = region.inputs;
  plan.outputs = region.outputs;
  plan.ops = region.ops;
  const int64_t cost = plan_ops(kernel, region, plan) + plan_folds(region, plan);
  plan.by_columns = folds_by_columns(region);
  plan.large = lay_out(region, plan) >= kLargeFrom;
  plan.tile = plan.large ? kLargeTile : kFusedTile;
  assign_registers(region, plan);
  if (region.elements > 0) {
    int64_t widest = 1;
    for (int j = 0; j < plan.inputs; ++j) widest = std::max<int64_t>(widest, plan.sizes[j]);
    for (int k = 0; k < plan.ops; ++k) widest = std::max<int64_t>(widest, plan.op[k].size);
    plan.slot_bytes = plan.tile * widest;
    step.lane_bytes = plan.registers * plan.slot_bytes;
    /* Of large operands a part takes more: what it asks for ahead of its end is not its own. */
    const int64_t share = plan.large ? kLargeShare : part_elements(cost);
    if (plan.by_columns) {
      plan_columns(plan, step, region.elements / plan.n, share);
    } else {
      plan_parts(plan, step, region.elements / plan.n, share, region.lead);
    }
    add_stage(step, run_fused, plan.parts, share / times(plan.rows_per_part, plan.piece));
  } else {
    /* Nothing was folded: that has an end, too. */
    for (int o = 0; o < plan.outputs; ++o) {
      if (plan.output[o].fold != nullptr) plan.output[o].states = plan.output[o].kept;
    }
  }
  const int64_t joined = lay_states(plan, step);
  add_stage(step, combine_fused, joined);
}

}  // namespace

const Loops& region_loops(const Kernel& kernel, const Region& region, int k, int64_t& cost) {
  const Kernel& row = elementwise_row(kernel, region.op[k].name);
  cost += row.cost;
  return loops_of(kernel, row, region, k);
}

void prepare_fused(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const Region region = check_region(kernel, call);
  if (is_small(region)) {
    plan_small_region(kernel, region, step);
  } else {
    plan_region(kernel, region, step);
  }
  if (region.inputs + region.outputs > Rows::kMostOperands) return;
  const auto folds = [](const RegionOutput& output) { return output.fold != Fold::kNone; };
  const bool keeps_rows = std::none_of(region.output, region.output + region.outputs, folds);
  if (region.elements > 0 && call.inputs[0].rank > 0 && keeps_rows) by_rows(step, region.lead);
}

}  // namespace adjoint

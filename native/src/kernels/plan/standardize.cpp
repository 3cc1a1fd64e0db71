/* Plans the standardize family: whole groups, tiles of columns, or pieces of few groups, by shape alone. */
#include "kernels/plan/standardize.h"

#include <algorithm>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kNumber = sizeof(double);

/* Elements that a piece has at least, and rows of a tile at least: what it leaves is small beside them. */
constexpr int64_t kPieceElements = 65536;
constexpr int64_t kPieceRows = 256;

/* Columns of a tile: memory is read in runs of so many, and their sums stay in a first cache. Up to so many rows a tile
 * has all of them, and fewer columns, so that it stays in a second cache. */
constexpr int64_t kTileColumns = 512;
constexpr int64_t kWholeRows = 128;
constexpr int64_t kWholeTileColumns = 64;

/* So few groups are not enough to share out. */
constexpr int64_t kFewGroups = 16;

/* Short runs: tiles of columns. */
void plan_columns(const StandardizeLoops& loops, StandardizePlan& plan, Step& step) {
  const bool whole = plan.lead <= kWholeRows;
  const int64_t width = whole ? kWholeTileColumns : kTileColumns;
  plan.per_part = std::clamp<int64_t>(width / plan.trail, 1, std::max<int64_t>(plan.kept, 1));
  plan.rows = whole ? plan.lead : std::max(kPieceRows, kPieceElements / (plan.per_part * plan.trail));
  plan.pieces = ceil_div(plan.lead, plan.rows);
  const int64_t columns = plan.per_part * plan.trail, tiles = ceil_div(plan.kept, plan.per_part);
  step.lane_bytes = columns * kColumnNumbers * kNumber;
  const auto scratch = [&](int64_t groups) {
    const int64_t left = times(times(plan.pieces, loops.numbers), times(groups, plan.trail));
    return times(plus(left, times(groups, kFoundNumbers)), kNumber);
  };
  if (plan.pieces == 1) {
    step.lane_bytes += scratch(plan.per_part);
    add_stage(step, loops.tiles, tiles);
    return;
  }
  step.shared_bytes = scratch(plan.kept);
  add_stage(step, loops.columns.fold, times(plan.pieces, tiles));
  add_stage(step, loops.columns.join, ceil_div(plan.kept, kJoinedAtOnce));
  add_stage(step, loops.columns.write, times(plan.pieces, tiles));
}

/* Few groups of long runs: pieces of about as many elements. */
void plan_pieces(const StandardizeLoops& loops, StandardizePlan& plan, Step& step) {
  plan.run = std::min(plan.trail, kPieceElements);
  plan.rows = std::max<int64_t>(kPieceElements / plan.run, 1);
  plan.pieces = times(ceil_div(plan.lead, plan.rows), ceil_div(plan.trail, plan.run));
  step.shared_bytes = times(times(plan.kept, plus(times(plan.pieces, loops.numbers), kFoundNumbers)), kNumber);
  add_stage(step, loops.pieces.fold, times(plan.kept, plan.pieces));
  add_stage(step, loops.pieces.join, plan.kept);
  add_stage(step, loops.pieces.write, times(plan.kept, plan.pieces));
}

/* The plan of a call, and its stages, unless whole groups are folded: true if they are. */
bool plans_groups(const Kernel& kernel, const StandardizeCall& call, const StandardizeLoops& loops, Step& step) {
  StandardizePlan& plan = plan_in<StandardizePlan>(step, call);
  if (plan.kept == 1) { /* one run */
    plan.trail = times(plan.lead, plan.trail);
    plan.lead = 1;
  }
  const int64_t elements = times(plan.lead, plan.trail), size = call.dtype == ADJ_F32 ? 4 : 8;
  plan.streams = times(times(elements, plan.kept), size) >= kLargeFrom;
  plan.per_part = std::max<int64_t>(part_elements(kernel.cost) / std::max<int64_t>(elements, 1), 1);
  if (elements > 0 && plan.lead > 1 && plan.trail < kLongRun) {
    plan_columns(loops, plan, step);
  } else if (plan.kept < kFewGroups && elements > kPieceElements && plan.along != Along::kTrail) {
    plan_pieces(loops, plan, step);
  } else {
    return true;
  }
  return false;
}

}  // namespace

void prepare_standardize(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const StandardizeCall checked = check_standardize(kernel, call);
  const StandardizeLoops& loops = loops_for<StandardizeLoops>(kernel, checked.dtype);
  if (!plans_groups(kernel, checked, loops, step)) return;
  const int64_t per_part = reinterpret_cast<const StandardizePlan*>(step.plan)->per_part;
  add_stage(step, loops.groups, ceil_div(checked.kept, per_part));
}

void prepare_standardize_grad(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const StandardizeCall checked = check_standardize_grad(kernel, call);
  const StandardizeLoops& loops = loops_for<StandardizeLoops>(kernel, checked.dtype);
  if (!plans_groups(kernel, checked, loops, step)) return;
  StandardizePlan& plan = *reinterpret_cast<StandardizePlan*>(step.plan);
  const bool joins = plan.along == Along::kTrail && plan.slopes > 0;
  /* Two rows are written at a time, of which the second need not be aligned; and rows that alternate with slopes of the
   * same cache are 1.8 times slower past it. */
  if (plan.along == Along::kTrail) plan.streams = false;
  if (joins) plan.per_part = std::max(plan.per_part, ceil_div(plan.kept, kMostSlopeParts));
  const int64_t parts = ceil_div(plan.kept, plan.per_part);
  /* Groups without elements that give nothing need no memory: there may be any number of them. */
  const bool nothing = (plan.lead == 0 || plan.trail == 0) && (plan.along != Along::kKept || plan.slopes == 0);
  if (!nothing) add_stage(step, loops.groups, parts);
  if (!joins) return;
  step.shared_bytes = times(times(parts, plan.slopes), times(plan.trail, static_cast<int64_t>(sizeof(double))));
  add_stage(step, loops.slopes, ceil_div(plan.trail, kSlopesAtOnce));
}

}  // namespace adjoint

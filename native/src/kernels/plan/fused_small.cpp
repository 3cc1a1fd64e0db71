/*
 * Small regions: so few elements that one thread holds every value in its lane, as one row without gaps. What a call
 * reads and writes is settled by the plan, so that a run only adds addresses: the chains of tiny operations that bodies
 * of loops are made of, and programs on numbers, take a few nanoseconds an operation.
 */
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "kernels/plan/fused_parts.h"
#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kRegisterAlignment = 64;

/* Where a value is: an operand of the call, or, as the complement, a byte of the lane. */
using Location = int32_t;

struct SmallOp {
  Loop loop;
  int32_t operands;
  Location at[kMaxElementwise];
};

/* An input that is read as a row without gaps and is none. */
struct SmallFill {
  int32_t operand, size;
  Location to;
  int32_t rank;
  int64_t dims[kMaxRegionAxes], strides[kMaxRegionAxes]; /* elements */
};

/* An output that is copied at the end, because the memory of an input that it takes was still read. */
struct SmallCopy {
  Location from;
  int32_t operand;
  int64_t bytes;
};

struct SmallPlan {
  int64_t n;
  int32_t ops_count, fills_count, copies_count;
  const SmallOp* ops; /* all three in the step's table */
  const SmallFill* fills;
  const SmallCopy* copies;
};

template <class D>
void gather(const SmallFill& fill, const char* from, char* to) {
  const D* x = reinterpret_cast<const D*>(from);
  D* y = reinterpret_cast<D*>(to);
  int64_t at[kMaxRegionAxes] = {};
  const int last = fill.rank - 1;
  for (;;) {
    for (int64_t i = 0; i < fill.dims[last]; ++i) y[i] = x[i * fill.strides[last]];
    y += fill.dims[last];
    int d = last - 1;
    for (; d >= 0; --d) {
      x += fill.strides[d];
      if (++at[d] < fill.dims[d]) break;
      x -= fill.dims[d] * fill.strides[d];
      at[d] = 0;
    }
    if (d < 0) return;
  }
}

void run_fill(const SmallFill& fill, const char* from, char* to) {
  if (fill.size == 8) {
    gather<uint64_t>(fill, from, to);
  } else if (fill.size == 4) {
    gather<uint32_t>(fill, from, to);
  } else if (fill.size == 2) {
    gather<uint16_t>(fill, from, to);
  } else {
    gather<uint8_t>(fill, from, to);
  }
}

void run_small(const Part& part) {
  const SmallPlan& plan = *static_cast<const SmallPlan*>(part.plan);
  const auto address = [&](Location where) { return where >= 0 ? part.at[where] : part.lane + ~where; };
  for (int i = 0; i < plan.fills_count; ++i) {
    run_fill(plan.fills[i], part.at[plan.fills[i].operand], address(plan.fills[i].to));
  }
  Block block{};
  block.rows = 1;
  block.n = plan.n;
  for (int k = 0; k < plan.ops_count; ++k) {
    const SmallOp& op = plan.ops[k];
    for (int j = 0; j < op.operands; ++j) block.at[j] = address(op.at[j]);
    op.loop(block);
  }
  for (int i = 0; i < plan.copies_count; ++i) {
    const SmallCopy& copy = plan.copies[i];
    std::memcpy(part.at[copy.operand], address(copy.from), static_cast<size_t>(copy.bytes));
  }
}

/* How an input lies under the region: a row without gaps, one number, or neither. */
enum class Layout { kRow, kNumber, kOther };

Layout layout_of(const Region& region, int input) {
  bool row = true, number = region.elements > 1;
  const int own = region.inputs + region.outputs;
  for (int d = 0; d < region.rank; ++d) {
    row = row && region.axes[d].strides[input] == region.axes[d].strides[own];
    number = number && region.axes[d].strides[input] == 0;
  }
  return number ? Layout::kNumber : row ? Layout::kRow : Layout::kOther;
}

/* Lays a small region out in lists on its way to a plan. */
class Planner {
 public:
  Planner(const Kernel& kernel, const Region& region) : kernel_(kernel), region_(region) {
    for (int j = 0; j < region.inputs; ++j) {
      layouts_[j] = layout_of(region, j);
      locations_[j] = j;
    }
  }

  void run() {
    for (int k = 0; k < region_.ops; ++k) add_op(k);
    for (int j = 0; j < region_.inputs; ++j) {
      if (filled_[j]) add_fill(j);
    }
  }

  /* Puts the lists into the step. */
  void finish(Step& step) const {
    const size_t ops = sizeof(SmallOp) * static_cast<size_t>(region_.ops);
    const size_t fills = sizeof(SmallFill) * static_cast<size_t>(fills_count_);
    const size_t copies = sizeof(SmallCopy) * static_cast<size_t>(copies_count_);
    static_assert(alignof(SmallOp) == 8 && alignof(SmallFill) == 8 && alignof(SmallCopy) == 8);
    std::unique_ptr<int64_t[]> table(new int64_t[(ops + fills + copies) / sizeof(int64_t)]);
    char* const at = reinterpret_cast<char*>(table.get());
    std::memcpy(at, ops_, ops);
    std::memcpy(at + ops, fills_, fills);
    std::memcpy(at + ops + fills, copies_, copies);
    SmallPlan& plan = plan_in<SmallPlan>(step);
    plan.n = region_.elements;
    plan.ops_count = region_.ops;
    plan.fills_count = fills_count_;
    plan.copies_count = copies_count_;
    plan.ops = reinterpret_cast<const SmallOp*>(at);
    plan.fills = reinterpret_cast<const SmallFill*>(at + ops);
    plan.copies = reinterpret_cast<const SmallCopy*>(at + ops + fills);
    step.table = table.release();
    step.lane_bytes = lane_;
    add_stage(step, run_small, 1);
  }

 private:
  Location new_register(int64_t size) {
    const Location where = ~static_cast<Location>(lane_);
    lane_ += round_up(region_.elements * size, kRegisterAlignment);
    return where;
  }

  /* A register that no later op reads what it holds, else a new one. */
  Location register_for(int k, int64_t size) {
    for (int r = 0; r < registers_count_; ++r) {
      Register& one = registers_[r];
      if (one.size == size && one.free_from < k) {
        one.free_from = region_.last_read[region_.inputs + k];
        return one.where;
      }
    }
    Register& made = registers_[registers_count_++];
    made = {new_register(size), size, region_.last_read[region_.inputs + k]};
    return made.where;
  }

  void add_op(int k) {
    const RegionOp& from = region_.op[k];
    int64_t cost = 0;
    const Loops& loops = region_loops(kernel_, region_, k, cost);
    SmallOp& op = ops_[k];
    op.operands = from.inputs + 1;
    op.loop = loop_of(loops, from);
    for (int j = 0; j < from.inputs; ++j) op.at[j] = locations_[from.values[j]];
    const int64_t size = size_of(region_.dtypes[region_.inputs + k]);
    op.at[from.inputs] = locations_[region_.inputs + k] = result_of(k, size);
  }

  /* The loop of an op; one number among what it reads needs no copies of itself. */
  Loop loop_of(const Loops& loops, const RegionOp& op) {
    int numbers = 0, which = 0;
    for (int j = 0; j < op.inputs; ++j) {
      const bool number = op.values[j] < region_.inputs && layouts_[op.values[j]] == Layout::kNumber;
      numbers += number ? 1 : 0;
      which = number ? j : which;
    }
    /* Value operands are the last two: `where` has its condition before them. */
    const Loop fits = which == op.inputs - 1 ? loops.second : which == op.inputs - 2 ? loops.first : nullptr;
    const bool as_number = numbers == 1 && op.inputs > 1 && fits != nullptr;
    for (int j = 0; j < op.inputs; ++j) {
      const int value = op.values[j];
      if (value < region_.inputs && layouts_[value] != Layout::kRow && !(as_number && j == which)) fill(value);
    }
    return as_number && !filled_[op.values[which]] ? fits : loops.contiguous;
  }

  void fill(int input) {
    if (filled_[input]) return;
    filled_[input] = true;
    locations_[input] = new_register(size_of(region_.dtypes[input]));
  }

  void add_fill(int input) {
    SmallFill& fill = fills_[fills_count_++];
    fill = {};
    fill.operand = input;
    fill.size = static_cast<int32_t>(size_of(region_.dtypes[input]));
    fill.to = locations_[input];
    fill.rank = region_.rank;
    for (int d = 0; d < region_.rank; ++d) {
      fill.dims[d] = region_.axes[d].dim;
      fill.strides[d] = region_.axes[d].strides[input];
    }
  }

  /* Where the result of op k goes: an output at once if it can, and copies of it behind the last op. */
  Location result_of(int k, int64_t size) {
    Location where = 0;
    bool placed = false;
    const auto leaves = [&](int o) { return region_.output[o].value == region_.inputs + k; };
    for (int o = 0; o < region_.outputs && !placed; ++o) {
      placed = leaves(o) && region_.output[o].last_aliased <= k;
      where = placed ? region_.inputs + o : where;
    }
    if (!placed) where = register_for(k, size);
    for (int o = 0; o < region_.outputs; ++o) {
      if (leaves(o) && where != region_.inputs + o) {
        copies_[copies_count_++] = {where, region_.inputs + o, region_.elements * size};
      }
    }
    return where;
  }

  struct Register {
    Location where;
    int64_t size;
    int free_from; /* the op after which it may be written again */
  };

  const Kernel& kernel_;
  const Region& region_;
  Layout layouts_[kMaxRegionInputs];
  bool filled_[kMaxRegionInputs] = {};
  Location locations_[kMaxRegionValues];
  Register registers_[kMaxRegionOps];
  SmallOp ops_[kMaxRegionOps] = {};
  SmallFill fills_[kMaxRegionInputs];
  SmallCopy copies_[kMaxRegionOutputs];
  int32_t registers_count_ = 0, fills_count_ = 0, copies_count_ = 0;
  int64_t lane_ = 0;
};

}  // namespace

void plan_small_region(const Kernel& kernel, const Region& region, Step& step) {
  Planner planner(kernel, region);
  planner.run();
  if (region.elements > 0) planner.finish(step);
}

}  // namespace adjoint

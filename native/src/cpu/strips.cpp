/* Strips: see strips.h. */
#include "cpu/strips.h"

#include <algorithm>

#include "kernels/contract/checks.h"
#include "kernels/contract/loops.h"
#include "runtime/overlap.h"

namespace adjoint {
namespace {

/* What the instructions of a group touch for one strip: a part of the second cache, of which a core has 1 MiB or more.
 */
constexpr int64_t kStripBytes = int64_t{1} << 18;
/* Rows of a strip are a multiple of this, so that vectors and register blocks are full. */
constexpr int64_t kRowStep = 24;
constexpr int64_t kLeastStrips = 4;
constexpr size_t kMostInstructions = 64;
constexpr size_t kMostOthers = 16;

bool same_dims(const Operand& a, const Operand& b) {
  return a.rank == b.rank && std::equal(a.dims, a.dims + a.rank, b.dims);
}

bool is_contiguous(const Operand& operand) {
  int64_t expected = 1;
  for (int d = operand.rank - 1; d >= 0; --d) {
    if (operand.dims[d] != 1 && operand.strides[d] != expected) return false;
    expected *= operand.dims[d];
  }
  return true;
}

/* Whether every operand has the dims of the output, as it is where elements meet only their own kind. */
bool all_alike(const Instruction& instruction) {
  const Operand& y = instruction.outputs[0];
  const auto alike = [&](const Operand& x) { return same_dims(x, y); };
  return std::all_of(instruction.inputs.begin(), instruction.inputs.end(), alike) &&
         std::all_of(instruction.outputs.begin(), instruction.outputs.end(), alike);
}

bool is_small_product(const Instruction& instruction) {
  const Operand& b = instruction.inputs[1];
  return b.rank == 2 && b.dims[0] * b.dims[1] * size_of(b.dtype) <= kNearBytes;
}

/* How many rows an instruction works on one by one; 0 if it does not. */
int64_t rows_of(const Instruction& instruction, const Kernel& kernel) {
  const Operand& y = instruction.outputs[0];
  if (y.rank == 0 || !std::all_of(instruction.outputs.begin(), instruction.outputs.end(), is_contiguous)) return 0;
  bool by_rows = false;
  if (kernel.prepare == prepare_elementwise || kernel.prepare == prepare_fused) {
    by_rows = all_alike(instruction);
  } else if (kernel.prepare == prepare_matmul) {
    by_rows = is_small_product(instruction);
  } else if (kernel.prepare == prepare_softmax || kernel.prepare == prepare_log_sum_exp) {
    by_rows = true;
  }
  return by_rows ? y.dims[0] : 0;
}

/* Whether an operand is cut: all are along their first axis, but for the matrix that every row meets. */
bool is_cut(const Instruction& instruction, const Kernel& kernel, size_t operand) {
  return kernel.prepare != prepare_matmul || operand != 1 || instruction.inputs.size() < 2;
}

/* An operand of a group: what it moves by from row to row, 0 if it is touched as a whole. */
struct Seen {
  const Operand* operand;
  int64_t row;
  bool apart; /* the bytes of a row come before those of the next */
  bool written;
};

Seen seen(const Operand& operand, int axis, bool cut, bool written) {
  const int64_t size = size_of(operand.dtype), row = cut ? operand.strides[axis] * size : 0;
  int64_t last = size;
  for (int d = 0; d < operand.rank; ++d) {
    if (d != axis && operand.dims[d] > 0) last += (operand.dims[d] - 1) * operand.strides[d] * size;
  }
  return {&operand, row, row > 0 && last <= row, written};
}

/* What an instruction touches while strips run, and behind them. */
struct Touched {
  std::vector<Seen> strips, late;
};

Touched touched_by_rows(const Instruction& instruction, const Kernel& kernel) {
  Touched touched;
  for (size_t i = 0; i < instruction.inputs.size(); ++i) {
    touched.strips.push_back(seen(instruction.inputs[i], 0, is_cut(instruction, kernel, i), false));
  }
  for (const Operand& y : instruction.outputs) touched.strips.push_back(seen(y, 0, true, true));
  return touched;
}

/* Of a product the rows are those of k, which its first two operands have; of a region those of the values. */
Touched touched_by_fold(const Instruction& instruction, const Kernel& kernel) {
  Touched touched;
  const bool product = kernel.prepare == prepare_matmul;
  for (size_t i = 0; i < instruction.inputs.size(); ++i) {
    const Operand& x = instruction.inputs[i];
    if (product && i > 1) {
      touched.late.push_back(seen(x, 0, false, false));
    } else {
      touched.strips.push_back(seen(x, product && i == 0 ? 1 : 0, true, false));
    }
  }
  for (const Operand& y : instruction.outputs) {
    const bool folded = product || !same_dims(y, instruction.inputs[0]);
    (folded ? touched.late : touched.strips).push_back(seen(y, 0, !folded, true));
  }
  return touched;
}

int64_t folded_rows(const Instruction& instruction, const Kernel& kernel) {
  return instruction.inputs[0].dims[kernel.prepare == prepare_matmul ? 1 : 0];
}

bool share(const Seen& a, const Seen& b) {
  return (a.written || b.written) && a.operand->binding == b.operand->binding && overlap(*a.operand, *b.operand);
}

/* Whether the order of rows could matter between two operands. */
bool conflict(const Seen& a, const Seen& b) {
  const bool row_for_row = a.operand->offset == b.operand->offset && a.row == b.row && a.apart && b.apart;
  return !row_for_row && share(a, b);
}

template <class Test>
bool any_pair(const std::vector<Seen>& a, const std::vector<Seen>& b, Test test) {
  return std::any_of(a.begin(), a.end(), [&](const Seen& x) {
    return std::any_of(b.begin(), b.end(), [&](const Seen& y) { return test(x, y); });
  });
}

/* Collects instructions while they fit. */
class Collector {
 public:
  Collector(std::vector<Group>& groups, int32_t threads) : groups_(groups), threads_(threads) {}

  void add(size_t at, const Instruction& instruction, const Kernel& kernel, int64_t fold) {
    const int64_t rows = rows_of(instruction, kernel);
    const Touched touched = rows > 0   ? touched_by_rows(instruction, kernel)
                            : fold > 0 ? touched_by_fold(instruction, kernel)
                                       : Touched{};
    if (rows > 0 && (rows == rows_ || rows >= kLeastStrips * kRowStep)) {
      add_member(at, Role::kRows, rows, 0, touched);
    } else if (fold > 0 && may_fold(folded_rows(instruction, kernel), fold) &&
               !any_pair(touched.late, touched.strips, share)) {
      add_member(at, Role::kFold, folded_rows(instruction, kernel), fold, touched);
    } else if (members_ > 0) {
      add_other(instruction);
    }
  }

  void close() {
    if (members_ > 1) {
      const int64_t fit = std::max<int64_t>(kStripBytes / std::max<int64_t>(row_bytes_touched(), 1), 1);
      const int64_t most = rows_ / std::max<int64_t>(threads_, kLeastStrips);
      const int64_t strip =
          fold_ > 0 ? std::clamp<int64_t>(fit / fold_, 1, most / fold_) * fold_ : round_up(fit, kRowStep);
      /* With fewer than two strips to a core of a small machine the instructions do better one by one. */
      if (strip * kLeastStrips <= rows_) {
        roles_.resize(last_ - first_ + 1); /* what follows the last member keeps its place */
        groups_.push_back({first_, rows_, strip, roles_});
      }
    }
    seen_.clear();
    late_.clear();
    roles_.clear();
    members_ = 0;
    rows_ = 0;
    fold_ = 0;
  }

 private:
  /* Strips begin where parts do, so those of one fold must fit those of all; and every thread wants a strip. */
  bool may_fold(int64_t rows, int64_t fold) const {
    const int64_t larger = std::max(fold, fold_);
    return larger % fold == 0 && (fold_ == 0 || larger % fold_ == 0) &&
           rows / larger >= std::max<int64_t>(threads_, kLeastStrips);
  }

  void add_member(size_t at, Role role, int64_t rows, int64_t fold, const Touched& touched) {
    if (members_ > 0 && (rows != rows_ || members_ == kMostInstructions || any_pair(touched.strips, seen_, conflict) ||
                         any_pair(touched.strips, late_, share))) {
      close();
    }
    if (members_ == 0) {
      first_ = at;
      rows_ = rows;
    }
    last_ = at;
    ++members_;
    fold_ = std::max(fold_, fold);
    roles_.push_back(role);
    seen_.insert(seen_.end(), touched.strips.begin(), touched.strips.end());
    late_.insert(late_.end(), touched.late.begin(), touched.late.end());
  }

  /* Before the strips if it meets nothing of them, else behind. */
  void add_other(const Instruction& instruction) {
    if (roles_.size() - members_ == kMostOthers) {
      close();
      return;
    }
    std::vector<Seen> all;
    for (const Operand& x : instruction.inputs) all.push_back(seen(x, 0, false, false));
    for (const Operand& y : instruction.outputs) all.push_back(seen(y, 0, false, true));
    const bool before = !any_pair(all, seen_, share) && !any_pair(all, late_, share);
    roles_.push_back(before ? Role::kBefore : Role::kAfter);
    if (!before) late_.insert(late_.end(), all.begin(), all.end());
  }

  /* The bytes of a row of everything, memory that several operands share counted once. */
  int64_t row_bytes_touched() const {
    int64_t bytes = 0;
    for (size_t i = 0; i < seen_.size(); ++i) {
      const auto same = [&](const Seen& before) {
        return before.operand->binding == seen_[i].operand->binding &&
               before.operand->offset == seen_[i].operand->offset;
      };
      if (std::none_of(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(i), same)) bytes += seen_[i].row;
    }
    return bytes;
  }

  std::vector<Group>& groups_;
  const int32_t threads_;
  std::vector<Seen> seen_; /* what members touch while strips run */
  std::vector<Seen> late_; /* what is touched behind them */
  std::vector<Role> roles_;
  size_t first_ = 0, last_ = 0, members_ = 0;
  int64_t rows_ = 0, fold_ = 0;
};

}  // namespace

std::vector<int64_t> row_bytes(const Instruction& instruction, const Kernel& kernel) {
  std::vector<int64_t> bytes;
  for (size_t i = 0; i < instruction.inputs.size(); ++i) {
    const Operand& x = instruction.inputs[i];
    bytes.push_back(is_cut(instruction, kernel, i) ? x.strides[0] * size_of(x.dtype) : 0);
  }
  for (const Operand& y : instruction.outputs) bytes.push_back(y.strides[0] * size_of(y.dtype));
  return bytes;
}

Instruction first_rows(const Instruction& instruction, const Kernel& kernel, int64_t rows) {
  Instruction cut = instruction;
  for (size_t i = 0; i < cut.inputs.size(); ++i) {
    if (is_cut(instruction, kernel, i)) cut.inputs[i].dims[0] = rows;
  }
  for (Operand& y : cut.outputs) y.dims[0] = rows;
  return cut;
}

std::vector<Group> find_groups(const Image& image, const std::vector<const Kernel*>& kernels,
                               const std::vector<int64_t>& fold_rows, int32_t threads) {
  std::vector<Group> groups;
  Collector collector(groups, threads);
  for (size_t i = 0; i < image.instructions.size(); ++i) {
    const Instruction& instruction = image.instructions[i];
    collector.add(i, instruction, *kernels[static_cast<size_t>(instruction.kernel)], fold_rows[i]);
  }
  collector.close();
  return groups;
}

}  // namespace adjoint

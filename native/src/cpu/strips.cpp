/* Strips: see strips.h. */
#include "cpu/strips.h"

#include <algorithm>

#include "contract/checks.h"
#include "contract/sizes.h"
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

/* How an instruction touches an operand. */
struct Access {
  const Operand* operand;
  int64_t row; /* bytes from one row to the next, 0 where it is touched as a whole */
  bool apart;  /* the bytes of a row come before those of the next */
  bool written;
};

Access whole(const Operand& operand, bool written) { return {&operand, 0, false, written}; }

/* Of an operand with elements, as all are of what works on rows. */
Access by_rows(const Operand& operand, int axis, bool written) {
  const int64_t size = size_of(operand.dtype), row = times(operand.strides[axis], size);
  int64_t last = size;
  for (int d = 0; d < operand.rank; ++d) {
    if (d != axis) last = plus(last, times(times(operand.dims[d] - 1, operand.strides[d]), size));
  }
  return {&operand, row, row > 0 && last <= row, written};
}

/* What an instruction touches while strips run, and behind them. */
struct Accesses {
  std::vector<Access> strips, behind;
};

Accesses accesses_of(const Instruction& instruction, const Rows& rows) {
  Accesses accesses;
  const int8_t* axis = rows.axis;
  for (const auto* operands : {&instruction.inputs, &instruction.outputs}) {
    const bool written = operands == &instruction.outputs;
    for (const Operand& operand : *operands) {
      const int at = *axis++;
      if (at == Rows::kBehind) {
        accesses.behind.push_back(whole(operand, written));
      } else {
        accesses.strips.push_back(at == Rows::kWhole ? whole(operand, written) : by_rows(operand, at, written));
      }
    }
  }
  return accesses;
}

bool share(const Access& a, const Access& b) {
  return (a.written || b.written) && a.operand->binding == b.operand->binding && overlap(*a.operand, *b.operand);
}

/* Whether the order of rows could matter between two operands. */
bool conflict(const Access& a, const Access& b) {
  const bool row_for_row = a.operand->offset == b.operand->offset && a.row == b.row && a.apart && b.apart;
  return !row_for_row && share(a, b);
}

template <class Test>
bool any_pair(const std::vector<Access>& a, const std::vector<Access>& b, Test test) {
  return std::any_of(a.begin(), a.end(), [&](const Access& x) {
    return std::any_of(b.begin(), b.end(), [&](const Access& y) { return test(x, y); });
  });
}

/* Collects instructions while they fit. */
class Collector {
 public:
  Collector(std::vector<Group>& groups, int32_t threads) : groups_(groups), threads_(threads) {}

  void add(size_t at, const Instruction& instruction, const Kernel& kernel, const Rows& rows) {
    if (rows.fold == 0 && rows.count > 0 && (rows.count == rows_ || rows.count >= kLeastStrips * kRowStep)) {
      add_member(at, Role::kRows, rows, accesses_of(instruction, rows));
      return;
    }
    if (rows.fold > 0 && may_fold(rows)) {
      const Accesses accesses = accesses_of(instruction, rows);
      if (!any_pair(accesses.behind, accesses.strips, share)) {
        add_member(at, Role::kFold, rows, accesses);
        return;
      }
    }
    if (members_ == 0) return;
    /* What follows must not have run when it fails, and what comes before must have. */
    if (kernel.can_fault) {
      close();
    } else {
      add_other(instruction);
    }
  }

  void close() {
    if (members_ > 1) {
      const int64_t fit = std::max<int64_t>(kStripBytes / std::max<int64_t>(bytes_of_row(), 1), 1);
      const int64_t most = rows_ / std::max<int64_t>(threads_, kLeastStrips);
      const int64_t strip =
          fold_ > 0 ? std::clamp<int64_t>(fit / fold_, 1, most / fold_) * fold_ : round_up(fit, kRowStep);
      /* With fewer than two strips to a core of a small machine the instructions do better one by one. */
      if (strip * kLeastStrips <= rows_) {
        roles_.resize(last_ - first_ + 1); /* what follows the last member keeps its place */
        groups_.push_back({first_, rows_, strip, roles_});
      }
    }
    strips_.clear();
    behind_.clear();
    roles_.clear();
    members_ = 0;
    rows_ = 0;
    fold_ = 0;
  }

 private:
  /* Strips begin where parts do, so those of one fold must fit those of all; and every thread wants a strip. */
  bool may_fold(const Rows& rows) const {
    const int64_t larger = std::max(rows.fold, fold_);
    return larger % rows.fold == 0 && (fold_ == 0 || larger % fold_ == 0) &&
           rows.count / larger >= std::max<int64_t>(threads_, kLeastStrips);
  }

  void add_member(size_t at, Role role, const Rows& rows, const Accesses& accesses) {
    if (members_ > 0 && (rows.count != rows_ || members_ == kMostInstructions ||
                         any_pair(accesses.strips, strips_, conflict) || any_pair(accesses.strips, behind_, share))) {
      close();
    }
    if (members_ == 0) {
      first_ = at;
      rows_ = rows.count;
    }
    last_ = at;
    ++members_;
    fold_ = std::max(fold_, rows.fold);
    roles_.push_back(role);
    strips_.insert(strips_.end(), accesses.strips.begin(), accesses.strips.end());
    behind_.insert(behind_.end(), accesses.behind.begin(), accesses.behind.end());
  }

  /* Before the strips if it meets nothing of them, else behind. */
  void add_other(const Instruction& instruction) {
    if (roles_.size() - members_ == kMostOthers) {
      close();
      return;
    }
    std::vector<Access> all;
    for (const Operand& x : instruction.inputs) all.push_back(whole(x, false));
    for (const Operand& y : instruction.outputs) all.push_back(whole(y, true));
    const bool before = !any_pair(all, strips_, share) && !any_pair(all, behind_, share);
    roles_.push_back(before ? Role::kBefore : Role::kAfter);
    if (!before) behind_.insert(behind_.end(), all.begin(), all.end());
  }

  /* The bytes of a row of everything, memory that several operands share counted once. */
  int64_t bytes_of_row() const {
    int64_t bytes = 0;
    for (size_t i = 0; i < strips_.size(); ++i) {
      const auto same = [&](const Access& before) {
        return before.operand->binding == strips_[i].operand->binding &&
               before.operand->offset == strips_[i].operand->offset;
      };
      if (std::none_of(strips_.begin(), strips_.begin() + static_cast<std::ptrdiff_t>(i), same))
        bytes = plus(bytes, strips_[i].row);
    }
    return bytes;
  }

  std::vector<Group>& groups_;
  const int32_t threads_;
  std::vector<Access> strips_; /* what members touch while strips run */
  std::vector<Access> behind_; /* what is touched behind them */
  std::vector<Role> roles_;
  size_t first_ = 0, last_ = 0, members_ = 0;
  int64_t rows_ = 0, fold_ = 0;
};

}  // namespace

std::vector<int64_t> row_bytes(const Instruction& instruction, const Rows& rows) {
  std::vector<int64_t> bytes;
  for (const Access& access : accesses_of(instruction, rows).strips) bytes.push_back(access.row);
  return bytes;
}

Instruction first_rows(const Instruction& instruction, const Rows& rows, int64_t count) {
  Instruction first = instruction;
  const int8_t* axis = rows.axis;
  for (auto* operands : {&first.inputs, &first.outputs}) {
    for (Operand& operand : *operands) {
      const int at = *axis++;
      if (at >= 0) operand.dims[at] = count;
    }
  }
  return first;
}

std::vector<Group> find_groups(const Image& image, const std::vector<const Kernel*>& kernels,
                               const std::vector<Rows>& rows, int32_t threads) {
  std::vector<Group> groups;
  Collector collector(groups, threads);
  for (size_t i = 0; i < image.instructions.size(); ++i) {
    const Instruction& instruction = image.instructions[i];
    collector.add(i, instruction, *kernels[static_cast<size_t>(instruction.kernel)], rows[i]);
  }
  collector.close();
  return groups;
}

}  // namespace adjoint

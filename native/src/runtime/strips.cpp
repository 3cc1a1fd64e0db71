/* Strips: see strips.h. */
#include "runtime/strips.h"

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
/* The larger matrix of a product stays in the second cache beside them. */
constexpr int64_t kMatrixBytes = int64_t{1} << 16;
constexpr size_t kMostInstructions = 32;

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
  return b.rank == 2 && b.dims[0] * b.dims[1] * size_of(b.dtype) <= kMatrixBytes;
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

/* An operand of a group, and what it moves by from row to row. */
struct Seen {
  const Operand* operand;
  int64_t row;
  bool written;
};

/* Whether the bytes of a row come before those of the next, which are `row` on. */
bool rows_apart(const Operand& operand, int64_t row) {
  int64_t last = size_of(operand.dtype);
  for (int d = 1; d < operand.rank; ++d) {
    if (operand.dims[d] > 0) last += (operand.dims[d] - 1) * operand.strides[d] * size_of(operand.dtype);
  }
  return last <= row;
}

/* Whether the order of rows could matter between two operands. */
bool conflict(const Seen& a, const Seen& b) {
  if (!a.written && !b.written) return false;
  if (a.operand->binding != b.operand->binding || !overlap(*a.operand, *b.operand)) return false;
  const bool row_for_row = a.operand->offset == b.operand->offset && a.row == b.row && a.row > 0 &&
                           rows_apart(*a.operand, a.row) && rows_apart(*b.operand, b.row);
  return !row_for_row;
}

/* Collects instructions while they fit. */
class Collector {
 public:
  explicit Collector(std::vector<Group>& groups) : groups_(groups) {}

  void add(size_t at, const Instruction& instruction, const Kernel& kernel) {
    const int64_t rows = rows_of(instruction, kernel);
    std::vector<Seen> operands;
    const std::vector<int64_t> strides = rows > 0 ? row_bytes(instruction, kernel) : std::vector<int64_t>{};
    for (size_t i = 0; i < strides.size(); ++i) {
      const bool written = i >= instruction.inputs.size();
      const Operand& operand = written ? instruction.outputs[i - instruction.inputs.size()] : instruction.inputs[i];
      operands.push_back({&operand, strides[i], written});
    }
    if (rows != rows_ || count_ == kMostInstructions || conflicts(operands)) {
      close();
      first_ = at;
      rows_ = rows;
    }
    if (rows > 0) {
      ++count_;
      seen_.insert(seen_.end(), operands.begin(), operands.end());
    }
  }

  void close() {
    if (count_ > 1) {
      const int64_t fit = std::max<int64_t>(kStripBytes / std::max<int64_t>(touched(), 1), 1);
      const int64_t strip = (fit + kRowStep - 1) / kRowStep * kRowStep;
      /* With fewer than two strips to a core of a small machine the instructions do better one by one. */
      if (strip * 4 <= rows_) groups_.push_back({first_, count_, rows_, strip});
    }
    seen_.clear();
    count_ = 0;
    rows_ = 0;
  }

 private:
  bool conflicts(const std::vector<Seen>& operands) const {
    return std::any_of(operands.begin(), operands.end(), [&](const Seen& operand) {
      return std::any_of(seen_.begin(), seen_.end(), [&](const Seen& before) { return conflict(before, operand); });
    });
  }

  /* The bytes of a row of everything, memory that several operands share counted once. */
  int64_t touched() const {
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
  std::vector<Seen> seen_;
  size_t first_ = 0, count_ = 0;
  int64_t rows_ = 0;
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

std::vector<Group> find_groups(const Image& image, const std::vector<const Kernel*>& kernels) {
  std::vector<Group> groups;
  Collector collector(groups);
  for (size_t i = 0; i < image.instructions.size(); ++i) {
    const Instruction& instruction = image.instructions[i];
    collector.add(i, instruction, *kernels[static_cast<size_t>(instruction.kernel)]);
  }
  collector.close();
  return groups;
}

}  // namespace adjoint

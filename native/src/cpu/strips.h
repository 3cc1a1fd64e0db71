/*
 * Strips: neighbouring instructions that work row by row (elementwise regions, products with a small matrix, softmax)
 * are run one strip of rows after another, all of them on one strip before the next, so that what they pass on stays in
 * a core's own cache and threads meet once a group instead of once an instruction. Instructions that fold rows (sums
 * over a batch, products of a weight's gradient) leave their parts' results in scratch and join them when all strips
 * are through; others may be moved before the strips or behind them. It refuses whatever could tell the difference:
 * memory that two instructions share in any way but row for row, and instructions that data can make fail, at which
 * groups end. The bits are those of the instructions one by one. To let a kernel in, let its plan say what its rows are
 * (Step::rows).
 */
#pragma once

#include <vector>

#include "kernels/kernel.h"
#include "runtime/image.h"

namespace adjoint {

/* What becomes of an instruction of a group. */
enum class Role : uint8_t {
  kRows,   /* on every strip */
  kFold,   /* its first stage on every strip, the others behind the strips */
  kBefore, /* as a whole, before the strips */
  kAfter,  /* as a whole, behind the strips */
};

/* Instructions from `first` on, whose `rows` rows are cut into strips of `strip` (the last may be shorter). */
struct Group {
  size_t first;
  int64_t rows, strip;
  std::vector<Role> roles;

  int64_t strips() const { return (rows + strip - 1) / strip; }
};

/*
 * Returns the groups of an image, in order; `kernels` are those of its names, `rows` those of the steps of its
 * instructions. Shapes decide, and `threads` about folding: the bits are the same either way.
 */
std::vector<Group> find_groups(const Image& image, const std::vector<const Kernel*>& kernels,
                               const std::vector<Rows>& rows, int32_t threads);

/* Returns an instruction that works row by row on its first `count` rows. */
Instruction first_rows(const Instruction& instruction, const Rows& rows, int64_t count);

/* Returns how many bytes each operand of such an instruction, inputs first, moves on from one row to the next; 0 where
 * it is read whole. */
std::vector<int64_t> row_bytes(const Instruction& instruction, const Rows& rows);

}  // namespace adjoint

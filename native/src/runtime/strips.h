/*
 * Strips: neighbouring instructions that work row by row (elementwise regions, products with a small matrix, softmax)
 * are run one strip of rows after another, all of them on one strip before the next, so that what they pass on stays in
 * a core's own cache and threads meet once a group instead of once an instruction. It refuses whatever could tell the
 * difference: kernels that fail on data, sums across rows, and memory that two instructions share in any way but row
 * for row. The bits are those of the instructions one by one. To let a kernel in, add its contract to `rows_of`.
 */
#pragma once

#include <vector>

#include "kernels/kernel.h"
#include "runtime/image.h"

namespace adjoint {

/* `count` instructions from `first` on, whose `rows` rows are cut into strips of `strip` (the last may be shorter). */
struct Group {
  size_t first, count;
  int64_t rows, strip;

  int64_t strips() const { return (rows + strip - 1) / strip; }
};

/* Returns the groups of an image, in order; `kernels` are those of its names. By shapes alone. */
std::vector<Group> find_groups(const Image& image, const std::vector<const Kernel*>& kernels);

/* Returns an instruction of a group on its first `rows` rows. */
Instruction first_rows(const Instruction& instruction, const Kernel& kernel, int64_t rows);

/* Returns how many bytes each operand, inputs first, moves on from one row to the next; 0 where it is read whole. */
std::vector<int64_t> row_bytes(const Instruction& instruction, const Kernel& kernel);

}  // namespace adjoint

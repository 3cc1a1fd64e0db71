/* Loops over several operands: see collapse.h. */
#include "contract/collapse.h"

#include <algorithm>

namespace adjoint {

int collapse(const Operand* const* operands, int count, Axis* axes) {
  int rank = 0;
  const Operand& y = *operands[count - 1];
  for (int d = 0; d < y.rank; ++d) {
    if (y.dims[d] == 1) continue;
    axes[rank].dim = y.dims[d];
    for (int j = 0; j < count; ++j) axes[rank].strides[j] = operands[j]->strides[d];
    ++rank;
  }
  std::stable_sort(axes, axes + rank,
                   [count](const Axis& a, const Axis& b) { return a.strides[count - 1] > b.strides[count - 1]; });
  int merged = 0;
  for (int d = 0; d < rank; ++d) {
    bool joins = merged > 0;
    for (int j = 0; joins && j < count; ++j) {
      int64_t span;
      joins = !__builtin_mul_overflow(axes[d].strides[j], axes[d].dim, &span) && axes[merged - 1].strides[j] == span;
    }
    if (joins) {
      const int64_t dim = axes[merged - 1].dim * axes[d].dim;
      axes[merged - 1] = axes[d];
      axes[merged - 1].dim = dim;
    } else {
      axes[merged++] = axes[d];
    }
  }
  return merged;
}

}  // namespace adjoint

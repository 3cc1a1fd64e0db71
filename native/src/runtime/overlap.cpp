/* Whether operands share memory: see overlap.h. All of it trusts that image validation has bounded every extent. */
#include "runtime/overlap.h"

#include <algorithm>
#include <cstdlib>

#include "kernels/contract/checks.h"

namespace adjoint {
namespace {

struct Axis {
  int64_t dim, step; /* step in bytes */
};

/* The axes longer than 1, largest step first; returns how many. */
int axes_of(const Operand& operand, Axis* axes) {
  int rank = 0;
  for (int d = 0; d < operand.rank; ++d) {
    if (operand.dims[d] > 1) axes[rank++] = {operand.dims[d], operand.strides[d] * size_of(operand.dtype)};
  }
  std::sort(axes, axes + rank, [](const Axis& a, const Axis& b) { return a.step > b.step; });
  return rank;
}

/* Bytes from the first to past the last element of axes [from, rank). */
int64_t span_of(const Axis* axes, int from, int rank, int64_t size) {
  int64_t span = size;
  for (int d = from; d < rank; ++d) span += (axes[d].dim - 1) * axes[d].step;
  return span;
}

}  // namespace

bool overlaps_itself(const Operand& operand) {
  if (count_of(operand) == 0) return false;
  Axis axes[kMaxRank];
  const int rank = axes_of(operand, axes);
  for (int d = 0; d < rank; ++d) {
    if (axes[d].step < span_of(axes, d + 1, rank, size_of(operand.dtype))) return true;
  }
  return false;
}

int64_t end_of(const Operand& operand) {
  if (count_of(operand) == 0) return operand.offset;
  Axis axes[kMaxRank];
  const int rank = axes_of(operand, axes);
  return operand.offset + span_of(axes, 0, rank, size_of(operand.dtype));
}

bool overlap(const Operand& a, const Operand& b) {
  if (a.binding != b.binding || count_of(a) == 0 || count_of(b) == 0) return false;
  Axis axes_a[kMaxRank], axes_b[kMaxRank];
  const int rank_a = axes_of(a, axes_a), rank_b = axes_of(b, axes_b);
  const int64_t size_a = size_of(a.dtype), size_b = size_of(b.dtype);
  const int64_t end_a = a.offset + span_of(axes_a, 0, rank_a, size_a);
  const int64_t end_b = b.offset + span_of(axes_b, 0, rank_b, size_b);
  if (end_a <= b.offset || end_b <= a.offset) return false;
  /* Slices of one array interleave: they share their outer steps, and within a step lie side by side. */
  int64_t apart = b.offset - a.offset;
  for (int d = 0; d < rank_a && d < rank_b && axes_a[d].step == axes_b[d].step && axes_a[d].step > 0; ++d) {
    const int64_t step = axes_a[d].step;
    const int64_t inner_a = span_of(axes_a, d + 1, rank_a, size_a), inner_b = span_of(axes_b, d + 1, rank_b, size_b);
    const int64_t within = (apart % step + step) % step;
    if (inner_a <= within && within + inner_b <= step) return false;
  }
  return true;
}

bool same_place(const Operand& a, const Operand& b) {
  return a.binding == b.binding && a.offset == b.offset && a.dtype == b.dtype && a.rank == b.rank &&
         std::equal(a.dims, a.dims + a.rank, b.dims) && std::equal(a.strides, a.strides + a.rank, b.strides);
}

}  // namespace adjoint

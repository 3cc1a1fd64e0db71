/* Whether operands share memory: see overlap.h. All of it trusts that image validation has bounded every extent. */
#include "runtime/overlap.h"

#include <algorithm>
#include <cstdlib>

#include "runtime/layout.h"

namespace adjoint {
namespace {

/* How many branches a search may take before it says that operands meet; views take a handful. */
constexpr int64_t kMostTries = 4096;

struct Axis {
  int64_t dim, step; /* step in bytes */
};

/* Appends the axes longer than 1; returns the end. */
Axis* axes_of(const Operand& operand, Axis* end) {
  for (int d = 0; d < operand.rank; ++d) {
    if (operand.dims[d] > 1) *end++ = {operand.dims[d], operand.strides[d] * size_of(operand.dtype)};
  }
  return end;
}

/* Sorts, the largest step first. */
int sort(Axis* axes, const Axis* end) {
  std::sort(axes, axes + (end - axes), [](const Axis& a, const Axis& b) { return a.step > b.step; });
  return static_cast<int>(end - axes);
}

/* Sorts, and makes axes of one step a single axis, which reaches as far as they do together. Returns how many. */
int merge(Axis* axes, const Axis* end) {
  const int count = sort(axes, end);
  int merged = 0;
  for (int d = 0; d < count; ++d) {
    if (merged > 0 && axes[merged - 1].step == axes[d].step) {
      axes[merged - 1].dim += axes[d].dim - 1;
    } else {
      axes[merged++] = axes[d];
    }
  }
  return merged;
}

/* Bytes from the first to past the last element of axes [from, rank). */
int64_t span_of(const Axis* axes, int from, int rank, int64_t size) {
  int64_t span = size;
  for (int d = from; d < rank; ++d) span += (axes[d].dim - 1) * axes[d].step;
  return span;
}

/*
 * Whether some x_d in 0 .. dim_d - 1 give a sum of x_d * step_d inside low .. high: a bounded Diophantine problem. What
 * the later axes reach leaves few x_d of the first to try wherever steps nest. True, too, after `tries` branches.
 */
bool is_a_sum(const Axis* axes, int count, int64_t low, int64_t high, int64_t& tries) {
  if (high < 0) return false;
  if (low <= 0) return true;
  if (count == 0 || axes->step == 0) return false;
  if (--tries < 0) return true;
  const int64_t later = span_of(axes, 1, count, 0);
  const int64_t first = low > later ? (low - later + axes->step - 1) / axes->step : 0;
  const int64_t last = std::min(axes->dim - 1, high / axes->step);
  for (int64_t x = first; x <= last; ++x) {
    if (is_a_sum(axes + 1, count - 1, low - x * axes->step, high - x * axes->step, tries)) return true;
  }
  return false;
}

}  // namespace

bool overlaps_itself(const Operand& operand) {
  if (count_of(operand) == 0) return false;
  Axis axes[kMaxRank];
  const int rank = sort(axes, axes_of(operand, axes));
  for (int d = 0; d < rank; ++d) {
    if (axes[d].step < span_of(axes, d + 1, rank, size_of(operand.dtype))) return true;
  }
  return false;
}

int64_t end_of(const Operand& operand) {
  if (count_of(operand) == 0) return operand.offset;
  Axis axes[kMaxRank];
  const int rank = sort(axes, axes_of(operand, axes));
  return operand.offset + span_of(axes, 0, rank, size_of(operand.dtype));
}

bool overlap(const Operand& a, const Operand& b) {
  if (a.binding != b.binding || count_of(a) == 0 || count_of(b) == 0) return false;
  const int64_t size_a = size_of(a.dtype), size_b = size_of(b.dtype);
  const int64_t end_a = end_of(a), end_b = end_of(b);
  if (end_a <= b.offset || end_b <= a.offset) return false;
  Axis terms[2 * kMaxRank];
  const int count = merge(terms, axes_of(b, axes_of(a, terms)));
  /* Counting b's elements from its last, their distance from a's is a sum of steps; less than an element is a meeting.
   */
  const int64_t last_b = end_b - size_b;
  int64_t tries = kMostTries;
  return is_a_sum(terms, count, last_b - a.offset - size_a + 1, last_b - a.offset + size_b - 1, tries);
}

bool same_place(const Operand& a, const Operand& b) {
  return a.binding == b.binding && a.offset == b.offset && a.dtype == b.dtype && a.rank == b.rank &&
         std::equal(a.dims, a.dims + a.rank, b.dims) && std::equal(a.strides, a.strides + a.rank, b.strides);
}

}  // namespace adjoint

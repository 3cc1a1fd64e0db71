/*
 * `argsort`: the order of each row of [rows, n], by a stable merge sort of (key, place) pairs, whose keys are integers
 * that compare as the elements do. n log n steps and 32 bytes of scratch an element; a row is one thread's.
 */
#include "kernels/plan/scan.h"
#include "kernels/sort_key.h"

ADJ_ISA_BEGIN
namespace {

inline constexpr int64_t kRun = 8; /* sorted by insertion before the first merge */

ADJ_ALWAYS void insertion_sort(SortPair* pairs, int64_t n) {
  for (int64_t i = 1; i < n; ++i) {
    const SortPair pair = pairs[i];
    int64_t j = i;
    for (; j > 0 && pair.key < pairs[j - 1].key; --j) pairs[j] = pairs[j - 1];
    pairs[j] = pair;
  }
}

/* Merges [0, half) and [half, n) of `from`; of equal keys the left comes first. */
ADJ_ALWAYS void merge(const SortPair* from, SortPair* to, int64_t half, int64_t n) {
  int64_t left = 0, right = half, at = 0;
  while (left < half && right < n) {
    const bool from_right = from[right].key < from[left].key;
    to[at++] = from[from_right ? right : left];
    right += from_right ? 1 : 0;
    left += from_right ? 0 : 1;
  }
  while (left < half) to[at++] = from[left++];
  while (right < n) to[at++] = from[right++];
}

/* Sorts n pairs, with as many behind them for scratch; returns where the result stands. */
SortPair* merge_sort(SortPair* pairs, int64_t n) {
  SortPair* from = pairs;
  SortPair* to = pairs + n;
  for (int64_t i = 0; i < n; i += kRun) insertion_sort(from + i, n - i < kRun ? n - i : kRun);
  for (int64_t half = kRun; half < n; half *= 2) {
    for (int64_t i = 0; i < n; i += 2 * half) {
      const int64_t left = n - i;
      merge(from + i, to + i, left < half ? left : half, left < 2 * half ? left : 2 * half);
    }
    SortPair* sorted = to;
    to = from;
    from = sorted;
  }
  return from;
}

template <class T>
void argsort_part(const Part& part) {
  const SortPlan& plan = *static_cast<const SortPlan*>(part.plan);
  const int64_t first = part.index * plan.rows_per_part, n = plan.n;
  const int64_t left = plan.rows - first;
  const int64_t last = first + (left < plan.rows_per_part ? left : plan.rows_per_part);
  SortPair* pairs = reinterpret_cast<SortPair*>(part.lane);
  for (int64_t r = first; r < last; ++r) {
    const T* x = reinterpret_cast<const T*>(part.at[0]) + r * n;
    int64_t* y = reinterpret_cast<int64_t*>(part.at[1]) + r * n;
    for (int64_t i = 0; i < n; ++i) pairs[i] = {key_of(x[i], plan.descending), i};
    const SortPair* sorted = merge_sort(pairs, n);
    for (int64_t i = 0; i < n; ++i) y[i] = sorted[i].at;
  }
}

constexpr DtypeLoops argsort_loops[] = {{ADJ_F32, argsort_part<float>},
                                        {ADJ_F64, argsort_part<double>},
                                        {ADJ_I32, argsort_part<int32_t>},
                                        {ADJ_I64, argsort_part<int64_t>}};

constexpr Kernel kernels[] = {
    {{"argsort", 1, {0, 0, 0}}, prepare_argsort, argsort_loops, 4, 60},
};

}  // namespace

extern const Family sort;
const Family sort{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

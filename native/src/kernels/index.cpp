/*
 * `gather` and `scatterAdd` along one axis: the axis n of [b, o, n, i] is indexed by [b, k]. Every index is checked
 * where it is used, since the memory it comes from may belong to someone else. A scatter adds in the order of k.
 * `nonZero` looks at divisors, which are data too, and copies what it has looked at.
 */
#include "kernels/plan/index.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

/* Reads an index; false, and reported, if it is outside the axis. */
ADJ_ALWAYS bool index_at(const Part& part, const IndexPlan& plan, const char* indices, int64_t position,
                         int64_t& index) {
  index = plan.wide ? reinterpret_cast<const int64_t*>(indices)[position]
                    : reinterpret_cast<const int32_t*>(indices)[position];
  if (index >= 0 && index < plan.n) return true;
  part.fault->out_of_range("index", position, index, plan.n);
  return false;
}

template <class D>
ADJ_ALWAYS bool gather_elements(const Part& part, const IndexPlan& plan, const char* x, char* y, int64_t b, int64_t k0,
                                int64_t k1) {
  for (int64_t k = k0; k < k1; ++k) {
    int64_t index;
    if (!index_at(part, plan, part.at[1], b * plan.k + k, index)) return false;
    reinterpret_cast<D*>(y)[k] = reinterpret_cast<const D*>(x)[index];
  }
  return true;
}

/* Rows of i elements of one (b, o), for a tile of k. */
void gather_part(const Part& part) {
  const IndexPlan& plan = *static_cast<const IndexPlan*>(part.plan);
  const int64_t bo = part.index / plan.tiles, b = bo / plan.o;
  const int64_t k0 = (part.index % plan.tiles) * plan.tile;
  const int64_t k1 = plan.k - k0 < plan.tile ? plan.k : k0 + plan.tile;
  const int64_t bytes = plan.i * plan.size;
  const char* x = part.at[0] + bo * plan.n * bytes;
  char* y = part.at[2] + bo * plan.k * bytes;
  if (plan.i == 1 && plan.size == 4) {
    gather_elements<uint32_t>(part, plan, x, y, b, k0, k1);
    return;
  }
  if (plan.i == 1 && plan.size == 2) {
    gather_elements<uint16_t>(part, plan, x, y, b, k0, k1);
    return;
  }
  if (plan.i == 1 && plan.size == 8) {
    gather_elements<uint64_t>(part, plan, x, y, b, k0, k1);
    return;
  }
  for (int64_t k = k0; k < k1; ++k) {
    int64_t index;
    if (!index_at(part, plan, part.at[1], b * plan.k + k, index)) return;
    __builtin_memcpy(y + k * bytes, x + index * bytes, static_cast<size_t>(bytes));
  }
}

/*
 * One (b, o) and a tile of the i elements: no two parts write the same element, and each adds in the order of k. In F32
 * a row that many updates go to has a sum in double, rounded once; the others lose at most kFewUpdates roundings.
 */
template <class T>
void scatter_add_part(const Part& part) {
  const IndexPlan& plan = *static_cast<const IndexPlan*>(part.plan);
  const int64_t bo = part.index / plan.tiles, b = bo / plan.o;
  const int64_t i0 = (part.index % plan.tiles) * plan.tile;
  const int64_t width = plan.i - i0 < plan.tile ? plan.i - i0 : plan.tile;
  const T* updates = reinterpret_cast<const T*>(part.at[1]) + bo * plan.k * plan.i + i0;
  T* y = reinterpret_cast<T*>(part.at[2]) + bo * plan.n * plan.i + i0;
  double* sums = reinterpret_cast<double*>(part.shared) + bo * plan.sums * plan.i + i0;
  const int32_t* sum_of = reinterpret_cast<const int32_t*>(part.shared + plan.sum_of_at) + b * (plan.n + 1);
  const bool summed = plan.sums > 0 && sum_of[plan.n] > 0;
  if (plan.tiles == 1) {
    __builtin_memset(y, 0, static_cast<size_t>(plan.n * plan.i) * sizeof(T));
  } else {
    for (int64_t r = 0; r < plan.n; ++r) __builtin_memset(y + r * plan.i, 0, static_cast<size_t>(width) * sizeof(T));
  }
  for (int64_t s = 0; summed && s < sum_of[plan.n]; ++s) {
    __builtin_memset(sums + s * plan.i, 0, static_cast<size_t>(width) * sizeof(double));
  }
  for (int64_t k = 0; k < plan.k; ++k) {
    int64_t index;
    if (!index_at(part, plan, part.at[0], b * plan.k + k, index)) return;
    const T* update = updates + k * plan.i;
    if (summed && sum_of[index] != kNoSum) {
      double* sum = sums + sum_of[index] * plan.i;
      ADJ_LOOP(int64_t i = 0; i < width; ++i) sum[i] += static_cast<double>(update[i]);
      continue;
    }
    T* target = y + index * plan.i;
    if (width == 1) {
      *target += *update;
      continue;
    }
    ADJ_LOOP(int64_t i = 0; i < width; ++i) target[i] += update[i];
  }
  for (int64_t r = 0; summed && r < plan.n; ++r) {
    if (sum_of[r] == kNoSum) continue;
    const double* sum = sums + sum_of[r] * plan.i;
    T* target = y + r * plan.i;
    ADJ_LOOP(int64_t i = 0; i < width; ++i) target[i] = static_cast<T>(sum[i]);
  }
}

/* Divisors, copied if none is 0. */
template <class T>
void non_zero_part(const Part& part) {
  const NonZeroPlan& plan = *static_cast<const NonZeroPlan*>(part.plan);
  const T* x = reinterpret_cast<const T*>(part.at[0]);
  T* y = reinterpret_cast<T*>(part.at[1]);
  const int64_t from = part.index * plan.tile;
  const int64_t to = plan.n - from < plan.tile ? plan.n : from + plan.tile;
  for (int64_t i = from; i < to; ++i) {
    const T divisor = x[i];
    if (divisor == 0) {
      part.fault->division_by_zero(i);
      return;
    }
    y[i] = divisor;
  }
}

constexpr DtypeLoops gather_loops[] = {{0, gather_part}};
/* Integers are added as unsigned ones, which wrap around. */
constexpr DtypeLoops scatter_add_loops[] = {{ADJ_F32, scatter_add_part<float>},
                                            {ADJ_F64, scatter_add_part<double>},
                                            {ADJ_I32, scatter_add_part<uint32_t>},
                                            {ADJ_I64, scatter_add_part<uint64_t>}};
constexpr DtypeLoops non_zero_loops[] = {{ADJ_I32, non_zero_part<int32_t>}, {ADJ_I64, non_zero_part<int64_t>}};

constexpr Kernel kernels[] = {
    {{"gather", 2, {0, 0, 0}, kCanFault}, prepare_gather, gather_loops, 1, 1},
    {{"scatterAdd", 2, {0, 0, 0}, kCanFault}, prepare_scatter_add, scatter_add_loops, 4, 1},
    {{"nonZero", 1, {0, 0, 0}, kCanFault}, prepare_non_zero, non_zero_loops, 2, 1},
};

}  // namespace

extern const Family index;
const Family index{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

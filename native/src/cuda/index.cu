/*
 * `gather`, `scatterAdd`, `nonZero` and `iota`. Every index is checked where it is used. A scatter adds in the order of
 * k, one thread an element of the result: no float is added atomically. To add one, write a struct and a row.
 */
#include "contract/index.h"

#include <type_traits>

#include "contract/checks.h"
#include "cuda/fold.h"
#include "cuda/seal.h"

namespace adjoint {
namespace cuda {
namespace {

struct Indices {
  Place place;
  bool wide;

  ADJ_DEVICE int64_t at(const Environment& run, int64_t position) const {
    return wide ? place.template of<const int64_t>(run)[position]
                : int64_t{place.template of<const int32_t>(run)[position]};
  }
};

/* A thread for every element picked; D is an integer as large as an element. */
template <class D>
struct Gather {
  IndexCall call;
  Place x, y;
  Indices index;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const int64_t count = call.b * call.o * call.k * call.i;
    for (int64_t e = first_of(b); e < count; e += stride_of(b)) {
      const int64_t i = e % call.i, k = e / call.i % call.k, bo = e / call.i / call.k;
      const int64_t position = bo / call.o * call.k + k, from = index.at(run, position);
      if (from < 0 || from >= call.n) {
        report(b, run, 0, position);
        continue;
      }
      y.template of<D>(run)[e] = x.template of<const D>(run)[(bo * call.n + from) * call.i + i];
    }
  }
};

/* Every index of a scatter is looked at before anything is added. */
struct CheckIndices {
  int64_t count, n;
  Indices index;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t p = first_of(b); p < count; p += stride_of(b)) {
      const int64_t at = index.at(run, p);
      if (at < 0 || at >= n) report(b, run, 0, p);
    }
  }
};

/* A thread for every element of the result, which looks through all k indices. */
template <class Sum, class T>
struct ScatterAdd {
  IndexCall call;
  Indices index;
  Place updates, y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const int64_t count = call.b * call.o * call.n * call.i;
    for (int64_t e = first_of(b); e < count; e += stride_of(b)) {
      const int64_t i = e % call.i, row = e / call.i % call.n, bo = e / call.i / call.n;
      const T* from = updates.template of<const T>(run) + bo * call.k * call.i + i;
      typename Sum::State sum = Sum::start();
      for (int64_t k = 0; k < call.k; ++k) {
        if (index.at(run, bo / call.o * call.k + k) == row) Sum::take(sum, from[k * call.i], k);
      }
      y.template of<T>(run)[e] = Sum::end(sum);
    }
  }
};

template <class T>
struct NonZero {
  int64_t n;
  Place x, y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t i = first_of(b); i < n; i += stride_of(b)) {
      const T divisor = x.template of<const T>(run)[i];
      if (divisor == 0) report(b, run, 0, i);
      y.template of<T>(run)[i] = divisor;
    }
  }
};

/* Unsigned, because it may wrap; to floats through F64. */
template <class T>
struct Iota {
  IotaCall call;
  Place y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t i = first_of(b); i < call.n; i += stride_of(b)) {
      const int64_t value = static_cast<int64_t>(call.start + static_cast<uint64_t>(i) * call.step);
      if constexpr (std::is_floating_point_v<T>) {
        y.template of<T>(run)[i] = static_cast<T>(static_cast<double>(value));
      } else {
        y.template of<T>(run)[i] = static_cast<T>(value);
      }
    }
  }
};

/* ---- on the host ---- */

/* Says what a fault of indices is; the seal comes after the launch that finds it. */
void name_indices(Step& step, int64_t limit) {
  step.noun = "index";
  step.limit = limit;
}

template <class D>
void add_gather(const Call& call, const IndexCall& checked, Step& step) {
  step.add_each(
      times(times(checked.b, checked.o), times(checked.k, checked.i)),
      Gather<D>{
          checked, place_of(call.inputs[0]), place_of(call.outputs[0]), {place_of(call.inputs[1]), checked.wide}});
}

void prepare_gather(const Kernel& kernel, const Call& call, Step& step) {
  const IndexCall checked = check_gather(kernel, call);
  name_indices(step, checked.n);
  switch (size_of(checked.dtype)) {
    case 1:
      add_gather<uint8_t>(call, checked, step);
      break;
    case 2:
      add_gather<uint16_t>(call, checked, step);
      break;
    case 4:
      add_gather<uint32_t>(call, checked, step);
      break;
    default:
      add_gather<uint64_t>(call, checked, step);
      break;
  }
  add_seal(step, call.inputs[1]);
}

template <class Sum, class T>
void add_scatter(const Call& call, const IndexCall& checked, Step& step) {
  step.add_each(
      times(times(checked.b, checked.o), times(checked.n, checked.i)),
      ScatterAdd<Sum, T>{
          checked, {place_of(call.inputs[0]), checked.wide}, place_of(call.inputs[1]), place_of(call.outputs[0])});
}

void prepare_scatter_add(const Kernel& kernel, const Call& call, Step& step) {
  const IndexCall checked = check_scatter_add(kernel, call);
  name_indices(step, checked.n);
  if (checked.o > 0 && checked.i > 0) {
    const int64_t count = times(checked.b, checked.k);
    step.add_each(count, CheckIndices{count, checked.n, {place_of(call.inputs[0]), checked.wide}});
    add_seal(step, call.inputs[0]);
  }
  switch (checked.dtype) {
    case ADJ_F32:
      return add_scatter<SumOf<float>, float>(call, checked, step);
    case ADJ_F64:
      return add_scatter<SumOf<double>, double>(call, checked, step);
    case ADJ_I32:
      return add_scatter<WholeSumOf<int32_t>, int32_t>(call, checked, step);
    case ADJ_I64:
      return add_scatter<WholeSumOf<int64_t>, int64_t>(call, checked, step);
    default:
      no_kernel_for(kernel, checked.dtype);
  }
}

void prepare_non_zero(const Kernel& kernel, const Call& call, Step& step) {
  const NonZeroCall checked = check_non_zero(kernel, call);
  const Place x = place_of(call.inputs[0]), y = place_of(call.outputs[0]);
  step.divides = true;
  if (checked.dtype == ADJ_I32) {
    step.add_each(checked.n, NonZero<int32_t>{checked.n, x, y});
  } else if (checked.dtype == ADJ_I64) {
    step.add_each(checked.n, NonZero<int64_t>{checked.n, x, y});
  } else {
    no_kernel_for(kernel, checked.dtype);
  }
  add_seal(step, call.inputs[0]);
}

void prepare_iota(const Kernel& kernel, const Call& call, Step& step) {
  const IotaCall checked = check_iota(kernel, call);
  const Place y = place_of(call.outputs[0]);
  switch (checked.dtype) {
    case ADJ_F32:
      return step.add_each(checked.n, Iota<float>{checked, y});
    case ADJ_F64:
      return step.add_each(checked.n, Iota<double>{checked, y});
    case ADJ_I32:
      return step.add_each(checked.n, Iota<int32_t>{checked, y});
    case ADJ_I64:
      return step.add_each(checked.n, Iota<int64_t>{checked, y});
    default:
      no_kernel_for(kernel, checked.dtype);
  }
}

constexpr Kernel kernels[] = {
    {{"gather", 2, {0, 0, 0}, kCanFault}, prepare_gather},
    {{"scatterAdd", 2, {0, 0, 0}, kCanFault}, prepare_scatter_add},
    {{"nonZero", 1, {0, 0, 0}, kCanFault}, prepare_non_zero},
    {{"iota", 0, {0, 0, 0}}, prepare_iota},
};

}  // namespace

extern const Family index;
const Family index{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

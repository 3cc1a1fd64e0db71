/*
 * Reductions: `sum prod max min argmax`, and what fused regions end in. A block folds an element's values, or a thread
 * does where they lie across rows; long folds are cut into parts by shape alone, whose states a second launch joins in
 * order. No sum is taken atomically, so that results repeat. To add a fold, write its struct in fold.h and a row.
 */
#include "cuda/reduce.h"

#include "contract/checks.h"
#include "cuda/fold.h"

namespace adjoint {
namespace cuda {
namespace {

constexpr int64_t kBlockPart = 1 << 14; /* elements that a block folds ... */
constexpr int64_t kThreadPart = 1 << 9; /* ... and a thread */
constexpr int64_t kMostParts = 256;
constexpr int64_t kFewReduced = 32;
constexpr int64_t kManyKept = 1 << 16; /* threads enough to fill a device */

/* Where element i of a nest is, in elements. */
ADJ_DEVICE int64_t offset_of(const Nest& nest, int64_t i) {
  int64_t offset = 0;
  for (int d = nest.rank - 1; d >= 0; --d) {
    offset += i % nest.dims[d] * nest.strides[d];
    i /= nest.dims[d];
  }
  return offset;
}

template <class F, class X>
struct Folded {
  Place x, y, states, divisor;
  Nest kept, reduced;
  int64_t parts, part;
  bool divides;

  ADJ_DEVICE typename F::State fold(const Environment& run, int64_t k, int64_t from, int64_t to, int64_t by) const {
    const X* elements = x.template of<const X>(run) + offset_of(kept, k);
    typename F::State state = F::start();
    for (int64_t i = from; i < to; i += by) F::take(state, elements[offset_of(reduced, i)], i);
    return state;
  }

  ADJ_DEVICE int64_t end_of(int64_t p) const { return (p + 1) * part < reduced.count ? (p + 1) * part : reduced.count; }

  ADJ_DEVICE void leave(const Environment& run, int64_t k, int64_t p, const typename F::State& state) const {
    if (parts > 1) {
      states.template of<typename F::State>(run)[p * kept.count + k] = state;
    } else {
      finish(run, k, state);
    }
  }

  ADJ_DEVICE void finish(const Environment& run, int64_t k, const typename F::State& state) const {
    const typename F::Element folded = F::end(state);
    y.template of<typename F::Element>(run)[k] =
        divides ? folded / *divisor.template of<const typename F::Element>(run) : folded;
  }
};

/* A block for each part of an element. */
template <class F, class X>
struct FoldByBlock : Folded<F, X> {
  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const int64_t count = this->kept.count * this->parts;
    for (int64_t i = b.block(); i < count; i += b.blocks()) {
      const int64_t k = i % this->kept.count, p = i / this->kept.count;
      const typename F::State mine =
          this->fold(run, k, p * this->part + b.thread(), this->end_of(p), int64_t{b.threads()});
      const typename F::State all = join_block<F, 0>(b, mine);
      if (b.thread() == 0) this->leave(run, k, p, all);
    }
  }
};

/* A thread for each part of an element. */
template <class F, class X>
struct FoldByThread : Folded<F, X> {
  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const int64_t count = this->kept.count * this->parts;
    for (int64_t i = first_of(b); i < count; i += stride_of(b)) {
      const int64_t k = i % this->kept.count, p = i / this->kept.count;
      this->leave(run, k, p, this->fold(run, k, p * this->part, this->end_of(p), 1));
    }
  }
};

template <class F, class X>
struct JoinParts : Folded<F, X> {
  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const typename F::State* of = this->states.template of<const typename F::State>(run);
    for (int64_t k = first_of(b); k < this->kept.count; k += stride_of(b)) {
      typename F::State all = F::start();
      for (int64_t p = 0; p < this->parts; ++p) F::join(all, of[p * this->kept.count + k]);
      this->finish(run, k, all);
    }
  }
};

/* ---- on the host ---- */

template <class F, class X>
void add_folds(const FoldCall& call, Step& step) {
  const int64_t kept = call.kept.count, n = call.reduced.count;
  if (kept == 0) return;
  const int64_t inner = call.reduced.rank > 0 ? call.reduced.strides[call.reduced.rank - 1] : 1;
  const bool by_thread = n <= kFewReduced || (inner != 1 && kept >= kFewReduced) || kept >= kManyKept;
  const int64_t least = by_thread ? kThreadPart : kBlockPart;
  int64_t parts = kept >= kManyKept ? 1 : ceil_div(n, least);
  parts = parts < 1 ? 1 : parts > kMostParts ? kMostParts : parts;
  Folded<F, X> folded{call.x, call.y, {}, call.divisor, call.kept, call.reduced, parts, 0, call.divides};
  folded.part = n > 0 ? ceil_div(n, parts) : 1;
  if (parts > 1) folded.states = step.take_scratch(times(times(kept, parts), sizeof(typename F::State)));
  if (by_thread) {
    step.add_each(kept * parts, FoldByThread<F, X>{folded});
  } else {
    const int64_t blocks = kept * parts;
    step.add(blocks < kMostBlocks ? blocks : kMostBlocks, threads_for(folded.part), FoldByBlock<F, X>{folded});
  }
  if (parts > 1) step.add_each(kept, JoinParts<F, X>{folded});
}

template <template <class> class F>
void add_floats(const Signature& kernel, const FoldCall& call, Step& step) {
  if (call.dtype == ADJ_F32) return add_folds<F<float>, float>(call, step);
  if (call.dtype == ADJ_F64) return add_folds<F<double>, double>(call, step);
  no_kernel_for(kernel, call.dtype);
}

template <template <class> class F, template <class> class W>
void add_numbers(const Signature& kernel, const FoldCall& call, Step& step) {
  if (call.dtype == ADJ_I32) return add_folds<W<int32_t>, int32_t>(call, step);
  if (call.dtype == ADJ_I64) return add_folds<W<int64_t>, int64_t>(call, step);
  add_floats<F>(kernel, call, step);
}

template <class T>
using MaxOf = ExtremeOf<T, true>;
template <class T>
using MinOf = ExtremeOf<T, false>;
template <class T>
using WholeMaxOf = WholeExtremeOf<T, true>;
template <class T>
using WholeMinOf = WholeExtremeOf<T, false>;

FoldCall call_of(const Call& call, const ReduceCall& checked) {
  return {Fold::kNone,
          checked.dtype,
          place_of(call.inputs[0]),
          place_of(call.outputs[0]),
          checked.kept,
          checked.reduced,
          false,
          {}};
}

template <template <class> class F, template <class> class W>
void prepare_reduce(const Kernel& kernel, const Call& call, Step& step) {
  add_numbers<F, W>(kernel, call_of(call, check_reduce(kernel, call)), step);
}

void prepare_argmax(const Kernel& kernel, const Call& call, Step& step) {
  add_numbers<ArgMaxOf, ArgMaxOf>(kernel, call_of(call, check_argmax(kernel, call)), step);
}

constexpr Kernel kernels[] = {
    {{"sum", 1, {0, 0, 0}}, prepare_reduce<SumOf, WholeSumOf>},
    {{"prod", 1, {0, 0, 0}}, prepare_reduce<ProductOf, WholeProductOf>},
    {{"max", 1, {0, 0, 0}}, prepare_reduce<MaxOf, WholeMaxOf>},
    {{"min", 1, {0, 0, 0}}, prepare_reduce<MinOf, WholeMinOf>},
    {{"argmax", 1, {0, 0, 0}}, prepare_argmax},
};

}  // namespace

void add_fold(const Signature& kernel, const FoldCall& call, Step& step) {
  switch (call.fold) {
    case Fold::kSum:
      return add_floats<SumOf>(kernel, call, step);
    case Fold::kMax:
      return add_floats<MaxOf>(kernel, call, step);
    case Fold::kMin:
      return add_floats<MinOf>(kernel, call, step);
    default:
      return add_floats<LogSumExpOf>(kernel, call, step);
  }
}

extern const Family reduce;
const Family reduce{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

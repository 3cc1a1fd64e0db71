/*
 * `argsort`: the order of each row of [rows, n], by a bitonic sorting network (Batcher 1968, "Sorting networks and
 * their applications") over (key, place) pairs in scratch. Pairs are all different, so that the network is stable. A
 * block sorts a row at a time.
 */
#include "contract/checks.h"
#include "contract/scan.h"
#include "cuda/kernel.h"
#include "kernels/sort_key.h"

namespace adjoint {
namespace cuda {
namespace {

constexpr int64_t kRowsAtOnce = 512; /* each with pairs of its own */

struct Pair {
  uint64_t key;
  int64_t at;
};

template <class T>
struct ArgSort {
  SortCall call;
  int64_t padded; /* a power of two */
  Place x, y, pairs;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    Pair* const mine = pairs.template of<Pair>(run) + b.block() * padded;
    for (int64_t r = b.block(); r < call.rows; r += b.blocks()) {
      const T* row = x.template of<const T>(run) + r * call.n;
      for (int64_t i = b.thread(); i < padded; i += b.threads()) {
        /* What fills the row up comes last. */
        mine[i] = {i < call.n ? key_of(row[i], call.descending) : kLast, i};
      }
      for (int64_t length = 2; length <= padded; length *= 2) {
        for (int64_t apart = length / 2; apart > 0; apart /= 2) {
          b.sync();
          for (int64_t i = b.thread(); i < padded / 2; i += b.threads()) {
            const int64_t low = i / apart * 2 * apart + i % apart;
            order(mine[low], mine[low + apart], (low & length) == 0);
          }
        }
      }
      b.sync();
      for (int64_t i = b.thread(); i < call.n; i += b.threads())
        y.template of<int64_t>(run)[r * call.n + i] = mine[i].at;
      b.sync(); /* before the next row takes the pairs */
    }
  }

 private:
  static ADJ_DEVICE void order(Pair& a, Pair& b, bool ascending) {
    const bool larger = a.key > b.key || (a.key == b.key && a.at > b.at);
    if (larger != ascending) return;
    const Pair swapped = a;
    a = b;
    b = swapped;
  }
};

template <class T>
void add_sort(const Call& call, const SortCall& checked, Step& step) {
  if (checked.rows == 0 || checked.n == 0) return;
  int64_t padded = 1;
  while (padded < checked.n) padded = times(padded, 2);
  const int64_t blocks = checked.rows < kRowsAtOnce ? checked.rows : kRowsAtOnce;
  const Place pairs = step.take_scratch(times(times(blocks, padded), sizeof(Pair)));
  step.add(blocks, threads_for(padded / 2),
           ArgSort<T>{checked, padded, place_of(call.inputs[0]), place_of(call.outputs[0]), pairs});
}

void prepare_argsort(const Kernel& kernel, const Call& call, Step& step) {
  const SortCall checked = check_argsort(kernel, call);
  switch (checked.dtype) {
    case ADJ_F32:
      return add_sort<float>(call, checked, step);
    case ADJ_F64:
      return add_sort<double>(call, checked, step);
    case ADJ_I32:
      return add_sort<int32_t>(call, checked, step);
    case ADJ_I64:
      return add_sort<int64_t>(call, checked, step);
    default:
      no_kernel_for(kernel, checked.dtype);
  }
}

constexpr Kernel kernels[] = {{{"argsort", 1, {0, 0, 0}}, prepare_argsort}};

}  // namespace

extern const Family sort;
const Family sort{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

/*
 * `cumsum`, `linearScan`, `scaleScan` and `logCumSumExp` along the middle axis of [o, n, i]: a thread runs a line from
 * end to end, with its state in F64. To add a scan, write its state and a row.
 */
#include "contract/scan.h"

#include "contract/checks.h"
#include "cuda/fold.h"
#include "cuda/kernel.h"

namespace adjoint {
namespace cuda {
namespace {

struct CumSum {
  static constexpr int kInputs = 1;
  Compensated sum{0, 0};

  ADJ_DEVICE double next(bool, double x, double) {
    add(sum, x);
    return value(sum);
  }
};

/* The factor of the first element is not looked at: it may be anything. */
struct LinearScan {
  static constexpr int kInputs = 2;
  double h = 0;

  ADJ_DEVICE double next(bool first, double a, double b) { return h = first ? b : b + a * h; }
};

/* The same, where a product with 0 is 0 whatever the other factor. */
struct ScaleScan {
  static constexpr int kInputs = 2;
  double h = 0;

  ADJ_DEVICE double next(bool first, double a, double b) {
    const double on = a == 0 || h == 0 ? 0.0 : a * h;
    return h = first ? b : b + on;
  }
};

/* On integers, which wrap around as Java's do. */
struct WholeCumSum {
  static constexpr int kInputs = 1;
  uint64_t sum = 0;

  ADJ_DEVICE uint64_t next(bool, int64_t x, int64_t) { return sum += static_cast<uint64_t>(x); }
};
struct WholeLinearScan {
  static constexpr int kInputs = 2;
  uint64_t h = 0;

  ADJ_DEVICE uint64_t next(bool first, int64_t a, int64_t b) {
    const uint64_t on = static_cast<uint64_t>(a) * h, source = static_cast<uint64_t>(b);
    return h = first ? source : source + on;
  }
};

/* The largest element so far, and the sum of e^(x - largest). */
struct LogCumSumExp {
  static constexpr int kInputs = 1;
  double largest = -__builtin_inf(), sum = 0;

  ADJ_DEVICE double next(bool, double x, double) {
    const bool larger = x > largest;
    const double e = exp_of(x == largest ? 0.0 : larger ? largest - x : x - largest); /* of equal infinities */
    sum = larger ? sum * e + 1.0 : sum + e;
    largest = larger ? x : largest;
    return largest + log_of(sum);
  }
};

template <class State, class T, class Wide>
struct Scan {
  ScanCall call;
  Place x, second, y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t line = first_of(b); line < call.o * call.i; line += stride_of(b)) {
      const int64_t corner = line / call.i * call.n * call.i + line % call.i;
      const T* from = x.template of<const T>(run) + corner;
      const T* other = second.template of<const T>(run) + corner;
      T* to = y.template of<T>(run) + corner;
      State state;
      for (int64_t k = 0; k < call.n; ++k) {
        const int64_t at = (call.reverse ? call.n - 1 - k : k) * call.i;
        to[at] = static_cast<T>(state.next(k == 0, static_cast<Wide>(from[at]), static_cast<Wide>(other[at])));
      }
    }
  }
};

template <class State, class T, class Wide>
void add_scan(const Call& call, const ScanCall& checked, Step& step) {
  step.add_each(times(checked.o, checked.i),
                Scan<State, T, Wide>{checked, place_of(call.inputs[0]), place_of(call.inputs[State::kInputs - 1]),
                                     place_of(call.outputs[0])});
}

template <class State>
void prepare_scan(const Kernel& kernel, const Call& call, Step& step) {
  const ScanCall checked = check_scan(kernel, call);
  if (checked.dtype == ADJ_F32) return add_scan<State, float, double>(call, checked, step);
  if (checked.dtype == ADJ_F64) return add_scan<State, double, double>(call, checked, step);
  no_kernel_for(kernel, checked.dtype);
}

template <class State, class Whole>
void prepare_number_scan(const Kernel& kernel, const Call& call, Step& step) {
  const ScanCall checked = check_scan(kernel, call);
  if (checked.dtype == ADJ_I32) return add_scan<Whole, int32_t, int64_t>(call, checked, step);
  if (checked.dtype == ADJ_I64) return add_scan<Whole, int64_t, int64_t>(call, checked, step);
  prepare_scan<State>(kernel, call, step);
}

constexpr Kernel kernels[] = {
    {{"cumsum", 1, {0, 0, 0}}, prepare_number_scan<CumSum, WholeCumSum>},
    {{"linearScan", 2, {0, 0, 0}}, prepare_number_scan<LinearScan, WholeLinearScan>},
    {{"scaleScan", 2, {0, 0, 0}}, prepare_scan<ScaleScan>},
    {{"logCumSumExp", 1, {0, 0, 0}}, prepare_scan<LogCumSumExp>},
};

}  // namespace

extern const Family scan;
const Family scan{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

/*
 * `cumsum`, `linearScan`, `scaleScan` and `logCumSumExp` along the middle axis of [o, n, i]. A part runs one tile of
 * the i lines of one o from end to end, side by side, with their states in double. To add a scan, write a State and a
 * row.
 */
#include "kernels/plan/scan.h"
#include "kernels/elementwise.h"
#include "kernels/rows.h"
#include "kernels/vector_math.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN
namespace {

struct CumSum {
  static constexpr int kInputs = 1;
  double high[kScanLines], low[kScanLines];

  ADJ_ALWAYS void start(int64_t j) { high[j] = low[j] = 0; }
  template <class T>
  ADJ_ALWAYS double next(int64_t j, bool, const T* x, const T*) {
    Compensated sum{high[j], low[j]};
    add(sum, static_cast<double>(x[j]));
    high[j] = sum.high;
    low[j] = sum.low;
    return value(sum);
  }
};

/* The factor of the first element is not looked at: it may be anything. */
struct LinearScan {
  static constexpr int kInputs = 2;
  double h[kScanLines];

  ADJ_ALWAYS void start(int64_t j) { h[j] = 0; }
  template <class T>
  ADJ_ALWAYS double next(int64_t j, bool first, const T* a, const T* b) {
    const double on = static_cast<double>(a[j]) * h[j];
    const double source = static_cast<double>(b[j]);
    return h[j] = first ? source : source + on;
  }
};

/* The same, where a product with 0 is 0 whatever the other factor. */
struct ScaleScan {
  static constexpr int kInputs = 2;
  double h[kScanLines];

  ADJ_ALWAYS void start(int64_t j) { h[j] = 0; }
  template <class T>
  ADJ_ALWAYS double next(int64_t j, bool first, const T* a, const T* b) {
    const double factor = static_cast<double>(a[j]), before = h[j], product = factor * before;
    const double on = factor == 0 || before == 0 ? 0.0 : product;
    const double source = static_cast<double>(b[j]);
    return h[j] = first ? source : source + on;
  }
};

/* Two of them on integers, which wrap around as Java's do, in 64 bits of which the low ones are left. */
struct WholeCumSum {
  static constexpr int kInputs = 1;
  int64_t sum[kScanLines];

  ADJ_ALWAYS void start(int64_t j) { sum[j] = 0; }
  template <class T>
  ADJ_ALWAYS int64_t next(int64_t j, bool, const T* x, const T*) {
    return sum[j] = wrapped<int64_t>(unsigned_of(sum[j]) + unsigned_of(static_cast<int64_t>(x[j])));
  }
};
struct WholeLinearScan {
  static constexpr int kInputs = 2;
  int64_t h[kScanLines];

  ADJ_ALWAYS void start(int64_t j) { h[j] = 0; }
  template <class T>
  ADJ_ALWAYS int64_t next(int64_t j, bool first, const T* a, const T* b) {
    const uint64_t on = unsigned_of(static_cast<int64_t>(a[j])) * unsigned_of(h[j]);
    const uint64_t source = unsigned_of(static_cast<int64_t>(b[j]));
    return h[j] = wrapped<int64_t>(first ? source : source + on);
  }
};

/* The largest element so far, and the sum of e^(x - largest). */
struct LogCumSumExp {
  static constexpr int kInputs = 1;
  double largest[kScanLines], sum[kScanLines];

  ADJ_ALWAYS void start(int64_t j) {
    largest[j] = kLeast<true, double>;
    sum[j] = 0;
  }
  template <class T>
  ADJ_ALWAYS double next(int64_t j, bool, const T* x, const T*) {
    const double v = static_cast<double>(x[j]), m = largest[j], s = sum[j];
    const bool larger = v > m;
    const double below = larger ? m - v : v - m;
    const double e = exp_of(v == m ? 0.0 : below); /* equal infinities have no difference */
    largest[j] = larger ? v : m;
    sum[j] = larger ? s * e + 1.0 : s + e;
    return largest[j] + log_of(sum[j]);
  }
};

/* kLines is the width where it is known: a single line needs no loop of its own. */
template <class State, class T, int64_t kLines>
ADJ_ALWAYS void scan_lines(const Part& part, const ScanPlan& plan, int64_t corner, int64_t lines) {
  const int64_t width = kLines > 0 ? kLines : lines, n = plan.n, stride = plan.i;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + corner;
  const T* second = reinterpret_cast<const T*>(part.at[State::kInputs - 1]) + corner;
  T* y = reinterpret_cast<T*>(part.at[State::kInputs]) + corner;
  State state;
  for (int64_t j = 0; j < width; ++j) state.start(j);
  for (int64_t k = 0; k < n; ++k) {
    const int64_t at = (plan.reverse ? n - 1 - k : k) * stride;
    ADJ_LOOP(int64_t j = 0; j < width; ++j) { y[at + j] = static_cast<T>(state.next(j, k == 0, x + at, second + at)); }
  }
}

template <class State, class T>
void scan_part(const Part& part) {
  const ScanPlan& plan = *static_cast<const ScanPlan*>(part.plan);
  const int64_t o = part.index / plan.tiles, from = part.index % plan.tiles * plan.tile;
  const int64_t lines = plan.i - from < plan.tile ? plan.i - from : plan.tile;
  const int64_t corner = o * plan.n * plan.i + from;
  if (lines == 1) {
    scan_lines<State, T, 1>(part, plan, corner, 1);
  } else {
    scan_lines<State, T, 0>(part, plan, corner, lines);
  }
}

template <class State>
constexpr DtypeLoops loops[] = {{ADJ_F32, scan_part<State, float>}, {ADJ_F64, scan_part<State, double>}};
template <class State, class Whole>
constexpr DtypeLoops number_loops[] = {{ADJ_F32, scan_part<State, float>},
                                       {ADJ_F64, scan_part<State, double>},
                                       {ADJ_I32, scan_part<Whole, int32_t>},
                                       {ADJ_I64, scan_part<Whole, int64_t>}};

constexpr Kernel kernels[] = {
    {{"cumsum", 1, {0, 0, 0}}, prepare_scan, number_loops<CumSum, WholeCumSum>, 4, 6},
    {{"linearScan", 2, {0, 0, 0}}, prepare_scan, number_loops<LinearScan, WholeLinearScan>, 4, 4},
    {{"scaleScan", 2, {0, 0, 0}}, prepare_scan, loops<ScaleScan>, 2, 5},
    {{"logCumSumExp", 1, {0, 0, 0}}, prepare_scan, loops<LogCumSumExp>, 2, 30},
};

}  // namespace

extern const Family scan;
const Family scan{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * Softmax, its logarithm, logSumExp and the cross entropy of labels, row by row over contiguous rows. Every row's
 * largest element is taken away first, so that nothing overflows. To add one of the kind, write a part and a row.
 */
#include "kernels/contract/loops.h"
#include "kernels/elementwise.h"
#include "kernels/rows.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN
namespace {

template <class T>
ADJ_ALWAYS T largest_of(const T* x, int64_t n) {
  return extreme_run<true, T>(x, n, 1, kLeast<true, T>);
}

/* Whether a row has no largest element to take away: it is -inf throughout, or empty. Its softmax is 0, the logarithm
   of that -inf, and nothing flows back: 0/0 would poison whatever a mask has hidden completely. */
template <class T>
ADJ_ALWAYS bool hidden(T largest) {
  return largest == kLeast<true, T>;
}

template <class T>
ADJ_ALWAYS void fill_row(T* y, int64_t n, T with) {
  ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = with;
}

/* The sum of e^(x - shift), by way of a small buffer, so that both the exponentials and the sum are vector loops. */
template <class T>
ADJ_ALWAYS double sum_of_exp(const T* x, int64_t n, T shift) {
  constexpr int64_t kChunk = 512;
  T chunk[kChunk];
  Compensated sum{0, 0};
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t length = n - i < kChunk ? n - i : kChunk;
    ADJ_LOOP(int64_t j = 0; j < length; ++j) chunk[j] = exp_of(x[i + j] - shift);
    add(sum, sum_block(chunk, length));
  }
  return value(sum);
}

template <class T>
ADJ_ALWAYS bool infinite(T x) {
  return x - x != T(0);
}

/* An infinite or NaN largest element is the answer itself; so is the -inf of an empty row. */
template <class T>
ADJ_ALWAYS T log_sum_exp(const T* x, int64_t n) {
  const T largest = largest_of(x, n);
  if (infinite(largest)) return largest;
  return static_cast<T>(static_cast<double>(largest) + log_of(sum_of_exp(x, n, largest)));
}

struct Rows {
  ADJ_ALWAYS explicit Rows(const Part& part) : plan(*static_cast<const SoftmaxPlan*>(part.plan)) {
    from = part.index * plan.rows_per_part;
    to = plan.rows - from < plan.rows_per_part ? plan.rows : from + plan.rows_per_part;
  }
  const SoftmaxPlan& plan;
  int64_t from, to;
};

template <class T>
void softmax_part(const Part& part) {
  const Rows rows(part);
  const int64_t n = rows.plan.n;
  for (int64_t r = rows.from; r < rows.to; ++r) {
    const T* x = reinterpret_cast<const T*>(part.at[0]) + r * n;
    T* y = reinterpret_cast<T*>(part.at[1]) + r * n;
    const T largest = largest_of(x, n);
    if (hidden(largest)) {
      fill_row(y, n, T(0));
      continue;
    }
    ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = exp_of(x[i] - largest);
    const T inverse = static_cast<T>(1.0 / sum_row(y, n));
    ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] *= inverse;
  }
}

template <class T>
void log_softmax_part(const Part& part) {
  const Rows rows(part);
  const int64_t n = rows.plan.n;
  for (int64_t r = rows.from; r < rows.to; ++r) {
    const T* x = reinterpret_cast<const T*>(part.at[0]) + r * n;
    T* y = reinterpret_cast<T*>(part.at[1]) + r * n;
    const T largest = largest_of(x, n);
    if (hidden(largest)) {
      fill_row(y, n, largest);
      continue;
    }
    const T log_sum = static_cast<T>(log_of(sum_of_exp(x, n, largest)));
    ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = (x[i] - largest) - log_sum;
  }
}

template <class T>
void log_sum_exp_part(const Part& part) {
  const Rows rows(part);
  const int64_t n = rows.plan.n;
  const T* x = reinterpret_cast<const T*>(part.at[0]);
  T* y = reinterpret_cast<T*>(part.at[1]);
  for (int64_t r = rows.from; r < rows.to; ++r) y[r] = log_sum_exp(x + r * n, n);
}

/* Reads row r's label; false, and reported, if it is outside its row. */
ADJ_ALWAYS bool label_of(const Part& part, const SoftmaxPlan& plan, int64_t r, int64_t& label) {
  label = plan.wide_labels ? reinterpret_cast<const int64_t*>(part.at[1])[r]
                           : reinterpret_cast<const int32_t*>(part.at[1])[r];
  if (label >= 0 && label < plan.n) return true;
  part.fault->out_of_range("label", r, label, plan.n);
  return false;
}

template <class T>
void cross_entropy_part(const Part& part) {
  const Rows rows(part);
  const int64_t n = rows.plan.n;
  T* y = reinterpret_cast<T*>(part.at[2]);
  for (int64_t r = rows.from; r < rows.to; ++r) {
    const T* x = reinterpret_cast<const T*>(part.at[0]) + r * n;
    int64_t label;
    if (!label_of(part, rows.plan, r, label)) return;
    const T largest = largest_of(x, n);
    if (hidden(largest)) {
      y[r] = -largest;
    } else if (infinite(largest)) {
      y[r] = largest - x[label];
    } else {
      y[r] = static_cast<T>(static_cast<double>(largest) - static_cast<double>(x[label]) +
                            log_of(sum_of_exp(x, n, largest)));
    }
  }
}

template <class T>
void cross_entropy_grad_part(const Part& part) {
  const Rows rows(part);
  const int64_t n = rows.plan.n;
  const T* g = reinterpret_cast<const T*>(part.at[2]);
  for (int64_t r = rows.from; r < rows.to; ++r) {
    const T* x = reinterpret_cast<const T*>(part.at[0]) + r * n;
    T* y = reinterpret_cast<T*>(part.at[3]) + r * n;
    int64_t label;
    if (!label_of(part, rows.plan, r, label)) return;
    const T gradient = g[r * rows.plan.g_stride];
    const T largest = largest_of(x, n);
    if (hidden(largest)) {
      fill_row(y, n, T(0));
      continue;
    }
    ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = exp_of(x[i] - largest);
    const T inverse = static_cast<T>(1.0 / sum_row(y, n));
    const T hit = gradient * (y[label] * inverse - T(1));
    ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = gradient * (y[i] * inverse);
    y[label] = hit;
  }
}

#define FLOATS(part)                                  \
  {                                                   \
    {ADJ_F32, part<float>}, { ADJ_F64, part<double> } \
  }

constexpr DtypeLoops softmax_loops[] = FLOATS(softmax_part);
constexpr DtypeLoops log_softmax_loops[] = FLOATS(log_softmax_part);
constexpr DtypeLoops log_sum_exp_loops[] = FLOATS(log_sum_exp_part);
constexpr DtypeLoops cross_entropy_loops[] = FLOATS(cross_entropy_part);
constexpr DtypeLoops cross_entropy_grad_loops[] = FLOATS(cross_entropy_grad_part);

constexpr Kernel kernels[] = {
    {"softmax", prepare_softmax, softmax_loops, 2, 1, 6, {1, 0, 0}},
    {"logSoftmax", prepare_softmax, log_softmax_loops, 2, 1, 6, {1, 0, 0}},
    {"logSumExp", prepare_log_sum_exp, log_sum_exp_loops, 2, 1, 5, {0, 0, 0}},
    {"softmaxCrossEntropy", prepare_cross_entropy, cross_entropy_loops, 2, 2, 5, {0, 0, 0}},
    {"softmaxCrossEntropyGrad", prepare_cross_entropy_grad, cross_entropy_grad_loops, 2, 3, 6, {1, 0, 0}},
};

}  // namespace

extern const Family softmax;
const Family softmax{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

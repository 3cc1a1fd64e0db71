/*
 * Softmax, its logarithm, logSumExp and the cross entropy of labels, row by row over contiguous rows. Every row's
 * largest element is taken away first, so that nothing overflows. To add one of the kind, write a part and a row.
 */
#include "kernels/plan/softmax.h"
#include "kernels/exponentials.h"

ADJ_ISA_BEGIN
namespace {

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

/* An infinite or NaN largest element is the answer itself; so is the -inf of an empty row. */
template <class T>
ADJ_ALWAYS T log_sum_exp(const T* x, int64_t n) {
  const T largest = largest_of(x, n);
  if (infinite(largest)) return largest;
  return static_cast<T>(static_cast<double>(largest) + sum_of_exp(x, n, largest).log_of_all());
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
    const T inverse = static_cast<T>(1.0 / exp_row<true>(x, n, largest, y).all());
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
    const T log_sum = static_cast<T>(sum_of_exp(x, n, largest).log_of_all());
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

/* The cross entropy of a row whose e^(x - largest) are known. */
template <class T>
ADJ_ALWAYS T loss_of(T largest, T chosen, Exponentials sum) {
  if (hidden(largest)) return -largest;
  if (infinite(largest)) return largest - chosen;
  return static_cast<T>(static_cast<double>(largest) - static_cast<double>(chosen) + sum.log_of_all());
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
    y[r] = loss_of(largest, x[label], infinite(largest) ? Exponentials{0} : sum_of_exp(x, n, largest));
  }
}

/*
 * The gradient of a row, g (softmax - onehot), with the exponentials in y on the way: the row is in a cache the second
 * and the third time. At the label it is less the sum of all other probabilities: of a label that all but has
 * probability 1 the difference would keep no digit. Returns the sum of the exponentials.
 */
template <class T>
ADJ_ALWAYS Exponentials gradient_row(const T* x, int64_t n, int64_t label, T largest, T g, T* y) {
  if (hidden(largest)) {
    fill_row(y, n, T(0));
    return {0};
  }
  const bool certain = x[label] == largest;
  const Exponentials sum = exp_row<true>(x, n, largest, y);
  if (g == T(0)) { /* a row that is ignored, whatever it holds */
    fill_row(y, n, T(0));
    return sum;
  }
  const double total = sum.all();
  const T inverse = static_cast<T>(1.0 / total);
  const double missed = certain ? sum.others : total - static_cast<double>(y[label]);
  const T hit = T(0) - g * static_cast<T>(missed / total);
  ADJ_LOOP(int64_t i = 0; i < n; ++i) y[i] = g * (y[i] * inverse);
  y[label] = hit;
  return sum;
}

/* The gradient alone, or (kLoss) after the losses among the outputs. */
template <class T, bool kLoss>
void cross_entropy_grad_part(const Part& part) {
  const Rows rows(part);
  const int64_t n = rows.plan.n;
  const T* g = reinterpret_cast<const T*>(part.at[2]);
  T* losses = kLoss ? reinterpret_cast<T*>(part.at[3]) : nullptr;
  for (int64_t r = rows.from; r < rows.to; ++r) {
    const T* x = reinterpret_cast<const T*>(part.at[0]) + r * n;
    T* y = reinterpret_cast<T*>(part.at[kLoss ? 4 : 3]) + r * n;
    int64_t label;
    if (!label_of(part, rows.plan, r, label)) return;
    /* Read before y, which may be x, is written. */
    const T largest = largest_of(x, n), chosen = x[label];
    const Exponentials sum = gradient_row(x, n, label, largest, g[r * rows.plan.g_stride], y);
    if (kLoss) losses[r] = loss_of(largest, chosen, sum);
  }
}

template <class T>
constexpr Run cross_entropy_only_grad_part = cross_entropy_grad_part<T, false>;
template <class T>
constexpr Run cross_entropy_with_grad_part = cross_entropy_grad_part<T, true>;

#define FLOATS(part)                                  \
  {                                                   \
    {ADJ_F32, part<float>}, { ADJ_F64, part<double> } \
  }

constexpr DtypeLoops softmax_loops[] = FLOATS(softmax_part);
constexpr DtypeLoops log_softmax_loops[] = FLOATS(log_softmax_part);
constexpr DtypeLoops log_sum_exp_loops[] = FLOATS(log_sum_exp_part);
constexpr DtypeLoops cross_entropy_loops[] = FLOATS(cross_entropy_part);
constexpr DtypeLoops cross_entropy_grad_loops[] = FLOATS(cross_entropy_only_grad_part);
constexpr DtypeLoops cross_entropy_with_grad_loops[] = FLOATS(cross_entropy_with_grad_part);

constexpr Kernel kernels[] = {
    {{"softmax", 1, {1, 0, 0}}, prepare_softmax, softmax_loops, 2, 6},
    {{"logSoftmax", 1, {1, 0, 0}}, prepare_softmax, log_softmax_loops, 2, 6},
    {{"logSumExp", 1, {0, 0, 0}}, prepare_log_sum_exp, log_sum_exp_loops, 2, 5},
    {{"softmaxCrossEntropy", 2, {0, 0, 0}, kCanFault}, prepare_cross_entropy, cross_entropy_loops, 2, 5},
    {{"softmaxCrossEntropyGrad", 3, {1, 0, 0}, kCanFault}, prepare_cross_entropy_grad, cross_entropy_grad_loops, 2, 6},
    {{"softmaxCrossEntropyWithGrad", 3, {0, 1, 0}, kCanFault},
     prepare_cross_entropy_with_grad,
     cross_entropy_with_grad_loops,
     2,
     6},
};

}  // namespace

extern const Family softmax;
const Family softmax{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

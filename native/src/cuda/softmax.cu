/*
 * Softmax, its logarithm, logSumExp and the cross entropy of labels: a block a row, which reads it once for the largest
 * element and the sum of exponentials together (LogSumExpOf), and once more to write. Meanings are those of
 * kernels/softmax.cpp. To add one of the kind, write a struct and a row.
 */
#include "contract/softmax.h"

#include "contract/checks.h"
#include "cuda/fold.h"
#include "cuda/seal.h"

namespace adjoint {
namespace cuda {
namespace {

/* What all of the family know of a row. */
template <class T>
struct Rows {
  int64_t rows, n;
  Place x;

  ADJ_DEVICE const T* row(const Environment& run, int64_t r) const { return x.template of<const T>(run) + r * n; }

  template <class B>
  ADJ_DEVICE Exponentials sum(B& b, const T* row_of_x) const {
    Exponentials mine = LogSumExpOf<T>::start();
    for (int64_t i = b.thread(); i < n; i += b.threads()) LogSumExpOf<T>::take(mine, row_of_x[i], i);
    Exponentials sum = join_block<LogSumExpOf<T>, 0>(b, mine);
    if (sum.infinite() && !sum.hidden()) sum.others = __builtin_nan(""); /* what infinity is taken away from */
    return sum;
  }
};

template <class T>
struct Softmax : Rows<T> {
  Place y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t r = b.block(); r < this->rows; r += b.blocks()) {
      const T* from = this->row(run, r);
      T* to = y.template of<T>(run) + r * this->n;
      const Exponentials sum = this->sum(b, from);
      const T largest = static_cast<T>(sum.largest), inverse = static_cast<T>(1.0 / sum.all());
      for (int64_t i = b.thread(); i < this->n; i += b.threads()) {
        to[i] = sum.hidden() ? T(0) : exp_of(from[i] - largest) * inverse;
      }
    }
  }
};

template <class T>
struct LogSoftmax : Rows<T> {
  Place y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t r = b.block(); r < this->rows; r += b.blocks()) {
      const T* from = this->row(run, r);
      T* to = y.template of<T>(run) + r * this->n;
      const Exponentials sum = this->sum(b, from);
      const T largest = static_cast<T>(sum.largest), log_sum = static_cast<T>(log1p_of(sum.others));
      for (int64_t i = b.thread(); i < this->n; i += b.threads()) {
        to[i] = sum.hidden() ? largest : (from[i] - largest) - log_sum;
      }
    }
  }
};

template <class T>
struct LogSumExp : Rows<T> {
  Place y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t r = b.block(); r < this->rows; r += b.blocks()) {
      const Exponentials sum = this->sum(b, this->row(run, r));
      if (b.thread() == 0) y.template of<T>(run)[r] = LogSumExpOf<T>::end(sum);
    }
  }
};

template <class T>
ADJ_DEVICE T loss_of(const Exponentials& sum, T chosen) {
  const double largest = sum.largest;
  if (sum.hidden()) return static_cast<T>(-largest);
  if (sum.infinite()) return static_cast<T>(largest) - chosen;
  return static_cast<T>(largest - static_cast<double>(chosen) + log1p_of(sum.others));
}

/*
 * The losses, or the gradients g (softmax - onehot), or both. At the label the gradient is less the sum of all other
 * probabilities: of a label that all but has probability 1 the difference would keep no digit.
 */
template <class T>
struct CrossEntropy : Rows<T> {
  Place labels, g, losses, gradient;
  int64_t g_stride;
  bool wide, has_losses, has_gradient;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t r = b.block(); r < this->rows; r += b.blocks()) {
      const int64_t label =
          wide ? labels.template of<const int64_t>(run)[r] : int64_t{labels.template of<const int32_t>(run)[r]};
      if (label < 0 || label >= this->n) { /* for all lanes of the block, or for none */
        if (b.thread() == 0) report(b, run, 0, r);
        continue;
      }
      const T* from = this->row(run, r);
      const Exponentials sum = this->sum(b, from);
      const T chosen = from[label]; /* the gradient may take its place */
      if (has_losses && b.thread() == 0) losses.template of<T>(run)[r] = loss_of(sum, chosen);
      if (has_gradient) differentiate(b, run, r, label, sum, from, chosen);
    }
  }

 private:
  template <class B>
  ADJ_DEVICE void differentiate(B& b, const Environment& run, int64_t r, int64_t label, const Exponentials& sum,
                                const T* from, T chosen) const {
    T* to = gradient.template of<T>(run) + r * this->n;
    const T slope = g.template of<const T>(run)[r * g_stride], largest = static_cast<T>(sum.largest);
    const bool nothing = sum.hidden() || slope == T(0); /* a row that is ignored, whatever it holds */
    const double total = sum.all();
    const T inverse = static_cast<T>(1.0 / total);
    const double missed = chosen == largest ? sum.others : total - static_cast<double>(exp_of(chosen - largest));
    const T hit = T(0) - slope * static_cast<T>(missed / total);
    b.sync(); /* all lanes have read the label's logit */
    for (int64_t i = b.thread(); i < this->n; i += b.threads()) {
      const T other = slope * (exp_of(from[i] - largest) * inverse);
      to[i] = nothing ? T(0) : i == label ? hit : other;
    }
  }
};

/* ---- on the host ---- */

template <class T>
Rows<T> rows_of(const Call& call, const SoftmaxCall& checked) {
  return {checked.rows, checked.n, place_of(call.inputs[0])};
}

template <class K>
void add_rows(Step& step, const K& kernel) {
  step.add(kernel.rows < kMostBlocks ? kernel.rows : kMostBlocks, threads_for(kernel.n), kernel);
}

template <template <class> class K>
void add_simple(const Signature& kernel, const Call& call, const SoftmaxCall& checked, Step& step) {
  const Place y = place_of(call.outputs[0]);
  if (checked.dtype == ADJ_F32) return add_rows(step, K<float>{rows_of<float>(call, checked), y});
  if (checked.dtype == ADJ_F64) return add_rows(step, K<double>{rows_of<double>(call, checked), y});
  no_kernel_for(kernel, checked.dtype);
}

template <template <class> class K>
void prepare_softmax(const Kernel& kernel, const Call& call, Step& step) {
  add_simple<K>(kernel, call, check_softmax(kernel, call), step);
}

void prepare_log_sum_exp(const Kernel& kernel, const Call& call, Step& step) {
  add_simple<LogSumExp>(kernel, call, check_log_sum_exp(kernel, call), step);
}

enum Wanted : int32_t { kLosses = 1, kGradient = 2 };

template <class T>
void add_cross_entropy(const Call& call, const SoftmaxCall& checked, int32_t wanted, Step& step) {
  CrossEntropy<T> all{};
  static_cast<Rows<T>&>(all) = rows_of<T>(call, checked);
  all.labels = place_of(call.inputs[1]);
  all.wide = checked.wide_labels;
  all.has_losses = (wanted & kLosses) != 0;
  all.has_gradient = (wanted & kGradient) != 0;
  if (all.has_losses) all.losses = place_of(call.outputs[0]);
  if (all.has_gradient) {
    all.g = place_of(call.inputs[2]);
    all.g_stride = checked.g_stride;
    all.gradient = place_of(call.outputs[all.has_losses ? 1 : 0]);
  }
  add_rows(step, all);
}

void prepare_cross_entropy(const Kernel& kernel, const Call& call, Step& step) {
  const SoftmaxCall checked = kernel.which == kLosses     ? check_cross_entropy(kernel, call)
                              : kernel.which == kGradient ? check_cross_entropy_grad(kernel, call)
                                                          : check_cross_entropy_with_grad(kernel, call);
  if (checked.dtype != ADJ_F32 && checked.dtype != ADJ_F64) no_kernel_for(kernel, checked.dtype);
  if (checked.dtype == ADJ_F32) {
    add_cross_entropy<float>(call, checked, kernel.which, step);
  } else {
    add_cross_entropy<double>(call, checked, kernel.which, step);
  }
  step.noun = "label";
  step.limit = checked.n;
  add_seal(step, call.inputs[1]);
}

constexpr Kernel kernels[] = {
    {{"softmax", 1, {1, 0, 0}}, prepare_softmax<Softmax>},
    {{"logSoftmax", 1, {1, 0, 0}}, prepare_softmax<LogSoftmax>},
    {{"logSumExp", 1, {0, 0, 0}}, prepare_log_sum_exp},
    {{"softmaxCrossEntropy", 2, {0, 0, 0}, kCanFault}, prepare_cross_entropy, kLosses},
    {{"softmaxCrossEntropyGrad", 3, {1, 0, 0}, kCanFault}, prepare_cross_entropy, kGradient},
    {{"softmaxCrossEntropyWithGrad", 3, {0, 1, 0}, kCanFault}, prepare_cross_entropy, kLosses | kGradient},
};

}  // namespace

extern const Family softmax;
const Family softmax{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

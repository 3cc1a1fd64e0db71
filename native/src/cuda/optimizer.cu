/*
 * One step of an optimizer over all its parameters in one launch: Adam with decoupled weight decay (Kingma & Ba 2015,
 * algorithm 1; Loshchilov & Hutter 2019, algorithm 2), and gradient descent. The `clipped` forms read the gradients
 * once more, first: they refuse numbers that are not finite before anything is written, and scale by the global norm.
 * Meanings and roundings are those of kernels/optimizer.cpp, but that subnormals count.
 */
#include "contract/optimizer.h"

#include "contract/checks.h"
#include "cuda/fold.h"
#include "cuda/kernel.h"

namespace adjoint {
namespace cuda {
namespace {

/* ---- arrays one after another on a line, in words that the program keeps on the device ---- */

constexpr int64_t kArrayWords = 3; /* where it starts on the line, its elements, whether it is F64; then its places */

/* For each array its words, then a binding and an offset for its member of every list, inputs first. */
struct Arrays {
  Place table;
  int64_t arrays, lists, elements;

  ADJ_DEVICE const int64_t* words(const Environment& run, int64_t array) const {
    return table.template of<const int64_t>(run) + array * (kArrayWords + 2 * lists);
  }

  /* The array that element `at` of the line belongs to. */
  ADJ_DEVICE int64_t find(const Environment& run, int64_t at) const {
    int64_t low = 0, high = arrays;
    while (high - low > 1) {
      const int64_t middle = (low + high) / 2;
      if (words(run, middle)[0] <= at) {
        low = middle;
      } else {
        high = middle;
      }
    }
    /* Arrays without elements start where the next one does, and are passed over. */
    return low;
  }

  template <class T>
  ADJ_DEVICE T* member(const Environment& run, const int64_t* of, int64_t list) const {
    const Place place{static_cast<int32_t>(of[kArrayWords + 2 * list]), of[kArrayWords + 2 * list + 1]};
    return place.template of<T>(run);
  }
};

/* ---- the norm of all gradients ---- */

constexpr double kDown = 0x1p-600, kUp = 0x1p600, kTiny = 0x1p-900;
constexpr int64_t kPart = 1 << 14; /* elements whose squares a block adds up */

/* Sums of squares: as they are, and of gradients scaled down and up, where the first leaves the range of a number. */
struct Squares {
  double sum, down, up;
};
struct SquaresOf {
  using Element = double;
  using State = Squares;
  static ADJ_DEVICE void take(State& s, double x) {
    s.sum += x * x;
    s.down += (kDown * x) * (kDown * x);
    s.up += (kUp * x) * (kUp * x);
  }
  static ADJ_DEVICE void join(State& s, const State& other) {
    s.sum += other.sum;
    s.down += other.down;
    s.up += other.up;
  }
};

struct Norm {
  Arrays all;
  Place squares;
  int64_t first_operand; /* the gradient of array 0 */

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const int64_t from = b.block() * kPart, to = from + kPart < all.elements ? from + kPart : all.elements;
    Squares mine{0, 0, 0};
    for (int64_t at = from + b.thread(); at < to; at += b.threads()) {
      const int64_t array = all.find(run, at);
      const int64_t* of = all.words(run, array);
      const int64_t i = at - of[0];
      const double x = of[2] != 0 ? all.member<const double>(run, of, 1)[i]
                                  : static_cast<double>(all.member<const float>(run, of, 1)[i]);
      if (x - x != 0) report(b, run, first_operand + array, i);
      SquaresOf::take(mine, x);
    }
    const Squares sum = join_block<SquaresOf, 0>(b, mine);
    if (b.thread() == 0) squares.template of<Squares>(run)[b.block()] = sum;
  }
};

struct SealNotFinite {
  Arrays all;
  int64_t instruction, first_operand;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    FaultRecord& fault = *run.fault;
    if (b.block() != 0 || b.thread() != 0 || fault.found == kNoFault) return;
    const int64_t position = static_cast<int64_t>(fault.found & ((uint64_t{1} << kPositionBits) - 1));
    const int64_t operand = static_cast<int64_t>(fault.found >> kPositionBits);
    const int64_t* of = all.words(run, operand - first_operand);
    fault.position = position;
    fault.operand = operand;
    fault.number = of[2] != 0 ? all.member<const double>(run, of, 1)[position]
                              : static_cast<double>(all.member<const float>(run, of, 1)[position]);
    fault.instruction = instruction;
  }
};

/* ---- the constants of a step ---- */

/* A factor in two steps: one that is subnormal would lose its digits, and the whole gradient with it. */
struct Factor {
  double first, second;
};

struct Clip {
  bool clipped;
  Place squares, most, norm;
  int64_t parts;

  /* What gradients are multiplied by, as torch.nn.utils.clip_grad_norm_ has it; writes the norm. */
  ADJ_DEVICE Factor factor(const Environment& run) const {
    if (!clipped) return {1, 1};
    Squares all{0, 0, 0};
    for (int64_t p = 0; p < parts; ++p) SquaresOf::join(all, squares.template of<const Squares>(run)[p]);
    constexpr double kSmall = 0x1p-100;
    const double limit = *most.template of<const double>(run);
    double raised; /* the factor / kSmall */
    if (all.sum == __builtin_inf()) {
      const double root = sqrt_of(all.down); /* kDown times the norm, which may itself be too large for a number */
      *norm.template of<double>(run) = root * kUp;
      raised = limit * (kDown / kSmall) / root;
    } else {
      const double root = all.sum < kTiny ? sqrt_of(all.up) * kDown : sqrt_of(all.sum);
      *norm.template of<double>(run) = root;
      raised = limit / kSmall / (root + 1e-6);
    }
    if (raised < 1) return {kSmall, raised};
    const double scale = raised * kSmall;
    return {1, scale < 1 ? scale : 1};
  }
};

/* What a gradient counts as at most: beyond it the mean of squares would be infinite. */
template <class T>
ADJ_DEVICE T bounded(T g) {
  constexpr T kMost = sizeof(T) == sizeof(double) ? static_cast<T>(0x1.fp511) : static_cast<T>(0x1.fp63);
  const T below = g > kMost ? kMost : g;
  return (below < -kMost ? -kMost : below) + (g - g);
}

/* Scalars: count lr beta1 beta2 eps decay; lists: p g m v, then p' m' v'. */
struct Adam {
  Place scalars[6], count;
  enum { kFirst, kSecond, kKeep, kRate, kEps, kBeta1, kRest1, kBeta2, kRest2, kUnbias2, kConstantsCount };

  ADJ_DEVICE void begin(const Environment& run, const Factor& factor, double* c) const {
    const auto scalar = [&](int i) { return *scalars[i].template of<const double>(run); };
    const double step = scalar(0) + 1, lr = scalar(1), beta1 = scalar(2), beta2 = scalar(3);
    c[kFirst] = factor.first;
    c[kSecond] = factor.second;
    c[kKeep] = 1 - lr * scalar(5);
    c[kRate] = lr / (1 - __builtin_pow(beta1, step));
    c[kEps] = scalar(4);
    c[kBeta1] = beta1;
    c[kRest1] = 1 - beta1;
    c[kBeta2] = beta2;
    c[kRest2] = 1 - beta2;
    c[kUnbias2] = 1 / (1 - __builtin_pow(beta2, step));
    *count.template of<double>(run) = step;
  }

  template <class T>
  ADJ_DEVICE void update(const Environment& run, const Arrays& all, const int64_t* of, int64_t i,
                         const double* c) const {
    const T p = all.member<const T>(run, of, 0)[i], g = all.member<const T>(run, of, 1)[i];
    const T m = all.member<const T>(run, of, 2)[i], v = all.member<const T>(run, of, 3)[i];
    const T once = static_cast<T>(c[kFirst]), twice = static_cast<T>(c[kSecond]);
    const T gradient = bounded(twice * (once * g));
    const T first = static_cast<T>(c[kBeta1]) * m + static_cast<T>(c[kRest1]) * gradient;
    const T second = static_cast<T>(c[kBeta2]) * v + static_cast<T>(c[kRest2]) * (gradient * gradient);
    all.member<T>(run, of, 4)[i] =
        static_cast<T>(c[kKeep]) * p -
        static_cast<T>(c[kRate]) * first / (sqrt_of(second * static_cast<T>(c[kUnbias2])) + static_cast<T>(c[kEps]));
    all.member<T>(run, of, 5)[i] = first;
    all.member<T>(run, of, 6)[i] = second;
  }
};

/* Scalars: lr momentum decay; lists: p g velocity, then p' velocity'. */
struct Sgd {
  Place scalars[3];
  bool nesterov;
  enum { kFirst, kSecond, kRate, kMomentum, kDecay, kConstantsCount };

  ADJ_DEVICE void begin(const Environment& run, const Factor& factor, double* c) const {
    c[kFirst] = factor.first;
    c[kSecond] = factor.second;
    for (int i = 0; i < 3; ++i) c[kRate + i] = *scalars[i].template of<const double>(run);
  }

  template <class T>
  ADJ_DEVICE void update(const Environment& run, const Arrays& all, const int64_t* of, int64_t i,
                         const double* c) const {
    const T p = all.member<const T>(run, of, 0)[i], g = all.member<const T>(run, of, 1)[i];
    const T u = all.member<const T>(run, of, 2)[i];
    const T once = static_cast<T>(c[kFirst]), twice = static_cast<T>(c[kSecond]);
    const T momentum = static_cast<T>(c[kMomentum]);
    const T gradient = twice * (once * g) + static_cast<T>(c[kDecay]) * p;
    const T velocity = momentum * u + gradient;
    const T direction = nesterov ? gradient + momentum * velocity : velocity;
    all.member<T>(run, of, 3)[i] = p - static_cast<T>(c[kRate]) * direction;
    all.member<T>(run, of, 4)[i] = velocity;
  }
};

template <class Rule>
struct Begin {
  Rule rule;
  Clip clip;
  Place constants;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    if (b.thread() == 0) rule.begin(run, clip.factor(run), constants.template of<double>(run));
  }
};

template <class Rule>
struct Update {
  Rule rule;
  Arrays all;
  Place constants;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    const double* c = constants.template of<const double>(run);
    for (int64_t at = first_of(b); at < all.elements; at += stride_of(b)) {
      const int64_t* of = all.words(run, all.find(run, at));
      if (of[2] != 0) {
        rule.template update<double>(run, all, of, at - of[0], c);
      } else {
        rule.template update<float>(run, all, of, at - of[0], c);
      }
    }
  }
};

/* ---- on the host ---- */

Arrays keep_arrays(const Kernel& kernel, const Call& call, const OptimizerCall& checked, Step& step) {
  const Lists& lists = *kernel.lists;
  Arrays all{{}, checked.arrays, lists.input_lists + lists.output_lists, 0};
  std::vector<int64_t> words;
  for (int64_t a = 0; a < checked.arrays; ++a) {
    const Operand& p = call.inputs[lists.single_inputs + a];
    const int64_t count = count_of(p);
    words.insert(words.end(), {all.elements, count, p.dtype == ADJ_F64});
    const auto keep_member = [&](const Operand& member) {
      const Place place = place_of(member);
      words.insert(words.end(), {place.binding, place.offset});
    };
    for (int l = 0; l < lists.input_lists; ++l) keep_member(call.inputs[lists.single_inputs + l * checked.arrays + a]);
    for (int l = 0; l < lists.output_lists; ++l) {
      keep_member(call.outputs[lists.single_outputs + l * checked.arrays + a]);
    }
    all.elements = plus(all.elements, count);
  }
  all.table = step.keep(words);
  return all;
}

/* `most` is the input that is the largest norm, `norm` the output that receives the norm. */
template <class Rule>
void add_steps(const Kernel& kernel, const Call& call, const OptimizerCall& checked, const Rule& rule, int most,
               int norm, Step& step) {
  const Arrays all = keep_arrays(kernel, call, checked, step);
  const Place constants = step.take_scratch(Rule::kConstantsCount * static_cast<int64_t>(sizeof(double)));
  Clip clip{checked.clipped, {}, {}, {}, ceil_div(all.elements, kPart)};
  if (checked.clipped) {
    const int64_t gradients = checked.inputs + checked.arrays;
    if (gradients + checked.arrays >= int64_t{1} << (63 - kPositionBits)) {
      fail(ADJ_INVALID_IMAGE, "%s: %lld arrays are more than CUDA can tell apart", kernel.name, ll(checked.arrays));
    }
    clip.squares = step.take_scratch(times(clip.parts, sizeof(Squares)));
    clip.most = place_of(call.inputs[most]);
    clip.norm = place_of(call.outputs[norm]);
    step.add(clip.parts, threads_for(all.elements), Norm{all, clip.squares, gradients});
    step.add(1, 32, SealNotFinite{all, step.instruction, gradients});
  }
  step.add(1, 32, Begin<Rule>{rule, clip, constants});
  step.add_each(all.elements, Update<Rule>{rule, all, constants});
}

void prepare_adam(const Kernel& kernel, const Call& call, Step& step) {
  const OptimizerCall checked = check_adam(kernel, call, kernel.which != 0);
  Adam rule{};
  for (int i = 0; i < 6; ++i) rule.scalars[i] = place_of(call.inputs[i]);
  rule.count = place_of(call.outputs[0]);
  add_steps(kernel, call, checked, rule, 6, 1, step);
}

void prepare_sgd(const Kernel& kernel, const Call& call, Step& step) {
  const OptimizerCall checked = check_sgd(kernel, call, kernel.which != 0);
  Sgd rule{};
  for (int i = 0; i < 3; ++i) rule.scalars[i] = place_of(call.inputs[i]);
  rule.nesterov = checked.nesterov;
  add_steps(kernel, call, checked, rule, 3, 0, step);
}

constexpr Lists adam_lists{6, 4, 1, 3, {0, 0, 2, 3, -1, -1}};
constexpr Lists clipped_adam_lists{7, 4, 2, 3, {0, -1, 0, 2, 3, -1}};
constexpr Lists sgd_lists{3, 3, 0, 2, {0, 2, -1, -1, -1, -1}};
constexpr Lists clipped_sgd_lists{4, 3, 1, 2, {-1, 0, 2, -1, -1, -1}};

constexpr Kernel kernels[] = {
    {{"adam", 0, {0, 0, 0}, false, &adam_lists}, prepare_adam, 0},
    {{"clippedAdam", 0, {0, 0, 0}, kCanFault, &clipped_adam_lists}, prepare_adam, 1},
    {{"sgd", 0, {0, 0, 0}, false, &sgd_lists}, prepare_sgd, 0},
    {{"clippedSgd", 0, {0, 0, 0}, kCanFault, &clipped_sgd_lists}, prepare_sgd, 1},
};

}  // namespace

extern const Family optimizer;
const Family optimizer{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

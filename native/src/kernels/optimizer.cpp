/*
 * One step of an optimizer over all its parameters: Adam with decoupled weight decay, and gradient descent. Each array
 * is read once and written once, in parts that know no borders between arrays. The `clipped` forms read the gradients
 * once more, first: they refuse numbers that are not finite before anything is written, and scale by the global norm.
 * Rates and counts are run-time scalars. They refuse schedules, which are graph ops. To add an optimizer, add the
 * update of a piece, its constants, and a row.
 */
#include "kernels/plan/optimizer.h"
#include "kernels/elementwise.h"
#include "kernels/subnormals.h"

ADJ_ISA_BEGIN
namespace {

constexpr double kInfinite = __builtin_inf();
constexpr int64_t kBlock = 256; /* elements that are fetched while the block before is worked on */

ADJ_ALWAYS double scalar(const Part& part, int64_t operand) {
  return *reinterpret_cast<const double*>(part.at[operand]);
}

ADJ_ALWAYS const OptimizerPlan& plan_of(const Part& part) { return *static_cast<const OptimizerPlan*>(part.plan); }

/*
 * What all parts share: the constants of this run, then, if it clips, two sums of squares for each part: as they are,
 * and of scaled gradients where the first left the range of a number.
 */
ADJ_ALWAYS double* constants(const Part& part) { return reinterpret_cast<double*>(part.shared); }
ADJ_ALWAYS double* sums(const Part& part) { return constants(part) + kOptimizerConstants; }

/*
 * Calls f(array, from, n, wide) for the pieces of arrays that are the part's. The arrays lie one after another on a
 * line, each from a multiple of kOptimizerAlignment; a part is a stretch of that line.
 */
template <class F>
ADJ_ALWAYS void each_piece(const Part& part, const F& f) {
  const OptimizerPlan& plan = plan_of(part);
  const int64_t* starts = plan.table;
  const int64_t* sizes = starts + plan.arrays + 1;
  const int64_t* wide = sizes + plan.arrays;
  const int64_t from = part.index * plan.tile;
  const int64_t to = starts[plan.arrays] - from < plan.tile ? starts[plan.arrays] : from + plan.tile;
  int64_t low = 0, high = plan.arrays; /* the last array that starts at `from` or before it */
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    if (starts[middle] <= from) {
      low = middle;
    } else {
      high = middle;
    }
  }
  for (int64_t a = low; a < plan.arrays && starts[a] < to; ++a) {
    const int64_t i0 = from > starts[a] ? from - starts[a] : 0;
    const int64_t i1 = to - starts[a] < sizes[a] ? to - starts[a] : sizes[a];
    if (i0 < i1) f(a, i0, i1 - i0, wide[a] != 0);
  }
}

/* Member `array` of a list, from element `from`; the single inputs and outputs stand before the lists. */
template <class T>
ADJ_ALWAYS T* member(const Part& part, int64_t first, int64_t list, int64_t array, int64_t from) {
  return reinterpret_cast<T*>(part.at[first + list * plan_of(part).arrays + array]) + from;
}

/* ---- the norm of all gradients ---- */

ADJ_ALWAYS Vector<double> widened(const double* x) { return load<Vector<double>>(x); }
ADJ_ALWAYS Vector<double> widened(const float* x) {
  return __builtin_convertvector(load<VectorOf<float>::half>(x), Vector<double>);
}

/*
 * In F64: the squares of F32 are exact there and leave its range neither way. Those of F64 do, and then the squares of
 * kDown x or of kUp x are summed. A sum below kTiny may have lost squares to zero.
 */
constexpr double kDown = 0x1p-600, kUp = 0x1p600, kTiny = 0x1p-900;

template <bool kScaled, class T>
ADJ_ALWAYS double sum_of_squares(const T* x, int64_t n, double given) {
  const double factor = kScaled ? given : 1; /* a constant where nothing is scaled */
  constexpr int64_t kL = kLanes<double>;
  Vector<double> s0{}, s1{}, s2{}, s3{};
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) {
    const Vector<double> a = factor * widened(x + i), b = factor * widened(x + i + kL);
    const Vector<double> c = factor * widened(x + i + 2 * kL), d = factor * widened(x + i + 3 * kL);
    s0 = fma(a, a, s0);
    s1 = fma(b, b, s1);
    s2 = fma(c, c, s2);
    s3 = fma(d, d, s3);
  }
  const Vector<double> s = (s0 + s1) + (s2 + s3);
  double sum = 0;
  for (int64_t l = 0; l < kL; ++l) sum += s[l];
  for (; i < n; ++i) {
    const double last = factor * static_cast<double>(x[i]);
    sum += last * last;
  }
  return sum;
}

template <bool kScaled>
ADJ_ALWAYS double sum_of_part(const Part& part, double factor = 1) {
  const OptimizerPlan& plan = plan_of(part);
  double sum = 0;
  each_piece(part, [&](int64_t array, int64_t from, int64_t n, bool wide) {
    if (kScaled && !wide && factor > 1) return; /* squares of F32 do not vanish: this piece is zero */
    sum += wide ? sum_of_squares<kScaled>(member<const double>(part, plan.inputs, 1, array, from), n, factor)
                : sum_of_squares<kScaled>(member<const float>(part, plan.inputs, 1, array, from), n, factor);
  });
  return sum;
}

template <class T>
void report(const Part& part, int64_t operand, const T* g, int64_t from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(g[i]);
    if (x - x != 0) {
      part.fault->not_finite(operand, from + i, x);
      return;
    }
  }
}

/*
 * A part's share of the squared norm. What is not finite makes the sum so: only then is it looked for. Beside an
 * infinite sum of finite numbers stands that of kDown x, beside a tiny one that of kUp x.
 */
void norm_part(const Part& part) {
  const OptimizerPlan& plan = plan_of(part);
  const double sum = sum_of_part<false>(part);
  double* mine = sums(part) + 2 * part.index;
  mine[0] = sum;
  mine[1] = 0;
  if (sum < kTiny) mine[1] = sum_of_part<true>(part, kUp);
  if (sum - sum == 0) return;
  mine[1] = sum_of_part<true>(part, kDown);
  each_piece(part, [&](int64_t array, int64_t from, int64_t n, bool wide) {
    const int64_t operand = plan.inputs + plan.arrays + array;
    if (wide) {
      report(part, operand, member<const double>(part, plan.inputs, 1, array, from), from, n);
    } else {
      report(part, operand, member<const float>(part, plan.inputs, 1, array, from), from, n);
    }
  });
}

/* A factor in two steps: one that is subnormal would be read as zero, and the whole gradient with it. */
struct Factor {
  double first, second;
};

/* What gradients are multiplied by, as torch.nn.utils.clip_grad_norm_ has it; writes the norm. 1 if nothing is clipped.
 */
ADJ_ALWAYS Factor clip(const Part& part, int64_t max_norm, int64_t norm_output) {
  const OptimizerPlan& plan = plan_of(part);
  if (!plan.clipped) return {1, 1};
  double sum = 0, down = 0, up = 0;
  for (int64_t p = 0; p < plan.parts; ++p) {
    const double of_part = sums(part)[2 * p], scaled = sums(part)[2 * p + 1];
    sum += of_part;
    down += of_part == kInfinite ? scaled : of_part * (kDown * kDown);
    up += of_part < kTiny ? scaled : 0;
  }
  const double most = scalar(part, max_norm);
  double* norm_of_all = reinterpret_cast<double*>(part.at[norm_output]);
  constexpr double kSmall = 0x1p-100;
  double raised; /* the factor / kSmall */
  if (sum == kInfinite) {
    const double norm = __builtin_sqrt(down); /* kDown times the norm, which may itself be too large for a number */
    *norm_of_all = norm * kUp;
    raised = most * (kDown / kSmall) / norm;
  } else {
    const double norm = sum < kTiny ? __builtin_sqrt(up) * kDown : __builtin_sqrt(sum);
    *norm_of_all = norm;
    raised = most / kSmall / (norm + 1e-6);
  }
  if (raised < 1) return {kSmall, raised};
  const double scale = raised * kSmall;
  return {1, scale < 1 ? scale : 1};
}

/* ---- Adam ---- */

/*
 * What a gradient counts as at most: beyond it the mean of squares would be infinite, and the parameter would never
 * move again. Adam does not depend on the scale of gradients, so a step along constant ones is as long as it should be.
 */
template <class T>
constexpr T kMostGradient = sizeof(T) == sizeof(double) ? static_cast<T>(0x1.fp511) : static_cast<T>(0x1.fp63);

/* Within +-kMostGradient; an infinity becomes a NaN, and a NaN stays one. */
template <class T>
ADJ_ALWAYS T bounded(T g) {
  constexpr T kMost = kMostGradient<T>;
  const T below = g > kMost ? kMost : g;
  return (below < -kMost ? -kMost : below) + (g - g);
}

/*
 * Kingma & Ba 2015, algorithm 1, with the decay of Loshchilov & Hutter 2019, algorithm 2. Operands: count lr beta1
 * beta2 eps decay [max norm], p.. g.. m.. v..; count' [norm], p'.. m'.. v'..
 */
struct Adam {
  enum { kFirst, kSecond, kKeep, kRate, kEps, kBeta1, kRest1, kBeta2, kRest2, kUnbias2 };

  static void begin(const Part& part) {
    const OptimizerPlan& plan = plan_of(part);
    const double step = scalar(part, 0) + 1, lr = scalar(part, 1), beta1 = scalar(part, 2), beta2 = scalar(part, 3);
    double* c = constants(part);
    const Factor factor = clip(part, 6, plan.first_output + 1);
    c[kFirst] = factor.first;
    c[kSecond] = factor.second;
    c[kKeep] = 1 - lr * scalar(part, 5);
    c[kRate] = lr / (1 - __builtin_pow(beta1, step));
    c[kEps] = scalar(part, 4);
    c[kBeta1] = beta1;
    c[kRest1] = 1 - beta1;
    c[kBeta2] = beta2;
    c[kRest2] = 1 - beta2;
    c[kUnbias2] = 1 / (1 - __builtin_pow(beta2, step));
    *reinterpret_cast<double*>(part.at[plan.first_output]) = step;
  }

  template <class T>
  static ADJ_ALWAYS void update(const Part& part, int64_t array, int64_t from, int64_t n) {
    const OptimizerPlan& plan = plan_of(part);
    const double* c = constants(part);
    const T once = static_cast<T>(c[kFirst]), twice = static_cast<T>(c[kSecond]);
    const T keep = static_cast<T>(c[kKeep]), rate = static_cast<T>(c[kRate]);
    const T eps = static_cast<T>(c[kEps]), unbias2 = static_cast<T>(c[kUnbias2]);
    const T beta1 = static_cast<T>(c[kBeta1]), rest1 = static_cast<T>(c[kRest1]);
    const T beta2 = static_cast<T>(c[kBeta2]), rest2 = static_cast<T>(c[kRest2]);
    const T* p = member<const T>(part, plan.inputs, 0, array, from);
    const T* g = member<const T>(part, plan.inputs, 1, array, from);
    const T* m = member<const T>(part, plan.inputs, 2, array, from);
    const T* v = member<const T>(part, plan.inputs, 3, array, from);
    const int64_t outputs = plan.first_output + plan.outputs;
    T* p_new = member<T>(part, outputs, 0, array, from);
    T* m_new = member<T>(part, outputs, 1, array, from);
    T* v_new = member<T>(part, outputs, 2, array, from);
    for (int64_t block = 0; block < n; block += kBlock) {
      const int64_t end = n - block < kBlock ? n : block + kBlock;
      const int64_t ahead = n - end < kBlock ? n : end + kBlock;
      /* Seven streams are more than the hardware follows across pages. */
      for (int64_t i = end; i < ahead; i += 64 / static_cast<int64_t>(sizeof(T))) {
        __builtin_prefetch(p + i, 1);
        __builtin_prefetch(g + i);
        __builtin_prefetch(m + i, 1);
        __builtin_prefetch(v + i, 1);
      }
      ADJ_LOOP(int64_t i = block; i < end; ++i) {
        const T gradient = bounded(twice * (once * g[i]));
        const T first = beta1 * m[i] + rest1 * gradient;
        const T second = beta2 * v[i] + rest2 * (gradient * gradient);
        p_new[i] = keep * p[i] - rate * first / (sqrt_of(second * unbias2) + eps);
        m_new[i] = first;
        v_new[i] = second;
      }
    }
  }
};

/* ---- gradient descent ---- */

/* Operands: lr momentum decay [max norm], p.. g.. velocity..; [norm], p'.. velocity'.. */
struct Sgd {
  enum { kFirst, kSecond, kRate, kMomentum, kDecay };

  static void begin(const Part& part) {
    double* c = constants(part);
    const Factor factor = clip(part, 3, plan_of(part).first_output);
    c[kFirst] = factor.first;
    c[kSecond] = factor.second;
    c[kRate] = scalar(part, 0);
    c[kMomentum] = scalar(part, 1);
    c[kDecay] = scalar(part, 2);
  }

  template <class T>
  static ADJ_ALWAYS void update(const Part& part, int64_t array, int64_t from, int64_t n) {
    const OptimizerPlan& plan = plan_of(part);
    const double* c = constants(part);
    const T once = static_cast<T>(c[kFirst]), twice = static_cast<T>(c[kSecond]), lr = static_cast<T>(c[kRate]);
    const T momentum = static_cast<T>(c[kMomentum]), decay = static_cast<T>(c[kDecay]);
    const bool nesterov = plan.nesterov;
    const T* p = member<const T>(part, plan.inputs, 0, array, from);
    const T* g = member<const T>(part, plan.inputs, 1, array, from);
    const T* u = member<const T>(part, plan.inputs, 2, array, from);
    const int64_t outputs = plan.first_output + plan.outputs;
    T* p_new = member<T>(part, outputs, 0, array, from);
    T* u_new = member<T>(part, outputs, 1, array, from);
    ADJ_LOOP(int64_t i = 0; i < n; ++i) {
      const T gradient = twice * (once * g[i]) + decay * p[i];
      const T velocity = momentum * u[i] + gradient;
      const T direction = nesterov ? gradient + momentum * velocity : velocity;
      p_new[i] = p[i] - lr * direction;
      u_new[i] = velocity;
    }
  }
};

/* Not inlined: the compiler does not know that the arithmetic must stay between two writes of MXCSR. */
template <class Rule>
__attribute__((noinline)) void update_pieces(const Part& part) {
  each_piece(part, [&](int64_t array, int64_t from, int64_t n, bool wide) {
    if (wide) {
      Rule::template update<double>(part, array, from, n);
    } else {
      Rule::template update<float>(part, array, from, n);
    }
  });
}

template <class Rule>
void update_part(const Part& part) {
  const SubnormalsAreZero here;
  update_pieces<Rule>(part);
}

constexpr OptimizerLoops adam_loops{norm_part, Adam::begin, update_part<Adam>};
constexpr OptimizerLoops sgd_loops{norm_part, Sgd::begin, update_part<Sgd>};

constexpr Lists adam_lists{6, 4, 1, 3, {0, 0, 2, 3, -1, -1}};
constexpr Lists clipped_adam_lists{7, 4, 2, 3, {0, -1, 0, 2, 3, -1}};
constexpr Lists sgd_lists{3, 3, 0, 2, {0, 2, -1, -1, -1, -1}};
constexpr Lists clipped_sgd_lists{4, 3, 1, 2, {-1, 0, 2, -1, -1, -1}};

constexpr Kernel kernels[] = {
    {{"adam", 0, {0, 0, 0}, false, &adam_lists}, prepare_adam, &adam_loops, 1, 6},
    {{"clippedAdam", 0, {0, 0, 0}, kCanFault, &clipped_adam_lists}, prepare_clipped_adam, &adam_loops, 1, 6},
    {{"sgd", 0, {0, 0, 0}, false, &sgd_lists}, prepare_sgd, &sgd_loops, 1, 3},
    {{"clippedSgd", 0, {0, 0, 0}, kCanFault, &clipped_sgd_lists}, prepare_clipped_sgd, &sgd_loops, 1, 3},
};

}  // namespace

extern const Family optimizer;
const Family optimizer{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

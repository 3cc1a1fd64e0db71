/*
 * One step of Adam and of SGD over one parameter, fused: each array is read once and written once. Rates and counts are
 * run-time scalars. It refuses weight decay, clipping and schedules, which are graph ops. To add an optimizer, add a
 * part.
 */
#include "kernels/contract/loops.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

ADJ_ALWAYS double scalar(const Part& part, int operand) { return *reinterpret_cast<const double*>(part.at[operand]); }

/* Kingma & Ba 2015, algorithm 1. Operands: p g m v, step lr beta1 beta2 eps, p' m' v'. */
template <class T>
void adam_part(const Part& part) {
  const OptimizerPlan& plan = *static_cast<const OptimizerPlan*>(part.plan);
  const int64_t from = part.index * plan.tile;
  const int64_t n = plan.n - from < plan.tile ? plan.n - from : plan.tile;
  const double step = scalar(part, 4), beta1_exact = scalar(part, 6), beta2_exact = scalar(part, 7);
  const T lr = static_cast<T>(scalar(part, 5)), eps = static_cast<T>(scalar(part, 8));
  const T beta1 = static_cast<T>(beta1_exact), beta2 = static_cast<T>(beta2_exact);
  const T rest1 = static_cast<T>(1.0 - beta1_exact), rest2 = static_cast<T>(1.0 - beta2_exact);
  const T unbias1 = static_cast<T>(1.0 / (1.0 - __builtin_pow(beta1_exact, step)));
  const T unbias2 = static_cast<T>(1.0 / (1.0 - __builtin_pow(beta2_exact, step)));
  const T* p = reinterpret_cast<const T*>(part.at[0]) + from;
  const T* g = reinterpret_cast<const T*>(part.at[1]) + from;
  const T* m = reinterpret_cast<const T*>(part.at[2]) + from;
  const T* v = reinterpret_cast<const T*>(part.at[3]) + from;
  T* p_new = reinterpret_cast<T*>(part.at[9]) + from;
  T* m_new = reinterpret_cast<T*>(part.at[10]) + from;
  T* v_new = reinterpret_cast<T*>(part.at[11]) + from;
  ADJ_LOOP(int64_t i = 0; i < n; ++i) {
    const T gradient = g[i];
    const T first = beta1 * m[i] + rest1 * gradient;
    const T second = beta2 * v[i] + rest2 * (gradient * gradient);
    p_new[i] = p[i] - lr * (first * unbias1) / (sqrt_of(second * unbias2) + eps);
    m_new[i] = first;
    v_new[i] = second;
  }
}

/* Operands: p g velocity, lr momentum, p' velocity'. */
template <class T>
void sgd_part(const Part& part) {
  const OptimizerPlan& plan = *static_cast<const OptimizerPlan*>(part.plan);
  const int64_t from = part.index * plan.tile;
  const int64_t n = plan.n - from < plan.tile ? plan.n - from : plan.tile;
  const T lr = static_cast<T>(scalar(part, 3)), momentum = static_cast<T>(scalar(part, 4));
  const bool nesterov = plan.nesterov;
  const T* p = reinterpret_cast<const T*>(part.at[0]) + from;
  const T* g = reinterpret_cast<const T*>(part.at[1]) + from;
  const T* u = reinterpret_cast<const T*>(part.at[2]) + from;
  T* p_new = reinterpret_cast<T*>(part.at[5]) + from;
  T* u_new = reinterpret_cast<T*>(part.at[6]) + from;
  ADJ_LOOP(int64_t i = 0; i < n; ++i) {
    const T gradient = g[i];
    const T velocity = momentum * u[i] + gradient;
    const T direction = nesterov ? gradient + momentum * velocity : velocity;
    p_new[i] = p[i] - lr * direction;
    u_new[i] = velocity;
  }
}

constexpr DtypeLoops adam_loops[] = {{ADJ_F32, adam_part<float>}, {ADJ_F64, adam_part<double>}};
constexpr DtypeLoops sgd_loops[] = {{ADJ_F32, sgd_part<float>}, {ADJ_F64, sgd_part<double>}};

constexpr Kernel kernels[] = {
    {"adam", prepare_adam, adam_loops, 2, 9, 6, {1u << 0, 1u << 2, 1u << 3}},
    {"sgd", prepare_sgd, sgd_loops, 2, 5, 3, {1u << 0, 1u << 2, 0}},
};

}  // namespace

extern const Family optimizer;
const Family optimizer{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

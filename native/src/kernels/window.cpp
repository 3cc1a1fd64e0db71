/*
 * Where the maximum of each window of a plane is: the first one in row-major order, the first NaN before all. What
 * stands there is `gather`'s to pick. A window that has no element of the plane has 0.
 */
#include "kernels/elementwise.h"
#include "kernels/plan/convolution.h"
#include "kernels/window_places.h"

ADJ_ISA_BEGIN
namespace {

/* The places of k's, first .. last - 1, whose tap lies in the plane: k * stride + tap is 0 .. image - 1. */
struct Stretch {
  int64_t first, last;
};

ADJ_ALWAYS Stretch inside(const ConvAxis& axis, int64_t tap) {
  int64_t first = tap < 0 ? (axis.stride - 1 - tap) / axis.stride : 0;
  int64_t last = tap < axis.image ? (axis.image - 1 - tap) / axis.stride + 1 : 0;
  last = last < axis.result ? last : axis.result;
  return {first, last < first ? first : last};
}

/* One element of each of a line of windows: `at` is the first one's place, kStride that of neighbours, 0 for any. */
template <int kStride, class T>
ADJ_ALWAYS void meet(const T* x, int64_t at, int64_t stride, int64_t count, T* most, int32_t* best) {
  const int64_t step = kStride > 0 ? kStride : stride;
  const int32_t place = static_cast<int32_t>(at), apart = static_cast<int32_t>(step);
  ADJ_LOOP(int64_t k = 0; k < count; ++k) {
    const T value = x[at + k * step];
    /* True of the first and of a NaN, false once one was found. */
    const bool better = (!(value <= most[k]) && most[k] == most[k]) || best[k] < 0;
    most[k] = better ? value : most[k];
    best[k] = better ? place + static_cast<int32_t>(k) * apart : best[k];
  }
}

/* A line of windows, one element of all of them after the other. */
template <class T>
__attribute__((noinline)) void window_line(const WindowPlan& plan, const T* x, Places a, Places b,
                                           const Stretch* stretches, T* most, int32_t* best) {
  const ConvAxis& axis = plan.axis[2];
  const int64_t height = plan.axis[1].image, width = axis.image, results = axis.result;
  ADJ_LOOP(int64_t k = 0; k < results; ++k) best[k] = -1;
  ADJ_LOOP(int64_t k = 0; k < results; ++k) most[k] = T(0);
  for (int64_t i = 0; i < a.count; ++i) {
    for (int64_t j = 0; j < b.count; ++j) {
      const int64_t line = ((a.from + i * a.step) * height + b.from + j * b.step) * width;
      for (int64_t t = 0; t < axis.kernel; ++t) {
        const Stretch run = stretches[t];
        const int64_t tap = t * axis.dilation - axis.before;
        const int64_t at = line + tap + run.first * axis.stride, count = run.last - run.first;
        if (axis.stride == 1) {
          meet<1>(x, at, 1, count, most + run.first, best + run.first);
        } else if (axis.stride == 2) {
          meet<2>(x, at, 2, count, most + run.first, best + run.first);
        } else {
          meet<0>(x, at, axis.stride, count, most + run.first, best + run.first);
        }
      }
    }
  }
  ADJ_LOOP(int64_t k = 0; k < results; ++k) best[k] = best[k] < 0 ? 0 : best[k];
}

template <class T>
void window_part(const Part& part) {
  const WindowPlan& plan = *static_cast<const WindowPlan*>(part.plan);
  const T* x = reinterpret_cast<const T*>(part.at[0]) + part.index * plan.image;
  int32_t* y = reinterpret_cast<int32_t*>(part.at[1]) + part.index * plan.result;
  const int64_t line = plan.axis[2].result;
  Stretch* stretches = reinterpret_cast<Stretch*>(part.lane);
  T* most = reinterpret_cast<T*>(part.lane + plan.most_at);
  for (int64_t t = 0; plan.by_lines && t < plan.axis[2].kernel; ++t) {
    stretches[t] = inside(plan.axis[2], t * plan.axis[2].dilation - plan.axis[2].before);
  }
  for (int64_t i = 0; i < plan.axis[0].result; ++i) {
    const Places a = places_of(plan.axis[0], plan.adaptive, i);
    for (int64_t j = 0; j < plan.axis[1].result; ++j, y += line) {
      const Places b = places_of(plan.axis[1], plan.adaptive, j);
      if (plan.by_lines) {
        window_line(plan, x, a, b, stretches, most, y);
        continue;
      }
      for (int64_t k = 0; k < line; ++k)
        y[k] = argmax_of(plan.axis, x, a, b, places_of(plan.axis[2], plan.adaptive, k));
    }
  }
}

constexpr DtypeLoops loops[] = {{ADJ_F32, window_part<float>}, {ADJ_F64, window_part<double>}};

constexpr Kernel kernels[] = {{{"windowArgmax", 1, {0, 0, 0}}, prepare_window_argmax, loops, 2, 4}};

}  // namespace

extern const Family window;
const Family window{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

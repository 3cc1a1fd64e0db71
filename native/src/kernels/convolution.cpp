/*
 * conv and its partners, and the places of maxima of windows.
 */
#include "kernels/plan/convolution.h"
#include "kernels/elementwise.h"
#include "kernels/epilogue.h"
#include "kernels/subnormals.h"

ADJ_ISA_BEGIN
namespace {

ADJ_ALWAYS int64_t kernel_size(const ConvPlan& plan) {
  return plan.axis[0].kernel * plan.axis[1].kernel * plan.axis[2].kernel;
}
ADJ_ALWAYS int64_t image_size(const ConvPlan& plan) {
  return plan.axis[0].image * plan.axis[1].image * plan.axis[2].image;
}
ADJ_ALWAYS int64_t result_size(const ConvPlan& plan) {
  return plan.axis[0].result * plan.axis[1].result * plan.axis[2].result;
}

/* Calls f(place in the image, place in the kernel, place in the result) for all that meets in one plane of each. */
template <class F>
ADJ_ALWAYS void for_meetings(const ConvPlan& plan, const F& f) {
  const ConvAxis &u = plan.axis[0], &v = plan.axis[1], &w = plan.axis[2];
  int64_t p = 0;
  for (int64_t a = 0; a < u.result; ++a) {
    for (int64_t b = 0; b < v.result; ++b) {
      for (int64_t c = 0; c < w.result; ++c, ++p) {
        int64_t t = 0;
        for (int64_t i = 0; i < u.kernel; ++i) {
          const int64_t x = a * u.stride + i * u.dilation - u.before;
          for (int64_t j = 0; j < v.kernel; ++j) {
            const int64_t y = b * v.stride + j * v.dilation - v.before;
            for (int64_t k = 0; k < w.kernel; ++k, ++t) {
              const int64_t z = c * w.stride + k * w.dilation - w.before;
              if (x < 0 || y < 0 || z < 0 || x >= u.image || y >= v.image || z >= w.image) continue;
              f((x * v.image + y) * w.image + z, t, p);
            }
          }
        }
      }
    }
  }
}

template <class T>
ADJ_ALWAYS void finish(const Part& part, const ConvPlan& plan, T* y, int64_t size, int64_t channel) {
  const T* bias = plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + channel : nullptr;
  finish_rows(y, size, 1, size, Epilogue<T>{bias, 0, 0, plan.activation});
}

/* One plane of the result. */
template <class T>
__attribute__((noinline)) void conv_plane(const Part& part) {
  const ConvPlan& plan = *static_cast<const ConvPlan*>(part.plan);
  const int64_t outputs = plan.groups * plan.co, n = part.index / outputs, o = part.index % outputs;
  const int64_t image = image_size(plan), taps = kernel_size(plan), places = result_size(plan);
  const T* x = reinterpret_cast<const T*>(part.at[0]) + (n * plan.groups + o / plan.co) * plan.ci * image;
  const T* w = reinterpret_cast<const T*>(part.at[1]) + o * plan.ci * taps;
  T* y = reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + part.index * places;
  __builtin_memset(y, 0, static_cast<size_t>(places) * sizeof(T));
  for (int64_t c = 0; c < plan.ci; ++c, x += image, w += taps) {
    for_meetings(plan, [&](int64_t i, int64_t t, int64_t p) { y[p] += x[i] * w[t]; });
  }
  finish(part, plan, y, places, o);
}

/* One plane of the image. */
template <class T>
__attribute__((noinline)) void input_plane(const Part& part) {
  const ConvPlan& plan = *static_cast<const ConvPlan*>(part.plan);
  const int64_t inputs = plan.groups * plan.ci, n = part.index / inputs, c = part.index % inputs, g = c / plan.ci;
  const int64_t image = image_size(plan), taps = kernel_size(plan), places = result_size(plan);
  const T* y = reinterpret_cast<const T*>(part.at[0]) + (n * plan.groups + g) * plan.co * places;
  const T* w = reinterpret_cast<const T*>(part.at[1]) + (g * plan.co * plan.ci + c % plan.ci) * taps;
  T* x = reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + part.index * image;
  __builtin_memset(x, 0, static_cast<size_t>(image) * sizeof(T));
  for (int64_t o = 0; o < plan.co; ++o, y += places, w += plan.ci * taps) {
    for_meetings(plan, [&](int64_t i, int64_t t, int64_t p) { x[i] += y[p] * w[t]; });
  }
  finish(part, plan, x, image, c);
}

/* One plane of the kernels. */
template <class T>
__attribute__((noinline)) void weight_plane(const Part& part) {
  const ConvPlan& plan = *static_cast<const ConvPlan*>(part.plan);
  const int64_t o = part.index / plan.ci, c = part.index % plan.ci;
  const int64_t image = image_size(plan), taps = kernel_size(plan), places = result_size(plan);
  const T* x = reinterpret_cast<const T*>(part.at[0]) + (o / plan.co * plan.ci + c) * image;
  const T* y = reinterpret_cast<const T*>(part.at[1]) + o * places;
  T* w = reinterpret_cast<T*>(part.at[2]) + part.index * taps;
  __builtin_memset(w, 0, static_cast<size_t>(taps) * sizeof(T));
  for (int64_t n = 0; n < plan.n; ++n) {
    for_meetings(plan, [&](int64_t i, int64_t t, int64_t p) { w[t] += x[i] * y[p]; });
    x += plan.groups * plan.ci * image;
    y += plan.groups * plan.co * places;
  }
}

template <class T>
void conv_part(const Part& part) {
  const SubnormalsAreZero here;
  conv_plane<T>(part);
}
template <class T>
void input_part(const Part& part) {
  const SubnormalsAreZero here;
  input_plane<T>(part);
}
template <class T>
void weight_part(const Part& part) {
  const SubnormalsAreZero here;
  weight_plane<T>(part);
}

constexpr DtypeLoops conv_loops[] = {{ADJ_F32, conv_part<float>}, {ADJ_F64, conv_part<double>}};
constexpr DtypeLoops input_loops[] = {{ADJ_F32, input_part<float>}, {ADJ_F64, input_part<double>}};
constexpr DtypeLoops weight_loops[] = {{ADJ_F32, weight_part<float>}, {ADJ_F64, weight_part<double>}};

constexpr Kernel kernels[] = {{{"conv", 2, {0, 0, 0}}, prepare_conv, conv_loops, 2, 1},
                              {{"convInput", 2, {0, 0, 0}}, prepare_conv_input, input_loops, 2, 1},
                              {{"convWeight", 2, {0, 0, 0}}, prepare_conv_weight, weight_loops, 2, 1}};

}  // namespace

extern const Family convolution;
const Family convolution{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

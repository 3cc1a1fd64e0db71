/*
 * Convolution and its partners by the definition, a plane of the output at a time: for kernels that reach so far that
 * a copy of what they meet would be mostly padding, and larger than memory.
 */
#pragma once

#include "kernels/conv_patch.h"

ADJ_ISA_BEGIN

/* Calls f(place in the image, place in the kernel, place in the result) for all that meets in one plane of each. */
template <class F>
ADJ_ALWAYS void for_meetings(const ConvCall& call, const F& f) {
  const ConvAxis &u = call.axis[0], &v = call.axis[1], &w = call.axis[2];
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

/* One plane of the image if the plan is transposed, else of the result. */
template <class T>
__attribute__((noinline)) void plain_plane(const Part& part) {
  const PlainPlan& plan = *static_cast<const PlainPlan*>(part.plan);
  const int64_t rows = plan.transposed ? plan.ci : plan.co, sources = plan.transposed ? plan.co : plan.ci;
  const int64_t outputs = plan.groups * rows, n = part.index / outputs, row = part.index % outputs, g = row / rows;
  const int64_t places = plan.transposed ? plan.image : plan.result, from = plan.transposed ? plan.result : plan.image;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + (n * plan.groups + g) * sources * from;
  const T* w = reinterpret_cast<const T*>(part.at[1]) +
               (plan.transposed ? g * plan.co * plan.ci + row % rows : row * plan.ci) * plan.taps;
  const int64_t apart = plan.transposed ? plan.ci * plan.taps : plan.taps;
  T* y = reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + part.index * places;
  __builtin_memset(y, 0, static_cast<size_t>(places) * sizeof(T));
  for (int64_t s = 0; s < sources; ++s, x += from, w += apart) {
    if (plan.transposed) {
      for_meetings(plan, [&](int64_t i, int64_t t, int64_t p) { y[i] += x[p] * w[t]; });
    } else {
      for_meetings(plan, [&](int64_t i, int64_t t, int64_t p) { y[p] += x[i] * w[t]; });
    }
  }
  const T* bias = plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + row : nullptr;
  finish_rows(y, places, 1, places, Epilogue<T>{bias, 0, 0, plan.activation});
}

/* One plane of the kernels. */
template <class T>
__attribute__((noinline)) void plain_weights(const Part& part) {
  const PlainPlan& plan = *static_cast<const PlainPlan*>(part.plan);
  const int64_t o = part.index / plan.ci, c = part.index % plan.ci;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + (o / plan.co * plan.ci + c) * plan.image;
  const T* y = reinterpret_cast<const T*>(part.at[1]) + o * plan.result;
  T* w = reinterpret_cast<T*>(part.at[2]) + part.index * plan.taps;
  __builtin_memset(w, 0, static_cast<size_t>(plan.taps) * sizeof(T));
  for (int64_t n = 0; n < plan.n; ++n) {
    for_meetings(plan, [&](int64_t i, int64_t t, int64_t p) { w[t] += x[i] * y[p]; });
    x += plan.groups * plan.ci * plan.image;
    y += plan.groups * plan.co * plan.result;
  }
}

template <class T>
void plain_part(const Part& part) {
  const SubnormalsAreZero here;
  plain_plane<T>(part);
}
template <class T>
void plain_weight_part(const Part& part) {
  const SubnormalsAreZero here;
  plain_weights<T>(part);
}

ADJ_ISA_END

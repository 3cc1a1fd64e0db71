/* The elements of a window of a plane, and which of them is the maximum, on the CPU and on a GPU. */
#pragma once

#include <cstdint>

#include "contract/convolution.h"
#include "kernels/target.h"

ADJ_ISA_BEGIN

/* The places of a window along an axis: `count` from `from` on, `step` apart. */
struct Places {
  int64_t from, step, count;
};

ADJ_ALWAYS Places places_of(const ConvAxis& axis, bool adaptive, int64_t i) {
  if (adaptive) {
    const int64_t from = i * axis.image / axis.result;
    return {from, 1, ((i + 1) * axis.image + axis.result - 1) / axis.result - from};
  }
  const int64_t start = i * axis.stride - axis.before;
  const int64_t first = start < 0 ? (axis.dilation - 1 - start) / axis.dilation : 0;
  const int64_t from = start + first * axis.dilation;
  const int64_t inside = from < axis.image ? (axis.image - 1 - from) / axis.dilation + 1 : 0;
  const int64_t left = axis.kernel > first ? axis.kernel - first : 0;
  return {from, axis.dilation, left < inside ? left : inside};
}

template <class T>
ADJ_ALWAYS int32_t argmax_of(const ConvAxis* axis, const T* x, Places a, Places b, Places c) {
  if (a.count == 0 || b.count == 0 || c.count == 0) return 0;
  const int64_t height = axis[1].image, width = axis[2].image;
  int64_t best = (a.from * height + b.from) * width + c.from;
  T most = x[best];
  for (int64_t i = 0; i < a.count; ++i) {
    for (int64_t j = 0; j < b.count; ++j) {
      int64_t at = ((a.from + i * a.step) * height + b.from + j * b.step) * width + c.from;
      for (int64_t k = 0; k < c.count; ++k, at += c.step) {
        /* True of a NaN, false once one was found. */
        const bool better = !(x[at] <= most) && most == most;
        most = better ? x[at] : most;
        best = better ? at : best;
      }
    }
  }
  return static_cast<int32_t>(best);
}

ADJ_ISA_END

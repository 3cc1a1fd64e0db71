/* What convolutions and the places of maxima of windows are, whatever computes them. */
#pragma once

#include "contract/call.h"

namespace adjoint {

inline constexpr int kSpatialAxes = 3;

/* Element p of the result meets element t of the kernel at element p * stride + t * dilation - before of the image. */
struct ConvAxis {
  int64_t image, kernel, result, stride, before, dilation;
};

/* The sizes of conv, convInput and convWeight: images [n, groups * ci, image...], kernels [groups * co, ci, kernel...],
 * results [n, groups * co, result...]. */
struct ConvCall {
  int32_t dtype;
  int32_t has_bias, activation;
  int64_t n, groups, ci, co;
  ConvAxis axis[kSpatialAxes];
};

/* Windows over planes of images; the result counts places in a plane. */
struct WindowCall {
  int32_t dtype;
  bool adaptive;
  int64_t planes;
  ConvAxis axis[kSpatialAxes]; /* `kernel` is a window's size */
};

ConvCall check_conv(const Signature& kernel, const Call& call);
ConvCall check_conv_input(const Signature& kernel, const Call& call);
ConvCall check_conv_weight(const Signature& kernel, const Call& call);
WindowCall check_window_argmax(const Signature& kernel, const Call& call);

}  // namespace adjoint

/* Contracts of convolutions and of windows: see convolution.h. */
#include "contract/convolution.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

/* Places in an image stay far from the ends of 64 bits. */
constexpr int64_t kMostPlaces = int64_t{1} << 60;

/* Takes strides, elements before and dilations from `ints`. */
void read_axes(const Signature& kernel, const int64_t* ints, ConvAxis* axis) {
  for (int d = 0; d < kSpatialAxes; ++d) {
    axis[d].stride = ints[d];
    axis[d].before = ints[kSpatialAxes + d];
    axis[d].dilation = ints[2 * kSpatialAxes + d];
    check_int(kernel, "stride", axis[d].stride, 1, kMostPlaces);
    check_int(kernel, "before", axis[d].before, 0, kMostPlaces);
    check_int(kernel, "dilation", axis[d].dilation, 1, kMostPlaces);
  }
}

void check_reach(const Signature& kernel, const ConvAxis* axis) {
  for (int d = 0; d < kSpatialAxes; ++d) {
    check_int(kernel, "reach of results", times(axis[d].result, axis[d].stride), 0, kMostPlaces);
    check_int(kernel, "reach of the kernel", times(axis[d].kernel, axis[d].dilation), 0, kMostPlaces);
    check_int(kernel, "image", axis[d].image, 0, kMostPlaces);
  }
}

void check_operand(const Named& of, int32_t dtype, int32_t rank) {
  check_dtype(of, dtype);
  check_rank(of, rank);
  check_contiguous(of);
}

/* `image`, `weights` and `result` are the call's operands in their roles; `ints` begins with the groups. */
ConvCall check_sizes(const Signature& kernel, const Call& call, const int64_t* ints, const Named& image,
                     const Named& weights, const Named& result) {
  ConvCall conv{};
  conv.dtype = call.inputs[0].dtype;
  if (conv.dtype != ADJ_F32 && conv.dtype != ADJ_F64) no_kernel_for(kernel, conv.dtype);
  for (const Named* of : {&image, &weights, &result}) check_operand(*of, conv.dtype, 2 + kSpatialAxes);
  conv.groups = ints[0];
  check_int(kernel, "groups", conv.groups, 1, kMostPlaces);
  read_axes(kernel, ints + 1, conv.axis);
  conv.n = image.operand.dims[0];
  conv.ci = weights.operand.dims[1];
  conv.co = weights.operand.dims[0] / conv.groups;
  check_dim(weights, 0, times(conv.co, conv.groups));
  check_dim(image, 1, times(conv.ci, conv.groups));
  check_dim(result, 0, conv.n);
  check_dim(result, 1, weights.operand.dims[0]);
  for (int d = 0; d < kSpatialAxes; ++d) {
    conv.axis[d].image = image.operand.dims[2 + d];
    conv.axis[d].kernel = weights.operand.dims[2 + d];
    conv.axis[d].result = result.operand.dims[2 + d];
  }
  check_reach(kernel, conv.axis);
  return conv;
}

/* conv and convInput: what follows is a bias of the output's channels, and an activation. */
void check_epilogue(const Signature& kernel, const Call& call, int64_t ints) {
  if (call.ints_count != ints) check_counts(kernel, call, ints, kernel.inputs, 1);
  check_int(kernel, "hasBias", call.ints[0], 0, 1);
  check_int(kernel, "activation", call.ints[1], 0, 3);
  check_counts(kernel, call, ints, kernel.inputs + call.ints[0], 1);
}

void take_epilogue(const Signature& kernel, const Call& call, ConvCall& conv) {
  conv.has_bias = static_cast<int32_t>(call.ints[0]);
  conv.activation = static_cast<int32_t>(call.ints[1]);
  if (conv.has_bias == 0) return;
  check_operand(input(kernel, call, 2), conv.dtype, 1);
  check_dim(input(kernel, call, 2), 0, call.outputs[0].dims[1]);
}

constexpr int64_t kConvInts = 1 + 3 * kSpatialAxes, kWindowInts = 1 + 4 * kSpatialAxes;

}  // namespace

ConvCall check_conv(const Signature& kernel, const Call& call) {
  check_epilogue(kernel, call, 2 + kConvInts);
  ConvCall conv =
      check_sizes(kernel, call, call.ints + 2, input(kernel, call, 0), input(kernel, call, 1), output(kernel, call, 0));
  take_epilogue(kernel, call, conv);
  return conv;
}

ConvCall check_conv_input(const Signature& kernel, const Call& call) {
  check_epilogue(kernel, call, 2 + kConvInts);
  ConvCall conv =
      check_sizes(kernel, call, call.ints + 2, output(kernel, call, 0), input(kernel, call, 1), input(kernel, call, 0));
  take_epilogue(kernel, call, conv);
  return conv;
}

ConvCall check_conv_weight(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, kConvInts, kernel.inputs, 1);
  return check_sizes(kernel, call, call.ints, input(kernel, call, 0), output(kernel, call, 0), input(kernel, call, 1));
}

WindowCall check_window_argmax(const Signature& kernel, const Call& call) {
  check_counts(kernel, call, kWindowInts, kernel.inputs, 1);
  check_int(kernel, "adaptive", call.ints[0], 0, 1);
  WindowCall window{};
  window.dtype = call.inputs[0].dtype;
  window.adaptive = call.ints[0] == 1;
  check_operand(input(kernel, call, 0), window.dtype, 1 + kSpatialAxes);
  check_operand(output(kernel, call, 0), ADJ_I32, 1 + kSpatialAxes);
  const Operand &x = call.inputs[0], &y = call.outputs[0];
  window.planes = x.dims[0];
  check_dim(output(kernel, call, 0), 0, window.planes);
  int64_t places = 1;
  for (int d = 0; d < kSpatialAxes; ++d) {
    window.axis[d].image = x.dims[1 + d];
    window.axis[d].result = y.dims[1 + d];
    places = times(places, x.dims[1 + d]);
  }
  check_int(kernel, "elements of a plane", places, 0, INT32_MAX);
  if (window.adaptive) {
    for (int d = 0; d < kSpatialAxes; ++d) {
      check_int(kernel, "results", window.axis[d].result, 0, kMostPlaces / INT32_MAX);
    }
    return window;
  }
  for (int d = 0; d < kSpatialAxes; ++d) {
    window.axis[d].kernel = call.ints[1 + d];
    check_int(kernel, "size", window.axis[d].kernel, 0, kMostPlaces);
  }
  read_axes(kernel, call.ints + 1 + kSpatialAxes, window.axis);
  check_reach(kernel, window.axis);
  return window;
}

}  // namespace adjoint

/*
 * `conv`, `convInput` and `convWeight` by their definition, a thread for each element of the output, which sums what it
 * meets in order and in F64; and `windowArgmax`, a thread a window. It refuses tiles and tensor cores.
 */
#include "contract/convolution.h"

#include "contract/checks.h"
#include "cuda/activation.h"
#include "cuda/kernel.h"
#include "kernels/window_places.h"

namespace adjoint {
namespace cuda {
namespace {

enum Which : int32_t { kForward, kInput, kWeight };

/* A place in three axes. */
struct Spot {
  int64_t at[kSpatialAxes];
};

struct Sizes {
  int64_t of[kSpatialAxes], all;

  ADJ_DEVICE Spot spot(int64_t i) const { return {{i / of[2] / of[1], i / of[2] % of[1], i % of[2]}}; }
  ADJ_DEVICE int64_t place(const Spot& s) const { return (s.at[0] * of[1] + s.at[1]) * of[2] + s.at[2]; }
};

/* The operands in their roles, and how their elements meet. */
struct Meeting {
  ConvCall conv;
  Sizes image, kernel, result;

  /* Whether a result's and a kernel's place meet inside the image, and where. */
  ADJ_DEVICE bool find_image(const Spot& p, const Spot& t, Spot& x) const {
    bool inside = true;
    for (int d = 0; d < kSpatialAxes; ++d) {
      const ConvAxis& axis = conv.axis[d];
      x.at[d] = p.at[d] * axis.stride + t.at[d] * axis.dilation - axis.before;
      inside = inside && x.at[d] >= 0 && x.at[d] < axis.image;
    }
    return inside;
  }

  /* Whether a result's place meets a kernel's and an image's, and where. */
  ADJ_DEVICE bool find_result(const Spot& x, const Spot& t, Spot& p) const {
    bool meet = true;
    for (int d = 0; d < kSpatialAxes; ++d) {
      const ConvAxis& axis = conv.axis[d];
      const int64_t from = x.at[d] + axis.before - t.at[d] * axis.dilation;
      p.at[d] = from / axis.stride;
      meet = meet && from >= 0 && from % axis.stride == 0 && p.at[d] < axis.result;
    }
    return meet;
  }

  ADJ_DEVICE int64_t image_plane(int64_t n, int64_t group, int64_t c) const {
    return (n * conv.groups + group) * conv.ci + c;
  }
  ADJ_DEVICE int64_t result_plane(int64_t n, int64_t group, int64_t o) const {
    return (n * conv.groups + group) * conv.co + o;
  }
  ADJ_DEVICE int64_t kernel_plane(int64_t group, int64_t o, int64_t c) const {
    return (group * conv.co + o) * conv.ci + c;
  }
};

/* y[i] = the sum of a * b over all that meet there, with a bias of the output's channels and an activation. */
template <Which kWhich, class T>
struct Convolve {
  Meeting meeting;
  Place a, b, bias, y;
  int64_t count;

  template <class B>
  ADJ_DEVICE void run(B& block, const Environment& run) const {
    const T *from_a = a.template of<const T>(run), *from_b = b.template of<const T>(run);
    const ConvCall& conv = meeting.conv;
    for (int64_t i = first_of(block); i < count; i += stride_of(block)) {
      const Sizes& own = kWhich == kForward ? meeting.result : kWhich == kInput ? meeting.image : meeting.kernel;
      const int64_t plane = i / own.all;
      const Spot at = own.spot(i % own.all);
      T sum = static_cast<T>(sum_at(from_a, from_b, plane, at));
      const int64_t channels = conv.groups * (kWhich == kForward ? conv.co : conv.ci);
      if (conv.has_bias != 0) sum += bias.template of<const T>(run)[plane % channels];
      y.template of<T>(run)[i] = activated(sum, conv.activation);
    }
  }

  ADJ_DEVICE double sum_at(const T* from_a, const T* from_b, int64_t plane, const Spot& at) const {
    const ConvCall& conv = meeting.conv;
    if constexpr (kWhich == kWeight) {
      const int64_t c = plane % conv.ci, o = plane / conv.ci % conv.co, group = plane / conv.ci / conv.co;
      double sum = 0;
      for (int64_t n = 0; n < conv.n; ++n) {
        const T* image = from_a + meeting.image_plane(n, group, c) * meeting.image.all;
        const T* result = from_b + meeting.result_plane(n, group, o) * meeting.result.all;
        for (int64_t p = 0; p < meeting.result.all; ++p) {
          Spot x;
          if (meeting.find_image(meeting.result.spot(p), at, x)) {
            sum += static_cast<double>(image[meeting.image.place(x)]) * static_cast<double>(result[p]);
          }
        }
      }
      return sum;
    } else {
      const int64_t own = kWhich == kForward ? conv.co : conv.ci, others = kWhich == kForward ? conv.ci : conv.co;
      const int64_t channel = plane % own, group = plane / own % conv.groups, n = plane / own / conv.groups;
      double sum = 0;
      for (int64_t other = 0; other < others; ++other) {
        const int64_t o = kWhich == kForward ? channel : other, c = kWhich == kForward ? other : channel;
        const T* weights = from_b + meeting.kernel_plane(group, o, c) * meeting.kernel.all;
        const T* from = from_a + (kWhich == kForward ? meeting.image_plane(n, group, c) * meeting.image.all
                                                     : meeting.result_plane(n, group, o) * meeting.result.all);
        for (int64_t t = 0; t < meeting.kernel.all; ++t) {
          Spot met;
          const Spot tap = meeting.kernel.spot(t);
          const bool meet = kWhich == kForward ? meeting.find_image(at, tap, met) : meeting.find_result(at, tap, met);
          if (!meet) continue;
          const int64_t place = kWhich == kForward ? meeting.image.place(met) : meeting.result.place(met);
          sum += static_cast<double>(from[place]) * static_cast<double>(weights[t]);
        }
      }
      return sum;
    }
  }
};

template <class T>
struct WindowArgmax {
  WindowCall window;
  Sizes image, result;
  Place x, y;
  int64_t count;

  template <class B>
  ADJ_DEVICE void run(B& block, const Environment& run) const {
    for (int64_t i = first_of(block); i < count; i += stride_of(block)) {
      const T* plane = x.template of<const T>(run) + i / result.all * image.all;
      const Spot at = result.spot(i % result.all);
      y.template of<int32_t>(run)[i] = argmax_of(
          window.axis, plane, places_of(window.axis[0], window.adaptive, at.at[0]),
          places_of(window.axis[1], window.adaptive, at.at[1]), places_of(window.axis[2], window.adaptive, at.at[2]));
    }
  }
};

/* ---- on the host ---- */

Sizes sizes_of(const ConvAxis* axis, int64_t ConvAxis::*size) {
  const int64_t a = axis[0].*size, b = axis[1].*size, c = axis[2].*size;
  return {{a, b, c}, times(times(a, b), c)};
}

template <Which kWhich, class T>
void add_convolution(const Call& call, const ConvCall& conv, Step& step) {
  const Meeting meeting{conv, sizes_of(conv.axis, &ConvAxis::image), sizes_of(conv.axis, &ConvAxis::kernel),
                        sizes_of(conv.axis, &ConvAxis::result)};
  Convolve<kWhich, T> all{meeting, place_of(call.inputs[0]),  place_of(call.inputs[1]),
                          {},      place_of(call.outputs[0]), count_of(call.outputs[0])};
  if (conv.has_bias != 0) all.bias = place_of(call.inputs[2]);
  if (all.count > 0) step.add_each(all.count, all);
}

template <Which kWhich>
void prepare_convolution(const Kernel& kernel, const Call& call, Step& step) {
  const ConvCall conv = kWhich == kForward ? check_conv(kernel, call)
                        : kWhich == kInput ? check_conv_input(kernel, call)
                                           : check_conv_weight(kernel, call);
  if (conv.dtype == ADJ_F32) return add_convolution<kWhich, float>(call, conv, step);
  add_convolution<kWhich, double>(call, conv, step);
}

template <class T>
void add_windows(const Call& call, const WindowCall& window, Step& step) {
  const WindowArgmax<T> all{window,
                            sizes_of(window.axis, &ConvAxis::image),
                            sizes_of(window.axis, &ConvAxis::result),
                            place_of(call.inputs[0]),
                            place_of(call.outputs[0]),
                            count_of(call.outputs[0])};
  if (all.count > 0) step.add_each(all.count, all);
}

void prepare_window_argmax(const Kernel& kernel, const Call& call, Step& step) {
  const WindowCall window = check_window_argmax(kernel, call);
  if (window.dtype == ADJ_F32) return add_windows<float>(call, window, step);
  if (window.dtype == ADJ_F64) return add_windows<double>(call, window, step);
  no_kernel_for(kernel, window.dtype);
}

constexpr Kernel kernels[] = {
    {{"conv", 2, {0, 0, 0}}, prepare_convolution<kForward>},
    {{"convInput", 2, {0, 0, 0}}, prepare_convolution<kInput>},
    {{"convWeight", 2, {0, 0, 0}}, prepare_convolution<kWeight>},
    {{"windowArgmax", 1, {0, 0, 0}}, prepare_window_argmax},
};

}  // namespace

extern const Family convolution;
const Family convolution{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

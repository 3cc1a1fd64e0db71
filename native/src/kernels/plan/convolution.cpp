/* Plans convolutions and windowArgmax. */
#include "kernels/plan/convolution.h"

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

int64_t result_places(const ConvCall& call) {
  return times(times(call.axis[0].result, call.axis[1].result), call.axis[2].result);
}
int64_t image_places(const ConvCall& call) {
  return times(times(call.axis[0].image, call.axis[1].image), call.axis[2].image);
}
int64_t kernel_places(const ConvCall& call) {
  return times(times(call.axis[0].kernel, call.axis[1].kernel), call.axis[2].kernel);
}

void plan_conv(const Kernel& kernel, const ConvCall& call, int64_t elements, int64_t parts, Step& step) {
  const Run run = loops_for<DtypeLoops>(kernel, call.dtype).part;
  plan_in<ConvPlan>(step, call);
  if (elements > 0) add_stage(step, run, parts);
}

}  // namespace

void prepare_conv(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const ConvCall conv = check_conv(kernel, call);
  const int64_t planes = times(conv.n, times(conv.groups, conv.co));
  plan_conv(kernel, conv, times(planes, result_places(conv)), planes, step);
}

void prepare_conv_input(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const ConvCall conv = check_conv_input(kernel, call);
  const int64_t planes = times(conv.n, times(conv.groups, conv.ci));
  plan_conv(kernel, conv, times(planes, image_places(conv)), planes, step);
}

void prepare_conv_weight(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const ConvCall conv = check_conv_weight(kernel, call);
  const int64_t planes = times(times(conv.groups, conv.co), conv.ci);
  plan_conv(kernel, conv, times(planes, kernel_places(conv)), planes, step);
}

void prepare_window_argmax(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const WindowCall window = check_window_argmax(kernel, call);
  const Run run = loops_for<DtypeLoops>(kernel, window.dtype).part;
  WindowPlan& plan = plan_in<WindowPlan>(step, window);
  const ConvAxis* axis = plan.axis;
  plan.image = times(times(axis[0].image, axis[1].image), axis[2].image);
  plan.result = times(times(axis[0].result, axis[1].result), axis[2].result);
  if (plan.result > 0) add_stage(step, run, plan.planes, part_elements(kernel.cost) / plan.result);
}

}  // namespace adjoint

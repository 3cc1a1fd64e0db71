/*
 * conv, its partners and windowArgmax: what their plans are. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/convolution.h"
#include "kernels/plan/loops.h"

namespace adjoint {

struct ConvPlan : ConvCall {};

struct WindowPlan : WindowCall {
  int64_t image, result; /* elements of a plane */
};

void prepare_conv(const Kernel&, const Call&, const Machine&, Step&);
void prepare_conv_input(const Kernel&, const Call&, const Machine&, Step&);
void prepare_conv_weight(const Kernel&, const Call&, const Machine&, Step&);
void prepare_window_argmax(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

/*
 * The softmax family: what its plan is. Plain structs only, for the reason given in kernel.h.
 */
#pragma once

#include "contract/softmax.h"
#include "kernels/plan/loops.h"

namespace adjoint {

struct SoftmaxPlan : SoftmaxCall {
  int64_t rows_per_part;
};

void prepare_softmax(const Kernel&, const Call&, const Machine&, Step&);
void prepare_log_sum_exp(const Kernel&, const Call&, const Machine&, Step&);
void prepare_cross_entropy(const Kernel&, const Call&, const Machine&, Step&);
void prepare_cross_entropy_grad(const Kernel&, const Call&, const Machine&, Step&);
void prepare_cross_entropy_with_grad(const Kernel&, const Call&, const Machine&, Step&);

}  // namespace adjoint

/*
 * The smooth activations of neural networks. None overflows, and all take their limits at both infinities. To add one,
 * write its functor and its row in functions/activations.h.
 */
#include "kernels/functions/activations.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {ADJ_ACTIVATIONS_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family activations;
const Family activations{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

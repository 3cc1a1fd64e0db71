/*
 * Elementwise functions of one operand: y = f(x). To add one, write its functor and its row in functions/unary.h.
 */
#include "kernels/functions/unary.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {ADJ_UNARY_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family unary;
const Family unary{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * Elementwise functions of two operands: y = f(a, b). To add one, write its functor and its row in functions/binary.h.
 */
#include "kernels/functions/binary.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {ADJ_BINARY_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family binary;
const Family binary{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * The error function and the gamma function's logarithm with its derivatives. To add one, write its functor and its row
 * in functions/special.h.
 */
#include "kernels/functions/special.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {ADJ_SPECIAL_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family special;
const Family special{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * Elementwise functions of integers and bits, and the remainder of any numbers. BOOL is a byte of 0 or 1. A quotient by
 * 0 is 0 here: whoever divides by data has `nonZero` look at the divisor first. To add one, write its functor and its
 * row in functions/integers.h.
 */
#include "kernels/functions/integers.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {ADJ_INTEGERS_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family integers;
const Family integers{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

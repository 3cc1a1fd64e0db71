/*
 * Elementwise comparisons: a BOOL, one byte of 0 or 1. To add one, write its functor and its row in
 * functions/compare.h.
 */
#include "kernels/functions/compare.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {ADJ_COMPARE_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family compare;
const Family compare{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

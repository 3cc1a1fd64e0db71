/*
 * `fused`: a region of elementwise ops as one instruction. What it runs are the loops of the elementwise families of
 * the same instruction set; it has none of its own.
 */
#include "kernels/contract/loops.h"
#include "kernels/families.h"

ADJ_ISA_BEGIN
namespace {

constexpr Kernel kernels[] = {{"fused", prepare_fused, &families, 1, 0, 1, {kAnyInput, 0, 0}}};

}  // namespace

extern const Family fused;
const Family fused{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * `cast` between any two dtypes, with Java's meaning of every conversion. A dtype is added to FROM.
 */
#include "kernels/functions/cast.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

template <class X, class Y>
constexpr Loops to() {
  return kUnaryLoops<Cast, X, Y>;
}

#define FROM(X) to<X, float>(), to<X, double>(), to<X, Bf16>(), to<X, int32_t>(), to<X, int64_t>(), to<X, uint8_t>()

constexpr Loops loops[] = {FROM(float), FROM(double), FROM(Bf16), FROM(int32_t), FROM(int64_t), FROM(uint8_t)};

constexpr Kernel kernels[] = {elementwise("cast", loops, 1)};

}  // namespace

extern const Family cast;
const Family cast{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

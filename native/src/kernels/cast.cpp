/*
 * `cast` between any two dtypes, with Java's meaning of every conversion. A dtype is added as a row of `targets`.
 */
#include "kernels/bf16.h"

ADJ_ISA_BEGIN
namespace {

template <class X>
inline constexpr bool kFloating = kDtype<X> == ADJ_F32 || kDtype<X> == ADJ_F64;

struct Cast {
  template <class Y, class X>
  static Y f(X x) {
    if constexpr (kDtype<X> == ADJ_BF16) {
      return f<Y>(widen(x));
    } else if constexpr (kDtype<Y> == ADJ_BF16) {
      return narrow(x);
    } else if constexpr (kDtype<Y> == ADJ_BOOL) {
      return static_cast<Y>(x != X(0) ? 1 : 0);
    } else if constexpr (kFloating<X> && !kFloating<Y>) {
      /* Toward zero, saturating, NaN to 0. The bound is 2^31 or 2^63, exact in X. */
      constexpr X kBound = X(uint64_t{1} << (sizeof(Y) * 8 - 1));
      constexpr Y kLowest = static_cast<Y>(uint64_t{1} << (sizeof(Y) * 8 - 1));
      const bool inside = x >= -kBound && x < kBound;
      const Y y = static_cast<Y>(inside ? x : X(0));
      const Y saturated = x >= kBound ? static_cast<Y>(~kLowest) : kLowest;
      return inside || x != x ? y : saturated;
    } else if constexpr (sizeof(Y) < sizeof(X) && !kFloating<Y>) {
      return static_cast<Y>(static_cast<uint32_t>(x));
    } else {
      return static_cast<Y>(x);
    }
  }
};

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

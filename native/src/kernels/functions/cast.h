/* `cast` between any two dtypes, with Java's meaning of every conversion. */
#pragma once

#include "kernels/bf16.h"

ADJ_ISA_BEGIN

template <class X>
inline constexpr bool kFloating = kDtype<X> == ADJ_F32 || kDtype<X> == ADJ_F64;

struct Cast {
  template <class Y, class X>
  static ADJ_ALWAYS Y f(X x) {
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

ADJ_ISA_END

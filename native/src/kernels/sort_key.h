/* Integers that compare as elements do when they are sorted: NaN last, zeros of both signs equal. */
#pragma once

#include <type_traits>

#include "kernels/number.h"

ADJ_ISA_BEGIN

inline constexpr uint64_t kLast = ~uint64_t{0};

template <class T>
struct Word;
template <>
struct Word<float> {
  using type = uint32_t;
};
template <>
struct Word<double> {
  using type = uint64_t;
};

/* An integer in the order of x, NaN last; -0 and 0 are equal. */
template <class T>
ADJ_ALWAYS uint64_t key_of(T x, bool descending) {
  using W = typename Word<T>::type;
  if (x != x) return kLast;
  const T positive_zero = x + T(0);
  W bits;
  __builtin_memcpy(&bits, &positive_zero, sizeof(bits));
  const W sign = W(1) << (sizeof(W) * 8 - 1);
  const W ordered = (bits & sign) != 0 ? static_cast<W>(~bits) : static_cast<W>(bits | sign);
  return descending ? static_cast<W>(~ordered) : ordered;
}

template <class T>
ADJ_ALWAYS uint64_t integer_key(T x, bool descending) {
  using W = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  const W ordered = static_cast<W>(static_cast<W>(x) ^ (W(1) << (sizeof(W) * 8 - 1)));
  return descending ? static_cast<W>(~ordered) : ordered;
}
ADJ_ALWAYS uint64_t key_of(int32_t x, bool descending) { return integer_key(x, descending); }
ADJ_ALWAYS uint64_t key_of(int64_t x, bool descending) { return integer_key(x, descending); }

ADJ_ISA_END

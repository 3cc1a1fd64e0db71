/*
 * Integers that wrap around as Java's do: signed overflow is undefined in C++, so arithmetic goes by way of unsigned
 * numbers of the same width.
 */
#pragma once

#include <type_traits>

#include "kernels/kernel.h"

ADJ_ISA_BEGIN

template <class T>
using Unsigned = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <class T>
ADJ_ALWAYS Unsigned<T> unsigned_of(T x) {
  return static_cast<Unsigned<T>>(x);
}

template <class T>
ADJ_ALWAYS T wrapped(Unsigned<T> x) {
  return static_cast<T>(x);
}

ADJ_ISA_END

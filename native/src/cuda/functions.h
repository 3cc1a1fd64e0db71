/*
 * Every elementwise function as a number, and what a thread does with one: the functors and lists of
 * kernels/functions/, which the CPU's tables are made of too. Values travel as 64 bits, whatever their dtype.
 */
#pragma once

#include "cuda/environment.h"
#include "kernels/functions/activations.h"
#include "kernels/functions/binary.h"
#include "kernels/functions/cast.h"
#include "kernels/functions/compare.h"
#include "kernels/functions/integers.h"
#include "kernels/functions/special.h"
#include "kernels/functions/trigonometric.h"
#include "kernels/functions/unary.h"

namespace adjoint {
namespace cuda {

#define ADJ_CUDA_FUNCTIONS(F)    \
  ADJ_UNARY_FUNCTIONS(F)         \
  ADJ_BINARY_FUNCTIONS(F)        \
  ADJ_INTEGERS_FUNCTIONS(F)      \
  ADJ_TRIGONOMETRIC_FUNCTIONS(F) \
  ADJ_SPECIAL_FUNCTIONS(F)       \
  ADJ_ACTIVATIONS_FUNCTIONS(F)   \
  ADJ_COMPARE_FUNCTIONS(F)

enum class Function : int16_t {
#define ADJ_NUMBERED(kind, name, cost, functor, ...) functor,
  ADJ_CUDA_FUNCTIONS(ADJ_NUMBERED)
#undef ADJ_NUMBERED
      Cast,
  Where,
  Copy
};

template <class T>
ADJ_DEVICE T from_bits(uint64_t bits) {
  T x;
  __builtin_memcpy(&x, &bits, sizeof(T));
  return x;
}

template <class T>
ADJ_DEVICE uint64_t to_bits(T x) {
  uint64_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof(T));
  return bits;
}

template <class F, class X, class Y>
ADJ_DEVICE uint64_t of_one(uint64_t x) {
  return to_bits<Y>(F::template f<Y>(from_bits<X>(x)));
}

template <class F, class X, class Y>
ADJ_DEVICE uint64_t of_two(uint64_t a, uint64_t b) {
  return to_bits<Y>(F::template f<Y>(from_bits<X>(a), from_bits<X>(b)));
}

/*
 * The kinds of the lists: how many operands there are, which dtypes they may have, whether the result is a BOOL, and
 * what a thread does. `dtype` is that of the operands, and one of those.
 */
enum Dtypes : int { kFloatsOnly, kNumbersOnly, kIntegersOnly, kBitsOnly, kNumbersAndBool };

struct KindInfo {
  int operands;
  Dtypes dtypes;
  bool is_bool;
};

template <class F>
struct UnaryOnFloats {
  static constexpr KindInfo kInfo{1, kFloatsOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t x, uint64_t) {
    return dtype == ADJ_F32 ? of_one<F, float, float>(x) : of_one<F, double, double>(x);
  }
};

template <class F>
using Circular = UnaryOnFloats<F>;

template <class F>
struct BinaryOnFloats {
  static constexpr KindInfo kInfo{2, kFloatsOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t a, uint64_t b) {
    return dtype == ADJ_F32 ? of_two<F, float, float>(a, b) : of_two<F, double, double>(a, b);
  }
};

template <class F, class W>
struct UnaryOnNumbers {
  static constexpr KindInfo kInfo{1, kNumbersOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t x, uint64_t none) {
    if (dtype == ADJ_I32) return of_one<W, int32_t, int32_t>(x);
    if (dtype == ADJ_I64) return of_one<W, int64_t, int64_t>(x);
    return UnaryOnFloats<F>::of(dtype, x, none);
  }
};

template <class W>
struct BinaryOnIntegers {
  static constexpr KindInfo kInfo{2, kIntegersOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t a, uint64_t b) {
    return dtype == ADJ_I32 ? of_two<W, int32_t, int32_t>(a, b) : of_two<W, int64_t, int64_t>(a, b);
  }
};

template <class F, class W>
struct BinaryOnNumbers {
  static constexpr KindInfo kInfo{2, kNumbersOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t a, uint64_t b) {
    if (dtype == ADJ_I32 || dtype == ADJ_I64) return BinaryOnIntegers<W>::of(dtype, a, b);
    return BinaryOnFloats<F>::of(dtype, a, b);
  }
};

template <class W>
struct UnaryOnBits {
  static constexpr KindInfo kInfo{1, kBitsOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t x, uint64_t) {
    if (dtype == ADJ_BOOL) return of_one<W, uint8_t, uint8_t>(x);
    return dtype == ADJ_I32 ? of_one<W, int32_t, int32_t>(x) : of_one<W, int64_t, int64_t>(x);
  }
};

template <class W>
struct BinaryOnBits {
  static constexpr KindInfo kInfo{2, kBitsOnly, false};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t a, uint64_t b) {
    if (dtype == ADJ_BOOL) return of_two<W, uint8_t, uint8_t>(a, b);
    return BinaryOnIntegers<W>::of(dtype, a, b);
  }
};

template <class F>
struct CompareNumbers {
  static constexpr KindInfo kInfo{2, kNumbersOnly, true};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t a, uint64_t b) {
    if (dtype == ADJ_F32) return of_two<F, float, uint8_t>(a, b);
    if (dtype == ADJ_F64) return of_two<F, double, uint8_t>(a, b);
    return dtype == ADJ_I32 ? of_two<F, int32_t, uint8_t>(a, b) : of_two<F, int64_t, uint8_t>(a, b);
  }
};

template <class F>
struct CompareAll {
  static constexpr KindInfo kInfo{2, kNumbersAndBool, true};
  static ADJ_DEVICE uint64_t of(int32_t dtype, uint64_t a, uint64_t b) {
    if (dtype == ADJ_BOOL) return of_two<F, uint8_t, uint8_t>(a, b);
    return CompareNumbers<F>::of(dtype, a, b);
  }
};

/* A value of one dtype as another. */
template <class X>
ADJ_DEVICE uint64_t cast_from(int32_t to, uint64_t x) {
  switch (to) {
    case ADJ_F32:
      return of_one<adjoint::cuda::Cast, X, float>(x);
    case ADJ_F64:
      return of_one<adjoint::cuda::Cast, X, double>(x);
    case ADJ_BF16:
      return of_one<adjoint::cuda::Cast, X, Bf16>(x);
    case ADJ_I32:
      return of_one<adjoint::cuda::Cast, X, int32_t>(x);
    case ADJ_I64:
      return of_one<adjoint::cuda::Cast, X, int64_t>(x);
    default:
      return of_one<adjoint::cuda::Cast, X, uint8_t>(x);
  }
}

ADJ_DEVICE uint64_t cast(int32_t from, int32_t to, uint64_t x) {
  switch (from) {
    case ADJ_F32:
      return cast_from<float>(to, x);
    case ADJ_F64:
      return cast_from<double>(to, x);
    case ADJ_BF16:
      return cast_from<Bf16>(to, x);
    case ADJ_I32:
      return cast_from<int32_t>(to, x);
    case ADJ_I64:
      return cast_from<int64_t>(to, x);
    default:
      return cast_from<uint8_t>(to, x);
  }
}

/* f(a, b, c) for operands of `dtype` and a result of `result`. */
ADJ_DEVICE uint64_t apply(Function f, int32_t dtype, int32_t result, uint64_t a, uint64_t b, uint64_t c) {
  switch (f) {
#define ADJ_CASE(kind, name, cost, functor, ...) \
  case Function::functor:                        \
    return kind<functor __VA_OPT__(, ) __VA_ARGS__>::of(dtype, a, b);
    ADJ_CUDA_FUNCTIONS(ADJ_CASE)
#undef ADJ_CASE
    case Function::Cast:
      return cast(dtype, result, a);
    case Function::Where:
      return from_bits<uint8_t>(a) != 0 ? b : c;
    default:
      return a;
  }
}

}  // namespace cuda
}  // namespace adjoint

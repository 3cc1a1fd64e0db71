/*
 * What formulas for a single number need beside the language: a multiply-add that is fused only where written, and a
 * root. Compiled for every instruction set, and for the threads of a GPU.
 */
#pragma once

#include <cstdint>

#include "kernels/target.h"

ADJ_ISA_BEGIN

ADJ_ALWAYS float sqrt_of(float x) { return __builtin_sqrtf(x); }
ADJ_ALWAYS double sqrt_of(double x) { return __builtin_sqrt(x); }

/* a*b + c, fused where the target can: a GPU always. Results may differ between targets, never within one. */
ADJ_ALWAYS float fma(float a, float b, float c) {
#if defined(__FMA__) || defined(ADJ_FOR_DEVICE)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

ADJ_ALWAYS double fma(double a, double b, double c) {
#if defined(__FMA__) || defined(ADJ_FOR_DEVICE)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/* Coefficients of a polynomial, lowest power first. By value: a GPU's thread cannot refer to the host's constants. */
template <class T, int kCount>
struct Coefficients {
  T c[kCount];
};

template <class T, int kCount>
ADJ_ALWAYS T polynomial(const Coefficients<T, kCount> of, T x) {
  T y = of.c[kCount - 1];
#pragma GCC unroll 32
  for (int i = kCount - 2; i >= 0; --i) y = fma(y, x, of.c[i]);
  return y;
}

ADJ_ISA_END

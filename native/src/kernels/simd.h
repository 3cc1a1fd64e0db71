/*
 * Vectors as wide as the instruction set being compiled for, by GCC's vector extensions. It refuses to wrap every
 * operator: + - * / < and ?: work on vectors as they are; here are only loads, stores and what the language lacks.
 */
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/kernel.h"

#if defined(__FMA__)
#include <immintrin.h>
#endif

ADJ_ISA_BEGIN

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
  typedef float type __attribute__((vector_size(kVectorBytes)));
  typedef float half __attribute__((vector_size(kVectorBytes / 2)));
};
template <>
struct VectorOf<double> {
  typedef double type __attribute__((vector_size(kVectorBytes)));
};

template <class T>
using Vector = typename VectorOf<T>::type;

template <class T>
inline constexpr int64_t kLanes = kVectorBytes / static_cast<int64_t>(sizeof(T));

template <class V, class T>
ADJ_ALWAYS V load(const T* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof(V));
  return v;
}

template <class V, class T>
ADJ_ALWAYS void store(T* p, V v) {
  __builtin_memcpy(p, &v, sizeof(V));
}

/* Every lane x. Written as x - 0, which keeps -0 and compiles to a broadcast. */
template <class T>
ADJ_ALWAYS Vector<T> splat(T x) {
  return x - Vector<T>{};
}

ADJ_ALWAYS float sqrt_of(float x) { return __builtin_sqrtf(x); }
ADJ_ALWAYS double sqrt_of(double x) { return __builtin_sqrt(x); }

/* a*b + c, fused where the instruction set can. Results may differ between instruction sets, never within one. */
ADJ_ALWAYS float fma(float a, float b, float c) {
#if defined(__FMA__)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

ADJ_ALWAYS double fma(double a, double b, double c) {
#if defined(__FMA__)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

ADJ_ALWAYS Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) {
#if defined(__AVX512F__)
  return (Vector<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
  return (Vector<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}

ADJ_ALWAYS Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) {
#if defined(__AVX512F__)
  return (Vector<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
  return (Vector<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
  return a * b + c;
#endif
}

ADJ_ISA_END

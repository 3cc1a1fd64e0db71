/*
 * Vectors as wide as the instruction set being compiled for, by GCC's vector extensions. It refuses to wrap every
 * operator: + - * / < and ?: work on vectors as they are; here are only loads, stores and what the language lacks.
 */
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/kernel.h"
#include "kernels/number.h"

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

/* As many floats from p on as a vector has doubles, widened; and v rounded to them. In one instruction each: of
   conversions of half a vector GCC 12 makes two of a quarter. */
ADJ_ALWAYS Vector<double> load_wide(const float* p) {
#if defined(__AVX512F__)
  return (Vector<double>)_mm512_cvtps_pd(_mm256_loadu_ps(p));
#elif defined(__FMA__)
  return (Vector<double>)_mm256_cvtps_pd(_mm_loadu_ps(p));
#else
  return __builtin_convertvector(load<VectorOf<float>::half>(p), Vector<double>);
#endif
}
ADJ_ALWAYS void store_narrow(float* p, Vector<double> v) {
#if defined(__AVX512F__)
  _mm256_storeu_ps(p, _mm512_cvtpd_ps((__m512d)v));
#elif defined(__FMA__)
  _mm_storeu_ps(p, _mm256_cvtpd_ps((__m256d)v));
#else
  store(p, __builtin_convertvector(v, VectorOf<float>::half));
#endif
}

template <int kBytes>
struct LaneIndex;
template <>
struct LaneIndex<4> {
  typedef int32_t type __attribute__((vector_size(kVectorBytes)));
};
template <>
struct LaneIndex<8> {
  typedef int64_t type __attribute__((vector_size(kVectorBytes)));
};
template <class T>
using Lanes = typename LaneIndex<sizeof(T)>::type;

/* Every lane x. Written as x - 0, which keeps -0 and compiles to a broadcast. */
template <class T>
ADJ_ALWAYS Vector<T> splat(T x) {
  return x - Vector<T>{};
}

/* The same of every lane, fused where the instruction set can. */
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

/* The lanes turned round by kBy, so that lane i meets lane i + kBy. */
template <class T, int kBy>
ADJ_ALWAYS Vector<T> rotate(Vector<T> v) {
  constexpr int kL = kVectorBytes / static_cast<int>(sizeof(T));
  Lanes<T> from{};
  for (int i = 0; i < kL; ++i) from[i] = (i + kBy) % kL;
  return __builtin_shuffle(v, from);
}

/*
 * Transposes a square of vectors, in log2 of their length steps: each swaps the off-diagonal quarters of all squares of
 * side 2 kSide (Eklundh 1972, "A fast computer method for matrix transposing").
 */
template <class T, int kSide = kVectorBytes / static_cast<int>(sizeof(T)) / 2>
ADJ_ALWAYS void transpose(Vector<T>* v) {
  constexpr int kL = kVectorBytes / static_cast<int>(sizeof(T));
  Lanes<T> low{}, high{};
  for (int i = 0; i < kL; ++i) {
    low[i] = (i & kSide) != 0 ? i - kSide + kL : i;
    high[i] = (i & kSide) != 0 ? i + kL : i + kSide;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kL; ++i) {
    if ((i & kSide) != 0) continue;
    const Vector<T> a = v[i], b = v[i + kSide];
    v[i] = __builtin_shuffle(a, b, low);
    v[i + kSide] = __builtin_shuffle(a, b, high);
  }
  if constexpr (kSide > 1) transpose<T, kSide / 2>(v);
}

#if defined(__AVX512F__)
/* The same for sixteen floats, by shuffles that need no vector of lane numbers: within 128 bits, then of them. */
template <>
ADJ_ALWAYS void transpose<float, 8>(Vector<float>* v) {
  __m512 in[16];
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    const __m512 a = (__m512)v[i], b = (__m512)v[i + 1], c = (__m512)v[i + 2], d = (__m512)v[i + 3];
    const __m512d low = (__m512d)_mm512_unpacklo_ps(a, b), high = (__m512d)_mm512_unpackhi_ps(a, b);
    const __m512d next_low = (__m512d)_mm512_unpacklo_ps(c, d), next_high = (__m512d)_mm512_unpackhi_ps(c, d);
    in[i] = (__m512)_mm512_unpacklo_pd(low, next_low);
    in[i + 1] = (__m512)_mm512_unpackhi_pd(low, next_low);
    in[i + 2] = (__m512)_mm512_unpacklo_pd(high, next_high);
    in[i + 3] = (__m512)_mm512_unpackhi_pd(high, next_high);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512 even = _mm512_shuffle_f32x4(in[i], in[i + 4], 0x88),
                 odd = _mm512_shuffle_f32x4(in[i], in[i + 4], 0xdd);
    const __m512 next_even = _mm512_shuffle_f32x4(in[i + 8], in[i + 12], 0x88);
    const __m512 next_odd = _mm512_shuffle_f32x4(in[i + 8], in[i + 12], 0xdd);
    v[i] = (Vector<float>)_mm512_shuffle_f32x4(even, next_even, 0x88);
    v[i + 4] = (Vector<float>)_mm512_shuffle_f32x4(odd, next_odd, 0x88);
    v[i + 8] = (Vector<float>)_mm512_shuffle_f32x4(even, next_even, 0xdd);
    v[i + 12] = (Vector<float>)_mm512_shuffle_f32x4(odd, next_odd, 0xdd);
  }
}
#endif

ADJ_ISA_END

/*
 * Vectors stored past the caches, for results that are larger than those and so are not read from there: no line has to
 * be read before it is written, and what is read stays.
 */
#pragma once

#include "kernels/simd.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

ADJ_ISA_BEGIN

/* p is a multiple of a vector's bytes, and whole lines of a cache should follow one another: of a part of one, memory
   has to be read. The last is followed by end_streams(). */
template <class T>
ADJ_ALWAYS void stream(T* p, Vector<T> v) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(p), (__m512i)v);
#elif defined(__AVX2__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(p), (__m256i)v);
#elif defined(__SSE2__)
  _mm_stream_si128(reinterpret_cast<__m128i*>(p), (__m128i)v);
#else
  store(p, v);
#endif
}

/* Shows other threads what stream() has stored before what is stored next. */
ADJ_ALWAYS void end_streams() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

ADJ_ISA_END

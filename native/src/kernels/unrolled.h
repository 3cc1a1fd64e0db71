/*
 * Unrolled vectors that take every step of a formula together. A chain of dependent steps leaves most of a core's units
 * idle; the next element's chain could fill them, but a core that sees less than two chains ahead (about 100 operations
 * wait for their turn in Intel's up to Ice Lake) does not find it. It refuses loops and branches: formulas only.
 */
#pragma once

#include "kernels/simd.h"

ADJ_ISA_BEGIN

template <int kCount>
struct Unrolled {
  Vector<float> v[kCount];
};

/* A constant, the same for each of them, or theirs. */
ADJ_ALWAYS Vector<float> part_of(float x, int) { return splat(x); }
template <int kCount>
ADJ_ALWAYS Vector<float> part_of(const Unrolled<kCount>& x, int k) {
  return x.v[k];
}

/* f of each, in turn. */
template <int kCount, class F, class... X>
ADJ_ALWAYS Unrolled<kCount> each(const F& f, const X&... x) {
  Unrolled<kCount> y;
#pragma GCC unroll 8
  for (int k = 0; k < kCount; ++k) y.v[k] = f(part_of(x, k)...);
  return y;
}

/* a*b + c; b and c are numbers or several vectors. */
template <int kCount, class B, class C>
ADJ_ALWAYS Unrolled<kCount> fma(const Unrolled<kCount>& a, const B& b, const C& c) {
  return each<kCount>([](auto x, auto y, auto z) { return fma(x, y, z); }, a, b, c);
}
template <int kCount, class B>
ADJ_ALWAYS Unrolled<kCount> operator+(const Unrolled<kCount>& a, const B& b) {
  return each<kCount>([](auto x, auto y) { return x + y; }, a, b);
}
template <int kCount, class B>
ADJ_ALWAYS Unrolled<kCount> operator-(const Unrolled<kCount>& a, const B& b) {
  return each<kCount>([](auto x, auto y) { return x - y; }, a, b);
}
template <int kCount, class B>
ADJ_ALWAYS Unrolled<kCount> operator*(const Unrolled<kCount>& a, const B& b) {
  return each<kCount>([](auto x, auto y) { return x * y; }, a, b);
}

template <int kCount>
ADJ_ALWAYS Unrolled<kCount> operator-(const Unrolled<kCount>& a) {
  return each<kCount>([](auto x) { return -x; }, a);
}

#if defined(__AVX512F__)
/* The smaller, or larger, of a number and each; x where that is NaN. */
template <int kCount>
ADJ_ALWAYS Unrolled<kCount> smaller_of(float than, const Unrolled<kCount>& x) {
  const __m512 bound = (__m512)splat(than);
  return each<kCount>([=](auto v) { return (Vector<float>)_mm512_min_ps(bound, (__m512)v); }, x);
}
template <int kCount>
ADJ_ALWAYS Unrolled<kCount> larger_of(float than, const Unrolled<kCount>& x) {
  const __m512 bound = (__m512)splat(than);
  return each<kCount>([=](auto v) { return (Vector<float>)_mm512_max_ps(bound, (__m512)v); }, x);
}
template <int kCount>
ADJ_ALWAYS Unrolled<kCount> magnitude_of(const Unrolled<kCount>& x) {
  return each<kCount>([](auto v) { return (Vector<float>)_mm512_abs_ps((__m512)v); }, x);
}
#endif

template <int kCount>
ADJ_ALWAYS Unrolled<kCount> load_unrolled(const float* x) {
  Unrolled<kCount> y;
#pragma GCC unroll 8
  for (int k = 0; k < kCount; ++k) y.v[k] = load<Vector<float>>(x + k * kLanes<float>);
  return y;
}

template <int kCount>
ADJ_ALWAYS void store_unrolled(float* y, const Unrolled<kCount>& x) {
#pragma GCC unroll 8
  for (int k = 0; k < kCount; ++k) store(y + k * kLanes<float>, x.v[k]);
}

/*
 * y[i] = f(x[i]) in order, four vectors at a time while there are as many, and the rest lane by lane: y may be x. The
 * functor's template is over Unrolled, and a number's place among others makes no difference to it.
 */
#if defined(__AVX512F__)
template <class F>
ADJ_ALWAYS void unrolled_row(const F& f, const float* x, float* y, int64_t n) {
  constexpr int64_t kL = kLanes<float>;
  int64_t i = 0;
  for (; i + 4 * kL <= n; i += 4 * kL) store_unrolled(y + i, f(load_unrolled<4>(x + i)));
  if (i + 2 * kL <= n) {
    store_unrolled(y + i, f(load_unrolled<2>(x + i)));
    i += 2 * kL;
  }
  for (; i < n; i += kL) {
    const __mmask16 lanes = static_cast<__mmask16>(n - i < kL ? (1u << (n - i)) - 1u : 0xffffu);
    const Unrolled<1> rest{{(Vector<float>)_mm512_maskz_loadu_ps(lanes, x + i)}};
    _mm512_mask_storeu_ps(y + i, lanes, (__m512)f(rest).v[0]);
  }
}
#endif

ADJ_ISA_END

/*
 * How values become one: a state, what an element and another state do to it, and what it ends as. Joined in an order
 * that follows from the shape alone. Sums of floats are compensated and in F64, whatever the dtype.
 */
#pragma once

#include "cuda/environment.h"
#include "kernels/compensated.h"
#include "kernels/extremes.h"
#include "kernels/vector_math.h"
#include "kernels/whole.h"

namespace adjoint {
namespace cuda {

template <class T>
struct SumOf {
  using Element = T;
  using State = Compensated;
  static ADJ_DEVICE State start() { return {0, 0}; }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { add(s, static_cast<double>(x)); }
  static ADJ_DEVICE void join(State& s, const State& other) {
    add(s, other.high);
    s.low += other.low;
  }
  static ADJ_DEVICE T end(const State& s) { return static_cast<T>(value(s)); }
};

template <class T>
struct ProductOf {
  using Element = T;
  using State = double;
  static ADJ_DEVICE State start() { return 1; }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { s *= static_cast<double>(x); }
  static ADJ_DEVICE void join(State& s, const State& other) { s *= other; }
  static ADJ_DEVICE T end(const State& s) { return static_cast<T>(s); }
};

/* On integers, which wrap around as Java's do. */
template <class T>
struct WholeSumOf {
  using Element = T;
  using State = uint64_t;
  static ADJ_DEVICE State start() { return 0; }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { s += static_cast<uint64_t>(static_cast<int64_t>(x)); }
  static ADJ_DEVICE void join(State& s, const State& other) { s += other; }
  static ADJ_DEVICE T end(const State& s) { return static_cast<T>(s); }
};

template <class T>
struct WholeProductOf {
  using Element = T;
  using State = uint64_t;
  static ADJ_DEVICE State start() { return 1; }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { s *= static_cast<uint64_t>(static_cast<int64_t>(x)); }
  static ADJ_DEVICE void join(State& s, const State& other) { s *= other; }
  static ADJ_DEVICE T end(const State& s) { return static_cast<T>(s); }
};

template <class T, bool kMax>
struct ExtremeOf {
  using Element = T;
  using State = T;
  static ADJ_DEVICE State start() { return kMax ? -static_cast<T>(__builtin_inf()) : static_cast<T>(__builtin_inf()); }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { s = extreme_of<kMax>(s, x); }
  static ADJ_DEVICE void join(State& s, const State& other) { s = extreme_of<kMax>(s, other); }
  static ADJ_DEVICE T end(const State& s) { return s; }
};

template <class T, bool kMax>
struct WholeExtremeOf {
  using Element = T;
  using State = T;
  static ADJ_DEVICE State start() {
    constexpr Unsigned<T> kLowest = Unsigned<T>(1) << (sizeof(T) * 8 - 1);
    return static_cast<T>(kMax ? kLowest : ~kLowest);
  }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { s = (kMax ? x > s : x < s) ? x : s; }
  static ADJ_DEVICE void join(State& s, const State& other) { take(s, other, 0); }
  static ADJ_DEVICE T end(const State& s) { return s; }
};

/* The first place of the largest element, or of the first NaN. A place of -1 is that of nothing. */
template <class T>
struct ArgMaxOf {
  using Element = int64_t;
  struct State {
    T largest;
    int64_t at;
  };
  static ADJ_DEVICE State start() { return {T(0), -1}; }
  static ADJ_DEVICE void take(State& s, T x, int64_t i) { join(s, {x, i}); }
  static ADJ_DEVICE void join(State& s, const State& other) {
    if (other.at < 0) return;
    if (s.at < 0) {
      s = other;
      return;
    }
    const bool nan = s.largest != s.largest, other_nan = other.largest != other.largest;
    const bool equal = (nan && other_nan) || other.largest == s.largest;
    const bool larger = nan ? false : other_nan || other.largest > s.largest;
    if (larger || (equal && other.at < s.at)) s = other;
  }
  static ADJ_DEVICE int64_t end(const State& s) { return s.at; }
};

/*
 * The largest element and the sum of e^(x - largest) over all others, in one pass: when a larger one comes, what has
 * been summed is scaled down, with the 1 of the largest before (Milakov and Gimelshein 2018, "Online normalizer
 * calculation for softmax"). The largest one's own 1 is kept apart, so that log1p keeps the digits of a small rest. A
 * NaN wins.
 */
struct Exponentials {
  double largest, others;

  ADJ_DEVICE double all() const { return 1 + others; }
  ADJ_DEVICE bool hidden() const { return largest == -__builtin_inf(); }
  ADJ_DEVICE bool infinite() const { return largest - largest != 0; }
};

template <class T>
struct LogSumExpOf {
  using Element = T;
  using State = Exponentials;
  static ADJ_DEVICE State start() { return {-__builtin_inf(), 0}; }
  static ADJ_DEVICE void take(State& s, T x, int64_t) { join(s, {static_cast<double>(x), 0}); }
  static ADJ_DEVICE void join(State& s, const State& other) {
    const double a = s.largest, b = other.largest;
    if (b == -__builtin_inf() || a != a) return;
    if (b != b || a == -__builtin_inf()) {
      s = other;
      return;
    }
    if (a == b) { /* of equal infinities there is no difference; their rests do not matter */
      s.others = s.others + other.others + 1;
      return;
    }
    const double e =
        b > a ? static_cast<double>(exp_of(static_cast<T>(a - b))) : static_cast<double>(exp_of(static_cast<T>(b - a)));
    if (b > a) {
      s = {b, other.others + (1 + s.others) * e};
    } else {
      s.others += (1 + other.others) * e;
    }
  }
  static ADJ_DEVICE T end(const State& s) {
    return static_cast<T>(s.infinite() ? s.largest : s.largest + log1p_of(s.others));
  }
};

/* The states of a block's threads joined, in the same order always; every thread has the result. */
template <class Fold, int kTag, class B>
ADJ_DEVICE typename Fold::State join_block(B& b, typename Fold::State mine) {
  typename Fold::State* states = b.template shared<typename Fold::State, 256, kTag>();
  const int t = b.thread();
  states[t] = mine;
  int width = 1;
  while (width < b.threads()) width *= 2;
  for (int half = width / 2; half > 0; half /= 2) {
    b.sync();
    if (t < half && t + half < b.threads()) Fold::join(states[t], states[t + half]);
  }
  b.sync();
  const typename Fold::State all = states[0];
  b.sync(); /* before somebody writes there again */
  return all;
}

}  // namespace cuda
}  // namespace adjoint

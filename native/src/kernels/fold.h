/*
 * What a region may end in: folds of its values over whole rows, or down columns. A state begins empty, takes in
 * elements tile by tile and then the states of later parts, and ends as one element. To add a fold, write a struct like
 * these, its number in contract/region.h and its row at the end.
 */
#pragma once

#include "kernels/exponentials.h"
#include "kernels/plan/fused.h"

ADJ_ISA_BEGIN

using FoldColumns = void (*)(const char* x, int64_t rows, int64_t outer, int64_t n, double* states);

/* In F64. A part has few enough elements that plain addition will do. */
struct FoldSum {
  static constexpr int kWidth = 1;
  static constexpr int kCost = 1;
  static constexpr double kStart[2] = {0, 0};

  template <class T>
  static ADJ_ALWAYS void row(const T* x, int64_t n, double* state) {
    *state += sum_block(x, n);
  }
  /* Four rows at a time: one load and one store of the sums serves four additions. */
  template <class T>
  static void columns(const char* x, int64_t rows, int64_t outer, int64_t n, double* sums) {
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      const T* x0 = reinterpret_cast<const T*>(x + r * outer);
      const T* x1 = reinterpret_cast<const T*>(x + (r + 1) * outer);
      const T* x2 = reinterpret_cast<const T*>(x + (r + 2) * outer);
      const T* x3 = reinterpret_cast<const T*>(x + (r + 3) * outer);
      ADJ_LOOP(int64_t j = 0; j < n; ++j) {
        sums[j] += (static_cast<double>(x0[j]) + static_cast<double>(x1[j])) +
                   (static_cast<double>(x2[j]) + static_cast<double>(x3[j]));
      }
    }
    for (; r < rows; ++r) {
      const T* x0 = reinterpret_cast<const T*>(x + r * outer);
      ADJ_LOOP(int64_t j = 0; j < n; ++j) sums[j] += static_cast<double>(x0[j]);
    }
  }
  template <class T>
  static constexpr FoldColumns kColumns = columns<T>;
  static void join(const double* others, int64_t count, double* states) {
    ADJ_LOOP(int64_t i = 0; i < count; ++i) states[i] += others[i];
  }
  static ADJ_ALWAYS double end(const double* state) { return *state; }
};

/* The largest or smallest element; NaN if any is. */
template <bool kMax>
struct FoldExtreme {
  static constexpr int kWidth = 1;
  static constexpr int kCost = 1;
  static constexpr double kStart[2] = {kLeast<kMax, double>, 0};

  template <class T>
  static ADJ_ALWAYS void row(const T* x, int64_t n, double* state) {
    *state = static_cast<double>(extreme_run<kMax, T>(x, n, 1, static_cast<T>(*state)));
  }
  template <class T>
  static void columns(const char* x, int64_t rows, int64_t outer, int64_t n, double* extremes) {
    for (int64_t r = 0; r < rows; ++r) {
      const T* x0 = reinterpret_cast<const T*>(x + r * outer);
      ADJ_LOOP(int64_t j = 0; j < n; ++j) extremes[j] = extreme_of<kMax>(extremes[j], static_cast<double>(x0[j]));
    }
  }
  template <class T>
  static constexpr FoldColumns kColumns = columns<T>;
  static void join(const double* others, int64_t count, double* states) {
    ADJ_LOOP(int64_t i = 0; i < count; ++i) states[i] = extreme_of<kMax>(states[i], others[i]);
  }
  static ADJ_ALWAYS double end(const double* state) { return *state; }
};

/*
 * The largest element so far and the sum of the others' e^(x - largest), which shrinks when a larger one comes (Milakov
 * & Gimelshein 2018, "Online normalizer calculation for softmax"). A largest one that is infinite or NaN is the result.
 */
struct FoldLogSumExp {
  static constexpr int kWidth = 2;
  static constexpr int kCost = 5;
  static constexpr double kStart[2] = {kLeast<true, double>, 0};

  static ADJ_ALWAYS void take(double* state, double largest, double others) {
    const double all = extreme_of<true>(state[0], largest);
    if (infinite(all)) {
      state[1] = 0;
    } else {
      /* The largest one that stays counts as itself, the other as e^0 among the others. */
      const bool keeps = state[0] == all;
      const double shrunk = exp_of(keeps ? largest - all : state[0] - all);
      state[1] = keeps ? state[1] + (others + 1) * shrunk : others + (state[1] + 1) * shrunk;
    }
    state[0] = all;
  }
  template <class T>
  static ADJ_ALWAYS void row(const T* x, int64_t n, double* state) {
    const T largest = extreme_run<true, T>(x, n, 1, kLeast<true, T>);
    take(state, static_cast<double>(largest), infinite(largest) ? 0 : sum_of_exp(x, n, largest).others);
  }
  template <class T>
  static constexpr FoldColumns kColumns = nullptr;
  static void join(const double* others, int64_t count, double* states) {
    for (int64_t i = 0; i < count; ++i) take(states + 2 * i, others[2 * i], others[2 * i + 1]);
  }
  static ADJ_ALWAYS double end(const double* state) {
    return infinite(state[0]) ? state[0] : state[0] + log1p_of(state[1]);
  }
};

template <class F, class T>
void fold_rows(const char* x, int64_t rows, int64_t outer, int64_t n, double* states, int64_t step) {
  for (int64_t r = 0; r < rows; ++r) F::row(reinterpret_cast<const T*>(x + r * outer), n, states + r * step);
}

template <class F, class T>
void fold_end(const double* states, int64_t count, const void* divisor, void* y) {
  T* to = static_cast<T*>(y);
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(F::end(states + i * F::kWidth));
  if (divisor == nullptr) return;
  const T by = *static_cast<const T*>(divisor);
  for (int64_t i = 0; i < count; ++i) to[i] /= by;
}

template <class F>
inline constexpr FoldLoops kFold = {F::kWidth,
                                    F::kCost,
                                    {F::kStart[0], F::kStart[1]},
                                    {fold_rows<F, float>, fold_rows<F, double>},
                                    {F::template kColumns<float>, F::template kColumns<double>},
                                    F::join,
                                    {fold_end<F, float>, fold_end<F, double>}};

inline constexpr FoldLoops kFoldLoops[kFolds] = {kFold<FoldSum>, kFold<FoldExtreme<true>>, kFold<FoldExtreme<false>>,
                                                 kFold<FoldLogSumExp>};

ADJ_ISA_END

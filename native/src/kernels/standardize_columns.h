/*
 * Groups whose trailing runs are short: neighbouring groups side by side, a column for each place on the kept and
 * trailing axes, so that vectors lie across columns. A part has columns enough that memory is read in long runs, and
 * folds them a few rows at a time, with the sums of some columns in registers meanwhile.
 */
#pragma once

#include "kernels/moments.h"

ADJ_ISA_BEGIN

inline constexpr int kColumnVectors = 4; /* of columns at a time */
inline constexpr int64_t kColumns = kColumnVectors * kLanes<double>;
inline constexpr int64_t kRowsAtOnce = 8; /* as many as a first cache has ways: rows may be a power of two apart */

/* What is kept of each column. */
struct ColumnNumbers {
  ADJ_ALWAYS ColumnNumbers(char* lane, int64_t columns)
      : unit(reinterpret_cast<double*>(lane)),
        shift(unit + columns),
        rest(shift + columns),
        first(rest + columns),
        second(first + columns),
        by(second + columns),
        plus(by + columns) {}
  double *unit, *shift, *rest;
  double *first, *second; /* sums; then, of a slope, what it takes away */
  double *by, *plus;      /* what an element is multiplied by, and what is added */
};

/* A part's columns. */
template <class T>
struct ColumnsOf {
  const T* x;
  const T* g;
  int64_t apart; /* from a place on the leading axis to the next, of x and g */
  int64_t rows, columns, trail;
};

/* Where x will be some rows on, as an integer: that may lie outside of any object. Prefetched then, it does nothing. */
template <class T>
ADJ_ALWAYS const void* some_rows_on(const T* x, int64_t apart) {
  return reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(x) +
                                       static_cast<uintptr_t>(kRowsAtOnce * apart) * sizeof(T));
}

/* kVectors vectors of columns from p on: sums go on from what `to` has, over rows l … end. */
template <int kVectors, class V, class F>
ADJ_ALWAYS void fold_some(int64_t l, int64_t end, int64_t p, const ColumnNumbers& to, const F& f) {
  constexpr int64_t kL = sizeof(V) / sizeof(double);
  V s[kVectors][2];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    s[v][0] = wide<V>(to.first + p + v * kL);
    s[v][1] = wide<V>(to.second + p + v * kL);
  }
  for (; l < end; ++l) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) f(V{}, l, p + v * kL, s[v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    narrow(to.first + p + v * kL, s[v][0]);
    narrow(to.second + p + v * kL, s[v][1]);
  }
}

/* first and second become what f(lanes, row, column, sums) adds to two sums of each column, row after row. */
template <class F>
ADJ_ALWAYS void fold_columns(int64_t rows, int64_t columns, const ColumnNumbers& to, const F& f) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  for (int64_t p = 0; p < columns; ++p) to.first[p] = to.second[p] = 0;
  for (int64_t l = 0; l < rows; l += kRowsAtOnce) {
    const int64_t end = rows - l < kRowsAtOnce ? rows : l + kRowsAtOnce;
    int64_t p = 0;
    for (; p + kColumns <= columns; p += kColumns) fold_some<kColumnVectors, V>(l, end, p, to, f);
    for (; p + kL <= columns; p += kL) fold_some<1, V>(l, end, p, to, f);
    for (; p < columns; ++p) fold_some<1, double>(l, end, p, to, f);
  }
}

/* f(lanes, column) for all columns of a row. */
template <class F>
ADJ_ALWAYS void each_column(int64_t columns, const F& f) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  int64_t p = 0;
#pragma GCC unroll 4
  for (; p + kL <= columns; p += kL) f(V{}, p);
  for (; p < columns; ++p) f(double{}, p);
}

/* x less the shift, of columns p and on. */
template <class V, class T>
ADJ_ALWAYS V column_deviation(const ColumnNumbers& of, int64_t p, const T* x) {
  V v = wide<V>(x);
  if constexpr (sizeof(T) == sizeof(double)) v *= wide<V>(of.unit + p);
  return v - wide<V>(of.shift + p);
}

template <class V, class T>
ADJ_ALWAYS V column_centred(const ColumnNumbers& of, int64_t p, const T* x) {
  return column_deviation<V>(of, p, x) - wide<V>(of.rest + p);
}

/* The sum over a group's columns. */
ADJ_ALWAYS double of_group(const double* sums, int64_t trail) {
  double sum = 0;
  for (int64_t b = 0; b < trail; ++b) sum += sums[b];
  return sum;
}

/* Sums of deviations and of their squares. */
template <class T>
__attribute__((noinline)) void fold_deviations(const ColumnsOf<T>& of, const ColumnNumbers& numbers) {
  fold_columns(
      of.rows, of.columns, numbers, [&](auto lanes, int64_t l, int64_t p, auto& s) __attribute__((always_inline)) {
        const T* x = of.x + l * of.apart + p;
        __builtin_prefetch(some_rows_on(x, of.apart));
        const auto d = column_deviation<decltype(lanes)>(numbers, p, x);
        s[0] += d;
        s[1] = fma(d, d, s[1]);
      });
}

/* The moments of each group, found(place in the part, moments), with rest, shift and unit of their columns. Units of
 * F64 are taken anew where those of 1 are not good. */
template <class T, class Found>
ADJ_ALWAYS void column_moments(const ColumnsOf<T>& of, const StandardizeCall& call, const ColumnNumbers& numbers,
                               const Found& found) {
  const int64_t groups = of.columns / of.trail;
  const double n = static_cast<double>(of.rows) * static_cast<double>(of.trail);
  for (int64_t p = 0; p < of.columns; ++p) numbers.unit[p] = 1;
  for (bool again = true, last = sizeof(T) == sizeof(float); again; last = true) {
    again = false;
    for (int64_t p = 0; p < of.columns; ++p) {
      numbers.shift[p] = call.centred ? static_cast<double>(of.x[p - p % of.trail]) * numbers.unit[p] : 0;
    }
    if (sizeof(T) == sizeof(double) && call.centred) {
      fold_deviations(of, numbers);
      for (int64_t c = 0; c < groups; ++c) {
        const double mean = of_group(numbers.first + c * of.trail, of.trail) / n;
        for (int64_t b = 0; b < of.trail; ++b) numbers.shift[c * of.trail + b] += mean;
      }
    }
    fold_deviations(of, numbers);
    for (int64_t c = 0; c < groups; ++c) {
      const int64_t at = c * of.trail;
      Moments m{};
      m.unit = numbers.unit[at];
      m.shift = numbers.shift[at];
      m = finished(m, of_group(numbers.first + at, of.trail), of_group(numbers.second + at, of.trail), n, call);
      const double unit = last ? m.unit : better_unit<T>(m, call.epsilon);
      again = again || unit != m.unit;
      for (int64_t b = 0; b < of.trail; ++b) {
        numbers.unit[at + b] = unit;
        numbers.rest[at + b] = m.rest;
      }
      found(c, m);
    }
  }
}

/* The part's columns of x and of g, which is null if there is none. */
template <class T>
ADJ_ALWAYS ColumnsOf<T> columns_of(const T* x, const T* g, const StandardizePlan& plan, int64_t from, int64_t to) {
  const int64_t begin = from * plan.trail;
  return {x + begin, g != nullptr ? g + begin : nullptr, plan.kept * plan.trail,
          plan.lead, (to - from) * plan.trail,           plan.trail};
}

template <class T>
ADJ_ALWAYS void standardize_columns(const Forward<T>& forward, const StandardizePlan& plan, int64_t from, int64_t to,
                                    char* lane) {
  const ColumnsOf<T> of = columns_of(forward.x, static_cast<const T*>(nullptr), plan, from, to);
  const ColumnNumbers numbers(lane, of.columns);
  column_moments(
      of, plan, numbers, [&](int64_t c, const Moments& m) __attribute__((always_inline)) {
        forward.mean[from + c] = static_cast<T>(m.mean);
        forward.variance[from + c] = static_cast<T>(m.variance);
        const double scale = forward.scale != nullptr ? static_cast<double>(forward.scale[from + c]) : 1;
        const double shift = forward.shift != nullptr ? static_cast<double>(forward.shift[from + c]) : 0;
        for (int64_t b = 0; b < of.trail; ++b) {
          numbers.by[c * of.trail + b] = m.inverse * scale;
          numbers.plus[c * of.trail + b] = shift;
        }
      });
  for (int64_t l = 0; l < of.rows; ++l) {
    T* y = forward.y + l * of.apart + from * plan.trail;
    each_column(
        of.columns, [&](auto lanes, int64_t p) __attribute__((always_inline)) {
          using V = decltype(lanes);
          const V d = column_centred<V>(numbers, p, of.x + l * of.apart + p);
          narrow(y + p, d * wide<V>(numbers.by + p) + wide<V>(numbers.plus + p));
        });
  }
}

/* Sums of cotangents and of their products with deviations from the mean. */
template <class T>
__attribute__((noinline)) void fold_cotangents(const ColumnsOf<T>& of, const ColumnNumbers& numbers) {
  fold_columns(
      of.rows, of.columns, numbers, [&](auto lanes, int64_t l, int64_t p, auto& s) __attribute__((always_inline)) {
        using V = decltype(lanes);
        const int64_t at = l * of.apart + p;
        const V g = wide<V>(of.g + at);
        __builtin_prefetch(some_rows_on(of.g + at, of.apart));
        s[0] += g;
        s[1] = fma(g, column_centred<V>(numbers, p, of.x + at), s[1]);
      });
}

template <class T>
ADJ_ALWAYS void slope_columns(const Backward<T>& backward, const StandardizePlan& plan, int64_t from, int64_t to,
                              char* lane) {
  const ColumnsOf<T> of = columns_of(backward.x, backward.g, plan, from, to);
  const ColumnNumbers numbers(lane, of.columns);
  column_moments(
      of, plan, numbers, [&](int64_t c, const Moments& m) __attribute__((always_inline)) {
        for (int64_t b = 0; b < of.trail; ++b) numbers.by[c * of.trail + b] = m.inverse;
      });
  fold_cotangents(of, numbers);
  const double n = static_cast<double>(of.rows) * static_cast<double>(of.trail);
  for (int64_t c = 0; c < of.columns / of.trail; ++c) {
    const int64_t at = c * of.trail;
    Moments m{};
    m.unit = numbers.unit[at];
    m.inverse = numbers.by[at];
    const double sum = of_group(numbers.first + at, of.trail), product = of_group(numbers.second + at, of.trail);
    backward.write_slopes(from + c, m, sum, product);
    const Slope slope = slope_of(m, sum, product, n, backward.scale_of(from + c), plan);
    for (int64_t b = 0; b < of.trail; ++b) {
      numbers.first[at + b] = slope.mean;
      numbers.second[at + b] = slope.along;
      numbers.by[at + b] = slope.by * slope.unit;
    }
  }
  for (int64_t l = 0; l < of.rows; ++l) {
    T* dx = backward.dx + l * of.apart + from * plan.trail;
    each_column(
        of.columns, [&](auto lanes, int64_t p) __attribute__((always_inline)) {
          using V = decltype(lanes);
          const int64_t at = l * of.apart + p;
          const V d = column_centred<V>(numbers, p, of.x + at);
          const V w = wide<V>(of.g + at) - wide<V>(numbers.first + p);
          narrow(dx + p, (w - d * wide<V>(numbers.second + p)) * wide<V>(numbers.by + p));
        });
  }
}

ADJ_ISA_END

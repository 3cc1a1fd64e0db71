/*
 * Groups whose trailing runs are short: neighbouring groups side by side, a column for each place on the kept and
 * trailing axes, so that vectors lie across columns and sums stay in registers from the first place on the leading axis
 * to the last. Columns that are far apart in memory are copied first: read twice in place, they would fall out of the
 * caches between.
 */
#pragma once

#include "kernels/moments.h"

ADJ_ISA_BEGIN

inline constexpr int kColumnVectors = 4; /* of columns at a time */
inline constexpr int64_t kColumns = kColumnVectors * kLanes<double>;
inline constexpr int64_t kRowsAhead = 16; /* that copying prefetches */

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

/* A part's columns, from place c of the kept axis on; x and g are the operands or copies of them. */
template <class T>
struct ColumnsOf {
  const T* x;
  const T* g;
  int64_t apart; /* from a place on the leading axis to the next, of x and g */
  int64_t rows, columns, trail;
};

/* Copies columns side by side. */
template <class T>
__attribute__((noinline)) void copy_columns(const T* x, int64_t apart, int64_t rows, int64_t columns, T* copy) {
  const int64_t ahead = kRowsAhead * apart;
  for (int64_t l = 0; l < rows; ++l, x += apart, copy += columns) {
    __builtin_prefetch(
        reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(x) + static_cast<uintptr_t>(ahead) * sizeof(T)));
    __builtin_memcpy(copy, x, static_cast<size_t>(columns) * sizeof(T));
  }
}

/* first and second (+)= what f(lanes, row, column, sums) adds to two sums of each column, row after row. */
template <class F>
ADJ_ALWAYS void fold_columns(int64_t rows, int64_t columns, const ColumnNumbers& to, const F& f) {
  using V = Vector<double>;
  constexpr int64_t kL = kLanes<double>;
  int64_t p = 0;
  for (; p + kColumns <= columns; p += kColumns) {
    V s[kColumnVectors][2]{};
    for (int64_t l = 0; l < rows; ++l) {
#pragma GCC unroll 4
      for (int v = 0; v < kColumnVectors; ++v) f(V{}, l, p + v * kL, s[v]);
    }
    for (int v = 0; v < kColumnVectors; ++v) {
      store(to.first + p + v * kL, s[v][0]);
      store(to.second + p + v * kL, s[v][1]);
    }
  }
  for (; p + kL <= columns; p += kL) {
    V s[2]{};
    for (int64_t l = 0; l < rows; ++l) f(V{}, l, p, s);
    store(to.first + p, s[0]);
    store(to.second + p, s[1]);
  }
  for (; p < columns; ++p) {
    double s[2]{};
    for (int64_t l = 0; l < rows; ++l) f(double{}, l, p, s);
    to.first[p] = s[0];
    to.second[p] = s[1];
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
        const auto d = column_deviation<decltype(lanes)>(numbers, p, of.x + l * of.apart + p);
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

/* The part's columns of x, and of g unless that is null, copied if they are to be. */
template <class T>
ADJ_ALWAYS ColumnsOf<T> columns_of(const T* x, const T* g, const StandardizePlan& plan, int64_t from, int64_t to,
                                   char* lane) {
  const int64_t apart = plan.kept * plan.trail, columns = (to - from) * plan.trail;
  ColumnsOf<T> of{
      x + from * plan.trail, g != nullptr ? g + from * plan.trail : nullptr, apart, plan.lead, columns, plan.trail};
  if (plan.copied == 0) return of;
  T* copy = reinterpret_cast<T*>(lane + plan.copies_at);
  copy_columns(of.x, apart, of.rows, columns, copy);
  of.x = copy;
  if (g != nullptr) {
    copy += of.rows * columns;
    copy_columns(of.g, apart, of.rows, columns, copy);
    of.g = copy;
  }
  of.apart = columns;
  return of;
}

template <class T>
ADJ_ALWAYS void standardize_columns(const Forward<T>& forward, const StandardizePlan& plan, int64_t from, int64_t to,
                                    char* lane) {
  const ColumnsOf<T> of = columns_of(forward.x, static_cast<const T*>(nullptr), plan, from, to, lane);
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
  const int64_t apart = plan.kept * plan.trail;
  for (int64_t l = 0; l < of.rows; ++l) {
    T* y = forward.y + l * apart + from * plan.trail;
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
        s[0] += g;
        s[1] = fma(g, column_centred<V>(numbers, p, of.x + at), s[1]);
      });
}

template <class T>
ADJ_ALWAYS void slope_columns(const Backward<T>& backward, const StandardizePlan& plan, int64_t from, int64_t to,
                              char* lane) {
  const ColumnsOf<T> of = columns_of(backward.x, backward.g, plan, from, to, lane);
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
  const int64_t apart = plan.kept * plan.trail;
  for (int64_t l = 0; l < of.rows; ++l) {
    T* dx = backward.dx + l * apart + from * plan.trail;
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

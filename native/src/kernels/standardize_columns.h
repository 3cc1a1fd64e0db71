/*
 * Groups whose trailing runs are short: neighbouring groups side by side, a column for each place on the kept and
 * trailing axes, so that vectors lie across columns. A part has a tile: some rows of some columns, enough of these that
 * memory is read in long runs. It folds a few rows at a time, with the sums of some columns in registers meanwhile.
 * Where a tile holds all rows, its part writes them too, from a cache; else tiles are pieces (standardize_pieces.h).
 */
#pragma once

#include "kernels/standardize_pieces.h"

ADJ_ISA_BEGIN

/* A part's rows and columns. */
struct Tile {
  ADJ_ALWAYS Tile(const StandardizePlan& plan, int64_t index) {
    const int64_t across = (plan.kept + plan.per_part - 1) / plan.per_part;
    p = index / across;
    from = index % across * plan.per_part;
    to = plan.kept - from < plan.per_part ? plan.kept : from + plan.per_part;
    rows = plan.lead - p * plan.rows < plan.rows ? plan.lead - p * plan.rows : plan.rows;
    columns = (to - from) * plan.trail;
    apart = plan.kept * plan.trail;
    first = from * plan.trail;
    at = p * plan.rows * apart + first;
  }
  int64_t p;        /* which piece */
  int64_t from, to; /* groups */
  int64_t rows, columns, apart;
  int64_t first, at; /* of the first column, and of its first row: where they are in x */
};

/* kVectors vectors of columns: sums go on from what they are at `sums`, over rows of a tile that begin at x and g. The
 * rows behind them are asked for, as many are read from at a time as a first cache has ways: they may be a power of two
 * apart. */
template <int kVectors, class V, class Operands, class T>
ADJ_ALWAYS void fold_some(const T* x, const T* g, const T* from, bool centred, int64_t rows, int64_t apart,
                          double* sums, int64_t places) {
  constexpr int64_t kL = sizeof(V) / sizeof(double);
  constexpr int kSums = kLeft<Operands>;
  V s[kVectors][kSums], shift[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    shift[v] = centred ? take<V>(from + v * kL) : V{};
    for (int k = 0; k < kSums; ++k) s[v][k] = take<V>(sums + k * places + v * kL);
  }
  const int64_t ahead = rows * apart;
  for (int64_t l = 0; l < rows; ++l) {
    prefetch_behind(x + l * apart, ahead);
    if constexpr (kSums > 2) prefetch_behind(g + l * apart, ahead);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const V d = take<V>(x + l * apart + v * kL) - shift[v];
      s[v][kOfD] += d;
      s[v][kOfSquares] = fma(d, d, s[v][kOfSquares]);
      if constexpr (kSums > 2) {
        const V w = take<V>(g + l * apart + v * kL);
        s[v][kOfW] += w;
        s[v][kOfProducts] = fma(w, d, s[v][kOfProducts]);
      }
    }
  }
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    for (int k = 0; k < kSums; ++k) put(sums + k * places + v * kL, s[v][k]);
  }
}

/* What the tile leaves. */
template <class Operands>
ADJ_ALWAYS void fold_tile(const Operands& of, const StandardizePlan& plan, const Tile& tile, const Scratch& scratch) {
  constexpr int kVectors = kIsBackward<Operands> ? 2 : 4;
  constexpr int64_t kRows = kIsBackward<Operands> ? 4 : 8;
  constexpr int64_t kL = kLanes<double>;
  const int64_t places = scratch.places;
  double* left = scratch.left + tile.p * kLeft<Operands> * places + (tile.from - scratch.first) * plan.trail;
  for (int k = 0; k < kLeft<Operands>; ++k) {
    __builtin_memset(left + k * places, 0, static_cast<size_t>(tile.columns) * sizeof(double));
  }
  const auto* from = of.x + tile.at;
  for (int64_t l = 0; l < tile.rows; l += kRows) {
    const int64_t rows = tile.rows - l < kRows ? tile.rows - l : kRows;
    const auto *x = from + l * tile.apart, *g = of.g != nullptr ? of.g + tile.at + l * tile.apart : x;
    int64_t i = 0;
    for (; i + kVectors * kL <= tile.columns; i += kVectors * kL) {
      fold_some<kVectors, Vector<double>, Operands>(x + i, g + i, from + i, plan.centred, rows, tile.apart, left + i,
                                                    places);
    }
    for (; i + kL <= tile.columns; i += kL) {
      fold_some<1, Vector<double>, Operands>(x + i, g + i, from + i, plan.centred, rows, tile.apart, left + i, places);
    }
    for (; i < tile.columns; ++i) {
      fold_some<1, double, Operands>(x + i, g + i, from + i, plan.centred, rows, tile.apart, left + i, places);
    }
  }
  const double n = static_cast<double>(tile.rows);
  for (int64_t i = 0; i < tile.columns; ++i) {
    const double sum = left[kOfD * places + i], rest = plan.centred ? sum / n : 0;
    const double shift = static_cast<double>(from[i]),
                 of_group = static_cast<double>(of.x[tile.first + i - i % plan.trail]);
    left[kLeftMean * places + i] = plan.centred ? (shift - of_group) + rest : 0;
    left[kLeftSquares * places + i] -= sum * rest;
    if constexpr (kIsBackward<Operands>) left[kLeftProducts * places + i] -= rest * left[kLeftW * places + i];
  }
}

template <class Operands>
ADJ_ALWAYS void join_columns(const Operands& of, const StandardizePlan& plan, const Scratch& scratch, int64_t from,
                             int64_t to) {
  for (int64_t c = from; c < to; ++c) {
    join_group(
        of, plan, scratch, c, plan.trail, plan.pieces, [&](int64_t p) __attribute__((always_inline)) {
          const int64_t left = plan.lead - p * plan.rows;
          return static_cast<double>(left < plan.rows ? left : plan.rows);
        });
  }
}

/* A tile's numbers, by column. */
template <class A>
struct ColumnNumbers {
  ADJ_ALWAYS ColumnNumbers(char* lane, int64_t columns)
      : unit(reinterpret_cast<A*>(lane)),
        first(unit + columns),
        second(first + columns),
        by(second + columns),
        high(by + columns),
        low(high + columns),
        along(low + columns) {}

  ADJ_ALWAYS void keep(int64_t i, const Centre<double>& centre) const {
    unit[i] = centre.unit;
    first[i] = centre.shift;
    second[i] = centre.rest;
  }
  ADJ_ALWAYS void keep(int64_t i, const Centre<float>& centre) const {
    first[i] = centre.high;
    second[i] = centre.low;
  }
  ADJ_ALWAYS void keep(int64_t i, const SlopeIn<A>& slope) const {
    by[i] = slope.by;
    high[i] = slope.high;
    low[i] = slope.low;
    along[i] = slope.along;
  }
  template <class V, class T>
  ADJ_ALWAYS V centred(int64_t i, const T* x) const {
    V v = take<V>(x);
    if constexpr (sizeof(T) == sizeof(double)) v *= take<V>(unit + i);
    return (v - take<V>(first + i)) - take<V>(second + i);
  }
  A *unit, *first, *second, *by, *high, *low, *along;
};

template <class A, class T>
ADJ_ALWAYS void write_tile(const Forward<T>& of, const StandardizePlan& plan, const Tile& tile, const Found* found,
                           char* lane) {
  const ColumnNumbers<A> numbers(lane, tile.columns);
  for (int64_t i = 0; i < tile.columns; ++i) {
    const int64_t c = i / plan.trail;
    numbers.keep(i, Centre<A>(found[c].moments));
    numbers.by[i] = static_cast<A>(found[c].moments.inverse * of.scale_of(tile.from + c));
    numbers.high[i] = static_cast<A>(of.shift_of(tile.from + c));
  }
  for (int64_t l = 0; l < tile.rows; ++l) {
    const T* x = of.x + tile.at + l * tile.apart;
    T* y = of.y + tile.at + l * tile.apart;
    each_of_run<A>(
        y, tile.columns, plan.streams, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
          using V = decltype(lanes);
          prefetch_behind(x + i, tile.apart);
          const V d = numbers.template centred<V>(i, x + i);
          put(y + i, d * take<V>(numbers.by + i) + take<V>(numbers.high + i), plan.streams);
        });
  }
}

template <class A, class T>
ADJ_ALWAYS void write_tile(const Backward<T>& of, const StandardizePlan& plan, const Tile& tile, const Found* found,
                           char* lane) {
  const ColumnNumbers<A> numbers(lane, tile.columns);
  for (int64_t i = 0; i < tile.columns; ++i) {
    const int64_t c = i / plan.trail;
    numbers.keep(i, Centre<A>(found[c].moments));
    numbers.keep(i, SlopeIn<A>(found[c].slope));
  }
  for (int64_t l = 0; l < tile.rows; ++l) {
    const int64_t at = tile.at + l * tile.apart;
    const T *x = of.x + at, *g = of.g + at;
    T* dx = of.dx + at;
    each_of_run<A>(
        dx, tile.columns, plan.streams, [&](auto lanes, int64_t i) __attribute__((always_inline)) {
          using V = decltype(lanes);
          prefetch_behind(x + i, tile.apart);
          prefetch_behind(g + i, tile.apart);
          const V d = numbers.template centred<V>(i, x + i), by = take<V>(numbers.by + i);
          const V w = (take<V>(g + i) - take<V>(numbers.high + i)) - take<V>(numbers.low + i);
          put(dx + i, by == 0 ? V{} : (w - d * take<V>(numbers.along + i)) * by, plan.streams);
        });
  }
}

/* y or dx of a tile whose groups, from `found` on, are known. */
template <class Operands>
ADJ_ALWAYS void write_columns(const Operands& of, const StandardizePlan& plan, const Tile& tile, const Found* found,
                              char* lane) {
  using T = std::remove_cvref_t<decltype(*of.x)>;
  bool calm = true;
  for (int64_t c = 0; c < tile.to - tile.from; ++c) {
    calm = calm && is_calm(found[c].moments);
    if constexpr (kIsBackward<Operands>) {
      calm = calm && is_calm(found[c].slope);
    } else {
      calm = calm && is_calm(found[c].moments.inverse * of.scale_of(tile.from + c), 0x1p100);
    }
  }
  in_arithmetic<T>(
      calm, [&](auto number)
                __attribute__((always_inline)) { write_tile<decltype(number)>(of, plan, tile, found, lane); });
  if (plan.streams) end_streams();
}

/* Scratch that the stages of all tiles share. */
template <class Operands>
ADJ_ALWAYS Scratch columns_scratch(const Part& part, const StandardizePlan& plan) {
  return scratch_at<Operands>(part.shared, plan.pieces, 0, plan.kept, plan.trail);
}

template <class Operands>
void fold_tile_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  fold_tile(Operands(part, plan), plan, Tile(plan, part.index), columns_scratch<Operands>(part, plan));
}

template <class Operands>
void join_columns_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const int64_t from = part.index * kJoinedAtOnce;
  const int64_t to = plan.kept - from < kJoinedAtOnce ? plan.kept : from + kJoinedAtOnce;
  join_columns(Operands(part, plan), plan, columns_scratch<Operands>(part, plan), from, to);
}

template <class Operands>
void write_tile_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const Tile tile(plan, part.index);
  const Scratch scratch = columns_scratch<Operands>(part, plan);
  write_columns(Operands(part, plan), plan, tile, scratch.found + tile.from, part.lane);
}

/* All of that, of a tile that has all rows. */
template <class Operands>
void whole_tile_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const Operands of(part, plan);
  const Tile tile(plan, part.index);
  const int64_t numbers = kColumnNumbers * tile.columns * static_cast<int64_t>(sizeof(double));
  const Scratch scratch = scratch_at<Operands>(part.lane + numbers, 1, tile.from, tile.to, plan.trail);
  fold_tile(of, plan, tile, scratch);
  join_columns(of, plan, scratch, tile.from, tile.to);
  write_columns(of, plan, tile, scratch.found, part.lane);
}

template <class Operands>
inline constexpr PieceLoops kColumnLoops = {fold_tile_part<Operands>, join_columns_part<Operands>,
                                            write_tile_part<Operands>};

ADJ_ISA_END

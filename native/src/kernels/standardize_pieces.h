/*
 * Groups that several parts fold, a piece of each group a part: what the pieces leave is joined, then the elements are
 * written, piece by piece again. Here a piece is what some runs of a group have, or a part of one run; pieces of many
 * groups side by side are in standardize_columns.h, and joined in the same way (Chan, Golub & LeVeque 1979, "Updating
 * formulae and a pairwise algorithm for computing sample variances", for all pieces at once).
 */
#pragma once

#include "kernels/standardize_group.h"

ADJ_ISA_BEGIN

/* What a piece leaves: its mean less the first element of the group, the sum of squared deviations from its mean, that
 * of its cotangents and that of their products with those deviations. */
enum Left : int { kLeftMean, kLeftSquares, kLeftW, kLeftProducts };

template <class Operands>
inline constexpr bool kIsBackward = false;
template <class T>
inline constexpr bool kIsBackward<Backward<T>> = true;
template <class Operands>
inline constexpr int kLeft = kIsBackward<Operands> ? 4 : 2;
template <class Operands>
inline constexpr int kSumsOf = kIsBackward<Operands> ? kBackwardSums : kForwardSums;

/* Of a group, what its elements are written from. */
struct Found {
  Moments moments;
  Slope slope;
};

static_assert(sizeof(Found) == kFoundNumbers * sizeof(double));

/* Scratch of groups from `first` on: number k that piece p leaves of place i is left[(p·kLeft + k)·places + i]. */
struct Scratch {
  double* left;
  int64_t places;
  Found* found;
  int64_t first;
};

/* Scratch at an address, for so many pieces of the groups from … to, of so many places each. */
template <class Operands>
ADJ_ALWAYS Scratch scratch_at(char* address, int64_t pieces, int64_t from, int64_t to, int64_t places) {
  double* left = reinterpret_cast<double*>(address);
  const int64_t all = (to - from) * places;
  return {left, all, reinterpret_cast<Found*>(left + pieces * kLeft<Operands> * all), from};
}

/* The whole group c. */
template <class Operands>
ADJ_ALWAYS auto elements_of(const Operands& of, const StandardizePlan& plan, int64_t c) {
  using T = std::remove_cvref_t<decltype(*of.x)>;
  const int64_t at = c * plan.trail;
  return Elements<T>{of.x + at, of.g != nullptr ? of.g + at : nullptr, nullptr,
                     Runs{plan.lead, plan.trail, plan.kept * plan.trail}};
}

/* Keeps what elements of group c are written from, and writes what there is one of for each group. */
template <class T>
ADJ_ALWAYS Slope finish(const Forward<T>& of, const StandardizePlan&, int64_t c, const Elements<T>&, Group& group) {
  of.write_moments(c, group.moments);
  return {};
}
template <class T>
ADJ_ALWAYS Slope finish(const Backward<T>& of, const StandardizePlan& plan, int64_t c, const Elements<T>& elements,
                        Group& group) {
  const Slope slope = slope_of_group(group, elements, of.scale_of(c), plan);
  of.write_slopes(c, group.moments, group.w, group.products);
  return slope;
}

/* Joins what the pieces of group c have left of its `places` places, count(p) elements of each in piece p. */
template <class Operands, class Count>
ADJ_ALWAYS void join_group(const Operands& of, const StandardizePlan& plan, const Scratch& scratch, int64_t c,
                           int64_t places, int64_t pieces, const Count& count) {
  const auto elements = elements_of(of, plan, c);
  const double n = elements.runs.count();
  const double* left = scratch.left + (c - scratch.first) * places;
  double rest = 0;
  for (int64_t p = 0; p < pieces; ++p) {
    const double* mean = left + (p * kLeft<Operands> + kLeftMean) * scratch.places;
    for (int64_t b = 0; b < places; ++b) rest += count(p) * mean[b];
  }
  rest /= n;
  double squares = 0, w = 0, products = 0;
  for (int64_t p = 0; p < pieces; ++p) {
    const double* of_piece = left + p * kLeft<Operands> * scratch.places;
    for (int64_t b = 0; b < places; ++b) {
      const double off = of_piece[kLeftMean * scratch.places + b] - rest;
      squares += of_piece[kLeftSquares * scratch.places + b] + count(p) * off * off;
      if constexpr (kIsBackward<Operands>) {
        w += of_piece[kLeftW * scratch.places + b];
        products += of_piece[kLeftProducts * scratch.places + b] + off * of_piece[kLeftW * scratch.places + b];
      }
    }
  }
  const double shift = plan.centred ? static_cast<double>(*elements.x) : 0;
  Group group{moments_of(1, shift, rest, squares / n, plan), w, products, 0, false};
  group = in_better_units<kSumsOf<Operands>>(group, elements, plan);
  const Slope slope = finish(of, plan, c, elements, group);
  scratch.found[c - scratch.first] = {group.moments, slope};
}

/* A part's piece: of group c, some runs, or a part of one. */
struct Piece {
  ADJ_ALWAYS Piece(const StandardizePlan& plan, int64_t index) : c(index / plan.pieces), p(index % plan.pieces) {
    const int64_t of_run = (plan.trail + plan.run - 1) / plan.run;
    const int64_t l = p / of_run * plan.rows, i = p % of_run * plan.run;
    at = l * plan.kept * plan.trail + i;
    runs = {plan.lead - l < plan.rows ? plan.lead - l : plan.rows,
            plan.trail - i < plan.run ? plan.trail - i : plan.run, plan.kept * plan.trail};
  }
  int64_t c, p, at;
  Runs runs;
};

template <class T>
ADJ_ALWAYS Elements<T> part_of(const Elements<T>& group, const Piece& piece) {
  return {group.x + piece.at, group.g != nullptr ? group.g + piece.at : nullptr, nullptr, piece.runs};
}

template <class Operands>
void fold_piece_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const Operands of(part, plan);
  const Scratch scratch = scratch_at<Operands>(part.shared, plan.pieces, 0, plan.kept, 1);
  const Piece piece(plan, part.index);
  const auto group = elements_of(of, plan, piece.c);
  const auto fold = fold_in_units<kSumsOf<Operands>>(part_of(group, piece), plan.centred, 1);
  const double n = piece.runs.count(), rest = plan.centred ? fold.sums[kOfD] / n : 0;
  double* left = scratch.left + piece.p * kLeft<Operands> * scratch.places + piece.c;
  left[kLeftMean * scratch.places] = plan.centred ? (fold.shift - static_cast<double>(*group.x)) + rest : 0;
  left[kLeftSquares * scratch.places] = fold.sums[kOfSquares] - fold.sums[kOfD] * rest;
  if constexpr (kIsBackward<Operands>) {
    left[kLeftW * scratch.places] = fold.sums[kOfW];
    left[kLeftProducts * scratch.places] = fold.sums[kOfProducts] - rest * fold.sums[kOfW];
  }
}

template <class Operands>
void join_pieces_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const Operands of(part, plan);
  const Scratch scratch = scratch_at<Operands>(part.shared, plan.pieces, 0, plan.kept, 1);
  join_group(of, plan, scratch, part.index, 1, plan.pieces, [&](int64_t p) { return Piece(plan, p).runs.count(); });
}

template <class Operands>
void write_piece_part(const Part& part) {
  const StandardizePlan& plan = *static_cast<const StandardizePlan*>(part.plan);
  const Operands of(part, plan);
  const Scratch scratch = scratch_at<Operands>(part.shared, plan.pieces, 0, plan.kept, 1);
  const Piece piece(plan, part.index);
  const auto elements = part_of(elements_of(of, plan, piece.c), piece);
  const Found& found = scratch.found[piece.c];
  const int64_t at = piece.c * plan.trail + piece.at;
  if constexpr (kIsBackward<Operands>) {
    write_slopes(elements, found.moments, found.slope, plan.streams, of.dx + at);
  } else {
    write_runs(elements, found.moments, of.scale_of(piece.c), of.shift_of(piece.c), plan.streams, of.y + at);
  }
  if (plan.streams) end_streams();
}

template <class Operands>
inline constexpr PieceLoops kPieceLoops = {fold_piece_part<Operands>, join_pieces_part<Operands>,
                                           write_piece_part<Operands>};

ADJ_ISA_END

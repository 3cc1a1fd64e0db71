/*
 * The folds that regions end in. Over leading axes every part folds its own rows into states of its own, one for each
 * column, or it has all rows of some columns. Over trailing axes a row of the region belongs to one element: its states
 * live in the thread's scratch while its tiles are run, and then become an element, or, where several parts share one,
 * wait in scratch for `combine_fused`, which joins them in the order of the parts. The cut into parts follows from the
 * shape, and so do the bits.
 */
#include <algorithm>
#include <cstring>

#include "kernels/plan/fused_parts.h"
#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

constexpr int64_t kNumber = sizeof(double);

int loops_index(const FusedOutput& output) { return output.dtype == ADJ_F64 ? 1 : 0; }

void start(const FoldLoops& fold, double* states, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    for (int w = 0; w < fold.width; ++w) states[i * fold.width + w] = fold.start[w];
  }
}

/* Makes elements [from, from + count) of an output. */
void end(const Part& part, const FusedPlan& plan, const Divisors& divisors, int o, const double* states, int64_t from,
         int64_t count) {
  const FusedOutput& output = plan.output[o];
  output.fold->end[loops_index(output)](states, count, divisors.of(o),
                                        part.at[plan.inputs + o] + from * size_of(output.dtype));
}

/* Joins the states of the parts that have rows of element `e`. */
void join_rows(const FusedPlan& plan, const FusedOutput& output, const double* states, int64_t e, double* total) {
  if (plan.parts == 0) return;
  const int64_t pieces = ceil_div(plan.n, plan.piece);
  const int64_t from = e * output.group / plan.rows_per_part, to = ((e + 1) * output.group - 1) / plan.rows_per_part;
  for (int64_t p = from; p <= to; ++p) {
    const int64_t within = e - p * plan.rows_per_part / output.group;
    for (int64_t q = 0; q < pieces; ++q) {
      const int64_t at = (p * pieces + q) * output.states + within;
      output.fold->join(states + at * output.fold->width, 1, total);
    }
  }
}

}  // namespace

Divisors::Divisors(const Part& part, const FusedPlan& plan) {
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    present[o] = output.fold != nullptr && output.divisor != kAbsent;
    if (present[o]) std::memcpy(&numbers[o], part.at[output.divisor], static_cast<size_t>(size_of(output.dtype)));
  }
}

void start_part(const Part& part, const FusedPlan& plan, char** starts) {
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    if (output.fold == nullptr) continue;
    if (output.group > 0 || plan.by_columns) {
      starts[plan.inputs + o] = part.lane + output.lane;
      if (plan.by_columns) start(*output.fold, reinterpret_cast<double*>(part.lane + output.lane), plan.piece);
      continue;
    }
    char* states = part.shared + output.shared + part.index * output.states * output.fold->width * kNumber;
    start(*output.fold, reinterpret_cast<double*>(states), output.states);
    starts[plan.inputs + o] = states;
  }
}

void start_rows(const FusedPlan& plan, int64_t row, int64_t rows, int64_t first, char* const* starts) {
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    if (output.group == 0 || (row % output.group != 0 && row != first)) continue;
    start(*output.fold, reinterpret_cast<double*>(starts[plan.inputs + o]), output.group == 1 ? rows : 1);
  }
}

void fold_tile(const FusedPlan& plan, int o, const View& x, int64_t rows, int64_t n, char* at) {
  const FusedOutput& output = plan.output[o];
  const FoldLoops& fold = *output.fold;
  const int of = loops_index(output);
  double* states = reinterpret_cast<double*>(at);
  if (output.group == 1) {
    fold.rows[of](x.at, rows, x.outer, n, states, fold.width);
  } else if (output.group > 1) {
    /* Without gaps all rows are one long one. */
    const bool dense = x.outer == n * size_of(output.dtype);
    fold.rows[of](x.at, dense ? 1 : rows, x.outer, dense ? rows * n : n, states, 0);
  } else if (plan.outer[plan.inputs + o] == 0) {
    fold.columns[of](x.at, rows, x.outer, n, states);
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      fold.columns[of](x.at + r * x.outer, 1, 0, n, states + r * plan.outer[plan.inputs + o] / kNumber);
    }
  }
}

void end_rows(const Part& part, const FusedPlan& plan, const Divisors& divisors, int64_t row, int64_t rows,
              int64_t first, int64_t last, char* const* starts) {
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    if (output.group == 0 || ((row + rows) % output.group != 0 && row + rows != last)) continue;
    const double* states = reinterpret_cast<const double*>(starts[plan.inputs + o]);
    const int64_t e = row / output.group, count = output.group == 1 ? rows : 1;
    if (output.states == 0) {
      end(part, plan, divisors, o, states, e, count);
    } else {
      const int64_t at = part.index * output.states + e - first / output.group;
      const int64_t bytes = output.fold->width * kNumber;
      std::memcpy(part.shared + output.shared + at * bytes, states, static_cast<size_t>(count * bytes));
    }
  }
}

void end_columns(const Part& part, const FusedPlan& plan, const Divisors& divisors, int64_t from, int64_t count) {
  for (int o = 0; o < plan.outputs; ++o) {
    end(part, plan, divisors, o, reinterpret_cast<const double*>(part.lane + plan.output[o].lane), from, count);
  }
}

int64_t combining_parts(const FusedOutput& output) { return ceil_div(output.kept, kFusedCombineTile); }

void combine_fused(const Part& part) {
  const FusedPlan& plan = *static_cast<const FusedPlan*>(part.plan);
  int64_t index = part.index;
  for (int o = 0; o < plan.outputs; ++o) {
    const FusedOutput& output = plan.output[o];
    if (output.fold == nullptr || output.states == 0) continue;
    if (index >= combining_parts(output)) {
      index -= combining_parts(output);
      continue;
    }
    const int width = output.fold->width;
    const int64_t from = index * kFusedCombineTile, count = std::min(kFusedCombineTile, output.kept - from);
    const double* states = reinterpret_cast<const double*>(part.shared + output.shared);
    double totals[2 * kFusedCombineTile];
    start(*output.fold, totals, count);
    if (output.group == 0) {
      for (int64_t p = 0; p < plan.parts; ++p) {
        output.fold->join(states + (p * output.states + from) * width, count, totals);
      }
    } else {
      for (int64_t i = 0; i < count; ++i) join_rows(plan, output, states, from + i, totals + i * width);
    }
    /* What is joined has several elements, and no output of those is one number's memory. */
    end(part, plan, Divisors(part, plan), o, totals, from, count);
    return;
  }
}

}  // namespace adjoint

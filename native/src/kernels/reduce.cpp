/*
 * `sum`, `prod`, `max`, `min` and `argmax` over trailing axes of any strides. A part reduces one tile of kept elements
 * over one segment of the reduced ones; several segments meet in `combine`, in order. To add a reduction, write a Fold
 * and a row.
 */
#include "kernels/plan/reduce.h"
#include "kernels/elementwise.h"
#include "kernels/rows.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN
namespace {

/* A position in a nest, by its linear index: the offset of element (outer, inner) is `offset + inner * stride`. */
struct Walk {
  ADJ_ALWAYS Walk(const Nest& walked, int64_t linear) : nest(walked), last(walked.rank - 1) {
    offset = 0;
    for (int d = last - 1; d >= 0; --d) at[d] = 0;
    inner = linear;
    if (last < 0) return;
    inner = linear % nest.dims[last];
    int64_t rest = linear / nest.dims[last];
    for (int d = last - 1; d >= 0; --d) {
      at[d] = rest % nest.dims[d];
      rest /= nest.dims[d];
      offset += at[d] * nest.strides[d];
    }
  }

  ADJ_ALWAYS int64_t length() const { return last < 0 ? 1 : nest.dims[last]; }
  ADJ_ALWAYS int64_t stride() const { return last < 0 ? 0 : nest.strides[last]; }

  ADJ_ALWAYS void next_row() {
    inner = 0;
    for (int d = last - 1; d >= 0; --d) {
      offset += nest.strides[d];
      if (++at[d] < nest.dims[d]) return;
      offset -= at[d] * nest.strides[d];
      at[d] = 0;
    }
  }

  const Nest& nest;
  int last;
  int64_t offset, inner;
  int64_t at[kMaxRank];
};

struct Sum {
  using State = Compensated;
  using Left = double;
  template <class T>
  static ADJ_ALWAYS State start() {
    return {0, 0};
  }
  template <class T>
  static ADJ_ALWAYS void run(State& state, const T* x, int64_t n, int64_t stride) {
    sum_run(x, n, stride, state);
  }
  static ADJ_ALWAYS double end(const State& state) { return value(state); }

  /* Columns gather a block of rows in `block`, which then joins the compensated totals. */
  static constexpr int64_t kRows = 128;
  struct Columns {
    double block[kReduceColumns], high[kReduceColumns], low[kReduceColumns];
    int64_t filled;
  };
  template <class T>
  static ADJ_ALWAYS void start_columns(Columns& c, int64_t width) {
    for (int64_t j = 0; j < width; ++j) c.block[j] = c.high[j] = c.low[j] = 0;
    c.filled = 0;
  }
  static ADJ_ALWAYS void flush(Columns& c, int64_t width) {
    for (int64_t j = 0; j < width; ++j) {
      Compensated sum{c.high[j], c.low[j]};
      add(sum, c.block[j]);
      c.high[j] = sum.high;
      c.low[j] = sum.low;
      c.block[j] = 0;
    }
    c.filled = 0;
  }
  /* Four rows at a time: one load and one store of the totals serves four additions. */
  template <class T>
  static ADJ_ALWAYS void run_columns(Columns& c, const T* x, int64_t rows, int64_t stride, int64_t width) {
    int64_t r = 0;
    while (r < rows) {
      const int64_t room = kRows - c.filled;
      const int64_t stop = rows - r < room ? rows : r + room;
      c.filled += stop - r;
      for (; r + 4 <= stop; r += 4) {
        const T* x0 = x + r * stride;
        const T* x1 = x0 + stride;
        const T* x2 = x1 + stride;
        const T* x3 = x2 + stride;
        ADJ_LOOP(int64_t j = 0; j < width; ++j) {
          c.block[j] += (static_cast<double>(x0[j]) + static_cast<double>(x1[j])) +
                        (static_cast<double>(x2[j]) + static_cast<double>(x3[j]));
        }
      }
      for (; r < stop; ++r) {
        const T* x0 = x + r * stride;
        ADJ_LOOP(int64_t j = 0; j < width; ++j) c.block[j] += static_cast<double>(x0[j]);
      }
      if (c.filled == kRows) flush(c, width);
    }
  }
  static ADJ_ALWAYS double end_column(Columns& c, int64_t j) { return value({c.high[j], c.low[j]}); }
};

/*
 * In double, so that products of F32 leave their range only at the end. One chain: lanes would overflow in one and meet
 * a zero in another.
 */
struct Product {
  using State = double;
  using Left = double;
  template <class T>
  static ADJ_ALWAYS State start() {
    return 1;
  }
  template <class T>
  static ADJ_ALWAYS void run(State& state, const T* x, int64_t n, int64_t stride) {
    for (int64_t i = 0; i < n; ++i) state *= static_cast<double>(x[i * stride]);
  }
  static ADJ_ALWAYS double end(State state) { return state; }

  struct Columns {
    double so_far[kReduceColumns];
  };
  template <class T>
  static ADJ_ALWAYS void start_columns(Columns& c, int64_t width) {
    for (int64_t j = 0; j < width; ++j) c.so_far[j] = 1;
  }
  static ADJ_ALWAYS void flush(Columns&, int64_t) {}
  template <class T>
  static ADJ_ALWAYS void run_columns(Columns& c, const T* x, int64_t rows, int64_t stride, int64_t width) {
    for (int64_t r = 0; r < rows; ++r) {
      const T* row_of_x = x + r * stride;
      ADJ_LOOP(int64_t j = 0; j < width; ++j) c.so_far[j] *= static_cast<double>(row_of_x[j]);
    }
  }
  static ADJ_ALWAYS double end_column(Columns& c, int64_t j) { return c.so_far[j]; }
};

template <bool kMax>
struct Extreme {
  using State = double;
  using Left = double;
  template <class T>
  static ADJ_ALWAYS State start() {
    return kLeast<kMax, double>;
  }
  template <class T>
  static ADJ_ALWAYS void run(State& state, const T* x, int64_t n, int64_t stride) {
    state = static_cast<double>(extreme_run<kMax, T>(x, n, stride, static_cast<T>(state)));
  }
  static ADJ_ALWAYS double end(State state) { return state; }

  struct Columns {
    double so_far[kReduceColumns];
  };
  template <class T>
  static ADJ_ALWAYS void start_columns(Columns& c, int64_t width) {
    for (int64_t j = 0; j < width; ++j) c.so_far[j] = kLeast<kMax, double>;
  }
  static ADJ_ALWAYS void flush(Columns&, int64_t) {}
  template <class T>
  static ADJ_ALWAYS void run_columns(Columns& c, const T* x, int64_t rows, int64_t stride, int64_t width) {
    for (int64_t r = 0; r < rows; ++r) {
      const T* row_of_x = x + r * stride;
      ADJ_LOOP(int64_t j = 0; j < width; ++j) {
        c.so_far[j] = extreme_of<kMax>(c.so_far[j], static_cast<double>(row_of_x[j]));
      }
    }
  }
  static ADJ_ALWAYS double end_column(Columns& c, int64_t j) { return c.so_far[j]; }
};

/* Folds of integers, which wrap around as Java's do: in 64 bits, of which the low ones are left. */
struct WholeSum {
  static constexpr int64_t kStart = 0;
  static ADJ_ALWAYS int64_t of(int64_t a, int64_t b) { return wrapped<int64_t>(unsigned_of(a) + unsigned_of(b)); }
};
struct WholeProduct {
  static constexpr int64_t kStart = 1;
  static ADJ_ALWAYS int64_t of(int64_t a, int64_t b) { return wrapped<int64_t>(unsigned_of(a) * unsigned_of(b)); }
};
template <bool kMax>
struct WholeExtreme {
  static constexpr int64_t kStart = kMax ? INT64_MIN : INT64_MAX;
  static ADJ_ALWAYS int64_t of(int64_t a, int64_t b) { return (kMax ? b > a : b < a) ? b : a; }
};

template <class F>
struct Whole {
  using State = int64_t;
  using Left = int64_t;
  template <class T>
  static ADJ_ALWAYS State start() {
    return F::kStart;
  }
  template <class T>
  static ADJ_ALWAYS void run(State& state, const T* x, int64_t n, int64_t stride) {
    for (int64_t i = 0; i < n; ++i) state = F::of(state, static_cast<int64_t>(x[i * stride]));
  }
  static ADJ_ALWAYS int64_t end(State state) { return state; }

  struct Columns {
    int64_t so_far[kReduceColumns];
  };
  template <class T>
  static ADJ_ALWAYS void start_columns(Columns& c, int64_t width) {
    for (int64_t j = 0; j < width; ++j) c.so_far[j] = F::kStart;
  }
  static ADJ_ALWAYS void flush(Columns&, int64_t) {}
  template <class T>
  static ADJ_ALWAYS void run_columns(Columns& c, const T* x, int64_t rows, int64_t stride, int64_t width) {
    for (int64_t r = 0; r < rows; ++r) {
      const T* row_of_x = x + r * stride;
      ADJ_LOOP(int64_t j = 0; j < width; ++j) c.so_far[j] = F::of(c.so_far[j], static_cast<int64_t>(row_of_x[j]));
    }
  }
  static ADJ_ALWAYS int64_t end_column(Columns& c, int64_t j) { return c.so_far[j]; }
};

/* Where a part leaves kept element `kept`: in the output, or among the segments that combine will read. */
template <class T, class Left>
ADJ_ALWAYS void leave(const Part& part, const ReducePlan& plan, int64_t segment, int64_t kept, Left x) {
  if (plan.segments == 1) {
    reinterpret_cast<T*>(part.at[1])[kept] = static_cast<T>(x);
  } else {
    reinterpret_cast<Left*>(part.shared)[segment * plan.kept.count + kept] = x;
  }
}

template <class Fold, class T>
void reduce_part(const Part& part) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(part.plan);
  const T* x = reinterpret_cast<const T*>(part.at[0]);
  const int64_t segment = part.index / plan.tiles, tile = part.index % plan.tiles;
  const int64_t from = segment * plan.segment;
  const int64_t to = plan.reduced.count - from < plan.segment ? plan.reduced.count : from + plan.segment;
  if (plan.columns) {
    /* Tiles do not cross a row of the innermost kept axis. */
    const int64_t row_length = plan.kept.dims[plan.kept.rank - 1];
    const int64_t tiles_in_row = (row_length + plan.tile - 1) / plan.tile;
    const int64_t start = (tile % tiles_in_row) * plan.tile;
    const int64_t width = row_length - start < plan.tile ? row_length - start : plan.tile;
    const int64_t first = (tile / tiles_in_row) * row_length + start;
    const Walk kept(plan.kept, first);
    typename Fold::Columns columns;
    Fold::template start_columns<T>(columns, width);
    Walk reduced(plan.reduced, from);
    for (int64_t i = from; i < to;) {
      const int64_t left = reduced.length() - reduced.inner;
      const int64_t rows = to - i < left ? to - i : left;
      const T* corner = x + kept.offset + start + reduced.offset + reduced.inner * reduced.stride();
      Fold::run_columns(columns, corner, rows, reduced.stride(), width);
      i += rows;
      reduced.next_row();
    }
    Fold::flush(columns, width);
    for (int64_t j = 0; j < width; ++j) leave<T>(part, plan, segment, first + j, Fold::end_column(columns, j));
    return;
  }
  const int64_t first = tile * plan.tile;
  const int64_t count = plan.kept.count - first < plan.tile ? plan.kept.count - first : plan.tile;
  Walk kept(plan.kept, first);
  for (int64_t e = first; e < first + count; ++e) {
    typename Fold::State state = Fold::template start<T>();
    Walk reduced(plan.reduced, from);
    for (int64_t i = from; i < to;) {
      const int64_t left = reduced.length() - reduced.inner;
      const int64_t n = to - i < left ? to - i : left;
      const int64_t offset = kept.offset + kept.inner * kept.stride() + reduced.offset;
      Fold::run(state, x + offset + reduced.inner * reduced.stride(), n, reduced.stride());
      i += n;
      reduced.next_row();
    }
    leave<T>(part, plan, segment, e, Fold::end(state));
    if (++kept.inner == kept.length()) kept.next_row();
  }
}

template <class Fold, class T>
void reduce_combine(const Part& part) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(part.plan);
  using Left = typename Fold::Left;
  const Left* partial = reinterpret_cast<const Left*>(part.shared);
  T* y = reinterpret_cast<T*>(part.at[1]);
  const int64_t first = part.index * kCombineTile;
  const int64_t left = plan.kept.count - first;
  for (int64_t e = first; e < first + (left < kCombineTile ? left : kCombineTile); ++e) {
    typename Fold::State state = Fold::template start<Left>();
    for (int64_t s = 0; s < plan.segments; ++s) Fold::run(state, partial + s * plan.kept.count + e, 1, 1);
    y[e] = static_cast<T>(Fold::end(state));
  }
}

template <class T>
ADJ_ALWAYS T largest_of(const T* x, int64_t n, int64_t stride) {
  if constexpr (std::is_integral_v<T>) {
    T largest = x[0];
    for (int64_t i = 1; i < n; ++i) largest = x[i * stride] > largest ? x[i * stride] : largest;
    return largest;
  } else {
    return extreme_run<true, T>(x, n, stride, kLeast<true, T>);
  }
}

/* The first place of the largest element, or of the first NaN. */
template <class T>
void argmax_part(const Part& part) {
  const ReducePlan& plan = *static_cast<const ReducePlan*>(part.plan);
  const T* x = reinterpret_cast<const T*>(part.at[0]);
  int64_t* y = reinterpret_cast<int64_t*>(part.at[1]);
  const int64_t first = part.index * plan.tile;
  const int64_t count = plan.kept.count - first < plan.tile ? plan.kept.count - first : plan.tile;
  const int64_t n = plan.reduced.count;
  const int64_t stride = plan.reduced.rank > 0 ? plan.reduced.strides[0] : 0;
  Walk kept(plan.kept, first);
  for (int64_t e = first; e < first + count; ++e) {
    const T* run = x + kept.offset + kept.inner * kept.stride();
    const T largest = largest_of(run, n, stride);
    int64_t i = 0;
    if (largest != largest) {
      while (i < n - 1 && run[i * stride] == run[i * stride]) ++i;
    } else {
      while (i < n - 1 && run[i * stride] != largest) ++i;
    }
    y[e] = i;
    if (++kept.inner == kept.length()) kept.next_row();
  }
}

template <class Fold, class F>
constexpr ReduceLoops loops[] = {{ADJ_F32, reduce_part<Fold, float>, reduce_combine<Fold, float>},
                                 {ADJ_F64, reduce_part<Fold, double>, reduce_combine<Fold, double>},
                                 {ADJ_I32, reduce_part<Whole<F>, int32_t>, reduce_combine<Whole<F>, int32_t>},
                                 {ADJ_I64, reduce_part<Whole<F>, int64_t>, reduce_combine<Whole<F>, int64_t>}};
constexpr ReduceLoops argmax_loops[] = {{ADJ_F32, argmax_part<float>, nullptr},
                                        {ADJ_F64, argmax_part<double>, nullptr},
                                        {ADJ_I32, argmax_part<int32_t>, nullptr},
                                        {ADJ_I64, argmax_part<int64_t>, nullptr}};

constexpr Kernel kernels[] = {
    {{"sum", 1, {0, 0, 0}}, prepare_reduce, loops<Sum, WholeSum>, 4, 1},
    {{"prod", 1, {0, 0, 0}}, prepare_reduce, loops<Product, WholeProduct>, 4, 1},
    {{"max", 1, {0, 0, 0}}, prepare_reduce, loops<Extreme<true>, WholeExtreme<true>>, 4, 1},
    {{"min", 1, {0, 0, 0}}, prepare_reduce, loops<Extreme<false>, WholeExtreme<false>>, 4, 1},
    {{"argmax", 1, {0, 0, 0}}, prepare_argmax, argmax_loops, 4, 1},
};

}  // namespace

extern const Family reduce;
const Family reduce{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

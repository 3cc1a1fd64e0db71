/*
 * Attention and its gradient in tiles of queries by keys, so that the matrix of scores is never stored (Dao,
 * "FlashAttention-2", ICLR 2024). Forward, a part has a tile of queries and meets tiles of keys one after another, with
 * the largest score so far taken away from the exponents. Backward, a part has tiles of keys and meets tiles of
 * queries, whose scores it computes again; what goes to dq is added up in an order that depends on shape alone.
 */
#include "kernels/plan/attention.h"
#include "kernels/attention_tile.h"
#include "kernels/subnormals.h"

ADJ_ISA_BEGIN
namespace {

/* Operand i of a part. */
template <class T>
ADJ_ALWAYS T* operand(const Part& part, int i) {
  return reinterpret_cast<T*>(part.at[i]);
}

/* Masks, which follow `inputs` other inputs. */
struct Masks {
  ADJ_ALWAYS Masks(const Part& part, const AttentionCall& of, int inputs)
      : bias(of.bias.present ? part.at[inputs] : nullptr),
        mask(of.mask.present ? part.at[inputs + (of.bias.present ? 1 : 0)] : nullptr),
        outputs(inputs + (of.bias.present ? 1 : 0) + (of.mask.present ? 1 : 0)) {}
  const void *bias, *mask;
  int outputs; /* the first of them */
};

/* Packs a tile of keys, scaled, and values of a head. */
template <class T>
void pack_tile_part(const Part& part) {
  const AttentionPlan& plan = *static_cast<const AttentionPlan*>(part.plan);
  const int64_t head = part.index / plan.key_tiles, from = part.index % plan.key_tiles * plan.key_tile;
  const int64_t keys = least(plan.keys - from, plan.key_tile), at = head * plan.keys + from;
  T* to = reinterpret_cast<T*>(part.shared) + part.index * (plan.tile_keys + plan.tile_values);
  pack_scaled(operand<const T>(part, 1) + at * plan.size, 1, plan.size, plan.size, keys, plan.scale, to);
  pack_b(operand<const T>(part, 2) + at * plan.value_size, plan.value_size, int64_t{1}, keys, plan.value_size, false,
         to + plan.tile_keys);
}

/* What a tile of queries has of the keys that it has met: outputs, times e^peak and their sums. */
template <class T>
struct Running {
  T* y;
  T* peaks;
  double* sums;
};

/* Scores of a row become shares of the row's peak; what the row had is brought to that peak. */
template <class T>
ADJ_ALWAYS void meet_row(Running<T>& so_far, int64_t r, T* s, int64_t n, int64_t all, int64_t values) {
  const T before = so_far.peaks[r], here = largest_of(s, n);
  const T peak = here > before || here != here ? here : before;
  if (peak == kLeast<true, T>) {
    for (int64_t j = 0; j < all; ++j) s[j] = T(0);
    return;
  }
  exp_scores(s, n, all, peak);
  const double sum = sum_scores(s, n);
  if (peak == before) {
    so_far.sums[r] += sum;
    return;
  }
  const T faded = exp_of(before - peak); /* 0 of -inf */
  so_far.sums[r] = so_far.sums[r] * static_cast<double>(faded) + sum;
  so_far.peaks[r] = peak;
  T* y = so_far.y + r * values;
  ADJ_LOOP(int64_t j = 0; j < values; ++j) y[j] *= faded;
}

template <class T>
__attribute__((noinline)) void meet_keys(const AttentionPlan& plan, const Masks& masks, const TilePlace& place,
                                         int64_t queries, int64_t keys, T* scores, Running<T>& so_far) {
  for (int64_t r = 0; r < queries; ++r) {
    const int64_t seen = least(seen_by(plan, place.query + r) - place.key, keys), n = seen < 0 ? 0 : seen;
    T* s = scores + r * plan.key_tile;
    mask_row_scores(plan, place, masks.bias, masks.mask, r, n, s);
    meet_row(so_far, r, s, n, keys, plan.value_size);
  }
}

/* Divides by the sums; a query that has seen no key has 0. */
template <class T>
__attribute__((noinline)) void finish_queries(const Running<T>& of, int64_t queries, int64_t values, T* log_sums) {
  for (int64_t r = 0; r < queries; ++r) {
    T* y = of.y + r * values;
    const bool hidden = of.peaks[r] == kLeast<true, T>;
    const T inverse = static_cast<T>(1 / of.sums[r]);
    for (int64_t j = 0; j < values; ++j) y[j] = hidden ? T(0) : y[j] * inverse;
    log_sums[r] = hidden ? of.peaks[r] : static_cast<T>(static_cast<double>(of.peaks[r]) + log_of(of.sums[r]));
  }
}

/* A tile of queries of a head. */
template <class T>
void attention_part(const Part& part) {
  const SubnormalsAreZero here;
  const AttentionPlan& plan = *static_cast<const AttentionPlan*>(part.plan);
  const Masks masks(part, plan, 3);
  const int64_t of_all = part.index / plan.query_tiles; /* which head of which batch */
  const int64_t key_head = of_all / plan.heads * plan.key_heads + of_all % plan.heads / (plan.heads / plan.key_heads);
  TilePlace place{of_all / plan.heads, of_all % plan.heads, part.index % plan.query_tiles * plan.query_tile, 0};
  const int64_t queries = least(plan.queries - place.query, plan.query_tile);
  const int64_t at = of_all * plan.queries + place.query;
  const Rowed<T> q{operand<const T>(part, 0) + at * plan.size, plan.size, 1};
  T* scores = reinterpret_cast<T*>(part.lane + plan.scores_at);
  Running<T> so_far{operand<T>(part, masks.outputs) + at * plan.value_size,
                    reinterpret_cast<T*>(part.lane + plan.peaks_at),
                    reinterpret_cast<double*>(part.lane + plan.sums_at)};
  for (int64_t r = 0; r < queries; ++r) {
    so_far.peaks[r] = kLeast<true, T>;
    so_far.sums[r] = 0;
  }
  __builtin_memset(so_far.y, 0, static_cast<size_t>(queries * plan.value_size) * sizeof(T));
  const int64_t seen = seen_by(plan, place.query + queries - 1);
  for (; place.key < seen; place.key += plan.key_tile) {
    const int64_t keys = least(plan.keys - place.key, plan.key_tile);
    const T* tile = reinterpret_cast<const T*>(part.shared) +
                    (key_head * plan.key_tiles + place.key / plan.key_tile) * (plan.tile_keys + plan.tile_values);
    multiply_tile(q, Columned<T>{tile, kWidth<T>, true}, queries, keys, plan.size, false, scores, plan.key_tile);
    meet_keys(plan, masks, place, queries, keys, scores, so_far);
    multiply_tile(Rowed<T>{scores, plan.key_tile, 1}, Columned<T>{tile + plan.tile_keys, kWidth<T>, true}, queries,
                  plan.value_size, keys, true, so_far.y, plan.value_size);
  }
  finish_queries(so_far, queries, plan.value_size, operand<T>(part, masks.outputs + 1) + at);
}

/* g·y of some queries: what the cotangents of their scores have in common. */
template <class T>
void products_part(const Part& part) {
  const AttentionPlan& plan = *static_cast<const AttentionPlan*>(part.plan);
  const int64_t from = part.index * kProductsAtOnce, n = plan.value_size;
  const int64_t to = least(from + kProductsAtOnce, plan.batches * plan.heads * plan.queries);
  T* products = reinterpret_cast<T*>(part.shared + plan.products_at);
  for (int64_t r = from; r < to; ++r) {
    const T *g = operand<const T>(part, 3) + r * n, *y = operand<const T>(part, 4) + r * n;
    double sum = 0;
    for (int64_t j = 0; j < n; ++j) sum += static_cast<double>(g[j]) * static_cast<double>(y[j]);
    products[r] = static_cast<T>(sum);
  }
}

/* A row's scores become its shares p, and what comes back to those, dp, what comes back to scores: p (dp - g·y). */
template <class T>
ADJ_ALWAYS void slope_row(T* p, T* dp, int64_t n, int64_t all, T log_sum, T product) {
  if (log_sum == kLeast<true, T>) n = 0; /* it sees no key */
  exp_scores(p, n, all, log_sum);
  ADJ_LOOP(int64_t j = 0; j < n; ++j) dp[j] = p[j] * (dp[j] - product);
  for (int64_t j = n; j < all; ++j) dp[j] = T(0);
}

template <class T>
__attribute__((noinline)) void slope_tile(const AttentionPlan& plan, const Masks& masks, const TilePlace& place,
                                          int64_t queries, int64_t keys, const T* log_sums, const T* products,
                                          T* scores, T* slopes) {
  for (int64_t r = 0; r < queries; ++r) {
    const int64_t seen = least(seen_by(plan, place.query + r) - place.key, keys), n = seen < 0 ? 0 : seen;
    T* s = scores + r * plan.key_tile;
    mask_row_scores(plan, place, masks.bias, masks.mask, r, n, s);
    slope_row(s, slopes + r * plan.key_tile, n, keys, log_sums[r], products[r]);
  }
}

/* The operands of a gradient, and where a part's thread packs. */
template <class T>
struct Back {
  ADJ_ALWAYS Back(const Part& part, const AttentionPlan& plan, const Masks& masks)
      : q(operand<const T>(part, 0)),
        k(operand<const T>(part, 1)),
        v(operand<const T>(part, 2)),
        g(operand<const T>(part, 3)),
        log_sums(operand<const T>(part, 5)),
        products(reinterpret_cast<const T*>(part.shared + plan.products_at)),
        dq(operand<T>(part, masks.outputs)),
        dk(operand<T>(part, masks.outputs + 1)),
        dv(operand<T>(part, masks.outputs + 2)),
        scores(reinterpret_cast<T*>(part.lane + plan.scores_at)),
        slopes(reinterpret_cast<T*>(part.lane + plan.slopes_at)),
        keys(reinterpret_cast<T*>(part.lane + plan.keys_at)),
        values(reinterpret_cast<T*>(part.lane + plan.values_at)),
        rows(reinterpret_cast<T*>(part.lane + plan.rows_at)),
        queries(reinterpret_cast<T*>(part.lane + plan.queries_at)),
        cotangents(reinterpret_cast<T*>(part.lane + plan.cotangents_at)) {}
  const T *q, *k, *v, *g, *log_sums, *products;
  T *dq, *dk, *dv;
  T *scores, *slopes, *keys, *values, *rows, *queries, *cotangents;
};

/* What all queries of a head give to one tile of keys, and take from it. */
template <class T>
ADJ_ALWAYS void slope_keys(const Back<T>& of, const AttentionPlan& plan, const Masks& masks, TilePlace place,
                           int64_t key_at, int64_t keys) {
  constexpr int64_t kW = kWidth<T>;
  const Columned<T> key_columns{of.keys, kW, true}, value_columns{of.values, kW, true}, key_rows{of.rows, kW, true};
  /* The first query that sees the tile's first key, and those of its tile. */
  const int64_t first = plan.causal && place.key > plan.offset ? place.key - plan.offset : 0;
  for (place.query = first / plan.query_tile * plan.query_tile; place.query < plan.queries;
       place.query += plan.query_tile) {
    const int64_t queries = least(plan.queries - place.query, plan.query_tile);
    const int64_t at = (place.batch * plan.heads + place.head) * plan.queries + place.query;
    const T *q = of.q + at * plan.size, *g = of.g + at * plan.value_size;
    multiply_tile(Rowed<T>{q, plan.size, 1}, key_columns, queries, keys, plan.size, false, of.scores, plan.key_tile);
    multiply_tile(Rowed<T>{g, plan.value_size, 1}, value_columns, queries, keys, plan.value_size, false, of.slopes,
                  plan.key_tile);
    slope_tile(plan, masks, place, queries, keys, of.log_sums + at, of.products + at, of.scores, of.slopes);
    multiply_tile(Rowed<T>{of.scores, 1, plan.key_tile}, columns_of(g, queries, plan.value_size, of.cotangents), keys,
                  plan.value_size, queries, true, of.dv + key_at * plan.value_size, plan.value_size);
    multiply_tile(Rowed<T>{of.slopes, 1, plan.key_tile}, columns_of(q, queries, plan.size, of.queries), keys, plan.size,
                  queries, true, of.dk + key_at * plan.size, plan.size);
    multiply_tile(Rowed<T>{of.slopes, plan.key_tile, 1}, key_rows, queries, plan.size, keys, true,
                  of.dq + at * plan.size, plan.size);
  }
}

template <class T>
__attribute__((noinline)) void scale_rows(T* x, int64_t count, T scale) {
  ADJ_LOOP(int64_t i = 0; i < count; ++i) x[i] *= scale;
}

/* A share of the tiles of keys of a head, with all heads of queries that look at it. */
template <class T>
void attention_grad_part(const Part& part) {
  const SubnormalsAreZero here;
  const AttentionPlan& plan = *static_cast<const AttentionPlan*>(part.plan);
  const Masks masks(part, plan, 6);
  Back<T> of(part, plan, masks);
  const int64_t share = part.index % plan.shares, key_head = part.index / plan.shares;
  const int64_t group = plan.heads / plan.key_heads, batch = key_head / plan.key_heads;
  const int64_t head = batch * plan.heads + key_head % plan.key_heads * group;
  const int64_t head_slopes = plan.queries * plan.size;
  if (plan.shares > 1) {
    of.dq = reinterpret_cast<T*>(part.shared + plan.shares_at) + share * plan.batches * plan.heads * head_slopes;
  }
  __builtin_memset(of.dq + head * head_slopes, 0, static_cast<size_t>(group * head_slopes) * sizeof(T));
  for (int64_t tile = share; tile < plan.key_tiles; tile += plan.shares) {
    TilePlace place{batch, 0, 0, tile * plan.key_tile};
    const int64_t keys = least(plan.keys - place.key, plan.key_tile), at = key_head * plan.keys + place.key;
    __builtin_memset(of.dk + at * plan.size, 0, static_cast<size_t>(keys * plan.size) * sizeof(T));
    __builtin_memset(of.dv + at * plan.value_size, 0, static_cast<size_t>(keys * plan.value_size) * sizeof(T));
    pack_scaled(of.k + at * plan.size, 1, plan.size, plan.size, keys, plan.scale, of.keys);
    pack_scaled(of.k + at * plan.size, plan.size, 1, keys, plan.size, plan.scale, of.rows);
    pack_b(of.v + at * plan.value_size, int64_t{1}, plan.value_size, plan.value_size, keys, false, of.values);
    for (int64_t i = 0; i < group; ++i) {
      place.head = head - batch * plan.heads + i;
      slope_keys(of, plan, masks, place, at, keys);
    }
    scale_rows(of.dk + at * plan.size, keys * plan.size, static_cast<T>(plan.scale));
  }
}

/* Adds up the shares of some of dq, in order. */
template <class T>
void join_shares_part(const Part& part) {
  const AttentionPlan& plan = *static_cast<const AttentionPlan*>(part.plan);
  const int64_t all = plan.batches * plan.heads * plan.queries * plan.size, from = part.index * kJoinedAtOnce;
  const int64_t n = least(all - from, kJoinedAtOnce);
  const T* of = reinterpret_cast<const T*>(part.shared + plan.shares_at) + from;
  T* dq = operand<T>(part, Masks(part, plan, 6).outputs) + from;
  ADJ_LOOP(int64_t i = 0; i < n; ++i) dq[i] = of[i] + of[all + i];
  for (int64_t s = 2; s < plan.shares; ++s) {
    const T* next = of + s * all;
    ADJ_LOOP(int64_t i = 0; i < n; ++i) dq[i] += next[i];
  }
}

constexpr AttentionLoops forward_loops[] = {
    {ADJ_F32, pack_tile_part<float>, attention_part<float>, nullptr, kRows, kWidth<float>},
    {ADJ_F64, pack_tile_part<double>, attention_part<double>, nullptr, kRows, kWidth<double>},
};
constexpr AttentionLoops backward_loops[] = {
    {ADJ_F32, products_part<float>, attention_grad_part<float>, join_shares_part<float>, kRows, kWidth<float>},
    {ADJ_F64, products_part<double>, attention_grad_part<double>, join_shares_part<double>, kRows, kWidth<double>},
};

constexpr Kernel kernels[] = {
    {{"attention", 3, {0, 0, 0}}, prepare_attention, forward_loops, 2, 1},
    {{"attentionGrad", 6, {0, 0, 0}}, prepare_attention_grad, backward_loops, 2, 1},
};

}  // namespace

extern const Family attention;
const Family attention{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

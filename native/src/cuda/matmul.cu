/*
 * `matmul` and `matmulBf16`: a block computes a tile of 64 x 64, each of its 256 threads 4 x 4 of it, from strips of 16
 * steps of k in shared memory. Blocks of 256 steps are added in the type itself, and those in F64, so that the error
 * does not grow with k. It refuses tensor cores: that is cuBLASLt's work, where a GPU has it.
 */
#include "contract/checks.h"
#include "contract/product.h"
#include "cuda/activation.h"
#include "cuda/kernel.h"
#include "kernels/bf16.h"
#include "kernels/vector_math.h"

namespace adjoint {
namespace cuda {
namespace {

constexpr int kTile = 64, kStep = 16, kSide = 16, kOwn = kTile / kSide;
constexpr int64_t kBlockOfK = 256;
static_assert(kSide * kSide == kThreads && kBlockOfK % kStep == 0);

ADJ_DEVICE float element(float x) { return x; }
ADJ_DEVICE double element(double x) { return x; }
ADJ_DEVICE float element(Bf16 x) { return widen(x); }

/* Of elements X, computed in T. */
template <class X, class T>
struct Matmul {
  int64_t m, n, k, a_m, a_k, b_k, b_n, bias_m, bias_n;
  int64_t batches, row_tiles, column_tiles;
  int32_t batch_rank, has_bias, activation;
  int64_t batch_dims[kMaxRank], batch_a[kMaxRank], batch_b[kMaxRank], batch_bias[kMaxRank];
  Place a, b, bias, c;

  template <class B>
  ADJ_DEVICE void run(B& block, const Environment& run) const {
    T* const strip_a = block.template shared<T, kTile * kStep, 0>();
    T* const strip_b = block.template shared<T, kTile * kStep, 1>();
    const int t = block.thread(), row = t / kSide, column = t % kSide;
    const int64_t tiles = row_tiles * column_tiles;
    for (int64_t tile = block.block(); tile < batches * tiles; tile += block.blocks()) {
      const int64_t batch = tile / tiles, i0 = tile % tiles / column_tiles * kTile, j0 = tile % column_tiles * kTile;
      int64_t at_a = 0, at_b = 0, at_bias = 0, rest = batch;
      for (int d = batch_rank - 1; d >= 0; --d) {
        const int64_t at = rest % batch_dims[d];
        rest /= batch_dims[d];
        at_a += at * batch_a[d];
        at_b += at * batch_b[d];
        at_bias += at * batch_bias[d];
      }
      const X* const from_a = a.template of<const X>(run) + at_a;
      const X* const from_b = b.template of<const X>(run) + at_b;
      T sums[kOwn][kOwn] = {};
      double totals[kOwn][kOwn] = {};
      for (int64_t k0 = 0; k0 < k; k0 += kStep) {
        for (int e = t; e < kTile * kStep; e += kThreads) {
          const int64_t i = i0 + e % kTile, j = j0 + e % kTile, p = k0 + e / kTile;
          strip_a[e] = i < m && p < k ? element(from_a[i * a_m + p * a_k]) : T(0);
          strip_b[e] = j < n && p < k ? element(from_b[p * b_k + j * b_n]) : T(0);
        }
        block.sync();
        for (int p = 0; p < kStep; ++p) {
          for (int i = 0; i < kOwn; ++i) {
            for (int j = 0; j < kOwn; ++j) {
              sums[i][j] =
                  fma(strip_a[p * kTile + row + i * kSide], strip_b[p * kTile + column + j * kSide], sums[i][j]);
            }
          }
        }
        block.sync();
        if ((k0 + kStep) % kBlockOfK != 0 && k0 + kStep < k) continue;
        for (int i = 0; i < kOwn; ++i) {
          for (int j = 0; j < kOwn; ++j) {
            totals[i][j] += static_cast<double>(sums[i][j]);
            sums[i][j] = 0;
          }
        }
      }
      T* const to = c.template of<T>(run) + batch * m * n;
      for (int i = 0; i < kOwn; ++i) {
        for (int j = 0; j < kOwn; ++j) {
          const int64_t y = i0 + row + i * kSide, x = j0 + column + j * kSide;
          if (y >= m || x >= n) continue;
          T sum = static_cast<T>(totals[i][j]);
          if (has_bias != 0) sum += bias.template of<const T>(run)[at_bias + y * bias_m + x * bias_n];
          to[y * n + x] = activated(sum, activation);
        }
      }
    }
  }
};

template <class X, class T>
void add_product(const Call& call, const ProductCall& of, Step& step) {
  if (of.batches == 0) return;
  Matmul<X, T> all{of.m,
                   of.n,
                   of.k,
                   of.a_m,
                   of.a_k,
                   of.b_k,
                   of.b_n,
                   of.bias_m,
                   of.bias_n,
                   of.batches,
                   ceil_div(of.m, kTile),
                   ceil_div(of.n, kTile),
                   of.batch_rank,
                   of.has_bias,
                   of.activation,
                   {},
                   {},
                   {},
                   {},
                   place_of(call.inputs[0]),
                   place_of(call.inputs[1]),
                   {},
                   place_of(call.outputs[0])};
  for (int d = 0; d < of.batch_rank; ++d) {
    all.batch_dims[d] = of.batch_dims[d];
    all.batch_a[d] = of.batch_a[d];
    all.batch_b[d] = of.batch_b[d];
    all.batch_bias[d] = of.batch_bias[d];
  }
  if (of.has_bias != 0) all.bias = place_of(call.inputs[2]);
  const int64_t blocks = times(of.batches, times(all.row_tiles, all.column_tiles));
  step.add(blocks < kMostBlocks ? blocks : kMostBlocks, kThreads, all);
}

void prepare_matmul(const Kernel& kernel, const Call& call, Step& step) {
  const ProductCall checked = check_matmul(kernel, call);
  if (checked.dtype == ADJ_F32) return add_product<float, float>(call, checked, step);
  add_product<double, double>(call, checked, step);
}

void prepare_matmul_bf16(const Kernel& kernel, const Call& call, Step& step) {
  add_product<Bf16, float>(call, check_matmul_bf16(kernel, call), step);
}

constexpr Kernel kernels[] = {
    {{"matmul", 2, {0, 0, 0}}, prepare_matmul},
    {{"matmulBf16", 2, {0, 0, 0}}, prepare_matmul_bf16},
};

}  // namespace

extern const Family matmul;
const Family matmul{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

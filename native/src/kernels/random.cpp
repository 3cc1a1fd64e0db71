/*
 * Counter-based random numbers, a chunk of Philox blocks at a time (philox.h): element j of a key is the same whoever
 * computes it and in whatever order. It refuses to keep any state. To add a distribution, write how a chunk of words
 * becomes elements, and a row.
 */
#include "kernels/plan/random.h"
#include "kernels/elementwise.h"
#include "kernels/philox.h"

ADJ_ISA_BEGIN
namespace {

constexpr int64_t kBlocks = 64; /* blocks that are computed together */
constexpr int64_t kWords = 4 * kBlocks;

/* The words of kBlocks blocks from counter `first` on, in the order in which elements use them. */
ADJ_ALWAYS void draw(uint64_t key, uint64_t first, uint32_t* words) {
  uint32_t w0[kBlocks], w1[kBlocks], w2[kBlocks], w3[kBlocks];
  for (uint64_t c = 0; c < static_cast<uint64_t>(kBlocks); ++c) {
    const Philox w = philox(key, first + c, kDraw);
    w0[c] = w.w0;
    w1[c] = w.w1;
    w2[c] = w.w2;
    w3[c] = w.w3;
  }
  for (int64_t c = 0; c < kBlocks; ++c) {
    words[4 * c] = w0[c];
    words[4 * c + 1] = w1[c];
    words[4 * c + 2] = w2[c];
    words[4 * c + 3] = w3[c];
  }
}

ADJ_ALWAYS uint64_t pair(const uint32_t* words, int64_t j) {
  return static_cast<uint64_t>(words[2 * j]) << 32 | words[2 * j + 1];
}

/* How a chunk of words becomes elements. `kPerChunk` elements use it up. */
struct Bits {
  using Element = uint32_t;
  static constexpr int64_t kPerChunk = kWords;
  static ADJ_ALWAYS void make(const uint32_t* words, Element* y) { __builtin_memcpy(y, words, kWords * 4); }
};

struct Uniform32 {
  using Element = float;
  static constexpr int64_t kPerChunk = kWords;
  static ADJ_ALWAYS void make(const uint32_t* words, Element* y) {
    for (int64_t j = 0; j < kPerChunk; ++j) y[j] = static_cast<float>(static_cast<int32_t>(words[j] >> 8)) * 0x1p-24f;
  }
};

struct Uniform64 {
  using Element = double;
  static constexpr int64_t kPerChunk = kWords / 2;
  static ADJ_ALWAYS void make(const uint32_t* words, Element* y) {
    for (int64_t j = 0; j < kPerChunk; ++j)
      y[j] = static_cast<double>(static_cast<int64_t>(pair(words, j) >> 11)) * 0x1p-53;
  }
};

/* The centre for all of them as one vector loop, then the seventh that lies in the tails. */
template <int64_t kCount>
ADJ_ALWAYS void normals(double* p) {
  double z[kCount];
  for (int64_t j = 0; j < kCount; ++j) z[j] = normal_center(p[j]);
  for (int64_t j = 0; j < kCount; ++j) {
    const double q = p[j] - 0.5;
    if (q > 0.425 || q < -0.425) z[j] = normal_tail(p[j]);
  }
  __builtin_memcpy(p, z, sizeof(z));
}

struct Normal32 {
  using Element = float;
  static constexpr int64_t kPerChunk = kWords;
  static ADJ_ALWAYS void make(const uint32_t* words, Element* y) {
    double p[kPerChunk];
    for (int64_t j = 0; j < kPerChunk; ++j) p[j] = (static_cast<double>(words[j]) + 0.5) * 0x1p-32;
    normals<kPerChunk>(p);
    for (int64_t j = 0; j < kPerChunk; ++j) y[j] = static_cast<float>(p[j]);
  }
};

struct Normal64 {
  using Element = double;
  static constexpr int64_t kPerChunk = kWords / 2;
  static ADJ_ALWAYS void make(const uint32_t* words, Element* y) {
    for (int64_t j = 0; j < kPerChunk; ++j) {
      y[j] = (static_cast<double>(static_cast<int64_t>(pair(words, j) >> 12)) + 0.5) * 0x1p-52;
    }
    normals<kPerChunk>(y);
  }
};

/* A tile of one key's elements. Tiles are whole chunks, so a chunk starts on a block. */
template <class D>
void random_part(const Part& part) {
  using Element = typename D::Element;
  const RandomPlan& plan = *static_cast<const RandomPlan*>(part.plan);
  const int64_t q = part.index / plan.tiles, from = (part.index % plan.tiles) * plan.tile;
  const int64_t to = plan.m - from < plan.tile ? plan.m : from + plan.tile;
  const uint64_t key = reinterpret_cast<const uint64_t*>(part.at[0])[q];
  Element* y = reinterpret_cast<Element*>(part.at[1]) + q * plan.m;
  for (int64_t j = from; j < to; j += D::kPerChunk) {
    uint32_t words[kWords];
    Element chunk[D::kPerChunk];
    draw(key, static_cast<uint64_t>(j / D::kPerChunk * kBlocks), words);
    D::make(words, chunk);
    const int64_t count = to - j < D::kPerChunk ? to - j : D::kPerChunk;
    __builtin_memcpy(y + j, chunk, static_cast<size_t>(count) * sizeof(Element));
  }
}

void split_part(const Part& part) {
  const RandomPlan& plan = *static_cast<const RandomPlan*>(part.plan);
  const int64_t q = part.index / plan.tiles, from = (part.index % plan.tiles) * plan.tile;
  const int64_t to = plan.m - from < plan.tile ? plan.m : from + plan.tile;
  const uint64_t key = reinterpret_cast<const uint64_t*>(part.at[0])[q];
  uint64_t* y = reinterpret_cast<uint64_t*>(part.at[1]) + q * plan.m;
  for (int64_t j = from; j < to; ++j) y[j] = new_key(key, static_cast<uint64_t>(j), kSplit);
}

void fold_part(const Part& part) {
  const RandomPlan& plan = *static_cast<const RandomPlan*>(part.plan);
  const int64_t from = part.index * plan.tile;
  const int64_t to = plan.q - from < plan.tile ? plan.q : from + plan.tile;
  const uint64_t* key = reinterpret_cast<const uint64_t*>(part.at[0]);
  const uint64_t* data = reinterpret_cast<const uint64_t*>(part.at[1]);
  uint64_t* y = reinterpret_cast<uint64_t*>(part.at[2]);
  for (int64_t j = from; j < to; ++j) y[j] = new_key(key[j], data[j], kFold);
}

constexpr DtypeLoops bits_loops[] = {{ADJ_I32, random_part<Bits>}};
constexpr DtypeLoops uniform_loops[] = {{ADJ_F32, random_part<Uniform32>}, {ADJ_F64, random_part<Uniform64>}};
constexpr DtypeLoops normal_loops[] = {{ADJ_F32, random_part<Normal32>}, {ADJ_F64, random_part<Normal64>}};
constexpr DtypeLoops split_loops[] = {{ADJ_I64, split_part}};
constexpr DtypeLoops fold_loops[] = {{ADJ_I64, fold_part}};

constexpr Kernel kernels[] = {
    {{"randomBits", 1, {0, 0, 0}}, prepare_random, bits_loops, 1, 3},
    {{"randomUniform", 1, {0, 0, 0}}, prepare_random, uniform_loops, 2, 4},
    {{"randomNormal", 1, {0, 0, 0}}, prepare_random, normal_loops, 2, 16},
    {{"randomSplit", 1, {0, 0, 0}}, prepare_random, split_loops, 1, 12},
    {{"randomFold", 2, {0, 0, 0}}, prepare_random_fold, fold_loops, 1, 12},
};

}  // namespace

extern const Family random;
const Family random{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

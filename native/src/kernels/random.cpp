/*
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), so
 * that element j of a key is the same whoever computes it and in whatever order. It refuses to keep any state. Normals
 * are the inverse of the normal distribution function by Wichura's algorithm AS 241 (1988), routine PPND16, whose
 * coefficients these are. To add a distribution, write how a chunk of words becomes elements, and a row.
 */
#include "kernels/plan/random.h"
#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

ADJ_ISA_BEGIN
namespace {

constexpr int64_t kBlocks = 64; /* blocks that are computed together */
constexpr int64_t kWords = 4 * kBlocks;

enum Purpose : uint32_t { kDraw = 0, kSplit = 1, kFold = 2 };

struct Philox {
  uint32_t w0, w1, w2, w3;
};

ADJ_ALWAYS Philox philox(uint64_t key, uint64_t counter, uint32_t purpose) {
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  uint32_t c0 = static_cast<uint32_t>(counter), c1 = static_cast<uint32_t>(counter >> 32), c2 = purpose, c3 = 0;
#pragma GCC unroll 10
  for (int r = 0; r < 10; ++r) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0, n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {c0, c1, c2, c3};
}

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

/* AS 241 for |p - 1/2| <= 0.425. */
ADJ_ALWAYS double normal_center(double p) {
  const double q = p - 0.5, r = 0.180625 - q * q;
  const double above = ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r +
                           4.5921953931549871457e4) *
                              r +
                          1.3731693765509461125e4) *
                             r +
                         1.9715909503065514427e3) *
                            r +
                        1.3314166789178437745e2) *
                           r +
                       3.3871328727963666080e0;
  const double below = ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r +
                           2.1213794301586595867e4) *
                              r +
                          5.3941960214247511077e3) *
                             r +
                         6.8718700749205790830e2) *
                            r +
                        4.2313330701600911252e1) *
                           r +
                       1.0;
  return q * above / below;
}

/* AS 241 for the tails: two fits in r = sqrt(-log(smaller tail)), on either side of 5. */
ADJ_ALWAYS double normal_tail(double p) {
  const double r = sqrt_of(-log_of(p < 0.5 ? p : 1.0 - p));
  double above, below;
  if (r <= 5.0) {
    const double s = r - 1.6;
    above = ((((((7.74545014278341407640e-4 * s + 2.27238449892691845833e-2) * s + 2.41780725177450611770e-1) * s +
                1.27045825245236838258e0) *
                   s +
               3.64784832476320460504e0) *
                  s +
              5.76949722146069140550e0) *
                 s +
             4.63033784615654529590e0) *
                s +
            1.42343711074968357734e0;
    below = ((((((1.05075007164441684324e-9 * s + 5.47593808499534494600e-4) * s + 1.51986665636164571966e-2) * s +
                1.48103976427480074590e-1) *
                   s +
               6.89767334985100004550e-1) *
                  s +
              1.67638483018380384940e0) *
                 s +
             2.05319162663775882187e0) *
                s +
            1.0;
  } else {
    const double s = r - 5.0;
    above = ((((((2.01033439929228813265e-7 * s + 2.71155556874348757815e-5) * s + 1.24266094738807843860e-3) * s +
                2.65321895265761230930e-2) *
                   s +
               2.96560571828504891230e-1) *
                  s +
              1.78482653991729133580e0) *
                 s +
             5.46378491116411436990e0) *
                s +
            6.65790464350110377720e0;
    below = ((((((2.04426310338993978564e-15 * s + 1.42151175831644588870e-7) * s + 1.84631831751005468180e-5) * s +
                7.86869131145613259100e-4) *
                   s +
               1.48753612908506148525e-2) *
                  s +
              1.36929880922735805310e-1) *
                 s +
             5.99832206555887937690e-1) *
                s +
            1.0;
  }
  return p < 0.5 ? -above / below : above / below;
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

ADJ_ALWAYS uint64_t new_key(uint64_t key, uint64_t counter, Purpose purpose) {
  const Philox w = philox(key, counter, purpose);
  return w.w0 | static_cast<uint64_t>(w.w1) << 32;
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

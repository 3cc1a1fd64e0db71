/*
 * Counter-based random numbers, an element a thread: the bits are those of the CPU, whose formulas (philox.h) these
 * are. To add a distribution, write its struct and a row.
 */
#include "contract/random.h"

#include "contract/checks.h"
#include "cuda/kernel.h"
#include "kernels/philox.h"

namespace adjoint {
namespace cuda {
namespace {

ADJ_DEVICE uint32_t word(uint64_t key, int64_t j) {
  const Philox w = philox(key, static_cast<uint64_t>(j / 4), kDraw);
  return j % 4 == 0 ? w.w0 : j % 4 == 1 ? w.w1 : j % 4 == 2 ? w.w2 : w.w3;
}

ADJ_DEVICE uint64_t pair(uint64_t key, int64_t j) {
  const Philox w = philox(key, static_cast<uint64_t>(j / 2), kDraw);
  const uint32_t high = j % 2 == 0 ? w.w0 : w.w2, low = j % 2 == 0 ? w.w1 : w.w3;
  return static_cast<uint64_t>(high) << 32 | low;
}

ADJ_DEVICE double normal(double p) {
  const double q = p - 0.5;
  return q > 0.425 || q < -0.425 ? normal_tail(p) : normal_center(p);
}

struct Bits {
  using Element = uint32_t;
  static ADJ_DEVICE Element of(uint64_t key, int64_t j) { return word(key, j); }
};
struct Uniform32 {
  using Element = float;
  static ADJ_DEVICE Element of(uint64_t key, int64_t j) {
    return static_cast<float>(static_cast<int32_t>(word(key, j) >> 8)) * 0x1p-24f;
  }
};
struct Uniform64 {
  using Element = double;
  static ADJ_DEVICE Element of(uint64_t key, int64_t j) {
    return static_cast<double>(static_cast<int64_t>(pair(key, j) >> 11)) * 0x1p-53;
  }
};
struct Normal32 {
  using Element = float;
  static ADJ_DEVICE Element of(uint64_t key, int64_t j) {
    return static_cast<float>(normal((static_cast<double>(word(key, j)) + 0.5) * 0x1p-32));
  }
};
struct Normal64 {
  using Element = double;
  static ADJ_DEVICE Element of(uint64_t key, int64_t j) {
    return normal((static_cast<double>(static_cast<int64_t>(pair(key, j) >> 12)) + 0.5) * 0x1p-52);
  }
};
struct Split {
  using Element = uint64_t;
  static ADJ_DEVICE Element of(uint64_t key, int64_t j) { return new_key(key, static_cast<uint64_t>(j), kSplit); }
};

template <class D>
struct Draw {
  RandomCall call;
  Place keys, y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t e = first_of(b); e < call.q * call.m; e += stride_of(b)) {
      const uint64_t key = keys.template of<const uint64_t>(run)[e / call.m];
      y.template of<typename D::Element>(run)[e] = D::of(key, e % call.m);
    }
  }
};

struct FoldKeys {
  int64_t q;
  Place keys, data, y;

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t j = first_of(b); j < q; j += stride_of(b)) {
      y.template of<uint64_t>(run)[j] =
          new_key(keys.template of<const uint64_t>(run)[j], data.template of<const uint64_t>(run)[j], kFold);
    }
  }
};

template <class D>
void add_draw(const Call& call, const RandomCall& checked, Step& step) {
  step.add_each(times(checked.q, checked.m), Draw<D>{checked, place_of(call.inputs[0]), place_of(call.outputs[0])});
}

template <class F32, class F64>
void prepare_floats(const Kernel& kernel, const Call& call, Step& step) {
  const RandomCall checked = check_random(kernel, call);
  if (checked.dtype == ADJ_F32) return add_draw<F32>(call, checked, step);
  if (checked.dtype == ADJ_F64) return add_draw<F64>(call, checked, step);
  no_kernel_for(kernel, checked.dtype);
}

template <class D, int32_t kDtypeOf>
void prepare_words(const Kernel& kernel, const Call& call, Step& step) {
  const RandomCall checked = check_random(kernel, call);
  if (checked.dtype != kDtypeOf) no_kernel_for(kernel, checked.dtype);
  add_draw<D>(call, checked, step);
}

void prepare_fold(const Kernel& kernel, const Call& call, Step& step) {
  const RandomCall checked = check_random_fold(kernel, call);
  step.add_each(checked.q,
                FoldKeys{checked.q, place_of(call.inputs[0]), place_of(call.inputs[1]), place_of(call.outputs[0])});
}

constexpr Kernel kernels[] = {
    {{"randomBits", 1, {0, 0, 0}}, prepare_words<Bits, ADJ_I32>},
    {{"randomUniform", 1, {0, 0, 0}}, prepare_floats<Uniform32, Uniform64>},
    {{"randomNormal", 1, {0, 0, 0}}, prepare_floats<Normal32, Normal64>},
    {{"randomSplit", 1, {0, 0, 0}}, prepare_words<Split, ADJ_I64>},
    {{"randomFold", 2, {0, 0, 0}}, prepare_fold},
};

}  // namespace

extern const Family random;
const Family random{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

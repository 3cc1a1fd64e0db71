/*
 * What a kernel is to programs on a GPU: a row with its signature, and how a call becomes launches. To add one, write
 * its struct and its `prepare` in a family's file, and the row in the family's table. Contracts are those of the CPU.
 */
#pragma once

#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "contract/call.h"
#include "contract/sizes.h"
#include "cuda/launch.h"

namespace adjoint {
namespace cuda {

inline constexpr int kThreads = 256; /* of a block, at most */
inline constexpr int kScratch = 0, kConstants = 1, kFirstBinding = 2;
inline constexpr int64_t kMostBlocks = int64_t{1} << 20; /* kernels go on in strides from there on */

/* Enough threads for so many elements, in whole warps. */
inline int threads_for(int64_t elements) {
  return elements >= kThreads ? kThreads : static_cast<int>(round_up(elements > 1 ? elements : 1, 32));
}

inline int64_t blocks_for(int64_t elements, int threads) {
  const int64_t blocks = ceil_div(elements, threads);
  return blocks < kMostBlocks ? blocks : kMostBlocks;
}

/* A launch as a program keeps it: the bytes of a kernel, and what knows its type. */
struct Launch {
  using Function = Answer (*)(Stream*, int64_t blocks, int threads, const void* kernel, const Environment&) noexcept;

  Answer operator()(Stream* stream, const Environment& run) const noexcept {
    return launch(stream, blocks, threads, kernel.data(), run);
  }

  Function launch;
  int64_t blocks;
  int threads;
  std::vector<int64_t> kernel;
};

template <class K>
Answer launch_as(Stream* stream, int64_t blocks, int threads, const void* kernel, const Environment& run) noexcept {
  return launch(stream, blocks, threads, *static_cast<const K*>(kernel), run);
}

/* An instruction as it runs. */
class Step {
 public:
  explicit Step(int64_t number, std::vector<int64_t>& words) : instruction(number), constants_(words) {}

  /* One launch, after those before it. */
  template <class K>
  void add(int64_t blocks, int threads, const K& kernel) {
    static_assert(sizeof(K) + sizeof(Environment) <= 4096, "the arguments of a kernel");
    static_assert(std::is_trivially_copyable_v<K> && alignof(K) <= alignof(int64_t), "a kernel is kept as bytes");
    add(blocks, threads, launch_as<K>, &kernel, sizeof(K));
  }

  /* A launch with a thread for every element, as far as there are as many. */
  template <class K>
  void add_each(int64_t elements, const K& kernel) {
    const int threads = threads_for(elements);
    add(blocks_for(elements, threads), threads, kernel);
  }

  /* Words that the program keeps on the device: where their first one is. */
  Place keep(const std::vector<int64_t>& words) {
    const Place place{kConstants, static_cast<int64_t>(constants_.size() * sizeof(int64_t))};
    constants_.insert(constants_.end(), words.begin(), words.end());
    return place;
  }

  /* So many bytes of scratch, from a multiple of 256 on. */
  Place take_scratch(int64_t bytes) {
    const Place place{kScratch, scratch};
    scratch = plus(scratch, round_up(bytes, 256));
    return place;
  }

  int64_t instruction;
  std::vector<Launch> launches;
  int64_t scratch = 0;
  /* Of what is found out of range: what it is called, and its limit. */
  const char* noun = nullptr;
  int64_t limit = 0;
  bool divides = false; /* what is found is a divisor of 0 */

 private:
  void add(int64_t blocks, int threads, Launch::Function function, const void* kernel, size_t bytes) {
    if (blocks == 0) return;
    std::vector<int64_t> words((bytes + sizeof(int64_t) - 1) / sizeof(int64_t));
    std::memcpy(words.data(), kernel, bytes);
    launches.push_back({function, blocks, threads, std::move(words)});
  }

  std::vector<int64_t>& constants_;
};

inline Place place_of(const Operand& operand) {
  return {static_cast<int32_t>(operand.binding) + kFirstBinding, operand.offset};
}

struct Kernel;
using Prepare = void (*)(const Kernel& kernel, const Call& call, Step& step);

struct Kernel : Signature {
  Prepare prepare;
  int32_t which = 0; /* of the kernels that share `prepare` */
};

struct Family {
  const Kernel* kernels;
  int32_t count;
};

/* All families. To add one, add its word here and its file to native/cmake's list of CUDA sources. */
#define ADJ_CUDA_FAMILIES(F) \
  F(elementwise)             \
  F(reduce)                  \
  F(softmax)                 \
  F(index)                   \
  F(scan)                    \
  F(sort)                    \
  F(random)                  \
  F(optimizer)               \
  F(matmul)                  \
  F(convolution)

/* The places of a thread in a grid that walks over elements. */
template <class B>
ADJ_DEVICE int64_t first_of(const B& b) {
  return b.block() * b.threads() + b.thread();
}
template <class B>
ADJ_DEVICE int64_t stride_of(const B& b) {
  return b.blocks() * b.threads();
}

}  // namespace cuda
}  // namespace adjoint

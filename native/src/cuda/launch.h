/*
 * Launches kernels. A kernel is a struct of its arguments with a template `run` over an execution handle: on a GPU the
 * Block below, elsewhere the emulator's (native/tests/simt/block.h), which has the same calls. So one source runs on
 * both. <<<>>> stands here and nowhere else.
 */
#pragma once

#include "cuda/driver.h"
#include "cuda/environment.h"

namespace adjoint {
namespace cuda {

/* What every lane does: nothing, once an instruction of the run has failed. */
template <class K, class B>
ADJ_DEVICE void run_lane(const K& kernel, B& b, const Environment& run) {
  if (run.fault->instruction >= 0) return;
  kernel.run(b, run);
}

}  // namespace cuda
}  // namespace adjoint

#if defined(__CUDACC__)

namespace adjoint {
namespace cuda {

inline constexpr unsigned kWholeWarp = 0xFFFFFFFFu;

struct Block {
  __device__ int thread() const { return static_cast<int>(threadIdx.x); }
  __device__ int threads() const { return static_cast<int>(blockDim.x); }
  __device__ int64_t block() const { return static_cast<int64_t>(blockIdx.x); }
  __device__ int64_t blocks() const { return static_cast<int64_t>(gridDim.x); }
  __device__ void sync() const { __syncthreads(); }
  template <class T>
  __device__ T shuffle(T x, int from) const {
    return __shfl_sync(kWholeWarp, x, from);
  }
  template <class T>
  __device__ T shuffle_down(T x, int by) const {
    return __shfl_down_sync(kWholeWarp, x, static_cast<unsigned>(by));
  }
  template <class T, int kCount, int kTag = 0>
  __device__ T* shared() const {
    __shared__ alignas(16) unsigned char memory[sizeof(T) * kCount];
    return reinterpret_cast<T*>(memory);
  }
  __device__ void atomic_min(uint64_t* at, uint64_t x) const {
    atomicMin(reinterpret_cast<unsigned long long*>(at), static_cast<unsigned long long>(x));
  }
};

template <class K>
__global__ void enter(const __grid_constant__ K kernel, const __grid_constant__ Environment run) {
  Block b;
  run_lane(kernel, b, run);
}

/* What the last launch answered. */
Answer launched() noexcept;

template <class K>
Answer launch(Stream* stream, int64_t blocks, int threads, const K& kernel, const Environment& run) noexcept {
  enter<K>
      <<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), 0, reinterpret_cast<cudaStream_t>(stream)>>>(
          kernel, run);
  return launched();
}

}  // namespace cuda
}  // namespace adjoint

#else

#include "simt/launch.h"

#endif

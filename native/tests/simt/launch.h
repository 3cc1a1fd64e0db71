/* A kernel's launch on the emulated device: the counterpart of cuda/launch.h. */
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/driver.h"
#include "cuda/environment.h"
#include "simt/block.h"

namespace simt {

/* Runs a kernel, of which there are the bytes alone, as one lane. */
using Lane = void (*)(const void* kernel, Block& b, const adjoint::cuda::Environment& run);

/* Queues a grid of a kernel of so many bytes, which are copied; `name` is static memory. */
adjoint::cuda::Answer enqueue(adjoint::cuda::Stream* stream, const char* name, int64_t blocks, int threads, Lane lane,
                              const void* kernel, size_t bytes, const adjoint::cuda::Environment& run) noexcept;

}  // namespace simt

namespace adjoint {
namespace cuda {

template <class K>
const char* kernel_text() {
  return __PRETTY_FUNCTION__;
}

template <class K>
void run_as(const void* kernel, simt::Block& b, const Environment& run) {
  run_lane(*static_cast<const K*>(kernel), b, run);
}

template <class K>
Answer launch(Stream* stream, int64_t blocks, int threads, const K& kernel, const Environment& run) noexcept {
  return simt::enqueue(stream, kernel_text<K>(), blocks, threads, run_as<K>, &kernel, sizeof(K), run);
}

}  // namespace cuda
}  // namespace adjoint

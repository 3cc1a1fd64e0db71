/* A kernel's launch on the emulated device: the counterpart of cuda/launch.h. */
#pragma once

#include <functional>

#include "cuda/driver.h"
#include "cuda/environment.h"
#include "simt/block.h"

namespace simt {

/* Queues a grid; `name` is static memory. */
adjoint::cuda::Answer enqueue(adjoint::cuda::Stream* stream, const char* name, int64_t blocks, int threads,
                              Grid::Body body) noexcept;

}  // namespace simt

namespace adjoint {
namespace cuda {

template <class K>
const char* kernel_text() {
  return __PRETTY_FUNCTION__;
}

template <class K>
Answer launch(Stream* stream, int64_t blocks, int threads, const K& kernel, const Environment& run) noexcept {
  return simt::enqueue(stream, kernel_text<K>(), blocks, threads,
                       [kernel, run](simt::Block& b) { run_lane(kernel, b, run); });
}

}  // namespace cuda
}  // namespace adjoint

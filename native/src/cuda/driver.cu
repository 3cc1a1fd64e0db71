/* The calls of CUDA that the backend makes, in earnest: see driver.h. */
#include "cuda/driver.h"

#include <cuda_runtime_api.h>

#include <cstdio>

#include "cuda/launch.h"

namespace adjoint {
namespace cuda {
namespace {

Answer answer_of(cudaError_t error) {
  if (error == cudaSuccess) return {};
  return {static_cast<int32_t>(error), cudaGetErrorName(error)};
}

cudaStream_t handle(Stream* stream) { return reinterpret_cast<cudaStream_t>(stream); }

}  // namespace

Answer use_device(int32_t device) noexcept { return answer_of(cudaSetDevice(device)); }

Answer name_device(int32_t device, char* name, size_t size) noexcept {
  cudaDeviceProp properties;
  const Answer answer = answer_of(cudaGetDeviceProperties(&properties, device));
  if (answer.ok()) std::snprintf(name, size, "%s (sm_%d%d)", properties.name, properties.major, properties.minor);
  return answer;
}

/* What fails here is not remembered as the error of the next launch. */
Answer allocate(int64_t bytes, void** address) noexcept {
  *address = nullptr;
  const Answer answer = answer_of(cudaMalloc(address, static_cast<size_t>(bytes)));
  if (!answer.ok()) (void)cudaGetLastError();
  return answer;
}

void release(void* address) noexcept { (void)cudaFree(address); }

Answer allocate_pinned(int64_t bytes, void** address) noexcept {
  *address = nullptr;
  const Answer answer = answer_of(cudaMallocHost(address, static_cast<size_t>(bytes)));
  if (!answer.ok()) (void)cudaGetLastError();
  return answer;
}

void release_pinned(void* address) noexcept { (void)cudaFreeHost(address); }

Answer make_stream(Stream** stream) noexcept {
  cudaStream_t made = nullptr;
  const cudaError_t error = cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking);
  *stream = reinterpret_cast<Stream*>(made);
  return answer_of(error);
}

void drop_stream(Stream* stream) noexcept { (void)cudaStreamDestroy(handle(stream)); }

Answer copy(void* to, const void* from, int64_t bytes, Stream* stream) noexcept {
  return answer_of(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDefault, handle(stream)));
}

Answer wait(Stream* stream) noexcept { return answer_of(cudaStreamSynchronize(handle(stream))); }

Answer launched() noexcept { return answer_of(cudaGetLastError()); }

}  // namespace cuda
}  // namespace adjoint

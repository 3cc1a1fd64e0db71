/*
 * The few calls of CUDA that the backend makes, and no type of CUDA's: driver.cu makes them in earnest, the emulator of
 * native/tests/simt answers them in tests. They refuse to throw: check() turns an answer into an Error.
 */
#pragma once

#include <cstddef>
#include <cstdint>

namespace adjoint {
namespace cuda {

/* A queue of work, done in order. */
struct Stream;

/* What CUDA answered: 0, or an error's number and name, which is static memory. */
struct Answer {
  int32_t code = 0;
  const char* name = "";

  bool ok() const { return code == 0; }
};

/* Makes a device the one of the calling thread. */
Answer use_device(int32_t device) noexcept;

/* Writes a device's name and compute capability, cut where `size` bytes end. */
Answer name_device(int32_t device, char* name, size_t size) noexcept;

/* Memory of the device, 256-byte aligned, which the host cannot read. */
Answer allocate(int64_t bytes, void** address) noexcept;
void release(void* address) noexcept;

/* Memory of the host that the device copies from and to without waiting. */
Answer allocate_pinned(int64_t bytes, void** address) noexcept;
void release_pinned(void* address) noexcept;

Answer make_stream(Stream** stream) noexcept;
void drop_stream(Stream* stream) noexcept;

/* Copies in the order of the stream; what is pinned must stay as it is until then. */
Answer copy(void* to, const void* from, int64_t bytes, Stream* stream) noexcept;

/* Waits until all of the stream's work is done, and answers how it went. */
Answer wait(Stream* stream) noexcept;

/* Throws Error (ADJ_DEVICE_ERROR) with CUDA's name unless the answer is 0; `doing` begins the text. */
void check(const Answer& answer, const char* doing);

}  // namespace cuda
}  // namespace adjoint

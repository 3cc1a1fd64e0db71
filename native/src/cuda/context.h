/*
 * A context on a GPU: memory of the device with its budget, and lanes, on each of which one run at a time is. After an
 * error of the device it refuses everything with that error.
 */
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "adjoint.h"
#include "cuda/driver.h"
#include "cuda/environment.h"
#include "runtime/memory.h"

namespace adjoint {
namespace cuda {

/*
 * A stream, and the block of memory in which a run tells its kernels what they work on: the record of faults, then the
 * addresses of the bindings. The host writes it to pinned memory, from where the stream's first copy takes it.
 */
class Lane {
 public:
  Lane() = default;
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /* Throws Error. */
  void open();

  /* Makes room for so many addresses; returns where to write them. Throws Error. */
  uint64_t* addresses(size_t count);

  /* Sends the block to the device; answers as copy() does. */
  Answer begin() const;

  /* Fetches the record of faults, and waits until the stream's work is done. */
  Answer finish();

  Stream* stream() const { return stream_; }
  Environment environment() const;
  const FaultRecord& fault() const { return *static_cast<const FaultRecord*>(host_); }

 private:
  Stream* stream_ = nullptr;
  void *host_ = nullptr, *device_ = nullptr;
  size_t room_ = 0, count_ = 0; /* addresses */
};

}  // namespace cuda
}  // namespace adjoint

struct adj_context {
 public:
  /* Throws Error. At most so many runs are on the device at once. */
  adj_context(int32_t lanes, int64_t budget);

  /* Throws the Error that the device has failed with, if it has. */
  void refuse_if_broken() const;

  /* Throws Error unless the answer is 0, and remembers that the device has failed. */
  void check(const adjoint::cuda::Answer& answer, const char* doing);

  /* Waits for a lane that is free. Throws Error if it cannot be opened. */
  adjoint::cuda::Lane& take_lane();
  void give_lane(adjoint::cuda::Lane& lane) noexcept;

  const int32_t lanes;
  adjoint::Memory memory;
  std::atomic<int64_t> programs{0};

 private:
  mutable std::mutex mutex_;
  std::condition_variable given_;
  std::vector<std::unique_ptr<adjoint::cuda::Lane>> opened_;
  std::vector<adjoint::cuda::Lane*> free_;
  adjoint::cuda::Answer broken_;
};

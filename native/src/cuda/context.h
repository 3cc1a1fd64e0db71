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
 * A stream, and the block of memory in which a run tells its kernels what they work on: the record of faults, what the
 * run carries, then the addresses of the bindings. The host writes it to pinned memory, from where the stream's first
 * copy takes it; the last one brings back all but the addresses.
 */
class Lane {
 public:
  Lane() = default;
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /* Throws Error. */
  void open();

  /*
   * Makes room for so many addresses behind a copy of what is carried, a multiple of 8 bytes; returns where to write
   * them. Throws Error.
   */
  uint64_t* prepare(size_t count, const void* carried, int64_t bytes);

  /* Sends the block to the device; answers as copy() does. */
  Answer begin() const;

  /* Fetches the record of faults and what is carried, and waits until the stream's work is done. */
  Answer finish();

  /* Where the device has what is carried. */
  uint64_t carried_on_device() const { return reinterpret_cast<uintptr_t>(device_) + sizeof(FaultRecord); }

  /* Writes what finish() has fetched to where it was carried from. */
  void take_back(void* carried) const;

  Stream* stream() const { return stream_; }
  Environment environment() const;
  const FaultRecord& fault() const { return *static_cast<const FaultRecord*>(host_); }

 private:
  Stream* stream_ = nullptr;
  void *host_ = nullptr, *device_ = nullptr;
  int64_t room_ = 0, carried_ = 0, used_ = 0; /* bytes of the block, of what is carried, and in use */
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

  /* Copies between the host and buffers, or between buffers, and waits. Throws Error. */
  void copy(uint64_t to, uint64_t from, int64_t bytes);

  /* Waits for a lane that is free. Throws Error if it cannot be opened. */
  adjoint::cuda::Lane& take_lane();
  void give_lane(adjoint::cuda::Lane& lane) noexcept;

  /* The device's name and compute capability. */
  const char* name() const { return name_; }

  const int32_t lanes;
  adjoint::Memory memory;
  std::atomic<int64_t> programs{0};

 private:
  mutable std::mutex mutex_;
  std::condition_variable given_;
  std::vector<std::unique_ptr<adjoint::cuda::Lane>> opened_;
  std::vector<adjoint::cuda::Lane*> free_;
  adjoint::cuda::Answer broken_;
  char name_[128];
};

namespace adjoint {
namespace cuda {

/* A lane for the length of a run. However that ends, nothing is left on its stream when others may use its memory. */
class Turn {
 public:
  /* Throws Error. */
  explicit Turn(adj_context& context) : context_(context), lane_(context.take_lane()) {}
  ~Turn() {
    if (!finished_) (void)wait(lane_.stream());
    context_.give_lane(lane_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  Lane& lane() const { return lane_; }
  void finish() {
    context_.check(lane_.finish(), "running a program");
    finished_ = true;
  }

 private:
  adj_context& context_;
  Lane& lane_;
  bool finished_ = false;
};

}  // namespace cuda
}  // namespace adjoint

/* A context on a GPU: see context.h. */
#include "cuda/context.h"

#include <cstring>

#include "contract/sizes.h"
#include "runtime/error.h"

namespace adjoint {
namespace cuda {
namespace {

constexpr int32_t kDevice = 0;
constexpr int64_t kLeastRoom = 1024; /* bytes */

SystemBlock take_device_block(int64_t bytes) noexcept {
  void* address = nullptr;
  if (!use_device(kDevice).ok() || !allocate(bytes, &address).ok()) address = nullptr;
  return {address, bytes, true};
}

void free_device_block(const SystemBlock& block) noexcept { release(block.address); }

void trim_device_blocks() noexcept {}

constexpr BlockSource kDeviceBlocks{take_device_block, free_device_block, trim_device_blocks};

constexpr int64_t kRecord = sizeof(FaultRecord);

}  // namespace

void check(const Answer& answer, const char* doing) {
  if (!answer.ok()) fail(ADJ_DEVICE_ERROR, "cuda: %s: %s (%d)", doing, answer.name, answer.code);
}

Lane::~Lane() {
  release(device_);
  release_pinned(host_);
  if (stream_ != nullptr) drop_stream(stream_);
}

void Lane::open() {
  cuda::check(make_stream(&stream_), "making a stream");
  prepare(0, nullptr, 0);
}

uint64_t* Lane::prepare(size_t count, const void* carried, int64_t bytes) {
  const int64_t needed = plus(plus(kRecord, bytes), times(static_cast<int64_t>(count), sizeof(uint64_t)));
  if (needed > room_) {
    const int64_t room = needed > kLeastRoom ? needed : kLeastRoom;
    void *host = nullptr, *device = nullptr;
    cuda::check(allocate_pinned(room, &host), "allocating pinned memory");
    const Answer answer = allocate(room, &device);
    if (!answer.ok()) release_pinned(host);
    cuda::check(answer, "allocating the addresses of a run");
    release_pinned(host_);
    release(device_);
    host_ = host;
    device_ = device;
    room_ = room;
  }
  carried_ = bytes;
  used_ = needed;
  const FaultRecord none{kNoFault, -1, 0, 0, 0, 0};
  std::memcpy(host_, &none, sizeof(none));
  char* const behind = static_cast<char*>(host_) + kRecord;
  if (bytes > 0) std::memcpy(behind, carried, static_cast<size_t>(bytes));
  return reinterpret_cast<uint64_t*>(behind + bytes);
}

void Lane::take_back(void* carried) const {
  if (carried_ > 0) std::memcpy(carried, static_cast<const char*>(host_) + kRecord, static_cast<size_t>(carried_));
}

Answer Lane::begin() const { return copy(device_, host_, used_, stream_); }

Answer Lane::finish() {
  const Answer copied = copy(host_, device_, kRecord + carried_, stream_);
  const Answer waited = wait(stream_);
  return waited.ok() ? copied : waited;
}

Environment Lane::environment() const {
  return {reinterpret_cast<const uint64_t*>(static_cast<const char*>(device_) + kRecord + carried_),
          static_cast<FaultRecord*>(device_)};
}

}  // namespace cuda
}  // namespace adjoint

using adjoint::cuda::Answer;
using adjoint::cuda::Lane;

adj_context::adj_context(int32_t most, int64_t budget) : lanes(most), memory(budget, adjoint::cuda::kDeviceBlocks) {
  adjoint::cuda::check(adjoint::cuda::use_device(adjoint::cuda::kDevice), "opening device 0");
  adjoint::cuda::check(adjoint::cuda::name_device(adjoint::cuda::kDevice, name_, sizeof(name_)), "naming device 0");
}

void adj_context::refuse_if_broken() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  adjoint::cuda::check(broken_, "the device has failed before");
}

void adj_context::check(const Answer& answer, const char* doing) {
  if (answer.ok()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (broken_.ok()) broken_ = answer;
  }
  adjoint::cuda::check(answer, doing);
}

void adj_context::copy(uint64_t to, uint64_t from, int64_t bytes) {
  refuse_if_broken();
  if (bytes == 0) return;
  const adjoint::cuda::Turn turn(*this);
  adjoint::cuda::Stream* const stream = turn.lane().stream();
  check(adjoint::cuda::copy(reinterpret_cast<void*>(static_cast<uintptr_t>(to)),
                            reinterpret_cast<const void*>(static_cast<uintptr_t>(from)), bytes, stream),
        "copying memory");
  check(adjoint::cuda::wait(stream), "copying memory");
}

Lane& adj_context::take_lane() {
  std::unique_lock<std::mutex> lock(mutex_);
  given_.wait(lock, [this] { return !free_.empty() || opened_.size() < static_cast<size_t>(lanes); });
  if (free_.empty()) {
    free_.reserve(static_cast<size_t>(lanes));
    auto lane = std::make_unique<Lane>();
    lane->open();
    return *opened_.emplace_back(std::move(lane));
  }
  Lane& lane = *free_.back();
  free_.pop_back();
  return lane;
}

void adj_context::give_lane(Lane& lane) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(&lane); /* there is room: see take_lane() */
  }
  given_.notify_one();
}

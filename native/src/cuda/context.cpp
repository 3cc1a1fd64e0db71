/* A context on a GPU: see context.h. */
#include "cuda/context.h"

#include <cstring>

#include "runtime/error.h"

namespace adjoint {
namespace cuda {
namespace {

constexpr int32_t kDevice = 0;
constexpr size_t kLeastRoom = 64; /* addresses */

SystemBlock take_device_block(int64_t bytes) noexcept {
  void* address = nullptr;
  if (!use_device(kDevice).ok() || !allocate(bytes, &address).ok()) address = nullptr;
  return {address, bytes, true};
}

void free_device_block(const SystemBlock& block) noexcept { release(block.address); }

void trim_device_blocks() noexcept {}

constexpr BlockSource kDeviceBlocks{take_device_block, free_device_block, trim_device_blocks};

int64_t bytes_of(size_t addresses) { return static_cast<int64_t>(sizeof(FaultRecord) + addresses * sizeof(uint64_t)); }

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
  addresses(0);
}

uint64_t* Lane::addresses(size_t count) {
  if (host_ == nullptr || count > room_) {
    const size_t room = count > kLeastRoom ? count : kLeastRoom;
    void *host = nullptr, *device = nullptr;
    cuda::check(allocate_pinned(bytes_of(room), &host), "allocating pinned memory");
    const Answer answer = allocate(bytes_of(room), &device);
    if (!answer.ok()) release_pinned(host);
    cuda::check(answer, "allocating the addresses of a run");
    release_pinned(host_);
    release(device_);
    host_ = host;
    device_ = device;
    room_ = room;
  }
  count_ = count;
  const FaultRecord none{kNoFault, -1, 0, 0, 0, 0};
  std::memcpy(host_, &none, sizeof(none));
  return reinterpret_cast<uint64_t*>(static_cast<char*>(host_) + sizeof(FaultRecord));
}

Answer Lane::begin() const { return copy(device_, host_, bytes_of(count_), stream_); }

Answer Lane::finish() {
  const Answer copied = copy(host_, device_, sizeof(FaultRecord), stream_);
  const Answer waited = wait(stream_);
  return waited.ok() ? copied : waited;
}

Environment Lane::environment() const {
  return {reinterpret_cast<const uint64_t*>(static_cast<const char*>(device_) + sizeof(FaultRecord)),
          static_cast<FaultRecord*>(device_)};
}

}  // namespace cuda
}  // namespace adjoint

using adjoint::cuda::Answer;
using adjoint::cuda::Lane;

adj_context::adj_context(int32_t most, int64_t budget) : lanes(most), memory(budget, adjoint::cuda::kDeviceBlocks) {
  adjoint::cuda::check(adjoint::cuda::use_device(adjoint::cuda::kDevice), "opening device 0");
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

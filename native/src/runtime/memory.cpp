/* A context's memory: see memory.h. */
#include "runtime/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "runtime/error.h"

namespace adjoint {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kHugePage = int64_t{1} << 21;
constexpr int64_t kHugeFrom = int64_t{4} << 20;
/* Freed blocks beyond this go back to the system, unless callers hold more than that anyway. */
constexpr int64_t kPoolAtLeast = int64_t{256} << 20;

void* allocate_block(int64_t bytes) {
  const bool huge = bytes >= kHugeFrom;
  void* address = nullptr;
  if (posix_memalign(&address, static_cast<size_t>(huge ? kHugePage : kAlignment), static_cast<size_t>(bytes)) != 0) {
    return nullptr;
  }
#if defined(MADV_HUGEPAGE)
  /* Advice only: where the system declines, small pages serve. */
  if (huge) madvise(address, static_cast<size_t>(bytes / kHugePage * kHugePage), MADV_HUGEPAGE);
#endif
  return address;
}

}  // namespace

Memory::~Memory() { trim(); }

adj_buffer* Memory::allocate(int64_t bytes) {
  if (bytes < 0) fail(ADJ_INVALID_ARGUMENT, "a buffer of %lld bytes", static_cast<long long>(bytes));
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto refuse = [&](const char* reason) {
    fail(ADJ_OUT_OF_MEMORY, "%lld bytes asked for, %lld in use, %lld pooled, budget %lld%s: %s",
         static_cast<long long>(bytes), static_cast<long long>(outstanding_), static_cast<long long>(pooled_),
         static_cast<long long>(budget_), budget_ == 0 ? " (none)" : "", reason);
  };
  if (bytes > INT64_MAX - outstanding_ - kHugePage) refuse("more than can be addressed");
  const int64_t block = std::max((bytes + kAlignment - 1) / kAlignment * kAlignment, kAlignment);
  if (budget_ > 0 && outstanding_ + block > budget_) refuse("over the budget");
  auto buffer = std::make_unique<adj_buffer>();
  held_.reserve(held_.size() + 1);
  buffer->bytes = block;
  buffer->address = take(block);
  if (buffer->address == nullptr) refuse("the system has no more");
  held_.insert(buffer.get());
  outstanding_ += block;
  peak_ = std::max(peak_, outstanding_);
  /* Pooled blocks count against the budget too, but give way. */
  if (budget_ > 0) drop_pooled(std::max<int64_t>(budget_ - outstanding_, 0));
  return buffer.release();
}

void Memory::free(adj_buffer* buffer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (held_.erase(buffer) == 0)
    fail(ADJ_INVALID_ARGUMENT, "a buffer that this context does not hold, or freed already");
  outstanding_ -= buffer->bytes;
  keep(buffer->address, buffer->bytes);
  delete buffer;
}

void* Memory::take_scratch(int64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  void* address = take(bytes);
  if (address == nullptr) fail(ADJ_OUT_OF_MEMORY, "no %lld bytes of scratch for a run", static_cast<long long>(bytes));
  scratch_ += bytes;
  return address;
}

void Memory::give_scratch(void* address, int64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  scratch_ -= bytes;
  keep(address, bytes);
}

adj_memory Memory::report() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {budget_, outstanding_, pooled_ + scratch_, peak_, static_cast<int64_t>(held_.size())};
}

void Memory::trim() {
  const std::lock_guard<std::mutex> lock(mutex_);
  drop_pooled(0);
}

void* Memory::take(int64_t bytes) {
  const auto found = pool_.find(bytes);
  if (found != pool_.end() && !found->second.empty()) {
    void* address = found->second.back();
    found->second.pop_back();
    pooled_ -= bytes;
    return address;
  }
  void* address = allocate_block(bytes);
  if (address == nullptr && pooled_ > 0) {
    drop_pooled(0);
    address = allocate_block(bytes);
  }
  return address;
}

void Memory::keep(void* address, int64_t bytes) {
  const int64_t most = budget_ > 0 ? budget_ - outstanding_ : std::max(kPoolAtLeast, outstanding_);
  if (bytes > most - pooled_) drop_pooled(std::max<int64_t>(most - bytes, 0));
  if (bytes > most - pooled_) {
    std::free(address);
    return;
  }
  pool_[bytes].push_back(address);
  pooled_ += bytes;
}

void Memory::drop_pooled(int64_t down_to) {
  for (auto entry = pool_.begin(); entry != pool_.end() && pooled_ > down_to;) {
    auto& blocks = entry->second;
    while (!blocks.empty() && pooled_ > down_to) {
      std::free(blocks.back());
      blocks.pop_back();
      pooled_ -= entry->first;
    }
    entry = blocks.empty() ? pool_.erase(entry) : std::next(entry);
  }
}

}  // namespace adjoint

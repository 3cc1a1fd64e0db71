/* A context's memory: see memory.h. */
#include "runtime/memory.h"

#include <algorithm>
#include <memory>

#include "runtime/error.h"

namespace adjoint {
namespace {

/* What the pool may keep however little has been held. */
constexpr int64_t kPoolAtLeast = int64_t{32} << 20;
/* Held and pooled blocks together are at most so many times what was held at once of late ... */
constexpr int64_t kPoolFactor = 2;
/* ... which is the last one or two periods of so many takes: some hundred steps of training. */
constexpr int64_t kPeriod = 1024;
/* Blocks of one list that a take looks at; where sizes are common ones the first serves. */
constexpr int kMostLooks = 16;

}  // namespace

Memory::~Memory() { free_chain(drop_pooled(0)); }

adj_buffer* Memory::allocate(int64_t bytes) {
  if (bytes < 0) fail(ADJ_INVALID_ARGUMENT, "a buffer of %lld bytes", static_cast<long long>(bytes));
  return take(bytes, false);
}

adj_buffer* Memory::take_scratch(int64_t bytes) { return take(bytes, true); }

void Memory::free(adj_buffer* buffer) {
  Lock lock(mutex_);
  if (buffers_.count(buffer) == 0 || buffer->state != adj_buffer::kHeld) {
    fail(ADJ_INVALID_ARGUMENT, "a buffer that this context does not hold, or freed already");
  }
  give(*buffer, lock);
}

void Memory::give_scratch(adj_buffer* scratch) noexcept {
  Lock lock(mutex_);
  give(*scratch, lock);
}

adj_memory Memory::report() const {
  const Lock lock(mutex_);
  return figures();
}

void Memory::trim() {
  Lock lock(mutex_);
  adj_buffer* const dropped = drop_pooled(0);
  lock.unlock();
  free_chain(dropped);
  blocks_.trim();
}

adj_memory Memory::figures() const {
  return {budget_, outstanding_, pooled_ + held_ - outstanding_, peak_, held_count_};
}

adj_buffer* Memory::take(int64_t bytes, bool scratch) {
  Lock lock(mutex_);
  if (bytes > INT64_MAX / 2 - held_ - pooled_) refuse(bytes, scratch, "more than can be addressed");
  const int64_t least = least_block(bytes);
  int64_t most = common_block(bytes);
  /* Where the budget is half used up, what a common size adds is not spent. */
  if (budget_ > 0 && most > budget_ / 2 - held_) most = least;
  if (budget_ > 0 && most > budget_ - held_) refuse(bytes, scratch, "over the budget");
  if (adj_buffer* const pooled = find_pooled(least, most)) {
    unlink(*pooled);
    hold(*pooled, bytes, scratch);
    note_peak();
    return pooled;
  }
  auto record = std::make_unique<adj_buffer>();
  buffers_.insert(record.get());
  adj_buffer* const fresh = record.release();
  fresh->block.bytes = most;
  hold(*fresh, bytes, scratch);
  adj_buffer* dropped = drop_pooled(most_pooled());
  lock.unlock();
  free_chain(dropped);
  fresh->block = blocks_.take(most);
  lock.lock();
  if (fresh->block.address == nullptr) {
    dropped = drop_pooled(0);
    lock.unlock();
    free_chain(dropped);
    fresh->block = blocks_.take(most);
    lock.lock();
  }
  if (fresh->block.address == nullptr) {
    unhold(*fresh);
    buffers_.erase(fresh);
    delete fresh;
    refuse(bytes, scratch, "the system has no more");
  }
  note_peak();
  return fresh;
}

void Memory::hold(adj_buffer& buffer, int64_t bytes, bool scratch) noexcept {
  buffer.bytes = std::max<int64_t>((bytes + 63) / 64 * 64, 64);
  buffer.state = scratch ? adj_buffer::kScratch : adj_buffer::kHeld;
  if (!scratch) ++held_count_;
  outstanding_ += buffer.bytes;
  held_ += buffer.block.bytes;
}

void Memory::unhold(adj_buffer& buffer) noexcept {
  if (buffer.state == adj_buffer::kHeld) --held_count_;
  outstanding_ -= buffer.bytes;
  held_ -= buffer.block.bytes;
}

void Memory::note_peak() noexcept {
  peak_ = std::max(peak_, outstanding_);
  if (++takes_ % kPeriod == 0) {
    earlier_peak_ = recent_peak_;
    recent_peak_ = 0;
  }
  recent_peak_ = std::max(recent_peak_, held_);
}

void Memory::give(adj_buffer& buffer, Lock& lock) noexcept {
  unhold(buffer);
  link(buffer);
  adj_buffer* const dropped = drop_pooled(most_pooled());
  lock.unlock();
  free_chain(dropped);
}

int64_t Memory::most_pooled() const noexcept {
  const int64_t most = std::max(kPoolAtLeast, kPoolFactor * std::max(recent_peak_, earlier_peak_)) - held_;
  return std::max<int64_t>(budget_ > 0 ? std::min(most, budget_ - held_) : most, 0);
}

adj_buffer* Memory::find_pooled(int64_t least, int64_t most) const {
  for (int list = size_list(least); list <= size_list(most); ++list) {
    adj_buffer* buffer = pool_[list].newest;
    for (int look = 0; buffer != nullptr && look < kMostLooks; ++look, buffer = buffer->older) {
      if (buffer->block.bytes >= least && buffer->block.bytes <= most) return buffer;
    }
  }
  return nullptr;
}

void Memory::link(adj_buffer& buffer) noexcept {
  List& list = pool_[size_list(buffer.block.bytes)];
  buffer.state = adj_buffer::kPooled;
  buffer.since = ++gives_;
  buffer.newer = nullptr;
  buffer.older = list.newest;
  (list.newest != nullptr ? list.newest->newer : list.oldest) = &buffer;
  list.newest = &buffer;
  pooled_ += buffer.block.bytes;
}

void Memory::unlink(adj_buffer& buffer) noexcept {
  List& list = pool_[size_list(buffer.block.bytes)];
  (buffer.newer != nullptr ? buffer.newer->older : list.newest) = buffer.older;
  (buffer.older != nullptr ? buffer.older->newer : list.oldest) = buffer.newer;
  pooled_ -= buffer.block.bytes;
}

adj_buffer* Memory::drop_pooled(int64_t down_to) noexcept {
  adj_buffer* chain = nullptr;
  while (pooled_ > down_to) {
    adj_buffer* oldest = nullptr;
    for (const List& list : pool_) {
      if (list.oldest != nullptr && (oldest == nullptr || list.oldest->since < oldest->since)) oldest = list.oldest;
    }
    unlink(*oldest);
    buffers_.erase(oldest);
    oldest->older = chain;
    chain = oldest;
  }
  return chain;
}

void Memory::free_chain(adj_buffer* chain) const noexcept {
  while (chain != nullptr) {
    adj_buffer* const next = chain->older;
    blocks_.free(chain->block);
    delete chain;
    chain = next;
  }
}

void Memory::refuse(int64_t bytes, bool scratch, const char* reason) const {
  const adj_memory now = figures();
  fail(ADJ_OUT_OF_MEMORY, "%lld bytes%s asked for, %lld in use, %lld pooled, budget %lld%s: %s",
       static_cast<long long>(bytes), scratch ? " of scratch for a run" : "", static_cast<long long>(now.outstanding),
       static_cast<long long>(now.pooled), static_cast<long long>(budget_), budget_ == 0 ? " (none)" : "", reason);
}

}  // namespace adjoint

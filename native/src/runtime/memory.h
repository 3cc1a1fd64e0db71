/*
 * A context's memory: 64-byte aligned blocks of the host or of a device, every byte accounted, freed blocks kept for
 * reuse up to a bound. What callers and runs hold and what is kept never pass the budget together. It refuses to read
 * or write the memory, to hold its mutex while the system maps or unmaps, and to allocate where something is given
 * back.
 */
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_set>

#include "adjoint.h"
#include "runtime/block.h"

/* A block that a caller or a run holds, or the pool. */
struct adj_buffer {
  adjoint::SystemBlock block;
  int64_t bytes; /* what was asked for, rounded up to 64 */
  enum { kHeld, kScratch, kPooled } state;
  /* In the pool: when it came, and its neighbours in the list of its size. */
  uint64_t since;
  adj_buffer *newer, *older;
};

namespace adjoint {

class Memory {
 public:
  explicit Memory(int64_t budget, const BlockSource& blocks = kHostBlocks) : blocks_(blocks), budget_(budget) {}
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /* Throws Error (ADJ_OUT_OF_MEMORY) with the figures. */
  adj_buffer* allocate(int64_t bytes);

  /* Throws Error (ADJ_INVALID_ARGUMENT) for a buffer that is not held. */
  void free(adj_buffer* buffer);

  /* A block for the length of a run, on the budget like any other; throws as allocate() does. */
  adj_buffer* take_scratch(int64_t bytes);
  void give_scratch(adj_buffer* scratch) noexcept;

  adj_memory report() const;

  /* Returns what the pool and malloc keep to the system. */
  void trim();

 private:
  struct List {
    adj_buffer *newest, *oldest;
  };
  using Lock = std::unique_lock<std::mutex>;

  adj_memory figures() const;
  adj_buffer* take(int64_t bytes, bool scratch);
  adj_buffer* find_pooled(int64_t least, int64_t most) const;
  void hold(adj_buffer& buffer, int64_t bytes, bool scratch) noexcept;
  void unhold(adj_buffer& buffer) noexcept;
  void note_peak() noexcept;
  void give(adj_buffer& buffer, Lock& lock) noexcept;
  void link(adj_buffer& buffer) noexcept;
  void unlink(adj_buffer& buffer) noexcept;
  int64_t most_pooled() const noexcept;
  /* Takes the blocks that have waited longest from the pool until `down_to` bytes are left: a chain for free_chain().
   */
  adj_buffer* drop_pooled(int64_t down_to) noexcept;
  void free_chain(adj_buffer* chain) const noexcept; /* without the mutex */
  [[noreturn]] void refuse(int64_t bytes, bool scratch, const char* reason) const;

  const BlockSource blocks_;
  const int64_t budget_;
  mutable std::mutex mutex_;
  std::unordered_set<adj_buffer*> buffers_; /* held, scratch and pooled */
  List pool_[kSizeLists] = {};
  uint64_t gives_ = 0;
  int64_t held_count_ = 0;
  int64_t outstanding_ = 0, peak_ = 0; /* as asked for */
  int64_t held_ = 0, pooled_ = 0;      /* in whole blocks */
  /* The most that blocks held together, in this period of takes and in the one before. */
  int64_t takes_ = 0, recent_peak_ = 0, earlier_peak_ = 0;
};

}  // namespace adjoint

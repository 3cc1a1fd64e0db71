/*
 * A context's memory: 64-byte aligned blocks, every byte accounted, freed blocks kept for reuse up to a bound. What
 * callers hold never passes the budget. It refuses to zero memory, and to guess: a block is reused for its own size
 * only.
 */
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "adjoint.h"

struct adj_buffer {
  void* address;
  int64_t bytes; /* of the block: what was asked for, rounded up to 64 */
};

namespace adjoint {

class Memory {
 public:
  explicit Memory(int64_t budget) : budget_(budget) {}
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /* Throws Error (ADJ_OUT_OF_MEMORY) with the figures. */
  adj_buffer* allocate(int64_t bytes);

  /* Throws Error (ADJ_INVALID_ARGUMENT) for a buffer that is not held. */
  void free(adj_buffer* buffer);

  /* A block for the length of a run. It counts as pooled, not against the budget: it is bounded by the program. */
  void* take_scratch(int64_t bytes);
  void give_scratch(void* address, int64_t bytes);

  adj_memory report() const;
  void trim();

 private:
  void* take(int64_t bytes); /* from the pool or the system; mutex_ held; null if there is none */
  void keep(void* address, int64_t bytes);
  void drop_pooled(int64_t down_to);

  const int64_t budget_;
  mutable std::mutex mutex_;
  std::unordered_map<int64_t, std::vector<void*>> pool_; /* by size */
  std::unordered_set<const adj_buffer*> held_;
  int64_t outstanding_ = 0, pooled_ = 0, scratch_ = 0, peak_ = 0;
};

}  // namespace adjoint

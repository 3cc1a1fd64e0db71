/*
 * What a kernel sees of the emulated block that it runs in: the seven calls that cuda/block.h gives a real one. A lane
 * that waits names the line it waits at, so that lanes which do not meet can be told apart.
 */
#pragma once

#include <cstdint>
#include <cstring>

#include "simt/grid.h"

namespace simt {

class Block {
 public:
  Block(Grid& grid, int thread) : grid_(grid), thread_(thread) {}

  int thread() const { return thread_; }
  int threads() const { return grid_.threads(); }
  int64_t block() const { return grid_.block(); }
  int64_t blocks() const { return grid_.blocks(); }

  /* Waits for all lanes of the block. */
  void sync(int line = __builtin_LINE(), const char* file = __builtin_FILE()) {
    grid_.wait(thread_, {Wait::kBarrier, file, line, 0, 0});
  }

  /* The value that lane `from` of the warp gives. */
  template <class T>
  T shuffle(T x, int from, int line = __builtin_LINE(), const char* file = __builtin_FILE()) {
    return exchange(x, {Wait::kShuffle, file, line, from, 0});
  }

  /* The value of the lane `by` further on; its own at the end of the warp. */
  template <class T>
  T shuffle_down(T x, int by, int line = __builtin_LINE(), const char* file = __builtin_FILE()) {
    return exchange(x, {Wait::kShuffleDown, file, line, by, 0});
  }

  /* Memory of the block: one array for each type, length and tag. Nothing is in it but NaN. */
  template <class T, int kCount, int kTag = 0>
  T* shared() {
    static const char key = 0;
    return static_cast<T*>(grid_.shared(&key, sizeof(T) * kCount));
  }

  /* *at = min(*at, x), of all lanes of the grid in any order. */
  void atomic_min(uint64_t* at, uint64_t x) { *at = x < *at ? x : *at; }

 private:
  template <class T>
  T exchange(T x, Wait wait) {
    static_assert(sizeof(T) <= sizeof(wait.value));
    std::memcpy(&wait.value, &x, sizeof(T));
    const uint64_t given = grid_.wait(thread_, wait);
    std::memcpy(&x, &given, sizeof(T));
    return x;
  }

  Grid& grid_;
  const int thread_;
};

}  // namespace simt

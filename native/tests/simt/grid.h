/*
 * Runs a grid: one block at a time, one fiber a lane, each until it waits. A barrier opens when all lanes that have not
 * returned stand at it; a warp's operation needs all 32 lanes of the warp. Lanes at different barriers, or a warp
 * that is not whole, are a failure with block, lanes and lines. It knows no memory but the block's own: device.h.
 */
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simt/fiber.h"

namespace simt {

inline constexpr int kWarp = 32;

/* What a lane waits for, and where. */
struct Wait {
  enum Kind { kNothing, kBarrier, kShuffle, kShuffleDown } kind;
  const char* file;
  int line;
  int argument;
  uint64_t value;
};

/* In which order lanes and blocks run. */
enum class Order { kForward, kReverse, kRandom, kOtherRandom };
inline constexpr Order kOrders[] = {Order::kForward, Order::kReverse, Order::kRandom, Order::kOtherRandom};
const char* name_of(Order order);

class Block;

class Grid {
 public:
  using Body = std::function<void(Block&)>;

  Grid(int64_t blocks, int threads);
  ~Grid();

  /* Runs all blocks; false, and failure() says why, if they cannot end. */
  bool run(Order order, const Body& body);
  const std::string& failure() const { return failure_; }

  /* For lanes, while they run. */
  int threads() const { return threads_; }
  int64_t block() const { return block_; }
  int64_t blocks() const { return blocks_; }
  uint64_t wait(int lane, const Wait& wait);
  void* shared(const void* key, size_t bytes);

  /* "block 3, lane 17" of the lane that runs on this thread, "" outside of all. */
  static std::string running();

 private:
  struct Lane;

  void run_block(const std::vector<int>& order, const Body& body);
  bool release();
  bool release_warp(int warp, bool& released);
  bool release_block();
  void exchange(int warp);
  void fail_apart(int a, int b, const char* what);

  const int64_t blocks_;
  const int threads_;
  int64_t block_ = 0;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<const void*, std::unique_ptr<char[]>> shared_;
  std::string failure_;
};

}  // namespace simt

/* Runs a grid: see grid.h. */
#include "simt/grid.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "simt/block.h"

namespace simt {
namespace {

thread_local const Grid* running_grid = nullptr;
thread_local int running_lane = 0;

/* Stacks are kept for the next grid of the thread. */
std::vector<std::unique_ptr<Fiber>>& spare_fibers() {
  thread_local std::vector<std::unique_ptr<Fiber>> spare;
  return spare;
}

template <class T>
std::vector<T> places(int64_t count, Order order, uint64_t seed) {
  std::vector<T> places(static_cast<size_t>(count));
  std::iota(places.begin(), places.end(), T{0});
  if (order == Order::kReverse) std::reverse(places.begin(), places.end());
  if (order == Order::kRandom || order == Order::kOtherRandom) {
    std::mt19937_64 random(seed * 2 + (order == Order::kRandom ? 0 : 1));
    std::shuffle(places.begin(), places.end(), random);
  }
  return places;
}

std::string text_of(const Wait& wait) {
  const char* file = std::strrchr(wait.file, '/');
  const std::string at = std::string(file != nullptr ? file + 1 : wait.file) + ":" + std::to_string(wait.line);
  return (wait.kind == Wait::kBarrier ? "the barrier at " : "the shuffle at ") + at;
}

bool same_place(const Wait& a, const Wait& b) {
  return a.kind == b.kind && a.line == b.line && std::strcmp(a.file, b.file) == 0;
}

}  // namespace

const char* name_of(Order order) {
  switch (order) {
    case Order::kForward:
      return "forward";
    case Order::kReverse:
      return "reverse";
    case Order::kRandom:
      return "random";
    default:
      return "another random";
  }
}

struct Grid::Lane {
  std::unique_ptr<Fiber> fiber;
  Wait wait{Wait::kNothing, "", 0, 0, 0};
  uint64_t given = 0;

  bool live() const { return !fiber->ended(); }
  bool waits() const { return live() && wait.kind != Wait::kNothing; }
  bool in_warp_operation() const { return waits() && wait.kind != Wait::kBarrier; }
};

Grid::Grid(int64_t blocks, int threads) : blocks_(blocks), threads_(threads) {
  if (threads < kWarp || threads > 1024 || threads % kWarp != 0) {
    failure_ = std::to_string(threads) + " threads are no whole number of 1 to 32 warps";
    return;
  }
  auto& spare = spare_fibers();
  for (int i = 0; i < threads; ++i) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    if (spare.empty()) spare.push_back(std::make_unique<Fiber>());
    lane.fiber = std::move(spare.back());
    spare.pop_back();
  }
}

Grid::~Grid() {
  for (auto& lane : lanes_) spare_fibers().push_back(std::move(lane->fiber));
}

bool Grid::run(Order order, const Body& body) {
  const Grid* const before = running_grid;
  const int lane_before = running_lane;
  running_grid = this;
  if (failure_.empty()) {
    const std::vector<int> lanes = places<int>(threads_, order, 1);
    for (const int64_t block : places<int64_t>(blocks_, order, 2)) {
      block_ = block;
      run_block(lanes, body);
      if (!failure_.empty()) break;
    }
  }
  running_grid = before;
  running_lane = lane_before;
  return failure_.empty();
}

void Grid::run_block(const std::vector<int>& order, const Body& body) {
  shared_.clear();
  for (int i = 0; i < threads_; ++i) {
    Lane& lane = *lanes_[static_cast<size_t>(i)];
    lane.wait.kind = Wait::kNothing;
    lane.fiber->start([this, i, &body] {
      Block self(*this, i);
      body(self);
    });
  }
  do {
    for (const int i : order) {
      Lane& lane = *lanes_[static_cast<size_t>(i)];
      if (!lane.live() || lane.waits()) continue;
      running_lane = i;
      lane.fiber->resume();
      if (!failure_.empty()) return;
    }
  } while (release());
}

/* Nobody can go on: opens what all have come to. False if none is left, or if they never will meet. */
bool Grid::release() {
  bool released = false;
  for (int warp = 0; warp < threads_ / kWarp; ++warp) {
    if (!release_warp(warp, released)) return false;
  }
  return released || release_block();
}

bool Grid::release_warp(int warp, bool& released) {
  const int from = warp * kWarp;
  int first = -1;
  for (int i = from; i < from + kWarp && first < 0; ++i) {
    if (lanes_[static_cast<size_t>(i)]->in_warp_operation()) first = i;
  }
  if (first < 0) return true;
  const Lane& one = *lanes_[static_cast<size_t>(first)];
  for (int i = from; i < from + kWarp; ++i) {
    const Lane& other = *lanes_[static_cast<size_t>(i)];
    if (!other.live()) {
      fail_apart(first, i, "a warp is not whole");
      return false;
    }
    if (!same_place(one.wait, other.wait)) {
      fail_apart(first, i, "lanes of a warp do not meet");
      return false;
    }
  }
  exchange(warp);
  released = true;
  return true;
}

void Grid::exchange(int warp) {
  const size_t from = static_cast<size_t>(warp * kWarp);
  for (size_t i = 0; i < kWarp; ++i) {
    Lane& lane = *lanes_[from + i];
    const int place = static_cast<int>(i);
    int source = lane.wait.kind == Wait::kShuffle ? lane.wait.argument : place + lane.wait.argument;
    if (source < 0 || source >= kWarp) source = place;
    lane.given = lanes_[from + static_cast<size_t>(source)]->wait.value;
  }
  for (size_t i = 0; i < kWarp; ++i) lanes_[from + i]->wait.kind = Wait::kNothing;
}

bool Grid::release_block() {
  int first = -1;
  for (int i = 0; i < threads_; ++i) {
    const Lane& lane = *lanes_[static_cast<size_t>(i)];
    if (!lane.live()) continue;
    if (first < 0) first = i;
    if (!same_place(lanes_[static_cast<size_t>(first)]->wait, lane.wait)) {
      fail_apart(first, i, "lanes do not meet");
      return false;
    }
  }
  for (auto& lane : lanes_) lane->wait.kind = Wait::kNothing;
  return first >= 0;
}

void Grid::fail_apart(int a, int b, const char* what) {
  const auto where = [this](int i) {
    const Lane& lane = *lanes_[static_cast<size_t>(i)];
    const std::string is = lane.live() ? "waits at " + text_of(lane.wait) : std::string("has returned");
    return "lane " + std::to_string(i) + " " + is;
  };
  failure_ = "block " + std::to_string(block_) + ": " + what + ": " + where(a) + ", " + where(b);
}

uint64_t Grid::wait(int lane, const Wait& wait) {
  Lane& self = *lanes_[static_cast<size_t>(lane)];
  self.wait = wait;
  self.fiber->leave();
  return self.given;
}

void* Grid::shared(const void* key, size_t bytes) {
  auto& memory = shared_[key];
  if (memory == nullptr) {
    memory.reset(new char[bytes]);
    std::memset(memory.get(), 0xFF, bytes);
  }
  return memory.get();
}

std::string Grid::running() {
  if (running_grid == nullptr) return "";
  return "block " + std::to_string(running_grid->block_) + ", lane " + std::to_string(running_lane);
}

}  // namespace simt

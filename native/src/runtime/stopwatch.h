/* Time that passes, for timed runs: nothing is read from the clock while nobody asks for it. */
#pragma once

#include <time.h>

#include <cstdint>

namespace adjoint {

/* Returns the time since some moment of the past. */
inline int64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/* Adds the time of its own life to a sum, unless that is null. */
template <class Sum>
class Stopwatch {
 public:
  explicit Stopwatch(Sum* sum) : sum_(sum), start_(sum != nullptr ? nanoseconds() : 0) {}
  ~Stopwatch() {
    if (sum_ != nullptr) *sum_ += nanoseconds() - start_;
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Sum* const sum_;
  const int64_t start_;
};

}  // namespace adjoint

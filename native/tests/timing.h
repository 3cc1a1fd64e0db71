/* What the executables that print times share: programs that are run again and again, in turns. */
#pragma once

#include <time.h>

#include <algorithm>

#include "machine.h"

namespace test {

inline double seconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Program {
 public:
  Program(adj_context* context, const std::vector<Call>& calls) : context_(context), image_(write_image(calls)) {
    CHECK(adj_program_create(context, image_.data(), image_.bytes(), &program_) == ADJ_OK, "%s", adj_last_error());
  }
  ~Program() { adj_program_destroy(program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  void run() const {
    adj_program_run(context_, program_, image_.bindings.data(), static_cast<int32_t>(image_.bindings.size()), nullptr);
  }

 private:
  adj_context* context_;
  Image image_;
  adj_program* program_ = nullptr;
};

/* The best time of one run of each program, in turns. */
inline std::vector<double> best(const std::vector<const Program*>& programs) {
  std::vector<double> times(programs.size(), 1e9);
  const double start = seconds();
  for (int round = 0; round < 2000 && (seconds() - start < 0.4 || round < 5); ++round) {
    for (size_t i = 0; i < programs.size(); ++i) {
      const double from = seconds();
      programs[i]->run();
      times[i] = std::min(times[i], seconds() - from);
    }
  }
  return times;
}

}  // namespace test

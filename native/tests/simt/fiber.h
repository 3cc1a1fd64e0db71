/*
 * Fibers: stacks that a thread leaves in the middle of a function and comes back to. One fiber is one lane of an
 * emulated block. Below each stack lies a page that nobody may touch, so that a stack that overflows says so;
 * AddressSanitizer is told of every switch. It refuses to schedule: see grid.h. x86-64 only.
 */
#pragma once

#include <cstddef>
#include <functional>

namespace simt {

class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /* Begins `body` anew, whatever the fiber was in the middle of; nothing runs before resume(). */
  void start(std::function<void()> body);

  /* Runs the fiber until it leaves or ends. */
  void resume();

  /* Called on the fiber: goes back to where resume() was called. */
  void leave();

  bool ended() const { return ended_; }

 private:
  static void enter();

  char* mapping_;
  void* stack_pointer_ = nullptr;  /* while the fiber does not run */
  void* caller_pointer_ = nullptr; /* while it runs */
  void* shadow_ = nullptr;         /* what AddressSanitizer keeps of the fiber */
  const void* caller_stack_ = nullptr;
  size_t caller_bytes_ = 0;
  bool ended_ = true;
  std::function<void()> body_;
};

}  // namespace simt

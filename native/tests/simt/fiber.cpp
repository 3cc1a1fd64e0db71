/* Fibers: see fiber.h. */
#include "simt/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/*
 * Saves what the System V ABI for x86-64 has a function keep (rbx, rbp, r12 to r15; nothing here changes the rounding
 * modes), leaves the stack pointer in *from, and goes on where `to` was left.
 */
extern "C" void simt_switch(void** from, void* to);
__asm__(
    ".text\n"
    ".type simt_switch, @function\n"
    "simt_switch:\n"
    "  pushq %rbp\n"
    "  pushq %rbx\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  pushq %r14\n"
    "  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n"
    "  popq %r14\n"
    "  popq %r13\n"
    "  popq %r12\n"
    "  popq %rbx\n"
    "  popq %rbp\n"
    "  ret\n"
    ".size simt_switch, . - simt_switch\n");

namespace simt {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kStack = size_t{128} << 10; /* sanitized frames are several times as large */
constexpr int kSaved = 6;                    /* registers */

thread_local Fiber* running = nullptr;

}  // namespace

Fiber::Fiber() {
  void* const mapping =
      mmap(nullptr, kPage + kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED || mprotect(mapping, kPage, PROT_NONE) != 0) {
    std::perror("simt: no memory for a lane's stack");
    std::abort();
  }
  mapping_ = static_cast<char*>(mapping);
}

Fiber::~Fiber() { munmap(mapping_, kPage + kStack); }

void Fiber::start(std::function<void()> body) {
  body_ = std::move(body);
  ended_ = false;
  shadow_ = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  /* Frames that were left behind are no more. */
  ASAN_UNPOISON_MEMORY_REGION(mapping_ + kPage, kStack);
#endif
  /* As if simt_switch had been called at the first instruction of enter(): the stack is aligned as after a call. */
  void** const top = reinterpret_cast<void**>(mapping_ + kPage + kStack);
  void** const first = top - 2 - kSaved;
  for (int i = 0; i < kSaved; ++i) first[i] = nullptr;
  first[kSaved] = reinterpret_cast<void*>(&Fiber::enter);
  first[kSaved + 1] = nullptr; /* where enter() would return to */
  stack_pointer_ = first;
}

void Fiber::enter() {
  Fiber* const self = running;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->caller_stack_, &self->caller_bytes_);
#endif
  self->body_();
  self->ended_ = true;
  self->leave();
  std::abort(); /* an ended fiber is not resumed */
}

void Fiber::resume() {
  Fiber* const before = running;
  running = this;
#if defined(__SANITIZE_ADDRESS__)
  void* shadow = nullptr;
  __sanitizer_start_switch_fiber(&shadow, mapping_ + kPage, kStack);
#endif
  simt_switch(&caller_pointer_, stack_pointer_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(shadow, nullptr, nullptr);
#endif
  running = before;
}

void Fiber::leave() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(ended_ ? nullptr : &shadow_, caller_stack_, caller_bytes_);
#endif
  simt_switch(&stack_pointer_, caller_pointer_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(shadow_, &caller_stack_, &caller_bytes_);
#endif
}

}  // namespace simt

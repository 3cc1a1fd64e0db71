/*
 * Memory for the tests' arrays that ends where the next page must not be touched: whatever a kernel reads or writes
 * behind an array is a fault, in the release build and for every instruction set that the machine runs. A sanitizer
 * guards both ends of what malloc gives, and is given that.
 */
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "check.h"

namespace test {

/* Places of 2^k pages, each before a page of no access; freed places are used again, all but large ones. */
class Fences {
 public:
  void* take(size_t bytes) {
    const size_t pages = pages_for(bytes);
    return static_cast<char*>(place(pages)) + pages * kPage - bytes;
  }

  void give(void* memory, size_t bytes) {
    const size_t pages = pages_for(bytes);
    void* start = static_cast<char*>(memory) + bytes - pages * kPage;
    if (pages > kMostKept) {
      munmap(start, (pages + 1) * kPage);
      return;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    free_[log2_of(pages)].push_back(start);
  }

  static Fences& all() {
    static Fences& only = *new Fences;
    return only;
  }

 private:
  static constexpr size_t kMostKept = 64;
  const size_t kPage = static_cast<size_t>(sysconf(_SC_PAGESIZE));

  size_t pages_for(size_t bytes) const {
    const size_t needed = (bytes + kPage - 1) / kPage;
    if (needed > kMostKept) return needed;
    size_t pages = 1;
    while (pages < needed) pages *= 2;
    return pages;
  }

  static size_t log2_of(size_t pages) {
    size_t log2 = 0;
    while (size_t{1} << log2 < pages) ++log2;
    return log2;
  }

  void* place(size_t pages) {
    if (pages <= kMostKept) {
      const std::lock_guard<std::mutex> lock(mutex_);
      std::vector<void*>& known = free_[log2_of(pages)];
      if (!known.empty()) {
        void* start = known.back();
        known.pop_back();
        return start;
      }
    }
    const size_t bytes = (pages + 1) * kPage;
    void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED || mprotect(static_cast<char*>(start) + pages * kPage, kPage, PROT_NONE) != 0) {
      std::perror("memory for the tests");
      std::abort();
    }
    return start;
  }

  std::mutex mutex_;
  std::vector<void*> free_[7];
};

/* Memory of exactly so many bytes, which are never none: operands of no bytes still differ. */
class Fenced {
 public:
  explicit Fenced(size_t bytes) : bytes_(bytes > 0 ? bytes : 1) {
    memory_ = sanitized() ? std::malloc(bytes_) : Fences::all().take(bytes_);
  }
  ~Fenced() {
    if (memory_ == nullptr) return;
    if (sanitized()) {
      std::free(memory_);
    } else {
      Fences::all().give(memory_, bytes_);
    }
  }
  Fenced(Fenced&& other) noexcept : bytes_(other.bytes_), memory_(other.memory_) { other.memory_ = nullptr; }
  Fenced& operator=(Fenced&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(memory_, other.memory_);
    return *this;
  }
  void* get() const { return memory_; }

 private:
  size_t bytes_;
  void* memory_;
};

}  // namespace test

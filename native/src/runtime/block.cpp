/* Blocks from the system: see block.h. */
#include "runtime/block.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace adjoint {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kPage = 4096;
/* Below, malloc's arenas save the pages that a mapping rounds up to; above, they would keep what is freed. */
constexpr int64_t kMappedFrom = int64_t{128} << 10;
constexpr int64_t kHugePage = int64_t{1} << 21;
constexpr int64_t kHugeFrom = int64_t{4} << 20;
constexpr int64_t kMostAdded = int64_t{16} << 20;

int64_t round_up_to(int64_t bytes, int64_t step) { return (bytes + step - 1) / step * step; }

int log2_of(int64_t bytes) { return 63 - __builtin_clzll(static_cast<unsigned long long>(bytes)); }

/* A mapping that begins where a huge page may. */
void* map(int64_t bytes) {
  const int64_t spare = bytes >= kHugeFrom ? kHugePage : 0;
  void* mapping =
      mmap(nullptr, static_cast<size_t>(bytes + spare), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  if (spare == 0) return mapping;
  char* const start = static_cast<char*>(mapping);
  const int64_t before = round_up_to(static_cast<int64_t>(reinterpret_cast<uintptr_t>(start)), kHugePage) -
                         static_cast<int64_t>(reinterpret_cast<uintptr_t>(start));
  if (before > 0) munmap(start, static_cast<size_t>(before));
  if (before < spare) munmap(start + before + bytes, static_cast<size_t>(spare - before));
#if defined(MADV_HUGEPAGE)
  /* Advice only: where the system declines, small pages serve. */
  madvise(start + before, static_cast<size_t>(bytes / kHugePage * kHugePage), MADV_HUGEPAGE);
#endif
  return start + before;
}

}  // namespace

int64_t least_block(int64_t bytes) {
  return round_up_to(std::max<int64_t>(bytes, 1), bytes >= kMappedFrom ? kPage : kAlignment);
}

int64_t common_block(int64_t bytes) {
  const int64_t least = least_block(bytes);
  return round_up_to(least, std::clamp((int64_t{1} << log2_of(least)) / 4, kAlignment, kMostAdded));
}

int size_list(int64_t bytes) {
  const int power = log2_of(bytes);
  const int64_t quarter = (int64_t{1} << power) / 4;
  return 4 * power + (quarter > 0 ? static_cast<int>((bytes - (int64_t{1} << power)) / quarter) : 0);
}

SystemBlock take_block(int64_t bytes) noexcept {
  if (bytes >= kMappedFrom) {
    if (void* address = map(bytes)) return {address, bytes, true};
    /* There may be too many mappings, and still memory. */
  }
  void* address = nullptr;
  if (posix_memalign(&address, static_cast<size_t>(kAlignment), static_cast<size_t>(bytes)) != 0) address = nullptr;
  return {address, bytes, false};
}

void free_block(const SystemBlock& block) noexcept {
  if (block.mapped) {
    munmap(block.address, static_cast<size_t>(block.bytes));
  } else {
    std::free(block.address);
  }
}

void trim_blocks() noexcept {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace adjoint

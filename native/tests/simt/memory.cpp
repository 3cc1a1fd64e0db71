/* Memory of the emulated device: see memory.h. */
#include "simt/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace simt {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 256;
constexpr size_t kRegion = size_t{8} << 30;
constexpr unsigned char kUnwritten = 0xFF; /* NaN, as floats */

size_t round_up(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

char* reserve(size_t bytes, int protection) {
  void* const mapping = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return mapping == MAP_FAILED ? nullptr : static_cast<char*>(mapping);
}

}  // namespace

char* DeviceMemory::Allocation::first_page() const { return mapping + kPage; }

void DeviceMemory::join() { region_ = reserve(kRegion, PROT_READ | PROT_WRITE); }

DeviceMemory::Allocation DeviceMemory::map_pages(size_t bytes, size_t aligned) const {
  const size_t pages = round_up(aligned, kPage);
  char* const mapping = reserve(pages + 2 * kPage, PROT_NONE);
  if (mapping == nullptr) return {nullptr, 0, nullptr, 0};
  const Allocation a{mapping, pages, mapping + kPage + pages - aligned, bytes};
  mprotect(a.first_page(), pages, PROT_READ | PROT_WRITE);
  std::memset(a.first_page(), kUnwritten, pages);
  mprotect(a.first_page(), pages, open_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
#if defined(__SANITIZE_ADDRESS__)
  each_margin(a, [](char* margin, size_t count) { ASAN_POISON_MEMORY_REGION(margin, count); });
#endif
  return a;
}

DeviceMemory::Allocation DeviceMemory::take_of_region(size_t bytes, size_t aligned) {
  std::vector<char*>& freed = free_[aligned];
  char* begin = nullptr;
  if (!freed.empty()) {
    begin = freed.back();
    freed.pop_back();
  } else if (aligned <= kRegion - used_) {
    begin = region_ + used_;
    used_ += aligned;
  } else {
    return {nullptr, 0, nullptr, 0};
  }
  std::memset(begin, kUnwritten, aligned);
  return {nullptr, aligned, begin, bytes};
}

void* DeviceMemory::allocate(size_t bytes) {
  const size_t aligned = round_up(std::max<size_t>(bytes, 1), kAlignment);
  const Allocation a = region_ != nullptr ? take_of_region(bytes, aligned) : map_pages(bytes, aligned);
  if (a.begin != nullptr) allocations_.emplace(a.begin, a);
  return a.begin;
}

void DeviceMemory::release(const void* address) {
  const auto found = allocations_.find(address);
  if (found == allocations_.end()) return;
  const Allocation a = found->second;
  allocations_.erase(found);
  if (a.mapping == nullptr) {
    free_[a.pages].push_back(a.begin);
    return;
  }
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(a.first_page(), a.pages);
#endif
  munmap(a.mapping, a.pages + 2 * kPage);
}

void DeviceMemory::open() {
  if (open_++ == 0) protect(PROT_READ | PROT_WRITE);
}

void DeviceMemory::close() {
  if (--open_ == 0) protect(PROT_NONE);
}

void DeviceMemory::protect(int how) const {
  for (const auto& entry : allocations_) {
    if (entry.second.mapping != nullptr) mprotect(entry.second.first_page(), entry.second.pages, how);
  }
}

/* What is before and behind an allocation, on its own pages. */
void DeviceMemory::each_margin(const Allocation& a, const std::function<void(char*, size_t)>& f) {
  char* const pages_end = a.first_page() + a.pages;
  f(a.first_page(), static_cast<size_t>(a.begin - a.first_page()));
  f(a.end(), static_cast<size_t>(pages_end - a.end()));
}

std::string DeviceMemory::overrun() const {
#if !defined(__SANITIZE_ADDRESS__) /* there margins are poisoned, and nobody gets as far as writing into them */
  for (const auto& entry : allocations_) {
    const Allocation& a = entry.second;
    bool untouched = true;
    if (a.mapping == nullptr) continue;
    each_margin(a, [&](char* margin, size_t bytes) {
      untouched = untouched && std::all_of(margin, margin + bytes,
                                           [](char c) { return static_cast<unsigned char>(c) == kUnwritten; });
    });
    if (!untouched) return "an allocation of " + std::to_string(a.bytes) + " bytes";
  }
#endif
  return "";
}

std::vector<char> DeviceMemory::contents() const {
  std::vector<char> all;
  for (const auto& entry : allocations_) all.insert(all.end(), entry.second.begin, entry.second.end());
  return all;
}

void DeviceMemory::restore(const std::vector<char>& all) const {
  const char* from = all.data();
  for (const auto& entry : allocations_) {
    std::memcpy(entry.second.begin, from, entry.second.bytes);
    from += entry.second.bytes;
  }
}

std::string DeviceMemory::difference(const std::vector<char>& all) const {
  const char* from = all.data();
  for (const auto& entry : allocations_) {
    const Allocation& a = entry.second;
    const auto at = std::mismatch(a.begin, a.end(), from).first;
    if (at != a.end()) {
      return "byte " + std::to_string(at - a.begin) + " of an allocation of " + std::to_string(a.bytes) + " bytes";
    }
    from += a.bytes;
  }
  return "";
}

int64_t DeviceMemory::bytes() const {
  int64_t bytes = 0;
  for (const auto& entry : allocations_) bytes += static_cast<int64_t>(entry.second.bytes);
  return bytes;
}

}  // namespace simt

/* The emulated device: see device.h. */
#include "simt/device.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "simt/launch.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace adjoint {
namespace cuda {

struct Stream {
  std::deque<std::function<void()>> work;
};

}  // namespace cuda
}  // namespace adjoint

namespace simt {
namespace {

using adjoint::cuda::Answer;
using adjoint::cuda::Stream;

constexpr Answer kOk{};
constexpr Answer kOutOfMemory{2, "cudaErrorMemoryAllocation"};
constexpr Answer kLaunchFailure{719, "cudaErrorLaunchFailure"};

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 256;
constexpr unsigned char kUnwritten = 0xFF; /* NaN, as floats */

size_t round_up(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

/* Pages between two that nobody may touch; the bytes end where the pages do, but for the alignment. */
struct Allocation {
  char* mapping;
  size_t pages; /* bytes of them */
  char* begin;
  size_t bytes;

  char* first_page() const { return mapping + kPage; }
  char* end() const { return begin + bytes; }
};

struct Device {
  std::recursive_mutex mutex;
  std::map<const void*, Allocation> memory;
  std::vector<Stream*> streams;
  std::mt19937_64 random{20};
  std::string failure;
  bool sticky = false;
  int64_t calls = 0, fails_at = -1;
  bool fails_on = false;
  int64_t pinned = 0;
  std::map<const void*, int64_t> pinned_blocks;
  int open = 0;
};

Device& device() {
  static Device& only = *new Device;
  return only;
}

using Lock = std::lock_guard<std::recursive_mutex>;

/* Says where a fault of memory happened: on the host, or in which lane. */
void on_fault(int, siginfo_t* info, void*) {
  char text[256];
  const std::string where = Grid::running();
  const int length =
      snprintf(text, sizeof(text), "simt: %s touches %p, which %s\n", where.empty() ? "the host" : where.c_str(),
               info->si_addr, where.empty() ? "is the device's, or nobody's" : "is no memory of the device");
  if (write(2, text, static_cast<size_t>(length)) < 0) _exit(98);
  _exit(97);
}

/* The calling thread may be on a lane's stack, which may be what overflowed. */
void watch_faults() {
  static bool watching = false;
  if (watching) return;
  watching = true;
  static char stack[64 << 10];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof(stack);
  sigaltstack(&alternate, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

/* Counts a call; false if it is to fail. */
bool may(Device& d) {
  watch_faults();
  const int64_t call = d.calls++;
  if (d.fails_at < 0 || call < d.fails_at) return true;
  if (call == d.fails_at || d.fails_on) return false;
  return true;
}

Answer broken(Device& d) {
  if (d.fails_on) d.sticky = true;
  return kLaunchFailure;
}

/* The host may read and write what the device owns, for as long as the object lives. */
class Open {
 public:
  explicit Open(Device& d) : device_(d) {
    if (device_.open++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  ~Open() {
    if (--device_.open == 0) protect(PROT_NONE);
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  void protect(int how) {
    for (const auto& entry : device_.memory) mprotect(entry.second.first_page(), entry.second.pages, how);
  }
  Device& device_;
};

/* What is before and behind an allocation, on its own pages. */
void each_margin(const Allocation& a, const std::function<void(char*, size_t)>& f) {
  char* const pages_end = a.first_page() + a.pages;
  f(a.first_page(), static_cast<size_t>(a.begin - a.first_page()));
  f(a.end(), static_cast<size_t>(pages_end - a.end()));
}

/* Under AddressSanitizer margins are poisoned, and nobody gets as far as writing there. */
bool margins_untouched(const Allocation& a) {
#if defined(__SANITIZE_ADDRESS__)
  (void)a;
  return true;
#else
  bool untouched = true;
  each_margin(a, [&](char* margin, size_t bytes) {
    untouched = untouched &&
                std::all_of(margin, margin + bytes, [](char c) { return static_cast<unsigned char>(c) == kUnwritten; });
  });
  return untouched;
#endif
}

/* The bytes of all allocations, one after another. */
std::vector<char> contents(const Device& d) {
  std::vector<char> all;
  for (const auto& entry : d.memory) all.insert(all.end(), entry.second.begin, entry.second.end());
  return all;
}

void restore(const Device& d, const std::vector<char>& all) {
  const char* from = all.data();
  for (const auto& entry : d.memory) {
    std::memcpy(entry.second.begin, from, entry.second.bytes);
    from += entry.second.bytes;
  }
}

/* "byte 12 of an allocation of 64 bytes" of the first difference, "" if there is none. */
std::string difference(const Device& d, const std::vector<char>& all) {
  const char* from = all.data();
  for (const auto& entry : d.memory) {
    const Allocation& a = entry.second;
    const auto at = std::mismatch(a.begin, a.end(), from).first;
    if (at != a.end()) {
      return "byte " + std::to_string(at - a.begin) + " of an allocation of " + std::to_string(a.bytes) + " bytes";
    }
    from += a.bytes;
  }
  return "";
}

/* The kernel's type, out of "… [with K = adjoint::cuda::Copy]". */
std::string kernel_name(const char* pretty) {
  const std::string text(pretty);
  const size_t from = text.find("K = ");
  return from == std::string::npos ? text : text.substr(from + 4, text.rfind(']') - from - 4);
}

void fail(Device& d, const char* name, const std::string& what) {
  if (!d.failure.empty()) return;
  d.failure = kernel_name(name) + ": " + what;
  d.sticky = true;
}

void run_grid(Device& d, const char* name, int64_t blocks, int threads, const Grid::Body& body) {
  if (d.sticky) return;
  const std::vector<char> before = contents(d);
  std::vector<char> after;
  for (const Order order : kOrders) {
    if (order != Order::kForward) restore(d, before);
    Grid grid(blocks, threads);
    if (!grid.run(order, body)) {
      fail(d, name, grid.failure());
      return;
    }
    for (const auto& entry : d.memory) {
      if (!margins_untouched(entry.second)) {
        fail(d, name,
             "writes outside of an allocation of " + std::to_string(entry.second.bytes) + " bytes, in " +
                 name_of(order) + " order");
        return;
      }
    }
    if (order == Order::kForward) {
      after = contents(d);
      continue;
    }
    const std::string differs = difference(d, after);
    if (!differs.empty()) {
      fail(d, name, differs + " differs between forward and " + name_of(order) + " order");
      return;
    }
  }
}

Answer enqueue_work(Stream* stream, std::function<void()> work) {
  Device& d = device();
  const Lock lock(d.mutex);
  if (!may(d)) return broken(d);
  if (d.sticky) return kLaunchFailure;
  stream->work.push_back(std::move(work));
  return kOk;
}

}  // namespace

std::string failure() {
  const Lock lock(device().mutex);
  return device().failure;
}

void reset() {
  Device& d = device();
  const Lock lock(d.mutex);
  d.failure.clear();
  d.sticky = false;
  d.fails_at = -1;
  d.fails_on = false;
  for (Stream* stream : d.streams) stream->work.clear();
}

void fail_call(int64_t n, bool sticky) {
  Device& d = device();
  const Lock lock(d.mutex);
  d.fails_at = d.calls + n;
  d.fails_on = sticky;
}

int64_t calls() {
  const Lock lock(device().mutex);
  return device().calls;
}

int64_t allocated() {
  Device& d = device();
  const Lock lock(d.mutex);
  int64_t bytes = d.pinned;
  for (const auto& entry : d.memory) bytes += static_cast<int64_t>(entry.second.bytes);
  return bytes;
}

Answer enqueue(Stream* stream, const char* name, int64_t blocks, int threads, Grid::Body body) noexcept {
  if (blocks < 1 || blocks > INT32_MAX) return {9, "cudaErrorInvalidConfiguration"};
  return enqueue_work(stream, [=, body = std::move(body)] { run_grid(device(), name, blocks, threads, body); });
}

}  // namespace simt

namespace adjoint {
namespace cuda {

using simt::Device;
using simt::Lock;

Answer use_device(int32_t device) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  if (!simt::may(d)) return simt::broken(d);
  return device == 0 ? simt::kOk : Answer{101, "cudaErrorInvalidDevice"};
}

Answer allocate(int64_t bytes, void** address) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  *address = nullptr;
  if (!simt::may(d)) return simt::kOutOfMemory;
  if (d.sticky) return simt::kLaunchFailure;
  const size_t size = static_cast<size_t>(bytes), aligned = simt::round_up(std::max<size_t>(size, 1), simt::kAlignment);
  const size_t pages = simt::round_up(aligned, simt::kPage);
  void* const mapping =
      mmap(nullptr, pages + 2 * simt::kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return simt::kOutOfMemory;
  char* const first = static_cast<char*>(mapping) + simt::kPage;
  const simt::Allocation a{static_cast<char*>(mapping), pages, first + pages - aligned, size};
  mprotect(first, pages, PROT_READ | PROT_WRITE);
  std::memset(first, simt::kUnwritten, pages);
  mprotect(first, pages, d.open > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
#if defined(__SANITIZE_ADDRESS__)
  simt::each_margin(a, [](char* margin, size_t count) { ASAN_POISON_MEMORY_REGION(margin, count); });
#endif
  d.memory.emplace(a.begin, a);
  *address = a.begin;
  return simt::kOk;
}

void release(void* address) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  const auto found = d.memory.find(address);
  if (found == d.memory.end()) return;
  const simt::Allocation a = found->second;
  d.memory.erase(found);
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(a.first_page(), a.pages);
#endif
  munmap(a.mapping, a.pages + 2 * simt::kPage);
}

Answer allocate_pinned(int64_t bytes, void** address) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  *address = nullptr;
  if (!simt::may(d)) return simt::kOutOfMemory;
  *address = std::malloc(static_cast<size_t>(bytes));
  if (*address == nullptr) return simt::kOutOfMemory;
  d.pinned += bytes;
  d.pinned_blocks.emplace(*address, bytes);
  return simt::kOk;
}

void release_pinned(void* address) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  const auto found = d.pinned_blocks.find(address);
  if (found == d.pinned_blocks.end()) return;
  d.pinned -= found->second;
  d.pinned_blocks.erase(found);
  std::free(address);
}

Answer make_stream(Stream** stream) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  *stream = nullptr;
  if (!simt::may(d)) return simt::broken(d);
  *stream = new Stream;
  d.streams.push_back(*stream);
  return simt::kOk;
}

void drop_stream(Stream* stream) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  d.streams.erase(std::remove(d.streams.begin(), d.streams.end(), stream), d.streams.end());
  delete stream;
}

Answer copy(void* to, const void* from, int64_t bytes, Stream* stream) noexcept {
  return simt::enqueue_work(stream, [=] {
    if (!simt::device().sticky) std::memmove(to, from, static_cast<size_t>(bytes));
  });
}

/* Any stream that has work may be the next to do some. */
Answer wait(Stream* stream) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  if (!simt::may(d)) return simt::broken(d);
  const simt::Open open(d);
  while (!stream->work.empty()) {
    std::vector<Stream*> busy;
    for (Stream* const one : d.streams) {
      if (!one->work.empty()) busy.push_back(one);
    }
    Stream* const next = busy[d.random() % busy.size()];
    const std::function<void()> work = std::move(next->work.front());
    next->work.pop_front();
    work();
  }
  return d.sticky ? simt::kLaunchFailure : simt::kOk;
}

}  // namespace cuda
}  // namespace adjoint

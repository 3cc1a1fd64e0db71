/* The emulated device: see device.h. */
#include "simt/device.h"

#include <signal.h>
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
#include "simt/memory.h"

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
constexpr int32_t kLaunchFailure = 719;

constexpr int kAllOrders = static_cast<int>(sizeof(kOrders) / sizeof(kOrders[0]));
struct Device {
  std::recursive_mutex mutex;
  DeviceMemory memory;
  std::vector<Stream*> streams;
  std::mt19937_64 random{20};
  std::string failure;
  bool sticky = false;
  int64_t calls = 0, fails_at = -1, launches = 0;
  int orders = kAllOrders;
  bool fails_on = false;
  int64_t pinned = 0;
  std::map<const void*, int64_t> pinned_blocks;
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

/* Counts a call; false if it is to fail. */
bool may(Device& d) {
  const int64_t call = d.calls++;
  if (d.fails_at < 0 || call < d.fails_at) return true;
  if (call == d.fails_at || d.fails_on) return false;
  return true;
}

/* With what is wrong behind CUDA's name, once something is: as static memory, which is what names are. */
Answer launch_failure(const Device& d) {
  static const char* const name = "cudaErrorLaunchFailure";
  static std::deque<std::string>& texts = *new std::deque<std::string>;
  if (d.failure.empty()) return {kLaunchFailure, name};
  const std::string text = std::string(name) + ": " + d.failure;
  if (texts.empty() || texts.back() != text) texts.push_back(text);
  return {kLaunchFailure, texts.back().c_str()};
}

Answer broken(Device& d) {
  if (d.fails_on) d.sticky = true;
  return launch_failure(d);
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
  const Order first = kOrders[d.orders == kAllOrders ? 0 : d.launches++ % kAllOrders];
  const std::vector<char> before = d.orders == 1 ? std::vector<char>() : d.memory.contents();
  std::vector<char> after;
  for (int run = 0; run < d.orders; ++run) {
    const Order order = kOrders[(static_cast<int>(first) + run) % kAllOrders];
    if (run > 0) d.memory.restore(before);
    Grid grid(blocks, threads);
    if (!grid.run(order, body)) {
      fail(d, name, grid.failure());
      return;
    }
    if (d.orders == 1) return;
    const std::string overrun = d.memory.overrun();
    if (!overrun.empty()) {
      fail(d, name, "writes outside of " + overrun + ", in " + name_of(order) + " order");
      return;
    }
    if (run == 0) {
      after = d.memory.contents();
      continue;
    }
    const std::string differs = d.memory.difference(after);
    if (!differs.empty()) {
      fail(d, name, differs + " differs between " + name_of(first) + " and " + name_of(order) + " order");
      return;
    }
  }
}

Answer enqueue_work(Stream* stream, std::function<void()> work) {
  Device& d = device();
  const Lock lock(d.mutex);
  if (!may(d)) return broken(d);
  if (d.sticky) return launch_failure(d);
  stream->work.push_back(std::move(work));
  return kOk;
}

}  // namespace

/* The calling thread may be on a lane's stack, which may be what overflowed. */
void watch_faults() {
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

void set_orders(int count) {
  const Lock lock(device().mutex);
  device().orders = std::clamp(count, 1, kAllOrders);
  if (device().orders == 1) device().memory.join();
}

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
  return d.pinned + d.memory.bytes();
}

Answer enqueue(Stream* stream, const char* name, int64_t blocks, int threads, Lane lane, const void* kernel,
               size_t bytes, const adjoint::cuda::Environment& run) noexcept {
  if (blocks < 1 || blocks > INT32_MAX) return {9, "cudaErrorInvalidConfiguration"};
  std::vector<int64_t> words((bytes + sizeof(int64_t) - 1) / sizeof(int64_t)); /* aligned as any kernel is */
  std::memcpy(words.data(), kernel, bytes);
  const Grid::Body body = [lane, words = std::move(words), run](Block& b) { lane(words.data(), b, run); };
  return enqueue_work(stream, [=] { run_grid(device(), name, blocks, threads, body); });
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

Answer name_device(int32_t, char* name, size_t size) noexcept {
  snprintf(name, size, "emulated");
  return simt::kOk;
}

Answer allocate(int64_t bytes, void** address) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  *address = nullptr;
  if (!simt::may(d)) return simt::kOutOfMemory;
  if (d.sticky) return simt::launch_failure(d);
  *address = d.memory.allocate(static_cast<size_t>(bytes));
  return *address == nullptr ? simt::kOutOfMemory : simt::kOk;
}

void release(void* address) noexcept {
  Device& d = simt::device();
  const Lock lock(d.mutex);
  d.memory.release(address);
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
  d.memory.open();
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
  d.memory.close();
  return d.sticky ? simt::launch_failure(d) : simt::kOk;
}

}  // namespace cuda
}  // namespace adjoint

/*
 * The emulator itself: what is right runs, and each planted fault (a missing barrier, a wrong index, a race, lanes that
 * do not meet, a host that reads the device's memory, a call that fails) is found and named.
 */
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "cuda/launch.h"
#include "simt/device.h"

using namespace adjoint::cuda;

namespace {

constexpr int kThreads = 64;

/* An array on the device. */
class Array {
 public:
  Array(Stream* stream, const std::vector<int32_t>& from) : stream_(stream), count_(from.size()) {
    CHECK(allocate(bytes(), &address_).ok(), "allocate");
    CHECK(copy(address_, from.data(), bytes(), stream).ok() && wait(stream).ok(), "copy");
  }
  ~Array() { release(address_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  int32_t* data() const { return static_cast<int32_t*>(address_); }
  std::vector<int32_t> read() const {
    std::vector<int32_t> to(count_);
    CHECK(copy(to.data(), address_, bytes(), stream_).ok() && wait(stream_).ok(), "copy back");
    return to;
  }

 private:
  int64_t bytes() const { return static_cast<int64_t>(count_ * sizeof(int32_t)); }
  Stream* stream_;
  size_t count_;
  void* address_ = nullptr;
};

/* y[block] = the sum of a block's elements, by halves in shared memory, and then in a warp. */
template <bool kBarrier>
struct SumBlocks {
  const int32_t* x;
  int32_t* y;

  template <class B>
  void run(B& b, const Environment&) const {
    int32_t* sums = b.template shared<int32_t, kThreads>();
    const int t = b.thread();
    sums[t] = x[b.block() * kThreads + t];
    b.sync();
    if (t < 32) sums[t] += sums[t + 32];
    if (kBarrier) b.sync();
    /* Lane 0 of the second warp takes what the first has summed. */
    int32_t sum = t < 32 ? sums[t] : sums[t - 32];
    for (int by = 16; by > 0; by /= 2) sum += b.shuffle_down(sum, by);
    if (t == 32) y[b.block()] = sum;
  }
};

/* Every block writes the same element. */
struct Race {
  int32_t* y;
  template <class B>
  void run(B& b, const Environment&) const {
    if (b.thread() == 0) y[0] = static_cast<int32_t>(b.block());
  }
};

struct WrongIndex {
  int32_t* y;
  int64_t at;
  template <class B>
  void run(B& b, const Environment&) const {
    if (b.thread() == 5) y[at] = 1;
  }
};

struct Uninitialised {
  float* y;
  template <class B>
  void run(B& b, const Environment&) const {
    y[b.thread()] = b.template shared<float, kThreads>()[b.thread()];
  }
};

struct DifferentBarriers {
  template <class B>
  void run(B& b, const Environment&) const {
    if (b.thread() < 3)
      b.sync();
    else
      b.sync();
  }
};

struct HalfAWarp {
  template <class B>
  void run(B& b, const Environment&) const {
    if (b.thread() % 32 < 16) b.shuffle_down(1, 1);
  }
};

/* Lanes that have returned are not waited for. */
struct EarlyReturn {
  int32_t* y;
  template <class B>
  void run(B& b, const Environment&) const {
    if (b.thread() >= 40) return;
    b.sync();
    y[b.thread()] = 40;
  }
};

struct Deep {
  template <class B>
  void run(B& b, const Environment& run) const {
    volatile char frame[1024];
    frame[0] = static_cast<char>(b.thread());
    if (frame[0] >= 0) Deep{}.run(b, run);
  }
};

/* What kernels that do not look at it are handed. */
const FaultRecord kUntouched{kNoFault, -1, 0, 0, 0, 0};
const Environment kNothing{nullptr, const_cast<FaultRecord*>(&kUntouched)};

template <class K>
std::string failure_of(Stream* stream, int64_t blocks, const K& kernel) {
  simt::reset();
  CHECK(launch(stream, blocks, kThreads, kernel, kNothing).ok(), "launch");
  const Answer answer = wait(stream);
  const std::string failure = simt::failure();
  CHECK(answer.ok() == failure.empty(), "%s, %s", answer.name, failure.c_str());
  simt::reset();
  return failure;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

#define CHECK_FAILS(kernel, blocks, part)                                 \
  do {                                                                    \
    const std::string failure = failure_of(stream, blocks, kernel);       \
    CHECK(has(failure, part), "\"%s\" has no %s", failure.c_str(), part); \
  } while (0)

/* Runs `body` in a process of its own; returns whether it ended by itself, with status 0. */
template <class Body>
bool survives(const Body& body) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void test_right_kernels(Stream* stream) {
  std::vector<int32_t> x(3 * kThreads);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<int32_t>(i * i % 97);
  const Array from(stream, x), sums(stream, {0, 0, 0});
  CHECK(failure_of(stream, 3, SumBlocks<true>{from.data(), sums.data()}).empty(), "a right kernel");
  const std::vector<int32_t> got = sums.read();
  for (size_t block = 0; block < 3; ++block) {
    int32_t sum = 0;
    for (size_t i = 0; i < kThreads; ++i) sum += x[block * kThreads + i];
    CHECK(got[block] == sum, "block %zu: %d, not %d", block, got[block], sum);
  }
  const Array y(stream, std::vector<int32_t>(kThreads, 7));
  CHECK(failure_of(stream, 1, EarlyReturn{y.data()}).empty(), "lanes that return early");
  CHECK(y.read()[39] == 40 && y.read()[40] == 7, "%d %d", y.read()[39], y.read()[40]);
  const Array nan(stream, std::vector<int32_t>(kThreads, 0));
  CHECK(failure_of(stream, 1, Uninitialised{reinterpret_cast<float*>(nan.data())}).empty(), "uninitialised");
  float first;
  const int32_t bits = nan.read()[0];
  std::memcpy(&first, &bits, sizeof(first));
  CHECK(first != first, "shared memory begins as %g", static_cast<double>(first));
}

void test_planted_faults(Stream* stream) {
  std::vector<int32_t> x(2 * kThreads, 1);
  const Array from(stream, x), y(stream, {0, 0});
  CHECK_FAILS((SumBlocks<false>{from.data(), y.data()}), 2, "differs between forward and");
  CHECK_FAILS(Race{y.data()}, 2, "byte 0 of an allocation of 8 bytes differs between forward and reverse order");
  CHECK_FAILS(DifferentBarriers{}, 1, "block 0: lanes do not meet: lane 0 waits at the barrier at simt_test.cpp:");
  CHECK_FAILS(HalfAWarp{}, 1, "a warp is not whole: lane 0 waits at the shuffle at simt_test.cpp:");
  CHECK(!survives([&] { failure_of(stream, 1, Deep{}); }), "a stack that overflows");
  /* One past the end: poisoned under AddressSanitizer, and looked at afterwards without. */
  CHECK(!survives([&] {
    if (!failure_of(stream, 1, WrongIndex{y.data(), 2}).empty()) _exit(1);
  }),
        "a wrong index");
  CHECK(!survives([&] { failure_of(stream, 1, WrongIndex{y.data(), 1 << 20}); }), "an index far outside");
  CHECK(!survives([&] {
    volatile int32_t* const read = y.data();
    if (read[0] >= 0) _exit(0);
  }),
        "a host that reads the device's memory");
}

void test_streams(Stream* stream) {
  Stream* other = nullptr;
  CHECK(make_stream(&other).ok(), "a second stream");
  const Array y(stream, {1, 2});
  int32_t source[] = {3, 4};
  /* Nothing is copied before somebody waits: what the source holds then is copied. */
  CHECK(copy(y.data(), source, sizeof(source), other).ok(), "copy");
  source[0] = 5;
  CHECK(wait(other).ok(), "wait");
  CHECK(y.read()[0] == 5, "%d", y.read()[0]);
  drop_stream(other);
}

void test_failing_calls(Stream* stream) {
  void* address = nullptr;
  simt::fail_call(1);
  CHECK(allocate(64, &address).ok(), "the call before");
  release(address);
  CHECK(allocate(64, &address).code == 2 && address == nullptr, "the call that fails");
  CHECK(wait(stream).ok(), "the call after");
  simt::fail_call(0, true);
  CHECK(wait(stream).code == 719 && wait(stream).code == 719 && !allocate(64, &address).ok(), "a sticky error");
  simt::reset();
  CHECK(wait(stream).ok(), "after a reset");
}

}  // namespace

int main() {
  simt::watch_faults();
  const int64_t before = simt::allocated();
  Stream* stream = nullptr;
  CHECK(use_device(0).ok() && !use_device(1).ok(), "one device");
  CHECK(make_stream(&stream).ok(), "a stream");
  test_right_kernels(stream);
  test_planted_faults(stream);
  test_streams(stream);
  test_failing_calls(stream);
  drop_stream(stream);
  CHECK(simt::allocated() == before, "%lld bytes are left", static_cast<long long>(simt::allocated()));
  return finish();
}

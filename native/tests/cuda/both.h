/*
 * Runs calls on the CUDA backend over the emulator and on the CPU's library, and compares status, text, failed
 * instruction and results. Arrays are the host's: what a run on the device needs is copied there and back.
 */
#pragma once

#include <dlfcn.h>

#include <cstring>
#include <limits>

#include "arrays.h"
#include "cuda/driver.h"
#include "simt/device.h"

namespace test {

inline constexpr double kBits = 0; /* how far results may be apart */

/* The CPU's library, which shows the same symbol as the backend under test: opened apart. */
inline const adj_api& cpu() {
  static const adj_api* const api = [] {
    void* const library = dlopen(ADJ_CPU_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      printf("%s\n", dlerror());
      exit(1);
    }
    return reinterpret_cast<const adj_api* (*)(int32_t)>(dlsym(library, "adj_get_api"))(ADJ_ABI_VERSION);
  }();
  return *api;
}

/* Contexts on both; the CPU's instruction set has the device's fused multiply-add, if this machine has one that has. */
struct Machine {
  Machine() {
    const bool fused = cpu().context_create(1, 0, "avx2", &host) == ADJ_OK;
    if (!fused) CHECK(cpu().context_create(1, 0, "baseline", &host) == ADJ_OK, "%s", cpu().last_error());
    formulas = fused ? kBits : 1e-5;
    CHECK(adj_context_create(2, int64_t{64} << 20, nullptr, &device) == ADJ_OK, "%s", adj_last_error());
  }
  ~Machine() {
    CHECK(cpu().context_destroy(host) == ADJ_OK, "%s", cpu().last_error());
    CHECK(adj_context_destroy(device) == ADJ_OK, "%s", adj_last_error());
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  adj_context *host = nullptr, *device = nullptr;
  double formulas; /* the tolerance of what both compute by the same formula */
};

struct Outcome {
  adj_status status;
  std::string text;
  int64_t failed;
};

inline Outcome run_on_cpu(const Machine& machine, const std::vector<Call>& calls) {
  const Image image = write_image(calls);
  adj_program* program = nullptr;
  int64_t failed = -1;
  adj_status status = cpu().program_create(machine.host, image.data(), image.bytes(), &program);
  if (status == ADJ_OK) {
    status = cpu().program_run(machine.host, program, image.bindings.data(),
                               static_cast<int32_t>(image.bindings.size()), 0, &failed);
    cpu().program_destroy(program);
  }
  return {status, status == ADJ_OK ? "" : cpu().last_error(), failed};
}

/* Bindings on the device, filled from memory of the host, and copied back there. */
class Staged {
 public:
  Staged(adj_context* context, const Image& image) : context_(context), image_(image) {
    ok = adjoint::cuda::make_stream(&stream_).ok();
    for (const adj_binding& binding : image.bindings) {
      adj_buffer* buffer = nullptr;
      ok = ok && adj_buffer_allocate(context, binding.bytes, &buffer) == ADJ_OK;
      buffers_.push_back(buffer);
      at.push_back({adj_buffer_address(buffer), binding.bytes});
    }
    copy(true);
  }
  ~Staged() {
    for (adj_buffer* buffer : buffers_) CHECK(adj_buffer_free(context_, buffer) == ADJ_OK, "%s", adj_last_error());
    if (stream_ != nullptr) adjoint::cuda::drop_stream(stream_);
  }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  void copy(bool to_device) {
    for (size_t i = 0; ok && i < at.size(); ++i) {
      if (at[i].bytes == 0) continue;
      void* const on_device = reinterpret_cast<void*>(static_cast<uintptr_t>(at[i].address));
      void* const on_host = reinterpret_cast<void*>(static_cast<uintptr_t>(image_.bindings[i].address));
      ok = adjoint::cuda::copy(to_device ? on_device : on_host, to_device ? on_host : on_device, at[i].bytes, stream_)
               .ok();
    }
    ok = ok && adjoint::cuda::wait(stream_).ok();
  }

  std::vector<adj_binding> at;
  bool ok;

 private:
  adj_context* context_;
  const Image& image_;
  std::vector<adj_buffer*> buffers_;
  adjoint::cuda::Stream* stream_ = nullptr;
};

inline Outcome run_on_device(const Machine& machine, const std::vector<Call>& calls) {
  const Image image = write_image(calls);
  adj_program* program = nullptr;
  int64_t failed = -1;
  adj_status status = adj_program_create(machine.device, image.data(), image.bytes(), &program);
  if (status == ADJ_OK) {
    {
      Staged staged(machine.device, image);
      status =
          adj_program_run(machine.device, program, staged.at.data(), static_cast<int32_t>(staged.at.size()), &failed);
      staged.copy(false);
      CHECK(staged.ok, "%s", simt::failure().c_str());
    }
    adj_program_destroy(program);
    /* Every launch copies all memory of the device several times: what waits in the pool, too. */
    adj_memory_trim(machine.device);
  }
  return {status, status == ADJ_OK ? "" : adj_last_error(), failed};
}

inline double element(const Operand& of, int64_t i) {
  int64_t at = of.offset;
  int64_t size = of.dtype == ADJ_F32 || of.dtype == ADJ_I32 ? 4
                 : of.dtype == ADJ_BOOL                     ? 1
                 : of.dtype == ADJ_BF16                     ? 2
                                                            : 8;
  for (size_t d = of.dims.size(); d-- > 0;) {
    at += i % of.dims[d] * of.strides[d] * size;
    i /= of.dims[d];
  }
  const char* p = static_cast<const char*>(of.memory) + at;
  const auto as = [p](auto x) {
    std::memcpy(&x, p, sizeof(x));
    return static_cast<double>(x);
  };
  switch (of.dtype) {
    case ADJ_F32:
      return as(float{});
    case ADJ_F64:
      return as(double{});
    case ADJ_I32:
      return as(int32_t{});
    case ADJ_I64:
      return as(int64_t{});
    case ADJ_BF16:
      return as(uint16_t{});
    default:
      return as(uint8_t{});
  }
}

inline std::vector<std::vector<double>> results_of(const std::vector<Call>& calls) {
  std::vector<std::vector<double>> all;
  for (const Call& call : calls) {
    for (const Operand& y : call.outputs) {
      std::vector<double> elements;
      for (int64_t i = 0; i < count_of(y.dims); ++i) elements.push_back(element(y, i));
      all.push_back(elements);
    }
  }
  return all;
}

/*
 * Runs calls on both, from the same memory: the same status, text and failed instruction, and results that differ by no
 * more than `tolerance`, or not at all.
 */
inline void compare(const Machine& machine, const std::vector<Call>& calls, double tolerance) {
  const Image image = write_image(calls);
  std::vector<std::vector<char>> before;
  for (const adj_binding& binding : image.bindings) {
    const char* from = reinterpret_cast<const char*>(static_cast<uintptr_t>(binding.address));
    before.emplace_back(from, from + binding.bytes);
  }
  const Outcome expected = run_on_cpu(machine, calls);
  const auto wanted = results_of(calls);
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].empty()) continue;
    std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(image.bindings[i].address)), before[i].data(),
                before[i].size());
  }
  const Outcome got = run_on_device(machine, calls);
  const char* name = calls.back().kernel.c_str();
  CHECK(simt::failure().empty(), "%s", simt::failure().c_str());
  CHECK(got.status == expected.status && got.failed == expected.failed, "%s: %d (%s) at %lld, not %d (%s) at %lld",
        name, got.status, got.text.c_str(), static_cast<long long>(got.failed), expected.status, expected.text.c_str(),
        static_cast<long long>(expected.failed));
  if (expected.status != ADJ_OK) {
    if (expected.status != ADJ_UNKNOWN_KERNEL) {
      CHECK(got.text == expected.text, "\"%s\", not \"%s\"", got.text.c_str(), expected.text.c_str());
    }
    return;
  }
  const auto results = results_of(calls);
  for (size_t o = 0; o < wanted.size(); ++o) {
    for (size_t i = 0; i < wanted[o].size(); ++i) {
      const double x = results[o][i], y = wanted[o][i];
      const bool same =
          tolerance == kBits ? (x != x && y != y) || std::memcmp(&x, &y, sizeof(x)) == 0 : near(x, y, tolerance);
      CHECK(same, "%s: output %zu, element %zu: %.17g, not %.17g", name, o, i, x, y);
    }
  }
}

inline void compare(const Machine& machine, const Call& call, double tolerance) {
  compare(machine, std::vector<Call>{call}, tolerance);
}

/* Numbers of every size and sign, and the special ones. */
template <class T>
T some_number(Random& random, int64_t i) {
  if constexpr (std::is_floating_point_v<T>) {
    const T special[] = {T(0),
                         -T(0),
                         std::numeric_limits<T>::infinity(),
                         -std::numeric_limits<T>::infinity(),
                         std::numeric_limits<T>::quiet_NaN(),
                         std::numeric_limits<T>::denorm_min(),
                         std::numeric_limits<T>::max(),
                         T(1),
                         T(-1),
                         T(2.5)};
    if (i % 5 == 0) return special[random.below(10)];
    return static_cast<T>(random.uniform(-4, 4) * (i % 7 == 0 ? 1e3 : 1));
  } else if constexpr (sizeof(T) == 1) {
    return static_cast<T>(random.below(2));
  } else {
    if (i % 5 == 0) return i % 2 == 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
    return static_cast<T>(random.below(200) - 100);
  }
}

template <class T>
Array<T> some_array(Random& random, const Dims& dims, Layout layout = Layout::kContiguous) {
  return Array<T>(dims, layout).fill([&](int64_t i) { return some_number<T>(random, i); });
}

template <class T>
Array<T> smooth_array(Random& random, const Dims& dims, Layout layout = Layout::kContiguous) {
  return Array<T>(dims, layout).fill([&](int64_t) { return random.uniform(-2, 2); });
}

}  // namespace test

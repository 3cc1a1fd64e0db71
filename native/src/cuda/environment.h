/*
 * What a run hands to all of its kernels. Addresses stand in memory of the device, so that nothing in a launch changes
 * from run to run; what data is found to be wrong with stands there, too.
 */
#pragma once

#include <cstdint>

#include "kernels/target.h"

#if defined(__CUDACC__)
#define ADJ_DEVICE __device__ inline
#else
#define ADJ_DEVICE inline
#endif

namespace adjoint {
namespace cuda {

/* No fault: larger than any packed one. */
inline constexpr uint64_t kNoFault = ~uint64_t{0};
inline constexpr int kPositionBits = 44;

/* What is wrong with an element. */
enum class Wrong : int32_t { kOutOfRange, kNotFinite, kZeroDivisor };

/*
 * `found` is the least fault of the instruction that runs: its operand above kPositionBits, its position below. The
 * kernel Seal, which follows every instruction that can fail, makes it the run's, and no later kernel does anything.
 */
struct FaultRecord {
  uint64_t found;
  int64_t instruction; /* -1: none has failed */
  int64_t operand, position;
  int64_t value; /* the element, if it is an integer ... */
  double number; /* ... or a float */
};

/* Addresses by binding: 0 is the scratch of the run. */
struct Environment {
  const uint64_t* at;
  FaultRecord* fault;
};

/* Where an operand is: a binding, counted from 1, and bytes from there on. */
struct Place {
  int32_t binding;
  int64_t offset;

  template <class T>
  ADJ_DEVICE T* of(const Environment& run) const {
    return reinterpret_cast<T*>(static_cast<uintptr_t>(run.at[binding] + static_cast<uint64_t>(offset)));
  }
};

template <class B>
ADJ_DEVICE void report(B& b, const Environment& run, int64_t operand, int64_t position) {
  b.atomic_min(&run.fault->found, static_cast<uint64_t>(operand) << kPositionBits | static_cast<uint64_t>(position));
}

}  // namespace cuda
}  // namespace adjoint

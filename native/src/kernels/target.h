/*
 * What a file of kernels or of numerics is being compiled for: an instruction set of the CPU, whose name is
 * ADJ_ISA_NAMESPACE, or, with ADJ_FOR_DEVICE, the threads of a GPU, in earnest or emulated. What either compiles lies
 * in a namespace of its own, so that no linker takes one's functions for another's.
 */
#pragma once

#if defined(ADJ_FOR_DEVICE)
#define ADJ_ISA_BEGIN \
  namespace adjoint { \
  namespace cuda {    \
  inline namespace device {
#else
#define ADJ_ISA_BEGIN \
  namespace adjoint { \
  namespace cpu {     \
  namespace ADJ_ISA_NAMESPACE {
#endif
#define ADJ_ISA_END \
  }                 \
  }                 \
  }

/* Of a function that a thread of a GPU may call, too. */
#if defined(__CUDACC__)
#define ADJ_FUNCTION __host__ __device__ inline
#else
#define ADJ_FUNCTION inline
#endif
#define ADJ_ALWAYS ADJ_FUNCTION __attribute__((always_inline))

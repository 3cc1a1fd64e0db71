/*
 * Arithmetic without subnormal numbers, for kernels whose operands fade away as training goes on: gradients of what is
 * learnt, moments of units that fell silent. A moment that only decays stays subnormal for ever, because rounding holds
 * it at a few times the least number, and every operation on one takes the processor some hundred cycles. It refuses to
 * be for kernels that promise the last digit.
 */
#pragma once

#include "kernels/kernel.h"

ADJ_ISA_BEGIN

/*
 * Subnormal numbers are read and written as zero while it lives. The compiler does not know that arithmetic must stay
 * inside: it belongs in functions that are called meanwhile and not inlined.
 */
class SubnormalsAreZero {
 public:
#if defined(__SSE2__)
  SubnormalsAreZero() : before_(__builtin_ia32_stmxcsr()) {
    __builtin_ia32_ldmxcsr(before_ | kFlush | kDenormalsAreZero);
  }
  ~SubnormalsAreZero() { __builtin_ia32_ldmxcsr(before_); }

 private:
  static constexpr unsigned kFlush = 1u << 15, kDenormalsAreZero = 1u << 6; /* of MXCSR */
  const unsigned before_;
#endif
};

ADJ_ISA_END

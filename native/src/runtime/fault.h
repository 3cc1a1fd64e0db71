/*
 * What a running instruction finds wrong with data. Any thread may report; the lowest position of the lowest operand
 * wins, so errors repeat. Kernels see this header: no inline functions.
 */
#pragma once

#include <cstdint>

namespace adjoint {

struct Fault {
  void out_of_range(const char* noun, int64_t position, int64_t value, int64_t limit) noexcept;
  void not_finite(int64_t operand, int64_t position, double number) noexcept;
  void division_by_zero(int64_t position) noexcept;

  bool any = false;
  bool zero = false;          /* a divisor is 0 */
  const char* noun = nullptr; /* of what is out of range; null for a number that is not finite */
  int64_t operand = -1;       /* the input that has it, where that is said */
  int64_t position = 0;
  int64_t value = 0;
  int64_t limit = 0;
  double number = 0;
};

/* Throws the Error that a fault of the kernel of that name is. */
[[noreturn]] void refuse(const char* kernel, const Fault& fault);

}  // namespace adjoint

/* What parts of a run report: indices and labels in data that lie outside their axis, numbers that are not finite. */
#include <mutex>

#include "kernels/kernel.h"

namespace adjoint {
namespace {

/* One for all runs: faults are rare, and constant initialisation keeps it clear of static destructors. */
constinit std::mutex fault_mutex;

}  // namespace

void Fault::out_of_range(const char* named, int64_t at, int64_t found, int64_t length) noexcept {
  const std::lock_guard<std::mutex> lock(fault_mutex);
  if (any && position <= at) return;
  any = true;
  noun = named;
  position = at;
  value = found;
  limit = length;
}

void Fault::not_finite(int64_t input, int64_t at, double what) noexcept {
  const std::lock_guard<std::mutex> lock(fault_mutex);
  if (any && (operand < input || (operand == input && position <= at))) return;
  any = true;
  operand = input;
  position = at;
  number = what;
}

}  // namespace adjoint

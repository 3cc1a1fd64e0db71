/* Indices and labels in data that lie outside their axis, numbers that are not finite: see fault.h. */
#include "runtime/fault.h"

#include <cmath>
#include <mutex>
#include <string>

#include "runtime/error.h"
#include "runtime/refusal.h"

namespace adjoint {
namespace {

/* One for all runs: faults are rare, and constant initialisation keeps it clear of static destructors. */
constinit std::mutex fault_mutex;

/* "NaN", "-inf" or the digits. */
std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return std::to_string(number);
}

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

void Fault::division_by_zero(int64_t at) noexcept {
  const std::lock_guard<std::mutex> lock(fault_mutex);
  if (any && position <= at) return;
  any = true;
  zero = true;
  position = at;
}

void refuse(const char* kernel, const Fault& fault) { refuse(kernel, fault, ""); }

void refuse(const char* kernel, const Fault& fault, const char* where) {
  const long long value = fault.value, position = fault.position, limit = fault.limit;
  if (fault.zero) fail(ADJ_DIVISION_BY_ZERO, "division by zero at position %lld%s", position, where);
  if (fault.noun == nullptr) {
    throw Error{ADJ_NOT_FINITE,
                std::string(kernel) + ": input " + std::to_string(fault.operand) + " is " + number_text(fault.number) +
                    " at position " + std::to_string(fault.position) + where,
                fault.operand};
  }
  if (limit == 0) {
    fail(ADJ_OUT_OF_RANGE, "%s: %s %lld at position %lld is outside an axis of length 0%s", kernel, fault.noun, value,
         position, where);
  }
  fail(ADJ_OUT_OF_RANGE, "%s: %s %lld at position %lld is outside 0..%lld%s", kernel, fault.noun, value, position,
       limit - 1, where);
}

}  // namespace adjoint

/* What a program needs of the memory of a run: see bindings.h. */
#include "runtime/bindings.h"

#include "runtime/error.h"

namespace adjoint {
void check_bindings(const std::vector<BindingNeeds>& needs, const Given& all) {
  if (all.count < 0 || static_cast<size_t>(all.count) != needs.size()) {
    fail(ADJ_INVALID_ARGUMENT, "%d bindings given, the program has %zu", all.count, needs.size());
  }
  if (all.count > 0 && all.bindings == nullptr) fail(ADJ_INVALID_ARGUMENT, "bindings is null");
  for (size_t i = 0; i < needs.size(); ++i) {
    const adj_binding& given = all.bindings[i];
    const BindingNeeds& needed = needs[i];
    if (given.bytes < needed.bytes) {
      fail(ADJ_INVALID_ARGUMENT, "binding %zu has %lld bytes, needs %lld", i, ll(given.bytes), ll(needed.bytes));
    }
    if (needed.bytes == 0) continue;
    if (given.address == 0)
      fail(ADJ_INVALID_ARGUMENT, "binding %zu has address 0, needs %lld bytes", i, ll(needed.bytes));
    if (given.address % static_cast<uint64_t>(needed.alignment) != 0 ||
        given.address > UINTPTR_MAX - static_cast<uint64_t>(needed.bytes)) {
      fail(ADJ_INVALID_ARGUMENT, "binding %zu at address 0x%llx: must be a multiple of %lld", i,
           static_cast<unsigned long long>(given.address), ll(needed.alignment));
    }
  }
}

}  // namespace adjoint

/* What a program needs of the memory that a run is given. */
#pragma once

#include <cstdint>
#include <vector>

#include "adjoint.h"

namespace adjoint {

/* What a run is given: bindings, and so many bytes behind them that are the run's own (adj_api::program_run). */
struct Given {
  const adj_binding* bindings;
  int32_t count;
  int64_t carried;
};

/* What a run must give for a binding at least. */
struct BindingNeeds {
  int64_t bytes;
  int64_t alignment;
};

/* Throws Error naming the first binding that is too small, or misaligned, or has no memory. */
void check_bindings(const std::vector<BindingNeeds>& needs, const Given& given);

}  // namespace adjoint

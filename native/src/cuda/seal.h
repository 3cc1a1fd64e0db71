/* What follows an instruction that can fail: its least fault becomes the run's, with the element that is at fault. */
#pragma once

#include "cuda/kernel.h"

namespace adjoint {
namespace cuda {

/* Of elements of one operand: indices, labels, divisors. */
struct Seal {
  int64_t instruction;
  Place data;
  bool wide; /* I64 */

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    FaultRecord& fault = *run.fault;
    if (b.block() != 0 || b.thread() != 0 || fault.found == kNoFault) return;
    const int64_t position = static_cast<int64_t>(fault.found & ((uint64_t{1} << kPositionBits) - 1));
    fault.position = position;
    fault.operand = static_cast<int64_t>(fault.found >> kPositionBits);
    fault.value =
        wide ? data.template of<const int64_t>(run)[position] : int64_t{data.template of<const int32_t>(run)[position]};
    fault.instruction = instruction;
  }
};

inline void add_seal(Step& step, const Operand& data) {
  step.add(1, 32, Seal{step.instruction, place_of(data), data.dtype == ADJ_I64});
}

}  // namespace cuda
}  // namespace adjoint

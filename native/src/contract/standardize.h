/* What calls of the standardize family are, whatever computes them: groups of elements of [lead, kept, trail], one a
 * place on the middle axis. */
#pragma once

#include "contract/call.h"

namespace adjoint {

/* What the scale and the shift have an element for. */
enum class Along : int32_t { kNothing, kKept, kTrail };

struct StandardizeCall {
  int32_t dtype;
  bool centred; /* whether the mean is taken away */
  Along along;
  int32_t slopes; /* of a gradient: how many of scale and shift have theirs among the outputs */
  bool shifts;    /* whether there is a shift */
  double epsilon; /* finite, not negative */
  int64_t lead, kept, trail;
};

StandardizeCall check_standardize(const Signature& kernel, const Call& call);
StandardizeCall check_standardize_grad(const Signature& kernel, const Call& call);

}  // namespace adjoint

/* What scans along the middle axis of [o, n, i] are, and the order of rows, whatever computes them. */
#pragma once

#include "contract/call.h"

namespace adjoint {

struct ScanCall {
  int32_t dtype;
  int64_t o, n, i;
  bool reverse;
};

struct SortCall {
  int32_t dtype;
  int64_t rows, n;
  bool descending;
};

ScanCall check_scan(const Signature& kernel, const Call& call);
SortCall check_argsort(const Signature& kernel, const Call& call);

}  // namespace adjoint

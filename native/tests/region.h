/* Writes fused regions as the ints of a call. */
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "api.h"

namespace test {

/* An op of a region: values are numbered, the inputs first, then the results of the ops. Comparisons give BOOL. */
struct Op {
  const char* name;
  std::vector<int64_t> operands;
};

enum Fold : int64_t { kLeave, kSum, kMax, kMin, kLogSumExp };

/* A value that leaves, folded over so many leading axes, or, negative, trailing ones, and divided by an input. */
struct Out {
  int64_t value;
  Fold fold = kLeave;
  int64_t axes = 0, divisor = -1;
};

inline std::vector<int64_t> region(const std::vector<Op>& ops, int64_t dtype, const std::vector<Out>& outputs) {
  std::vector<int64_t> ints = {static_cast<int64_t>(ops.size())};
  for (const Op& op : ops) {
    int64_t name[3] = {};
    std::memcpy(name, op.name, std::strlen(op.name));
    ints.insert(ints.end(), name, name + 3);
    ints.push_back(std::strcmp(op.name, "less") == 0 ? int64_t{ADJ_BOOL} : dtype);
    for (size_t j = 0; j < 3; ++j) ints.push_back(j < op.operands.size() ? op.operands[j] : -1);
  }
  for (const Out& out : outputs) ints.insert(ints.end(), {out.value, int64_t{out.fold}, out.axes, out.divisor});
  return ints;
}

}  // namespace test

/* What plans are made of: see plan.h. */
#include "kernels/plan/plan.h"

#include <algorithm>

namespace adjoint {
namespace {

/* About ten microseconds of plain additions: handing a part to another thread costs about one. */
constexpr int64_t kPartAdditions = 65536;

}  // namespace

void add_stage(Step& step, Run run, int64_t parts, int64_t grain) {
  if (parts > 0) step.stages[step.stages_count++] = {run, parts, std::clamp<int64_t>(grain, 1, parts)};
}

void by_rows(Step& step, int64_t rows, int whole) {
  step.rows.count = rows;
  if (whole >= 0) step.rows.axis[whole] = Rows::kWhole;
}

int64_t part_elements(int64_t cost) { return std::max<int64_t>(kPartAdditions / cost, 64); }

}  // namespace adjoint

/* Reads and checks the ops and outputs of a fused region: see region.h. */
#include "contract/region.h"

#include <algorithm>
#include <cstring>

#include "contract/checks.h"

namespace adjoint {
namespace {

constexpr int kNameInts = 3; /* a name is so many ints of eight characters, padded with zeros */
constexpr int kOpInts = kNameInts + 4;
constexpr int kOutputInts = 4;

void check_sizes(const Signature& kernel, const Call& call) {
  if (call.ints_count < 1 || call.inputs_count < 1 || call.inputs_count > kMaxRegionInputs || call.outputs_count < 1 ||
      call.outputs_count > kMaxRegionOutputs) {
    fail(ADJ_INVALID_IMAGE, "%s: takes 1 to %d inputs, 1 to %d outputs and its ops, not %lld, %lld and %lld ints",
         kernel.name, kMaxRegionInputs, kMaxRegionOutputs, ll(call.inputs_count), ll(call.outputs_count),
         ll(call.ints_count));
  }
  check_int(kernel, "the number of ops", call.ints[0], 1, kMaxRegionOps);
  const int64_t ints = 1 + kOpInts * call.ints[0] + kOutputInts * call.outputs_count;
  check_int(kernel, "the number of ints", call.ints_count, ints, ints);
}

/* Reads op k: a name, the dtype that it gives, and the values that it reads, in order, then -1. */
void read_op(const Signature& kernel, const Call& call, int k, Region& region) {
  const int64_t* ints = call.ints + 1 + k * kOpInts;
  RegionOp& op = region.op[k];
  static_assert(sizeof(op.name) == kNameInts * sizeof(int64_t) + 1);
  std::memcpy(op.name, ints, kNameInts * sizeof(int64_t));
  const int64_t dtype = ints[kNameInts];
  if (size_of(dtype) == 0) fail(ADJ_INVALID_IMAGE, "%s: op %d gives %s", kernel.name, k, dtype_text(dtype).c_str());
  region.dtypes[region.inputs + k] = static_cast<int32_t>(dtype);
  for (int j = 0; j < 3; ++j) {
    const int64_t value = ints[kNameInts + 1 + j];
    check_int(kernel, "a value", value, j == 0 ? 0 : kAbsent, op.inputs == j ? region.inputs + k - 1 : kAbsent);
    if (value == kAbsent) continue;
    op.values[op.inputs++] = static_cast<int8_t>(value);
    region.last_read[value] = static_cast<int8_t>(k);
  }
}

/* Whether an input is one number. */
bool is_number(const Operand& x) {
  bool moves = false;
  for (int d = 0; d < x.rank; ++d) moves = moves || (x.dims[d] != 1 && x.strides[d] != 0);
  return !moves;
}

/* Whether no elements have a fold. */
bool folds_nothing(Fold fold) { return fold == Fold::kSum || fold == Fold::kLogSumExp; }

/* Reads how an output is folded; returns over how many leading axes, negative: trailing. */
int read_fold(const Signature& kernel, const Call& call, const int64_t* ints, int o, Region& region) {
  RegionOutput& output = region.output[o];
  const Operand& x = call.inputs[0];
  check_int(kernel, "a fold", ints[0], 0, kFolds);
  output.fold = static_cast<Fold>(ints[0]);
  const bool folds = output.fold != Fold::kNone;
  check_int(kernel, "folded axes", ints[1], folds ? -x.rank : 0, folds ? x.rank : 0);
  check_int(kernel, "a divisor", ints[2], kAbsent, folds ? region.inputs - 1 : kAbsent);
  output.divisor = static_cast<int8_t>(ints[2]);
  if (!folds) return 0;
  const int axes = static_cast<int>(ints[1]);
  output.kept = axes < 0 ? product(x, 0, x.rank + axes) : product(x, axes, x.rank);
  if (region.elements == 0 && output.kept > 0 && !folds_nothing(output.fold)) {
    fail(ADJ_INVALID_IMAGE, "%s: nothing to reduce in %s", kernel.name, shape_text(x).c_str());
  }
  /* Of no elements there may be no memory to read. */
  if (output.divisor != kAbsent && (region.elements == 0 || !is_number(call.inputs[output.divisor]))) {
    fail(ADJ_INVALID_IMAGE, "%s: input %d divides a fold and is no number", kernel.name, output.divisor);
  }
  if (output.kept > 1 && region.elements == output.kept) {
    fail(ADJ_INVALID_IMAGE, "%s: a fold of single elements of %s", kernel.name, shape_text(x).c_str());
  }
  output.trailing = axes < 0 || output.kept == 1;
  if (!output.trailing && output.fold == Fold::kLogSumExp) {
    fail(ADJ_INVALID_IMAGE, "%s: output %d can only be folded over trailing axes", kernel.name, o);
  }
  return axes;
}

void check_dtypes(const Signature& kernel, const Call& call, int o, const Region& region) {
  const RegionOutput& output = region.output[o];
  const int32_t dtype = region.dtypes[output.value];
  check_dtype(adjoint::output(kernel, call, o), dtype);
  if (output.fold == Fold::kNone) return;
  if (dtype != ADJ_F32 && dtype != ADJ_F64) no_kernel_for(kernel, dtype);
  if (output.divisor != kAbsent) check_dtype(input(kernel, call, output.divisor), dtype);
}

/* Where an output is the memory of an input, they are the same elements: nothing else has been let through. */
int8_t last_aliased(const Call& call, int o, const Region& region) {
  int8_t last = kAbsent;
  for (int j = 0; j < region.inputs; ++j) {
    const Operand &x = call.inputs[j], &y = call.outputs[o];
    if (x.binding == y.binding && x.offset == y.offset) last = std::max(last, region.last_read[j]);
  }
  return last;
}

/* Reads an output: a value, its fold, over how many axes, and the divisor. Returns how it lies under the region. */
Operand read_output(const Signature& kernel, const Call& call, int o, Region& region) {
  const int64_t* ints = call.ints + 1 + region.ops * kOpInts + o * kOutputInts;
  RegionOutput& output = region.output[o];
  check_int(kernel, "the value of an output", ints[0], region.inputs, region.inputs + region.ops - 1);
  output.value = static_cast<int8_t>(ints[0]);
  const int axes = read_fold(kernel, call, ints + 1, o, region);
  Operand laid_out = call.inputs[0];
  const int from = std::max(axes, 0), to = laid_out.rank + std::min(axes, 0); /* the kept axes */
  const Named y = adjoint::output(kernel, call, o);
  check_rank(y, to - from);
  for (int d = from; d < to; ++d) check_dim(y, d - from, laid_out.dims[d]);
  check_contiguous(y);
  for (int d = 0; d < laid_out.rank; ++d) {
    laid_out.strides[d] = d < from || d >= to ? 0 : y.operand.strides[d - from];
  }
  check_dtypes(kernel, call, o, region);
  output.last_aliased = last_aliased(call, o, region);
  region.last_read[output.value] = static_cast<int8_t>(region.ops);
  return laid_out;
}

/* The region's own layout comes last, because axes are ordered by that. */
void collapse_region(const Signature& kernel, const Call& call, const Operand* outputs, Region& region) {
  Operand own = call.inputs[0];
  int64_t stride = 1;
  for (int d = own.rank - 1; d >= 0; --d) {
    own.strides[d] = stride;
    stride *= own.dims[d];
  }
  const Operand* operands[kMaxRegionOperands + 1];
  const int count = region.inputs + region.outputs;
  for (int j = 0; j < count; ++j) operands[j] = j < region.inputs ? &call.inputs[j] : &outputs[j - region.inputs];
  operands[count] = &own;
  region.rank = collapse(operands, count + 1, region.axes);
  check_int(kernel, "the number of axes that cannot be merged", region.rank, 0, kMaxRegionAxes);
}

bool folds(const RegionOutput& output) { return output.fold != Fold::kNone; }

}  // namespace

bool is_small(const Region& region) {
  return region.elements <= kSmallRegion && std::none_of(region.output, region.output + region.outputs, folds);
}

Region check_region(const Signature& kernel, const Call& call) {
  check_sizes(kernel, call);
  Region region{};
  region.inputs = static_cast<int32_t>(call.inputs_count);
  region.outputs = static_cast<int32_t>(call.outputs_count);
  region.ops = static_cast<int32_t>(call.ints[0]);
  region.elements = count_of(call.inputs[0]);
  region.lead = call.inputs[0].rank > 0 ? call.inputs[0].dims[0] : 1;
  for (int j = 0; j < region.inputs; ++j) {
    check_dims(input(kernel, call, j), call.inputs[0]);
    region.dtypes[j] = call.inputs[j].dtype;
  }
  std::fill(region.last_read, region.last_read + kMaxRegionValues, static_cast<int8_t>(kAbsent));
  for (int k = 0; k < region.ops; ++k) read_op(kernel, call, k, region);
  Operand outputs[kMaxRegionOutputs];
  for (int o = 0; o < region.outputs; ++o) outputs[o] = read_output(kernel, call, o, region);
  if (!is_small(region)) {
    check_int(kernel, "the number of inputs of a region with folds or many elements", region.inputs, 1,
              kMaxTiledInputs);
    check_int(kernel, "the number of outputs of a region with folds or many elements", region.outputs, 1,
              kMaxTiledOutputs);
    check_int(kernel, "the number of ops of a region with folds or many elements", region.ops, 1, kMaxTiledOps);
  }
  if (region.elements > 0) collapse_region(kernel, call, outputs, region);
  return region;
}

}  // namespace adjoint

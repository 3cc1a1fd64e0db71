/*
 * Elementwise kernels and fused regions: one program of functions for every element, which a thread runs in its
 * registers. What a region folds is written down element by element, and folded by a second launch (reduce.h). It
 * refuses to generate code: a function is looked up by number.
 */
#include <algorithm>
#include <cstring>

#include "contract/checks.h"
#include "contract/elementwise.h"
#include "contract/region.h"
#include "cuda/functions.h"
#include "cuda/reduce.h"

namespace adjoint {
namespace cuda {
namespace {

/* ---- on the device ---- */

ADJ_DEVICE uint64_t load_element(const char* from, int32_t bytes) {
  switch (bytes) {
    case 1:
      return *reinterpret_cast<const uint8_t*>(from);
    case 2:
      return *reinterpret_cast<const uint16_t*>(from);
    case 4:
      return *reinterpret_cast<const uint32_t*>(from);
    default:
      return *reinterpret_cast<const uint64_t*>(from);
  }
}

ADJ_DEVICE void store_element(char* to, int32_t bytes, uint64_t x) {
  switch (bytes) {
    case 1:
      *reinterpret_cast<uint8_t*>(to) = static_cast<uint8_t>(x);
      break;
    case 2:
      *reinterpret_cast<uint16_t*>(to) = static_cast<uint16_t>(x);
      break;
    case 4:
      *reinterpret_cast<uint32_t*>(to) = static_cast<uint32_t>(x);
      break;
    default:
      *reinterpret_cast<uint64_t*>(to) = x;
  }
}

/* An operand: where it begins, and how far it goes along each axis, in elements. */
template <int kAxes>
struct Walked {
  Place place;
  int32_t bytes; /* of an element */
  int32_t value; /* of an output: which of the region's */
  int64_t strides[kAxes];
};

struct Op {
  Function function;
  int8_t dtype, result; /* of the operands that it goes by, and of what it gives */
  int8_t values[3];
};

/* All reads of an element come before all writes, so that an output may be an input. */
template <int kInputs, int kOutputs, int kOps, int kAxes>
struct Elementwise {
  int64_t elements;
  int32_t inputs, outputs, ops, rank;
  int64_t dims[kAxes];
  Walked<kAxes> input[kInputs], output[kOutputs];
  Op op[kOps];

  template <class B>
  ADJ_DEVICE void run(B& b, const Environment& run) const {
    for (int64_t i = first_of(b); i < elements; i += stride_of(b)) {
      int64_t at[kAxes] = {};
      int64_t rest = i;
      for (int d = rank - 1; d >= 0; --d) {
        at[d] = rest % dims[d];
        rest /= dims[d];
      }
      uint64_t values[kInputs + kOps];
      for (int j = 0; j < inputs; ++j) {
        values[j] = load_element(input[j].place.template of<const char>(run) + offset(input[j], at), input[j].bytes);
      }
      for (int k = 0; k < ops; ++k) {
        const Op& o = op[k];
        values[inputs + k] =
            apply(o.function, o.dtype, o.result, values[o.values[0]], values[o.values[1]], values[o.values[2]]);
      }
      for (int j = 0; j < outputs; ++j) {
        store_element(output[j].place.template of<char>(run) + offset(output[j], at), output[j].bytes,
                      values[output[j].value]);
      }
    }
  }

 private:
  ADJ_DEVICE int64_t offset(const Walked<kAxes>& operand, const int64_t* at) const {
    int64_t elements_on = 0;
    for (int d = 0; d < rank; ++d) elements_on += at[d] * operand.strides[d];
    return elements_on * operand.bytes;
  }
};

/* ---- on the host ---- */

struct Named {
  const char* name;
  Function function;
  KindInfo info;
};

constexpr Named kNames[] = {
#define ADJ_NAMED(kind, name, cost, functor, ...) \
  {name, Function::functor, kind<functor __VA_OPT__(, ) __VA_ARGS__>::kInfo},
    ADJ_CUDA_FUNCTIONS(ADJ_NAMED)
#undef ADJ_NAMED
};

const Named* find_named(const char* name) {
  for (const Named& named : kNames) {
    if (std::strcmp(named.name, name) == 0) return &named;
  }
  return nullptr;
}

bool includes(Dtypes dtypes, int32_t dtype) {
  const bool is_float = dtype == ADJ_F32 || dtype == ADJ_F64, is_integer = dtype == ADJ_I32 || dtype == ADJ_I64;
  switch (dtypes) {
    case kFloatsOnly:
      return is_float;
    case kNumbersOnly:
      return is_float || is_integer;
    case kIntegersOnly:
      return is_integer;
    case kBitsOnly:
      return is_integer || dtype == ADJ_BOOL;
    default:
      return is_float || is_integer || dtype == ADJ_BOOL;
  }
}

/* The op of that name for operands of these dtypes; throws Error unless the backend has it and it gives `result`. */
Op find_op(const Signature& kernel, const char* name, const int32_t* dtypes, int operands, int32_t result) {
  Op op{};
  op.result = static_cast<int8_t>(result);
  op.dtype = static_cast<int8_t>(operands > 0 ? dtypes[0] : 0);
  bool fits = false;
  if (std::strcmp(name, "cast") == 0) {
    op.function = Function::Cast;
    fits = operands == 1;
  } else if (std::strcmp(name, "copy") == 0) {
    op.function = Function::Copy;
    fits = operands == 1 && dtypes[0] == result;
  } else if (std::strcmp(name, "where") == 0) {
    op.function = Function::Where;
    fits = operands == 3 && dtypes[0] == ADJ_BOOL && dtypes[1] == result && dtypes[2] == result;
  } else if (const Named* const named = find_named(name)) {
    op.function = named->function;
    fits = operands == named->info.operands && includes(named->info.dtypes, dtypes[0]) &&
           (operands == 1 || dtypes[1] == dtypes[0]) && result == (named->info.is_bool ? int32_t{ADJ_BOOL} : dtypes[0]);
  }
  if (fits) return op;
  std::string given;
  for (int j = 0; j < operands; ++j) given += (j > 0 ? ", " : "") + dtype_text(dtypes[j]);
  fail(ADJ_UNKNOWN_KERNEL, "%s: no %s for CUDA takes (%s) and gives %s", kernel.name, printable(name).c_str(),
       given.c_str(), dtype_text(result).c_str());
}

int32_t bytes_of(int32_t dtype) { return static_cast<int32_t>(size_of(dtype)); }

template <class Walked>
void lay(Walked& walked, const Operand& operand, const Axis* axes, int rank, int which) {
  walked.place = place_of(operand);
  walked.bytes = bytes_of(operand.dtype);
  for (int d = 0; d < rank; ++d) walked.strides[d] = axes[d].strides[which];
}

void prepare_elementwise(const Kernel& kernel, const Call& call, Step& step) {
  const ElementwiseCall checked = check_elementwise(kernel, call);
  Elementwise<3, 1, 1, kMaxRank> all{};
  all.inputs = checked.operands - 1;
  all.outputs = all.ops = 1;
  all.op[0] = find_op(kernel, kernel.name, checked.dtypes, all.inputs, checked.dtypes[all.inputs]);
  for (int j = 0; j < all.inputs; ++j) all.op[0].values[j] = static_cast<int8_t>(j);
  all.elements = checked.elements;
  all.rank = checked.rank;
  for (int d = 0; d < all.rank; ++d) all.dims[d] = checked.axes[d].dim;
  for (int j = 0; j < all.inputs; ++j) lay(all.input[j], call.inputs[j], checked.axes, all.rank, j);
  lay(all.output[0], call.outputs[0], checked.axes, all.rank, all.inputs);
  all.output[0].value = all.inputs;
  step.add_each(all.elements, all);
}

/* A copy of a divisor, because a region's output may take its memory before the fold is divided. */
Place keep_divisor(const Operand& divisor, Step& step) {
  Elementwise<1, 1, 1, 1> copy{};
  copy.elements = copy.inputs = copy.outputs = copy.ops = 1;
  copy.op[0].function = Function::Copy;
  copy.input[0].place = place_of(divisor);
  copy.input[0].bytes = copy.output[0].bytes = bytes_of(divisor.dtype);
  copy.output[0].place = step.take_scratch(copy.output[0].bytes);
  copy.output[0].value = 1;
  step.add_each(1, copy);
  return copy.output[0].place;
}

/* A region of at most so many of everything. */
template <class All>
void prepare_region(const Kernel& kernel, const Call& call, const Region& region, Step& step) {
  All all{};
  all.inputs = region.inputs;
  all.ops = region.ops;
  all.outputs = region.outputs;
  all.elements = region.elements;
  all.rank = region.rank;
  for (int d = 0; d < all.rank; ++d) all.dims[d] = region.axes[d].dim;
  for (int k = 0; k < region.ops; ++k) {
    const RegionOp& op = region.op[k];
    int32_t dtypes[3] = {};
    for (int j = 0; j < op.inputs; ++j) dtypes[j] = region.dtypes[op.values[j]];
    all.op[k] = find_op(kernel, op.name, dtypes, op.inputs, region.dtypes[region.inputs + k]);
    for (int j = 0; j < op.inputs; ++j) all.op[k].values[j] = op.values[j];
  }
  for (int j = 0; j < all.inputs; ++j) lay(all.input[j], call.inputs[j], region.axes, all.rank, j);
  const int dense = region.inputs + region.outputs;
  for (int o = 0; o < all.outputs; ++o) {
    const RegionOutput& output = region.output[o];
    const Operand& y = call.outputs[o];
    const bool folds = output.fold != Fold::kNone;
    lay(all.output[o], y, region.axes, all.rank, folds ? dense : region.inputs + o);
    all.output[o].value = output.value;
    if (folds) all.output[o].place = step.take_scratch(times(region.elements, size_of(y.dtype)));
  }
  Place divisors[kMaxRegionOutputs] = {};
  for (int o = 0; o < all.outputs; ++o) {
    if (region.output[o].divisor != kAbsent) divisors[o] = keep_divisor(call.inputs[region.output[o].divisor], step);
  }
  step.add_each(all.elements, all);
  for (int o = 0; o < all.outputs; ++o) {
    const RegionOutput& output = region.output[o];
    if (output.fold == Fold::kNone) continue;
    FoldCall fold{};
    fold.fold = output.fold;
    fold.dtype = call.outputs[o].dtype;
    fold.x = all.output[o].place;
    fold.y = place_of(call.outputs[o]);
    fold.divides = output.divisor != kAbsent;
    if (fold.divides) fold.divisor = divisors[o];
    const int64_t folded = output.kept > 0 ? region.elements / output.kept : 0;
    const int64_t kept_stride = output.trailing ? folded : 1, folded_stride = output.trailing ? 1 : output.kept;
    fold.kept = {1, output.kept, {output.kept}, {kept_stride}};
    fold.reduced = {1, folded, {folded}, {folded_stride}};
    add_fold(kernel, fold, step);
  }
}

void prepare_fused(const Kernel& kernel, const Call& call, Step& step) {
  const Region region = check_region(kernel, call);
  if (region.inputs <= kMaxTiledInputs && region.outputs <= kMaxTiledOutputs && region.ops <= kMaxTiledOps) {
    prepare_region<Elementwise<kMaxTiledInputs, kMaxTiledOutputs, kMaxTiledOps, kMaxRegionAxes>>(kernel, call, region,
                                                                                                 step);
  } else {
    prepare_region<Elementwise<kMaxRegionInputs, kMaxRegionOutputs, kMaxRegionOps, kMaxRegionAxes>>(kernel, call,
                                                                                                    region, step);
  }
}

constexpr Kernel kernels[] = {
#define ADJ_ROW(kind, name, cost, functor, ...) \
  {{name, kind<functor __VA_OPT__(, ) __VA_ARGS__>::kInfo.operands, {kAnyInput, 0, 0}}, prepare_elementwise},
    ADJ_CUDA_FUNCTIONS(ADJ_ROW)
#undef ADJ_ROW
        {{"cast", 1, {kAnyInput, 0, 0}}, prepare_elementwise},
    {{"where", 3, {kAnyInput, 0, 0}}, prepare_elementwise},
    {{"copy", 1, {kAnyInput, 0, 0}}, prepare_elementwise},
    {{"fused", 0, {kAnyInput, kAnyInput, kAnyInput}}, prepare_fused},
};

}  // namespace

extern const Family elementwise;
const Family elementwise{kernels, static_cast<int32_t>(sizeof(kernels) / sizeof(kernels[0]))};

}  // namespace cuda
}  // namespace adjoint

/* Contracts of the standardize family: see standardize.h. */
#include "contract/standardize.h"

#include "contract/checks.h"

namespace adjoint {
namespace {

constexpr int64_t kInts = 4;

/* The ints, and input 0, which is [lead, kept, trail]; there are `inputs` inputs, the scale and the shift apart. */
StandardizeCall check_form(const Signature& kernel, const Call& call, int64_t inputs) {
  if (call.ints_count != kInts || call.inputs_count < inputs) check_counts(kernel, call, kInts, inputs, 1);
  check_int(kernel, "centred", call.ints[0], 0, 1);
  check_int(kernel, "along", call.ints[1], 0, 2);
  const double epsilon = __builtin_bit_cast(double, call.ints[2]);
  if (!(epsilon >= 0 && epsilon < __builtin_inf())) {
    fail(ADJ_INVALID_IMAGE, "%s: epsilon %g is not in [0, inf)", kernel.name, epsilon);
  }
  const Operand& x = call.inputs[0];
  check_rank(input(kernel, call, 0), 3);
  check_contiguous(input(kernel, call, 0));
  StandardizeCall result{};
  result.dtype = x.dtype;
  result.centred = call.ints[0] != 0;
  result.along = static_cast<Along>(call.ints[1]);
  result.epsilon = epsilon;
  result.lead = x.dims[0];
  result.kept = x.dims[1];
  result.trail = x.dims[2];
  if (result.along == Along::kTrail && result.lead != 1) {
    fail(ADJ_INVALID_IMAGE, "%s: a scale along the trailing axis needs one leading place, not %lld", kernel.name,
         ll(result.lead));
  }
  return result;
}

/* A vector of `count` elements. */
void check_vector(const Named& of, int32_t dtype, int64_t count) {
  check_dtype(of, dtype);
  check_rank(of, 1);
  check_dim(of, 0, count);
  check_contiguous(of);
}

/* An operand like input 0. */
void check_like(const Named& of, const Operand& x) {
  check_dtype(of, x.dtype);
  check_dims(of, x);
  check_contiguous(of);
}

int64_t scale_size(const StandardizeCall& call) { return call.along == Along::kKept ? call.kept : call.trail; }

}  // namespace

StandardizeCall check_standardize(const Signature& kernel, const Call& call) {
  StandardizeCall result = check_form(kernel, call, 1);
  check_int(kernel, "slopes", call.ints[3], 0, 0);
  if (result.along == Along::kNothing) {
    check_counts(kernel, call, kInts, 1, 3);
  } else {
    result.shifts = call.inputs_count == 3;
    check_counts(kernel, call, kInts, result.shifts ? 3 : 2, 3);
  }
  for (int i = 1; i < call.inputs_count; ++i) {
    check_vector(input(kernel, call, i), result.dtype, scale_size(result));
  }
  check_like(output(kernel, call, 0), call.inputs[0]);
  for (int i = 1; i < 3; ++i) check_vector(output(kernel, call, i), result.dtype, result.kept);
  return result;
}

StandardizeCall check_standardize_grad(const Signature& kernel, const Call& call) {
  StandardizeCall result = check_form(kernel, call, 2);
  const bool scales = result.along != Along::kNothing;
  check_int(kernel, "slopes", call.ints[3], 0, scales ? 2 : 0);
  result.slopes = static_cast<int32_t>(call.ints[3]);
  check_counts(kernel, call, kInts, scales ? 3 : 2, 1 + result.slopes);
  check_like(input(kernel, call, 1), call.inputs[0]);
  if (scales) check_vector(input(kernel, call, 2), result.dtype, scale_size(result));
  check_like(output(kernel, call, 0), call.inputs[0]);
  for (int i = 1; i <= result.slopes; ++i) check_vector(output(kernel, call, i), result.dtype, scale_size(result));
  return result;
}

}  // namespace adjoint

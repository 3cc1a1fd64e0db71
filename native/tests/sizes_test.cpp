/*
 * Images of absurd sizes: no memory has them, but an image may name them, with strides of 0 or axes of length 0. Every
 * kernel must answer with a status when a program is made of them; UndefinedBehaviorSanitizer ends the test at the
 * first sum or product that overflows. Nothing is run.
 */
#include "machine.h"
#include "region.h"

using namespace test;

namespace {

constexpr int64_t kHuge = INT64_MAX / 4; /* the most bytes that a binding may name */
char memory[16][8];                      /* a binding each; never touched */

/* A size, often one whose products overflow. */
int64_t size(Random& random) {
  static const int64_t sizes[] = {0, 1, 1, 2, 3, 7, 96, 1000, 1 << 20};
  const int64_t choice = random.below(16);
  if (choice < 9) return sizes[choice];
  return choice == 15 ? INT64_MAX : (int64_t{1} << (30 + random.below(33))) + random.below(3) - 1;
}

Operand operand(int binding, int64_t dtype, const Dims& dims, const Dims& strides) {
  return {dtype, dims, strides, memory[binding], kHuge, 0};
}

int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

/* Contiguous, saturated where that overflows. */
Dims contiguous(const Dims& dims) {
  Dims strides(dims.size());
  int64_t step = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    strides[d] = step;
    if (dims[d] > 0 && __builtin_mul_overflow(step, dims[d], &step)) step = INT64_MAX;
  }
  return strides;
}

Dims any_strides(Random& random, const Dims& dims) {
  const int64_t kind = random.below(4);
  if (kind == 0) return contiguous(dims);
  Dims strides(dims.size(), 0);
  if (kind == 1) {
    for (size_t d = 0; d < dims.size(); ++d) strides[d] = size(random);
  }
  return strides;
}

struct Counts {
  int64_t made = 0, refused = 0;
};

void create(adj_context* context, const Call& call, Counts& counts) {
  const Image image = write_image({call});
  adj_program* program = nullptr;
  const adj_status status = adj_program_create(context, image.data(), image.bytes(), &program);
  CHECK(status == ADJ_OK || status == ADJ_INVALID_IMAGE || status == ADJ_UNKNOWN_KERNEL, "%s: status %d, %s",
        call.kernel.c_str(), status, adj_last_error());
  ++(status == ADJ_OK ? counts.made : counts.refused);
  if (status != ADJ_OK) return;
  int64_t scratch = -1;
  CHECK(adj_program_scratch(program, &scratch) == ADJ_OK && scratch >= 0, "%s: %lld bytes of scratch",
        call.kernel.c_str(), static_cast<long long>(scratch));
  adj_program_destroy(program);
}

int64_t float_dtype(Random& random) { return random.below(2) == 0 ? ADJ_F32 : ADJ_F64; }

/* A call that fits its contract but for its sizes. */
Call any_call(Random& random) {
  const int64_t t = float_dtype(random), a = size(random), b = size(random), c = size(random), d = size(random);
  const auto x = [&](int binding, int64_t dtype, const Dims& dims) {
    return operand(binding, dtype, dims, any_strides(random, dims));
  };
  const auto y = [&](int binding, int64_t dtype, const Dims& dims) {
    return operand(binding, dtype, dims, contiguous(dims));
  };
  const int64_t one = INT64_C(0x3ff0000000000000);
  switch (random.below(22)) {
    case 0:
      return {"plus", {}, {x(0, t, {a, b, c}), x(1, t, {a, b, c})}, {y(2, t, {a, b, c})}};
    case 1:
      return {random.below(2) == 0 ? "sum" : "max", {1 + random.below(2)}, {x(0, t, {a, b, c})}, {y(1, t, {a, b})}};
    case 2:
      return {"sum", {2}, {x(0, t, {a, b, c})}, {y(1, t, {a})}};
    case 3:
      return {"argmax", {1}, {x(0, t, {a, b})}, {y(1, ADJ_I64, {a})}};
    case 4:
      return {"matmul", {0, random.below(4)}, {x(0, t, {a, b}), x(1, t, {b, c})}, {y(2, t, {a, c})}};
    case 5:
      return {"matmul", {0, 0}, {x(0, t, {d, a, b}), x(1, t, {d, b, c})}, {y(2, t, {d, a, c})}};
    case 6:
      return {"matmulBf16", {0, 0}, {x(0, ADJ_BF16, {a, b}), x(1, ADJ_BF16, {b, c})}, {y(2, ADJ_F32, {a, c})}};
    case 7:
      return {"softmax", {}, {y(0, t, {a, b})}, {y(1, t, {a, b})}};
    case 8:
      return {"gather", {}, {y(0, t, {a, b, c, d}), y(1, ADJ_I64, {a, 7})}, {y(2, t, {a, b, 7, d})}};
    case 9:
      return {"scatterAdd", {}, {y(0, ADJ_I64, {a, 7}), y(1, t, {a, b, 7, d})}, {y(2, t, {a, b, c, d})}};
    case 10:
      return {"cumsum", {0}, {y(0, t, {a, b, c})}, {y(1, t, {a, b, c})}};
    case 11:
      return {"argsort", {0}, {y(0, t, {a, b})}, {y(1, ADJ_I64, {a, b})}};
    case 12:
      return {"randomUniform", {}, {y(0, ADJ_I64, {a})}, {y(1, t, {a, b})}};
    case 13:
      return {
          "sgd",
          {0},
          {y(0, ADJ_F64, {}), y(1, ADJ_F64, {}), y(2, ADJ_F64, {}), y(3, t, {a, b}), y(4, t, {a, b}), y(5, t, {a, b})},
          {y(6, t, {a, b}), y(7, t, {a, b})}};
    case 14:
      return {"fused",
              region({{"neg", {0}}, {"exp", {1}}}, t,
                     {{1}, {2, random.below(2) == 0 ? kSum : kLogSumExp, -1}, {2, kMax, -2}}),
              {x(0, t, {a, b, c})},
              {y(1, t, {a, b, c}), y(2, t, {a, b}), y(3, t, {a})}};
    case 15:
      return {"standardize",
              {1, 1, one, 0},
              {y(0, t, {a, b, c}), y(1, t, {b})},
              {y(2, t, {a, b, c}), y(3, t, {b}), y(4, t, {b})}};
    case 16:
      return {"standardizeGrad",
              {1, 2, one, 1},
              {y(0, t, {1, b, c}), y(1, t, {1, b, c}), y(2, t, {c})},
              {y(3, t, {1, b, c}), y(4, t, {c})}};
    case 17:
      return {"attention",
              {1, 0, 1, a - b, one},
              {y(0, t, {1, d, a, 8}), y(1, t, {1, d, b, 8}), y(2, t, {1, d, b, c}), x(3, t, {1, d, a, b})},
              {y(4, t, {1, d, a, c}), y(5, t, {1, d, a})}};
    case 18:
      return {"attentionGrad",
              {0, 0, 0, 0, one},
              {y(0, t, {d, 3, a, c}), y(1, t, {d, 1, b, c}), y(2, t, {d, 1, b, 8}), y(3, t, {d, 3, a, 8}),
               y(4, t, {d, 3, a, 8}), y(5, t, {d, 3, a})},
              {y(6, t, {d, 3, a, c}), y(7, t, {d, 1, b, c}), y(8, t, {d, 1, b, 8})}};
    case 19: {
      const Dims image = {a, times(2, b), 1, c, d}, kernel = {6, b, 1, 3, a}, result = {a, 6, 1, d, c};
      const int64_t far = std::max<int64_t>(size(random), 1);
      std::vector<int64_t> ints = {2, 1, far, 1, 0, 1, size(random), 1, far, 1};
      if (random.below(3) == 0) return {"convWeight", ints, {y(0, t, image), y(1, t, result)}, {y(2, t, kernel)}};
      ints.insert(ints.begin(), {0, random.below(4)});
      if (random.below(2) == 0) return {"conv", ints, {y(0, t, image), y(1, t, kernel)}, {y(2, t, result)}};
      return {"convInput", ints, {y(0, t, result), y(1, t, kernel)}, {y(2, t, image)}};
    }
    case 20:
      return {"windowArgmax",
              {0, 1, size(random), 2, 1, std::max<int64_t>(size(random), 1), 1, 0, size(random), 0, 1, 1,
               std::max<int64_t>(size(random), 1)},
              {y(0, t, {a, 1, b, c})},
              {y(1, ADJ_I32, {a, 1, d, c})}};
    default:
      return {"fused",
              region({{"neg", {0}}}, t, {{1, kSum, 1}, {1, kMax, 1}, {1, kMin, random.below(2) == 0 ? 1 : 3}}),
              {x(0, t, {a, b, c})},
              {y(1, t, {b, c}), y(2, t, {b, c}), y(3, t, {b, c})}};
  }
}

void test_any(adj_context* context) {
  Counts counts;
  Random random(7);
  for (int i = 0; i < 20000; ++i) create(context, any_call(random), counts);
  /* Were hardly any made or refused, little would have been planned. */
  CHECK(counts.made > 1000 && counts.refused > 1000, "%lld made, %lld refused", static_cast<long long>(counts.made),
        static_cast<long long>(counts.refused));
}

/* More inputs than a kernel's mask of those that an output may be has bits. */
void test_many_inputs(adj_context* context) {
  Call call{"plus", {}, {}, {operand(0, ADJ_F32, {1}, {1})}};
  for (int64_t i = 0; i < 33; ++i) {
    call.inputs.push_back(operand(0, ADJ_F32, {1}, {1}));
    call.inputs.back().offset = 4 * (i + 1);
  }
  call.inputs.push_back(operand(0, ADJ_F32, {1}, {1}));
  refused(context, call, ADJ_INVALID_IMAGE, "plus: output 0 must not be input 33");
}

void test_scratch(adj_context* context) {
  const int64_t columns = int64_t{1} << 50; /* too many rows for parts that have all rows of some columns */
  const Operand x = operand(0, ADJ_F32, {2048, columns}, {0, 0});
  const auto y = [&](int binding) { return operand(binding, ADJ_F32, {columns}, {1}); };
  refused(
      context,
      {"fused", region({{"neg", {0}}}, ADJ_F32, {{1, kSum, 1}, {1, kMax, 1}, {1, kMin, 1}}), {x}, {y(1), y(2), y(3)}},
      ADJ_INVALID_IMAGE, "fused: needs more scratch than 70368744177664 bytes");
  const int64_t row = int64_t{1} << 55;
  refused(context,
          {"argsort", {0}, {operand(0, ADJ_F32, {4, row}, {row, 1})}, {operand(1, ADJ_I64, {4, row}, {row, 1})}},
          ADJ_INVALID_IMAGE, "argsort: needs more scratch than 70368744177664 bytes");
}

}  // namespace

int main() {
  const Context four("baseline", 4);
  test_any(four);
  test_many_inputs(four);
  test_scratch(four);
  for_each_isa(test_any);
  return finish();
}

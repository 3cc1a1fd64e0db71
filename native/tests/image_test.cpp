/*
 * Image validation: a valid image with any word changed, any part missing or any count absurd is refused or run, and
 * never read or written outside. Under AddressSanitizer this is the proof that nothing in an image is trusted.
 */
#include <cstring>

#include "machine.h"
#include "region.h"

using namespace test;

namespace {

/* tanh(a + b) as one region, with the largest of each row and the mean of everything. */
std::vector<int64_t> fused_ints() {
  return region({{"plus", {0, 1}}, {"tanh", {3}}}, ADJ_F32, {{4}, {4, kMax, -1}, {4, kSum, 2, 2}});
}

/* One of nearly every contract, over small memory. */
struct Everything {
  Array<float> a{{6, 4}}, b{{4, 5}}, bias{{6, 5}, Layout::kRow}, c{{6, 5}}, t{{5, 6}, Layout::kTransposed}, sums{{6}},
      soft{{6, 5}}, loss{{6}}, picked{{1, 1, 3, 5}}, back{{1, 1, 6, 5}}, m{{6, 5}}, v{{6, 5}}, noise{{2, 9}},
      extra{{6}}, number{{6, 5}, Layout::kScalar}, mean{Dims{}}, key_scale{{5}}, square{{1, 1, 6, 6}}, dq{{6, 5}},
      dk{{6, 5}}, dv{{6, 5}};
  Array<float> image{{1, 4, 1, 3, 5}}, weights{{6, 2, 1, 2, 2}}, channels{{6}}, result{{1, 6, 1, 4, 2}},
      planes{{2, 1, 3, 4}};
  Array<int32_t> places{{2, 1, 4, 2}};
  Array<int64_t> label{{6}}, index{{1, 3}}, key{{2}}, best{{6}}, order{{6, 5}};
  Array<uint8_t> mask{{6, 5}}, allowed{{1, 1, 6, 6}, Layout::kRow};
  Array<double> s{Dims{}}, count{Dims{}}, norm{Dims{}};

  std::vector<Call> calls() {
    Operand c4 = c.operand(), soft4 = soft.operand();
    c4.dims = soft4.dims = {1, 1, 6, 5};
    c4.strides = soft4.strides = {30, 30, 5, 1};
    Operand c3 = c.operand(), soft3 = soft.operand();
    c3.dims = soft3.dims = {2, 3, 5};
    c3.strides = soft3.strides = {15, 5, 1};
    const auto as = [](const Operand& of, const Dims& dims) {
      Operand view = of;
      view.dims = dims;
      view.strides = contiguous_strides(dims);
      return view;
    };
    const Operand c3of1 = as(c, {1, 6, 5}), soft3of1 = as(soft, {1, 6, 5}), m3 = as(m, {1, 6, 5}),
                  m4 = as(m, {1, 1, 6, 5}), v4 = as(v, {1, 1, 6, 5}), lengths = as(extra, {1, 1, 6}),
                  dq4 = as(dq, {1, 1, 6, 5}), dk4 = as(dk, {1, 1, 6, 5}), dv4 = as(dv, {1, 1, 6, 5});
    const int64_t one = INT64_C(0x3ff0000000000000);
    label.fill_with([](int64_t i) { return i % 5; });
    index.fill_with([](int64_t i) { return i; });
    key.fill_with([](int64_t i) { return i; });
    s[0] = 0.5;
    return {{"matmul", {1, 1}, {a, b, bias}, {c}},
            {"less", {}, {c, soft}, {mask}},
            {"where", {}, {mask, c, soft}, {soft}},
            {"plus", {}, {c, soft}, {c}},
            {"fused", fused_ints(), {c, soft, number}, {c, loss, mean}},
            {"copy", {}, {c}, {c.operand()}},
            {"sum", {1}, {c}, {sums}},
            {"max", {1}, {c}, {loss}},
            {"argmax", {1}, {c}, {best}},
            {"softmax", {}, {c}, {soft}},
            {"standardize", {1, 2, one, 0}, {c3of1, key_scale}, {soft3of1, sums, loss}},
            {"standardizeGrad", {1, 1, one, 1}, {c3of1, soft3of1, sums}, {m3, extra}},
            {"attention", {1, 1, 1, 0, one}, {c4, soft4, m4, square, allowed}, {v4, lengths}},
            {"attentionGrad", {1, 1, 1, 0, one}, {c4, soft4, m4, c4, v4, lengths, square, allowed}, {dq4, dk4, dv4}},
            {"cumsum", {1}, {c3}, {soft3}},
            {"argsort", {1}, {c}, {order}},
            {"softmaxCrossEntropy", {}, {c, label}, {loss}},
            {"softmaxCrossEntropyGrad", {}, {c, label, loss}, {c}},
            {"softmaxCrossEntropyWithGrad", {}, {c, label, sums}, {loss, c}},
            {"gather", {}, {c4, index}, {picked}},
            {"scatterAdd", {}, {index, picked}, {back}},
            {"adam", {}, {s, s, s, s, s, s, c, soft, m, v}, {count, c, m, v}},
            {"clippedSgd", {1}, {s, s, s, s, c, sums, soft, loss, m, loss}, {norm, c, sums, v, extra}},
            {"randomNormal", {}, {key}, {noise}},
            {"conv", {1, 1, 2, 1, 1, 2, 0, 1, 0, 1, 1, 1}, {image, weights, channels}, {result}},
            {"convInput", {0, 2, 2, 1, 1, 2, 0, 1, 0, 1, 1, 1}, {result, weights}, {image}},
            {"convWeight", {2, 1, 1, 2, 0, 1, 0, 1, 1, 1}, {image, result}, {weights}},
            {"windowArgmax", {0, 1, 2, 2, 1, 1, 2, 0, 1, 0, 1, 1, 1}, {planes}, {places}},
            {"cast", {}, {best}, {sums}}};
  }
};

/* Elements that the image's operands name together; a broadcast axis may name more than a run has time for. */
double elements(const std::vector<int64_t>& words) {
  double total = 0;
  size_t at = 8 + static_cast<size_t>(words[3]) + 8 * static_cast<size_t>(words[4]);
  for (int64_t i = 0; i < words[5]; ++i) {
    const int64_t operands = words[at + 3] + words[at + 4];
    at += 5 + static_cast<size_t>(words[at + 2]);
    for (int64_t o = 0; o < operands; ++o) {
      const int64_t rank = words[at + 3];
      double count = 1;
      for (int64_t d = 0; d < rank; ++d) count *= static_cast<double>(words[at + 4 + static_cast<size_t>(d)]);
      total += count;
      at += 4 + 2 * static_cast<size_t>(rank);
    }
  }
  return total;
}

int64_t accepted = 0, refusals[8] = {};

/* Any status will do; a crash, a hang or a sanitizer's report will not. */
void try_image(adj_context* context, const Image& image) {
  /* Memory of exactly the image's size. */
  std::vector<int64_t> exact(image.words);
  adj_program* program = nullptr;
  const adj_status status = adj_program_create(context, exact.data(), static_cast<int64_t>(exact.size() * 8), &program);
  CHECK(status >= ADJ_OK && status <= ADJ_INTERNAL, "status %d", status);
  CHECK(status != ADJ_INTERNAL, "internal: %s", adj_last_error());
  CHECK((status == ADJ_OK) == (program != nullptr), "status %d with a program", status);
  ++refusals[status];
  if (status != ADJ_OK) return;
  ++accepted;
  if (elements(exact) < 1e6) {
    int64_t failed = 0;
    const adj_status ran =
        adj_program_run(context, program, image.bindings.data(), static_cast<int32_t>(image.bindings.size()), &failed);
    CHECK(ran == ADJ_OK || ran == ADJ_OUT_OF_RANGE || ran == ADJ_NOT_FINITE || ran == ADJ_INVALID_ARGUMENT,
          "ran with status %d: %s", ran, adj_last_error());
  }
  adj_program_destroy(program);
}

void test_mutations(adj_context* context) {
  Everything everything;
  const Image valid = write_image(everything.calls());
  CHECK(run(context, everything.calls()) == ADJ_OK, "the valid image: %s", adj_last_error());
  const int64_t values[] = {0,
                            1,
                            2,
                            3,
                            5,
                            7,
                            16,
                            17,
                            64,
                            -1,
                            255,
                            1 << 20,
                            INT32_MAX,
                            int64_t{1} << 32,
                            int64_t{1} << 61,
                            int64_t{1} << 62,
                            INT64_MAX / 8,
                            INT64_MAX / 4 + 1,
                            INT64_MAX - 1,
                            INT64_MAX,
                            INT64_MIN,
                            -8};
  for (size_t w = 0; w < valid.words.size(); ++w) {
    Image changed = valid;
    const int64_t before = valid.words[w];
    for (const int64_t value : values) {
      changed.words[w] = value;
      try_image(context, changed);
    }
    for (const int64_t delta : {-1, 1, 4, 8}) {
      changed.words[w] = static_cast<int64_t>(static_cast<uint64_t>(before) + static_cast<uint64_t>(delta));
      try_image(context, changed);
    }
    for (const int bit : {0, 1, 2, 3, 8, 31, 40, 62, 63}) {
      changed.words[w] = static_cast<int64_t>(static_cast<uint64_t>(before) ^ uint64_t{1} << bit);
      try_image(context, changed);
    }
  }
  /* Several at once, so that one change can hide another. */
  Random random(16);
  for (int round = 0; round < 20000; ++round) {
    Image changed = valid;
    for (int64_t i = 0; i < 2 + round % 3; ++i) {
      const size_t w = static_cast<size_t>(random.below(static_cast<int64_t>(valid.words.size())));
      changed.words[w] = random.below(2) == 0
                             ? values[static_cast<size_t>(random.below(22))]
                             : valid.words[static_cast<size_t>(random.below(static_cast<int64_t>(valid.words.size())))];
    }
    try_image(context, changed);
  }
  /* Cut anywhere, with the total put right or not. */
  for (size_t length = 0; length < valid.words.size(); ++length) {
    Image cut = valid;
    cut.words.resize(length);
    try_image(context, cut);
    if (length > 2) cut.words[2] = static_cast<int64_t>(length);
    try_image(context, cut);
  }
  printf("%lld images accepted; refused: %lld invalid, %lld unknown kernel\n", static_cast<long long>(accepted),
         static_cast<long long>(refusals[ADJ_INVALID_IMAGE]), static_cast<long long>(refusals[ADJ_UNKNOWN_KERNEL]));
}

void test_texts(adj_context* context) {
  Array<float> x({4}), y({4}), z({4, 4});
  adj_program* program = nullptr;
  const auto text_of = [&](const Image& image, int64_t bytes) {
    CHECK(adj_program_create(context, image.data(), bytes, &program) == ADJ_INVALID_IMAGE, "accepted");
    CHECK(program == nullptr, "a program from a bad image");
    return std::string(adj_last_error());
  };
  const Image valid = write_image({{"neg", {}, {x}, {y}}});
  CHECK(text_of(valid, 12) == "image: 12 bytes are no whole number of at least 8 words", "%s", adj_last_error());
  Image image = valid;
  image.words[1] = 9;
  CHECK(text_of(image, image.bytes()) == "image: version 9, this library reads 1", "%s", adj_last_error());
  Operand large = x;
  large.dims = {5};
  image = write_image({{"neg", {}, {large}, {y}}});
  CHECK(text_of(image, image.bytes()) ==
            "image: operand before word 29: F32 [5] at byte 0 does not fit binding 0 of 16 bytes",
        "%s", adj_last_error());
  Operand odd = x;
  odd.dims = {3};
  odd.offset = 2;
  image = write_image({{"neg", {}, {odd}, {y}}});
  CHECK(text_of(image, image.bytes()) == "image: offset 2 before word 29 is not a multiple of the 4 bytes of F32", "%s",
        adj_last_error());
  Operand doubled = z;
  doubled.strides = {2, 1};
  image = write_image({{"neg", {}, {z}, {doubled}}});
  CHECK(text_of(image, image.bytes()) == "image: output 0 before word 38 writes some memory twice", "%s",
        adj_last_error());
}

/* Slices of one array that interleave share no memory; slices that touch do. */
void test_slices(adj_context* context) {
  Array<float> x({8, 10});
  x.fill_with([](int64_t i) { return i; });
  const auto columns = [&](int64_t from, int64_t count) {
    Operand o = x;
    o.dims = {8, count};
    o.offset = from * 4;
    return o;
  };
  CHECK(run(context, {{"neg", {}, {columns(0, 5)}, {columns(5, 5)}}}) == ADJ_OK, "%s", adj_last_error());
  for (int64_t r = 0; r < 8; ++r) {
    for (int64_t c = 0; c < 5; ++c)
      CHECK(x[r * 10 + 5 + c] == -x[r * 10 + c], "slice at %lld", static_cast<long long>(r));
  }
  CHECK(run(context, {{"neg", {}, {columns(0, 5)}, {columns(4, 5)}}}) == ADJ_INVALID_IMAGE, "slices that touch");
  CHECK(run(context, {{"neg", {}, {columns(7, 3)}, {columns(0, 3)}}}) == ADJ_OK, "%s", adj_last_error());
}

void test_bindings(adj_context* context) {
  Array<double> x({4}), y({4});
  x.fill_with([](int64_t i) { return i; });
  const Image image = write_image({{"neg", {}, {x}, {y}}});
  adj_program* program = nullptr;
  CHECK(adj_program_create(context, image.data(), image.bytes(), &program) == ADJ_OK, "%s", adj_last_error());
  const auto refuse = [&](std::vector<adj_binding> bindings, const char* text) {
    int64_t failed = 7;
    CHECK(adj_program_run(context, program, bindings.data(), static_cast<int32_t>(bindings.size()), &failed) ==
              ADJ_INVALID_ARGUMENT,
          "accepted");
    CHECK(std::string(adj_last_error()) == text, "\"%s\" instead of \"%s\"", adj_last_error(), text);
    CHECK(failed == -1, "failed at %lld", static_cast<long long>(failed));
  };
  refuse({}, "0 bindings given, the program has 2");
  refuse({image.bindings[0], {image.bindings[1].address, 31}}, "binding 1 has 31 bytes, needs 32");
  refuse({{0, 32}, image.bindings[1]}, "binding 0 has address 0, needs 32 bytes");
  adj_binding odd = image.bindings[0];
  odd.address += 4;
  char text[80];
  snprintf(text, sizeof(text), "binding 0 at address 0x%llx: must be a multiple of 8",
           static_cast<unsigned long long>(odd.address));
  refuse({odd, image.bindings[1]}, text);
  CHECK(adj_program_run(context, program, nullptr, 2, nullptr) == ADJ_INVALID_ARGUMENT, "null bindings");
  const Context other("baseline");
  CHECK(adj_program_run(other, program, image.bindings.data(), 2, nullptr) == ADJ_INVALID_ARGUMENT, "another context");
  CHECK(adj_program_destroy(program) == ADJ_OK, "%s", adj_last_error());
  /* The instruction that failed is named, and what came before it stays. */
  Array<int32_t> index({1, 1});
  index[0] = 9;
  Array<double> wide({1, 1, 4, 1}), picked({1, 1, 1, 1});
  int64_t failed = -1;
  const adj_status status = run(context, {{"neg", {}, {x}, {y}}, {"gather", {}, {wide, index}, {picked}}}, &failed);
  CHECK(status == ADJ_OUT_OF_RANGE && failed == 1, "status %d at %lld", status, static_cast<long long>(failed));
  CHECK(y[3] == -3, "what ran before the failure: %g", y[3]);
}

}  // namespace

int main() {
  const Context context("", 2);
  test_mutations(context);
  test_texts(context);
  test_slices(context);
  test_bindings(context);
  return finish();
}

/* matmulBf16 on every instruction set of this machine: values, refusals, and the same bits from any number of threads.
 */
#include "bf16_product.h"
#include "machine.h"

using namespace test;

namespace {

void test_refusals(adj_context* context) {
  Array<Bf16> a({64, 784}), b({785, 256}), s({4, 4});
  Array<float> c({64, 256}), d({4, 4});
  refused(context, {"matmulBf16", {0, 0}, {a, b}, {c}}, ADJ_INVALID_IMAGE,
          "matmulBf16: inner sizes differ: [64, 784] x [785, 256]");
  Array<Bf16> gaps({4, 4}, Layout::kGaps);
  refused(context, {"matmulBf16", {0, 0}, {gaps, s}, {d}}, ADJ_INVALID_IMAGE,
          "matmulBf16: input 0 [4, 4] has strides 11, 2: one must be 1, the other span the contiguous axis");
  refused(context, {"matmulBf16", {0, 4}, {s, s}, {d}}, ADJ_INVALID_IMAGE, "matmulBf16: activation is 4, outside 0..3");
  refused(context, {"matmulBf16", {0, 0}, {s, s}, {s}}, ADJ_INVALID_IMAGE, "matmulBf16: output 0 must not be input 0");
  Array<Bf16> narrow({4, 4});
  refused(context, {"matmulBf16", {0, 0}, {s, s}, {narrow}}, ADJ_UNKNOWN_KERNEL,
          "matmulBf16: output 0 is BF16, needs F32");
  refused(context, {"matmulBf16", {0, 0}, {d, d}, {c}}, ADJ_UNKNOWN_KERNEL, "matmulBf16: there is no kernel for F32");
  refused(context, {"matmulBf16", {0, 0}, {s, d}, {c}}, ADJ_UNKNOWN_KERNEL, "matmulBf16: input 1 is F32, needs BF16");
  refused(context, {"matmulBf16", {1, 0}, {s, s, narrow}, {d}}, ADJ_UNKNOWN_KERNEL,
          "matmulBf16: input 2 is BF16, needs F32");
  refused(context, {"matmul", {0, 0}, {s, s}, {d}}, ADJ_UNKNOWN_KERNEL, "matmul: there is no kernel for BF16");
}

void test_same_bits(const std::string& isa) {
  Random random(3);
  Array<Bf16> a({300, 1009}), b({1009, 700}), wt({1009, 700}, Layout::kTransposed);
  a.fill_with([&](int64_t) { return Bf16(random.uniform(-1, 1)); });
  b.fill_with([&](int64_t) { return Bf16(random.uniform(-1, 1)); });
  wt.fill_with([&](int64_t i) { return b[i]; });
  std::vector<float> expected;
  for (const int32_t threads : {1, 2, 4}) {
    const Context context(isa, threads);
    for (const Array<Bf16>* right : {&b, &wt}) {
      Array<float> c({300, 700});
      if (!runs(context, {"matmulBf16", {0, 1}, {a, *right}, {c}})) return;
      const std::vector<float> got(c.data(), c.data() + c.size());
      if (expected.empty()) expected = got;
      CHECK(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)) == 0, "%s: %d threads differ",
            isa.c_str(), threads);
    }
  }
}

}  // namespace

int main() {
  for (const std::string& isa : isas()) {
    printf("%s\n", isa.c_str());
    const bool chain = isa != "amx" && isa != "avx512bf16";
    {
      const Context context(isa, 2);
      const Runner run = [&](const Call& call) { return runs(context, call); };
      test_forms(run, chain ? Expect::kChain : Expect::kClose);
      test_sizes(run);
      test_not_finite(run);
      test_refusals(context);
    }
    test_same_bits(isa);
  }
  return finish();
}

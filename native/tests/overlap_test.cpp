/*
 * Whether operands share memory, beside the set of their bytes: random layouts with nested, interleaved, broadcast and
 * overlapping strides, several element sizes and offsets that need not be multiples of a step. `overlap` must say yes
 * exactly where the sets meet, `overlaps_itself` wherever two elements share a byte, and `end_of` the last byte.
 */
#include "runtime/overlap.h"

#include <set>

#include "arrays.h"
#include "machine.h"
#include "runtime/layout.h"

using namespace test;

namespace {

using Laid = adjoint::Operand; /* test::Operand is one in memory */

/* Calls `f` with the first byte of each element. */
template <class F>
void for_each_element(const Laid& operand, const F& f) {
  const int64_t size = adjoint::size_of(operand.dtype), count = adjoint::count_of(operand);
  for (int64_t i = 0; i < count; ++i) {
    int64_t at = operand.offset, rest = i;
    for (int d = operand.rank; d-- > 0;) {
      at += rest % operand.dims[d] * operand.strides[d] * size;
      rest /= operand.dims[d];
    }
    f(at);
  }
}

std::set<int64_t> bytes_of(const Laid& operand) {
  std::set<int64_t> bytes;
  for_each_element(operand, [&](int64_t at) {
    for (int64_t b = 0; b < adjoint::size_of(operand.dtype); ++b) bytes.insert(at + b);
  });
  return bytes;
}

/* Whether two elements share a byte. Elements are whole multiples of their size apart, so first bytes tell. */
bool repeats(const Laid& operand) {
  std::set<int64_t> firsts;
  bool twice = false;
  for_each_element(operand, [&](int64_t at) { twice = !firsts.insert(at).second || twice; });
  return twice;
}

std::string text_of(const Laid& operand) {
  std::string text = "dtype " + std::to_string(operand.dtype) + " at " + std::to_string(operand.offset);
  for (int d = 0; d < operand.rank; ++d) {
    text += ", " + std::to_string(operand.dims[d]) + " by " + std::to_string(operand.strides[d]);
  }
  return text;
}

Laid random_layout(Random& random) {
  constexpr int32_t dtypes[] = {ADJ_BOOL, ADJ_BF16, ADJ_F32, ADJ_F64};
  Laid operand{};
  operand.dtype = dtypes[random.below(4)];
  operand.offset = random.below(24) * adjoint::size_of(operand.dtype);
  operand.rank = static_cast<int32_t>(random.below(4));
  for (int d = 0; d < operand.rank; ++d) {
    operand.dims[d] = random.below(8) == 0 ? 0 : 1 + random.below(4);
    operand.strides[d] = random.below(10);
  }
  return operand;
}

/* Of the same array as another: its steps, other offset and dims. */
Laid slice_of(const Laid& other, Random& random) {
  Laid operand = other;
  operand.offset = random.below(32) * adjoint::size_of(operand.dtype);
  for (int d = 0; d < operand.rank; ++d) operand.dims[d] = 1 + random.below(4);
  return operand;
}

void test_random_layouts() {
  Random random(4);
  int64_t meet = 0, apart = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Laid a = random_layout(random);
    const Laid b = random.below(2) == 0 ? random_layout(random) : slice_of(a, random);
    const std::set<int64_t> bytes_a = bytes_of(a), bytes_b = bytes_of(b);
    const bool expected =
        std::any_of(bytes_a.begin(), bytes_a.end(), [&](int64_t at) { return bytes_b.count(at) > 0; });
    ++(expected ? meet : apart);
    CHECK(adjoint::overlap(a, b) == expected, "{%s} and {%s} are said to %s", text_of(a).c_str(), text_of(b).c_str(),
          expected ? "be apart" : "meet");
    CHECK(adjoint::overlap(b, a) == adjoint::overlap(a, b), "{%s} and {%s}", text_of(a).c_str(), text_of(b).c_str());
    CHECK(!repeats(a) || adjoint::overlaps_itself(a), "{%s} has no element twice, it is said", text_of(a).c_str());
    const int64_t end = bytes_a.empty() ? a.offset : *bytes_a.rbegin() + 1;
    CHECK(adjoint::end_of(a) == end, "{%s} ends at %lld", text_of(a).c_str(), static_cast<long long>(end));
  }
  CHECK(meet > 10'000 && apart > 10'000, "%lld meet, %lld are apart", static_cast<long long>(meet),
        static_cast<long long>(apart));
}

/* Layouts whose search would take long must end, on the safe side. */
void test_many_axes() {
  Laid a{}, b{};
  a.dtype = b.dtype = ADJ_BOOL;
  a.rank = b.rank = ADJ_MAX_RANK;
  for (int d = 0; d < ADJ_MAX_RANK; ++d) {
    a.dims[d] = b.dims[d] = 14;             /* as many elements as can be counted */
    a.strides[d] = 2 * (1'000'003 + 2 * d); /* all even: with an odd distance they are apart, which few can tell */
    b.strides[d] = 2 * (1'000'081 + 2 * d);
  }
  b.offset = 1'000'001;
  CHECK(adjoint::overlap(a, b), "the search gave up and said that they are apart");
}

/* The calls that were taken before: every other column of matrices of odd width. */
void test_refusals() {
  for_each_isa([](adj_context* context) {
    float m[16] = {};
    const auto columns = [&](int64_t offset) { return Operand{ADJ_F32, {2, 2}, {5, 2}, m, sizeof(m), offset}; };
    const Call onto_itself{"neg", {}, {columns(0)}, {columns(20)}};
    CHECK(run(context, {onto_itself}) == ADJ_INVALID_IMAGE, "0 2 5 7 and 5 7 10 12 share 5 and 7");
    for (int i = 0; i < 16; ++i) m[i] = static_cast<float>(i);
    CHECK(runs(context, {"neg", {}, {columns(0)}, {columns(4)}}), "0 2 5 7 and 1 3 6 8 are apart");
    CHECK(m[1] == 0 && m[3] == -2 && m[6] == -5 && m[8] == -7, "%g %g %g %g", static_cast<double>(m[1]),
          static_cast<double>(m[3]), static_cast<double>(m[6]), static_cast<double>(m[8]));
  });
}

}  // namespace

int main() {
  test_random_layouts();
  test_many_axes();
  test_refusals();
  return finish();
}

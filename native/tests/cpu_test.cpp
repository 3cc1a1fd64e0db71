/*
 * Which instruction sets the library offers, beside what Linux says of the processor: /proc/cpuinfo leaves out what the
 * operating system does not save. One that the machine lacks is refused by name, and the rest serves the same calls.
 */
#include <algorithm>
#include <fstream>
#include <sstream>

#include "bf16_product.h"
#include "machine.h"

using namespace test;

namespace {

std::vector<std::string> flags() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    std::vector<std::string> all;
    for (std::string word; words >> word;) all.push_back(word);
    return all;
  }
  return {};
}

bool has(const std::vector<std::string>& all, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& word) { return std::find(all.begin(), all.end(), word) != all.end(); });
}

struct Needs {
  std::string isa;
  std::vector<std::string> flags;
};

const std::vector<std::string> kAvx512 = {"avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"};
const std::vector<Needs> kNeeds = {{"baseline", {}},
                                   {"avx2", {"avx2", "fma"}},
                                   {"avx512", kAvx512},
                                   {"avx512bf16", {"avx512f", "avx512_bf16"}},
                                   {"amx", {"avx512_bf16", "amx_tile", "amx_bf16"}}};

void test_offers() {
  const std::vector<std::string> runnable = offered(), said = flags();
  for (const Needs& needs : kNeeds) {
    const bool expected = has(said, needs.flags), got = has(runnable, {needs.isa});
    printf("%s: %s\n", needs.isa.c_str(), got ? "yes" : "no");
    CHECK(got == expected, "%s is %soffered", needs.isa.c_str(), got ? "" : "not ");
    if (got) continue;
    adj_context* context = nullptr;
    CHECK(adj_context_create(1, 0, needs.isa.c_str(), &context) == ADJ_UNAVAILABLE, "%s", needs.isa.c_str());
    const std::string text = "this machine does not run " + needs.isa + "; its best is " + adj_best_isa();
    CHECK(adj_last_error() == text, "\"%s\" instead of \"%s\"", adj_last_error(), text.c_str());
  }
}

/* A kernel is found by its name alone, so that no two have the same. */
void test_names() {
  for (int32_t i = 0; i < adj_kernel_count(); ++i) {
    CHECK(adj_kernel_find(adj_kernel_name(i)) == i, "%s is number %d and %d", adj_kernel_name(i), i,
          adj_kernel_find(adj_kernel_name(i)));
  }
}

/* With AVX-512 every product is ours. */
void test_blas_serves() {
  for (const std::string& isa : isas()) {
    const Context context(isa);
    const bool expected = isa == "baseline" || isa == "avx2";
    CHECK(adj_blas_serves(context) == (expected ? 1 : 0), "on %s", isa.c_str());
  }
  CHECK(adj_blas_serves(nullptr) == 0, "no context");
}

/* Without a name or by ADJOINT_ISA, a call that AMX would take runs on what there is. */
void test_choice() {
  Random random(1);
  for (const std::string& isa : isas()) {
    setenv("ADJOINT_ISA", isa.c_str(), 1);
    const Context context("");
    CHECK(adj_context_isa(context) == isa, "%s instead of %s", adj_context_isa(context), isa.c_str());
  }
  unsetenv("ADJOINT_ISA");
  const Context context("");
  CHECK(std::string(adj_context_isa(context)) == adj_best_isa(), "%s", adj_context_isa(context));
  const Runner run = [&](const Call& call) { return runs(context, call); };
  test_form(run, {70, 70, 70, false, true, 1, 1, Layout::kRow, {}}, Expect::kWhole, random);
}

}  // namespace

int main() {
  test_offers();
  test_names();
  test_blas_serves();
  test_choice();
  return finish();
}

/* CPU detection: see cpu.h. */
#include "runtime/cpu.h"

#include <cstdlib>
#include <cstring>

#include "runtime/error.h"

namespace adjoint {
namespace {

constexpr Isa kAll[] = {Isa::kAvx512, Isa::kAvx2, Isa::kBaseline};

}  // namespace

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    default:
      return "baseline";
  }
}

bool runs(Isa isa) {
#if defined(ADJ_X86_ISAS)
  /* The built-in also asks the operating system whether it saves the registers. */
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  switch (isa) {
    case Isa::kAvx512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::kAvx2:
      return avx2;
    default:
      return true;
  }
#else
  return isa == Isa::kBaseline;
#endif
}

Isa best_isa() {
  for (const Isa isa : kAll) {
    if (runs(isa)) return isa;
  }
  return Isa::kBaseline;
}

Isa choose_isa(const char* name) {
  const char* wanted = name != nullptr ? name : std::getenv("ADJOINT_ISA");
  if (wanted == nullptr || wanted[0] == '\0') return best_isa();
  for (const Isa isa : kAll) {
    if (std::strcmp(wanted, name_of(isa)) != 0) continue;
    if (!runs(isa)) fail(ADJ_UNAVAILABLE, "this machine does not run %s; its best is %s", wanted, name_of(best_isa()));
    return isa;
  }
  fail(ADJ_INVALID_ARGUMENT, "no instruction set is called \"%s\": use avx512, avx2 or baseline",
       printable(wanted).c_str());
}

}  // namespace adjoint

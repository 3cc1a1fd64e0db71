/* CPU detection: see isa.h. What the library was built without, no machine runs. */
#include "cpu/isa.h"

#include <cstdlib>
#include <cstring>

#if defined(ADJ_WITH_avx512)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "runtime/error.h"

namespace adjoint {
namespace {

constexpr Isa kAll[kIsas] = {Isa::kAmx, Isa::kAvx512Bf16, Isa::kAvx512, Isa::kAvx2, Isa::kBaseline};

#if defined(ADJ_WITH_avx512)
/* Tiles are 8 KiB more to save for every thread, so Linux (5.16) grants them to a process that asks, once for all. */
bool tiles_granted() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18; /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA */
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

/*
 * On Intel's Emerald Rapids vdpbf16ps does half the multiply-adds a second of plain vfmadd (87 against 181 GFLOP/s a
 * core from registers), so that widened values are faster there; Intel's processors that are meant for BF16 have AMX.
 */
bool pays(Isa isa) { return isa != Isa::kAvx512Bf16 || !__builtin_cpu_is("intel"); }
#else
bool pays(Isa) { return true; }
#endif

}  // namespace

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::kAmx:
      return "amx";
    case Isa::kAvx512Bf16:
      return "avx512bf16";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx2:
      return "avx2";
    default:
      return "baseline";
  }
}

bool runs(Isa isa) {
  switch (isa) {
#if defined(ADJ_WITH_avx512)
    case Isa::kAmx:
      return runs(Isa::kAvx512Bf16) && __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
             tiles_granted();
    case Isa::kAvx512Bf16:
      return runs(Isa::kAvx512) && __builtin_cpu_supports("avx512bf16");
    case Isa::kAvx512:
      return runs(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
#if defined(ADJ_WITH_avx2)
    case Isa::kAvx2: /* the built-in also asks the operating system whether it saves the registers */
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    default:
      return isa == Isa::kBaseline;
  }
}

Isa best_isa() {
  for (const Isa isa : kAll) {
    if (pays(isa) && runs(isa)) return isa;
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
  fail(ADJ_INVALID_ARGUMENT, "no instruction set is called \"%s\": use amx, avx512bf16, avx512, avx2 or baseline",
       printable(wanted).c_str());
}

}  // namespace adjoint

/*
 * In which ways the library's own AMX object can be run on a machine. Where LDTILECFG is illegal, every AMX instruction
 * is, and TileTrap can take them all. Where the processor executes it, nothing may be trapped: Linux fences only tile
 * data (XFD) from a process that has not asked for it, so that LDTILECFG and TILERELEASE would reach the processor and
 * the rest an emulation that was never configured.
 */
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace test {

struct TileWays {
  bool trapped; /* each AMX instruction emulated by TileTrap */
  bool real;    /* as it is */
  const char* said;
};

/* `avx512`: the rest of the object can run; `configures`: the processor executes LDTILECFG; `isas`: what the library
 * offers, for which it has asked Linux. */
inline TileWays tile_ways(bool avx512, bool configures, const std::vector<std::string>& isas) {
  const bool offered = std::find(isas.begin(), isas.end(), "amx") != isas.end();
  if (!avx512) return {false, false, "the library's own amx is not tried: this processor has no AVX-512"};
  if (!configures) return {true, false, "amx itself is not tried: this processor has no LDTILECFG"};
  if (!offered) return {false, false, "amx is not tried: the processor has it, the operating system does not grant it"};
  return {false, true, "amx is not trapped: this processor executes it"};
}

}  // namespace test

/* Which instruction sets this machine runs. Compiled without any of them, or the question could not be asked. */
#pragma once

namespace adjoint {

/* The instruction sets that the library holds kernels for, best first. */
enum class Isa { kAmx, kAvx512Bf16, kAvx512, kAvx2, kBaseline };

inline constexpr int kIsas = 5;

const char* name_of(Isa isa);

/* Whether the processor and the operating system run it. For AMX the first call asks for this process' permission. */
bool runs(Isa isa);

/* The fastest of those that run: AVX512-BF16 is not, where its instruction is slower than those it replaces. */
Isa best_isa();

/* By name, or, for null, by ADJOINT_ISA of the environment and else the best; throws Error (ADJ_UNAVAILABLE). */
Isa choose_isa(const char* name);

}  // namespace adjoint

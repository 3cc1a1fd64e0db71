/*
 * The register blocks of matmulBf16 that most machines lack, called without the registry. AMX: the same source over an
 * emulated tile layer, compiled here for the baseline, so that its loops, packing and edges are tested everywhere.
 * AVX512-BF16: the library's own object, wherever the processor runs the instruction, even if it does not say so (a
 * virtual machine may hide it). Otherwise the test says what it could not try.
 */
#include <csetjmp>
#include <csignal>

#include "bf16.h"
#include "kernels/contract/checks.h"

namespace adjoint::cpu {
namespace emulated {
extern const Family matmul_bf16;
}
#if defined(__x86_64__)
namespace avx512bf16 {
extern const Family matmul_bf16;
}
#endif
}  // namespace adjoint::cpu

using namespace test;

namespace {

adjoint::Operand operand_of(const Operand& from, int64_t binding) {
  adjoint::Operand to{binding, from.offset, static_cast<int32_t>(from.dtype), static_cast<int32_t>(from.dims.size()),
                      {},      {}};
  std::copy(from.dims.begin(), from.dims.end(), to.dims);
  std::copy(from.strides.begin(), from.strides.end(), to.strides);
  return to;
}

/* Plans and runs a call of a family's one kernel, as a program would on one thread. */
bool run_directly(const adjoint::Family& family, const Call& call) {
  std::vector<adjoint::Operand> inputs, outputs;
  std::vector<char*> at;
  for (const auto* operands : {&call.inputs, &call.outputs}) {
    for (const Operand& operand : *operands) {
      (operands == &call.inputs ? inputs : outputs).push_back(operand_of(operand, static_cast<int64_t>(at.size())));
      at.push_back(static_cast<char*>(operand.memory) + operand.offset);
    }
  }
  const adjoint::Call planned{
      call.ints.data(), static_cast<int64_t>(call.ints.size()), inputs.data(), static_cast<int64_t>(inputs.size()),
      outputs.data(),   static_cast<int64_t>(outputs.size()),   false};
  adjoint::Step step{};
  const adjoint::Kernel& kernel = family.kernels[0];
  try {
    kernel.prepare(kernel, planned, step);
  } catch (const adjoint::Error& error) {
    CHECK(false, "%s", error.text.c_str());
    return false;
  }
  /* Of exactly their size, so that AddressSanitizer sees every step outside, and full of NaN. */
  const auto scratch = [](int64_t bytes) {
    const size_t size = static_cast<size_t>((bytes + 63) / 64 * 64);
    std::unique_ptr<char, void (*)(void*)> memory(static_cast<char*>(std::aligned_alloc(64, size + 64)), std::free);
    std::memset(memory.get(), 0xFF, size + 64);
    return memory;
  };
  const auto shared = scratch(step.shared_bytes), lane = scratch(step.lane_bytes);
  adjoint::Fault* const no_fault = nullptr;
  for (int32_t s = 0; s < step.stages_count; ++s) {
    for (int64_t i = 0; i < step.stages[s].parts; ++i) {
      step.stages[s].run({step.plan, at.data(), i, shared.get(), lane.get(), no_fault});
    }
  }
  return true;
}

void test_family(const char* name, const adjoint::Family& family) {
  printf("%s\n", name);
  const Runner run = [&](const Call& call) { return run_directly(family, call); };
  test_forms(run, false);
  test_not_finite(run);
}

#if defined(__x86_64__)
sigjmp_buf before;
void refuse(int) { siglongjmp(before, 1); }

/* Asks the processor itself: vdpbf16ps on the lowest registers, which nobody looks at. */
bool multiplies_pairs() {
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return false;
  }
  struct sigaction action {
  }, old{};
  action.sa_handler = refuse;
  sigaction(SIGILL, &action, &old);
  const bool runs = sigsetjmp(before, 1) == 0;
  if (runs) __asm__ volatile(".byte 0x62, 0xf2, 0x7e, 0x48, 0x52, 0xc0" ::: "xmm0"); /* vdpbf16ps zmm0, zmm0, zmm0 */
  sigaction(SIGILL, &old, nullptr);
  return runs;
}
#endif

}  // namespace

int main() {
  test_family("amx, emulated", adjoint::cpu::emulated::matmul_bf16);
#if defined(__x86_64__)
  if (multiplies_pairs()) {
    test_family("avx512bf16", adjoint::cpu::avx512bf16::matmul_bf16);
  } else {
    printf("avx512bf16 is not tried: this processor has no vdpbf16ps\n");
  }
#endif
  return finish();
}

/*
 * Runs calls of a kernel family without the registry, so that loops can be tried which this machine's processor would
 * not be given. Stage by stage, as a program does, on as many threads as are wanted.
 */
#pragma once

#include <atomic>
#include <cstring>
#include <thread>

#include "arrays.h"
#include "emulated/tile_unit.h"
#include "kernels/plan/plan.h"

namespace test {

inline adjoint::Operand operand_of(const Operand& from, int64_t binding) {
  adjoint::Operand to{binding, from.offset, static_cast<int32_t>(from.dtype), static_cast<int32_t>(from.dims.size()),
                      {},      {}};
  std::copy(from.dims.begin(), from.dims.end(), to.dims);
  std::copy(from.strides.begin(), from.strides.end(), to.strides);
  return to;
}

/* Scratch of exactly its size, so that AddressSanitizer sees every step outside, and full of NaN. */
inline std::unique_ptr<char, void (*)(void*)> scratch(int64_t bytes) {
  const size_t size = static_cast<size_t>((bytes + 63) / 64 * 64);
  std::unique_ptr<char, void (*)(void*)> memory(static_cast<char*>(std::aligned_alloc(64, size + 64)), std::free);
  std::memset(memory.get(), 0xFF, size + 64);
  return memory;
}

/* Takes parts of a stage in turns. Each must leave the thread's AMX unit as it found it, idle. */
inline void run_stage(const adjoint::Step& step, int32_t stage, char* const* at, char* shared, int threads) {
  std::atomic<int64_t> next{0}, left_busy{0};
  const auto work = [&] {
    const auto lane = scratch(step.lane_bytes);
    adjoint::Fault* const no_fault = nullptr;
    for (int64_t i; (i = next++) < step.stages[stage].parts;) {
      step.stages[stage].run({step.plan, at, i, shared, lane.get(), no_fault});
      if (!TileUnit::own().idle()) ++left_busy;
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  CHECK(left_busy == 0, "%lld parts of stage %d left tiles configured", static_cast<long long>(left_busy), stage);
}

/* Plans and runs a call of a family's one kernel. */
inline bool run_directly(const adjoint::Family& family, const Call& call, int threads = 1) {
  std::vector<adjoint::Operand> inputs, outputs;
  std::vector<char*> at;
  for (const auto* operands : {&call.inputs, &call.outputs}) {
    for (const Operand& operand : *operands) {
      (operands == &call.inputs ? inputs : outputs).push_back(operand_of(operand, static_cast<int64_t>(at.size())));
      at.push_back(static_cast<char*>(operand.memory) + operand.offset);
    }
  }
  const adjoint::Call planned{call.ints.data(), static_cast<int64_t>(call.ints.size()),
                              inputs.data(),    static_cast<int64_t>(inputs.size()),
                              outputs.data(),   static_cast<int64_t>(outputs.size())};
  adjoint::Step step{};
  const adjoint::Kernel& kernel = family.kernels[0];
  try {
    kernel.prepare(kernel, planned, {}, step);
  } catch (const adjoint::Error& error) {
    CHECK(false, "%s", error.text.c_str());
    return false;
  }
  const auto shared = scratch(step.shared_bytes);
  for (int32_t s = 0; s < step.stages_count; ++s) run_stage(step, s, at.data(), shared.get(), threads);
  return true;
}

}  // namespace test

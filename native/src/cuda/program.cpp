/* Programs on a GPU: see program.h. */
#include "cuda/program.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "contract/checks.h"
#include "contract/sharing.h"
#include "cuda/registry.h"
#include "runtime/fault.h"
#include "runtime/stopwatch.h"

using adjoint::fail;
using adjoint::cuda::FaultRecord;
using adjoint::cuda::Kernel;
using adjoint::cuda::Lane;

namespace adjoint {
namespace cuda {
namespace {

constexpr int64_t kMostScratch = int64_t{1} << 46; /* of an instruction: more than any memory */

uint64_t address_of(const adj_buffer* buffer) {
  return buffer == nullptr ? 0 : static_cast<uint64_t>(reinterpret_cast<uintptr_t>(buffer->block.address));
}

/* Where the device finds a binding: as given, or in its copy of what the run carries. */
uint64_t address_of(const adj_binding& binding, const Given& given, uint64_t carried_on_device) {
  const uint64_t carried = reinterpret_cast<uintptr_t>(given.bindings + given.count);
  const uint64_t bytes = static_cast<uint64_t>(given.carried), offset = binding.address - carried;
  if (binding.address < carried || offset >= bytes) return binding.address;
  if (static_cast<uint64_t>(binding.bytes) > bytes - offset) {
    fail(ADJ_INVALID_ARGUMENT, "a binding of %lld bytes begins %llu bytes before the end of what is carried",
         ll(binding.bytes), static_cast<unsigned long long>(bytes - offset));
  }
  return carried_on_device + offset;
}

/* Memory of the device, given back when the object goes. */
class Held {
 public:
  Held(Memory& memory, int64_t bytes) : memory_(memory), buffer_(bytes > 0 ? memory.take_scratch(bytes) : nullptr) {}
  ~Held() {
    if (buffer_ != nullptr) memory_.give_scratch(buffer_);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  adj_buffer* get() const { return buffer_; }
  adj_buffer* keep() {
    adj_buffer* const kept = buffer_;
    buffer_ = nullptr;
    return kept;
  }

 private:
  Memory& memory_;
  adj_buffer* buffer_;
};

}  // namespace
}  // namespace cuda
}  // namespace adjoint

adj_program::adj_program(adj_context& context, const adjoint::Image& image) : context_(context) {
  context.refuse_if_broken();
  std::vector<const Kernel*> kernels;
  for (const std::string& name : image.names) {
    const int32_t index = adjoint::cuda::kernel_find(name.c_str());
    if (index < 0) {
      fail(ADJ_UNKNOWN_KERNEL, "no kernel for CUDA is called \"%s\"", adjoint::printable(name.c_str()).c_str());
    }
    kernels.push_back(&adjoint::cuda::kernel_at(index));
  }
  for (const int64_t bytes : image.binding_bytes) needs_.push_back({bytes, 1});
  for (const adjoint::Instruction& instruction : image.instructions) {
    prepare(instruction, *kernels[static_cast<size_t>(instruction.kernel)]);
  }
  keep_constants();
  context_.programs.fetch_add(1);
}

adj_program::~adj_program() {
  if (constants_ != nullptr) context_.memory.give_scratch(constants_);
  context_.programs.fetch_sub(1);
}

void adj_program::prepare(const adjoint::Instruction& instruction, const Kernel& kernel) {
  adjoint::check_sharing(kernel, instruction);
  for (const auto* operands : {&instruction.inputs, &instruction.outputs}) {
    for (const adjoint::Operand& operand : *operands) {
      int64_t& alignment = needs_[static_cast<size_t>(operand.binding)].alignment;
      alignment = std::max(alignment, adjoint::size_of(operand.dtype));
    }
  }
  const adjoint::Call call{instruction.ints.data(),    static_cast<int64_t>(instruction.ints.size()),
                           instruction.inputs.data(),  static_cast<int64_t>(instruction.inputs.size()),
                           instruction.outputs.data(), static_cast<int64_t>(instruction.outputs.size())};
  adjoint::cuda::Step step(static_cast<int64_t>(prepared_.size()), words_);
  kernel.prepare(kernel, call, step);
  if (step.scratch > adjoint::cuda::kMostScratch) {
    fail(ADJ_INVALID_IMAGE, "%s: needs more scratch than %lld bytes", kernel.name,
         adjoint::ll(adjoint::cuda::kMostScratch));
  }
  scratch_bytes_ = std::max(scratch_bytes_, step.scratch);
  prepared_.push_back({kernel.name, std::move(step)});
}

void adj_program::keep_constants() {
  if (words_.empty()) return;
  const int64_t bytes = static_cast<int64_t>(words_.size() * sizeof(int64_t));
  adjoint::cuda::Held held(context_.memory, bytes);
  context_.copy(adjoint::cuda::address_of(held.get()), reinterpret_cast<uintptr_t>(words_.data()), bytes);
  constants_ = held.keep();
  words_ = {};
}

void adj_program::run(const adjoint::Given& given, adj_timing* timings, int64_t& failed) const {
  failed = -1;
  adjoint::check_bindings(needs_, given);
  context_.refuse_if_broken();
  const adjoint::cuda::Held scratch(context_.memory, scratch_bytes_);
  adjoint::cuda::Turn turn(context_); /* gone before the scratch is */
  uint64_t* const at =
      turn.lane().prepare(needs_.size() + adjoint::cuda::kFirstBinding, given.bindings + given.count, given.carried);
  at[adjoint::cuda::kScratch] = adjoint::cuda::address_of(scratch.get());
  at[adjoint::cuda::kConstants] = adjoint::cuda::address_of(constants_);
  for (size_t i = 0; i < needs_.size(); ++i) {
    at[adjoint::cuda::kFirstBinding + i] =
        adjoint::cuda::address_of(given.bindings[i], given, turn.lane().carried_on_device());
  }
  launch(turn.lane(), timings);
  turn.finish();
  turn.lane().take_back(const_cast<adj_binding*>(given.bindings + given.count));
  const FaultRecord& found = turn.lane().fault();
  if (found.instruction < 0) return;
  failed = found.instruction;
  for (int64_t i = failed + 1; timings != nullptr && i < this->timings(); ++i) timings[i] = {0, 0, i};
  refuse(found);
}

void adj_program::launch(Lane& lane, adj_timing* timings) const {
  context_.check(lane.begin(), "beginning a run");
  for (size_t i = 0; i < prepared_.size(); ++i) {
    const Prepared& prepared = prepared_[i];
    const adjoint::Stopwatch watch(timings == nullptr ? nullptr : &timings[i].nanoseconds);
    for (const auto& launch : prepared.step.launches) {
      context_.check(launch(lane.stream(), lane.environment()), prepared.name);
    }
    if (timings != nullptr) {
      context_.check(adjoint::cuda::wait(lane.stream()), prepared.name);
      timings[i].runs = 1;
    }
  }
}

void adj_program::refuse(const FaultRecord& found) const {
  const Prepared& prepared = prepared_[static_cast<size_t>(found.instruction)];
  adjoint::Fault fault;
  if (prepared.step.divides) {
    fault.division_by_zero(found.position);
  } else if (prepared.step.noun != nullptr) {
    fault.out_of_range(prepared.step.noun, found.position, found.value, prepared.step.limit);
  } else {
    fault.not_finite(found.operand, found.position, found.number);
  }
  adjoint::refuse(prepared.name, fault);
}

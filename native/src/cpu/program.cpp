/* Programs: see program.h. */
#include "cpu/program.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "cpu/registry.h"
#include "kernels/contract/checks.h"
#include "runtime/error.h"
#include "runtime/overlap.h"

using adjoint::Error;
using adjoint::fail;
using adjoint::Instruction;
using adjoint::Kernel;
using adjoint::Operand;
using adjoint::Part;
using adjoint::Role;
using adjoint::Stage;
using adjoint::Step;

namespace adjoint {
namespace {

long long ll(int64_t x) { return x; }

constexpr int64_t kScratchStep = 4096; /* sizes of scratch are rounded, so that programs can share the blocks */
constexpr int64_t kLaneAlignment = 64;
constexpr size_t kFewOperands = 128; /* of an instruction, whose addresses a run keeps on its stack */

/* Whether the kernel lets an output be an input exactly. */
bool may_be(const Kernel& kernel, const Instruction& instruction, size_t output, size_t input) {
  if (kernel.lists == nullptr) {
    constexpr size_t kMasks = sizeof(kernel.in_place) / sizeof(kernel.in_place[0]);
    return output < kMasks && (kernel.in_place[output] >> input & 1u) != 0;
  }
  const adjoint::Lists& lists = *kernel.lists;
  const size_t single = static_cast<size_t>(lists.single_outputs);
  const size_t each = (instruction.outputs.size() - single) / static_cast<size_t>(lists.output_lists);
  if (output < single) return lists.in_place[output] == static_cast<int32_t>(input);
  if (each == 0 || output - single >= each * static_cast<size_t>(lists.output_lists)) return false;
  const int32_t list = lists.in_place[single + (output - single) / each];
  return list >= 0 && input == static_cast<size_t>(lists.single_inputs) + static_cast<size_t>(list) * each +
                                   (output - single) % each;
}

/* Two operands, of which `b` is an output. An input is numbered as it stands, an output after all inputs. */
void check_pair(const Kernel& kernel, const Instruction& instruction, size_t a, size_t b) {
  const size_t inputs = instruction.inputs.size(), o = b - inputs;
  const Operand& output = instruction.outputs[o];
  if (a >= inputs) {
    if (overlap(output, instruction.outputs[a - inputs])) {
      fail(ADJ_INVALID_IMAGE, "%s: outputs %zu and %zu share memory", kernel.name, a - inputs, o);
    }
    return;
  }
  const Operand& input = instruction.inputs[a];
  if (!overlap(output, input)) return;
  if (!same_place(output, input)) {
    fail(ADJ_INVALID_IMAGE, "%s: output %zu %s shares memory with input %zu %s without being it", kernel.name, o,
         shape_text(output).c_str(), a, shape_text(input).c_str());
  }
  if (!may_be(kernel, instruction, o, a)) {
    fail(ADJ_INVALID_IMAGE, "%s: output %zu must not be input %zu", kernel.name, o, a);
  }
}

/*
 * An output may share memory with an input only where the kernel says so, and then exactly; with an output never. In
 * the order of their places in memory, so that thousands of operands are no matter.
 */
void check_sharing(const Kernel& kernel, const Instruction& instruction) {
  struct Extent {
    int64_t binding, from, to;
    size_t operand;
  };
  const size_t inputs = instruction.inputs.size();
  std::vector<Extent> extents;
  extents.reserve(inputs + instruction.outputs.size());
  for (const auto* operands : {&instruction.inputs, &instruction.outputs}) {
    const size_t before = operands == &instruction.inputs ? 0 : inputs;
    for (size_t i = 0; i < operands->size(); ++i) {
      const Operand& operand = (*operands)[i];
      extents.push_back({operand.binding, operand.offset, end_of(operand), before + i});
    }
  }
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.binding, a.from, a.operand) < std::tie(b.binding, b.from, b.operand);
  });
  for (size_t i = 0; i < extents.size(); ++i) {
    const Extent& a = extents[i];
    for (size_t j = i + 1; j < extents.size(); ++j) {
      const Extent& b = extents[j];
      if (b.binding != a.binding || b.from >= a.to) break;
      const size_t first = std::min(a.operand, b.operand), second = std::max(a.operand, b.operand);
      if (second >= inputs) check_pair(kernel, instruction, first, second);
    }
  }
}

/* "NaN", "-inf" or the digits. */
std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return std::to_string(number);
}

[[noreturn]] void refuse(const char* name, const Fault& fault) {
  if (fault.noun == nullptr) {
    throw Error{ADJ_NOT_FINITE,
                std::string(name) + ": input " + std::to_string(fault.operand) + " is " + number_text(fault.number) +
                    " at position " + std::to_string(fault.position),
                fault.operand};
  }
  if (fault.limit == 0) {
    fail(ADJ_OUT_OF_RANGE, "%s: %s %lld at position %lld is outside an axis of length 0", name, fault.noun,
         ll(fault.value), ll(fault.position));
  }
  fail(ADJ_OUT_OF_RANGE, "%s: %s %lld at position %lld is outside 0..%lld", name, fault.noun, ll(fault.value),
       ll(fault.position), ll(fault.limit - 1));
}

/* Writes the addresses of operands on the strip of that number. As integers: it is 0 where a binding has no bytes. */
template <class Place>
void find(const Place* places, size_t count, const adj_binding* bindings, int64_t strip, char** at) {
  for (size_t j = 0; j < count; ++j) {
    const uint64_t address =
        bindings[places[j].binding].address + static_cast<uint64_t>(places[j].offset + strip * places[j].strip);
    at[j] = reinterpret_cast<char*>(static_cast<uintptr_t>(address));
  }
}

/* Scratch of a run, given back however it ends. */
class Scratch {
 public:
  Scratch(Memory& memory, int64_t bytes) : memory_(memory), bytes_(bytes) {
    address = bytes > 0 ? static_cast<char*>(memory.take_scratch(bytes)) : nullptr;
  }
  ~Scratch() {
    if (bytes_ > 0) memory_.give_scratch(address, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  char* address;

 private:
  Memory& memory_;
  int64_t bytes_;
};

}  // namespace
}  // namespace adjoint

adj_program::adj_program(adj_context& context, const adjoint::Image& image) : context_(context) {
  std::vector<const Kernel*> kernels;
  for (const std::string& name : image.names) {
    const int32_t index = adjoint::kernel_find(name.c_str());
    if (index < 0) fail(ADJ_UNKNOWN_KERNEL, "no kernel is called \"%s\"", adjoint::printable(name.c_str()).c_str());
    kernels.push_back(&adjoint::kernel_at(index, context.isa));
  }
  for (const int64_t bytes : image.binding_bytes) bindings_.push_back({bytes, 1});
  prepared_.reserve(image.instructions.size());
  for (size_t i = 0; i < image.instructions.size(); ++i) {
    const Instruction& instruction = image.instructions[i];
    prepare(instruction, *kernels[static_cast<size_t>(instruction.kernel)]);
  }
  std::vector<int64_t> fold_rows;
  for (const Prepared& prepared : prepared_) fold_rows.push_back(prepared.step.fold_rows);
  /* After all are known to be what their kernels take. */
  groups_ = adjoint::find_groups(image, kernels, fold_rows, context_.pool.threads());
  for (const adjoint::Group& group : groups_) prepare_group(group, image, kernels);
  for (const Prepared& prepared : prepared_) reserve_scratch(prepared.step);
  shared_bytes_ = adjoint::round_up(shared_bytes_, adjoint::kScratchStep);
  context_.programs.fetch_add(1);
}

adj_program::~adj_program() { context_.programs.fetch_sub(1); }

Step adj_program::prepare_step(const Instruction& instruction, const Kernel& kernel) {
  const adjoint::Call call{instruction.ints.data(),    static_cast<int64_t>(instruction.ints.size()),
                           instruction.inputs.data(),  static_cast<int64_t>(instruction.inputs.size()),
                           instruction.outputs.data(), static_cast<int64_t>(instruction.outputs.size()),
                           context_.blas.load()};
  Step step{};
  kernel.prepare(kernel, call, step);
  if (step.table != nullptr) tables_.emplace_back().reset(step.table);
  step.lane_bytes = adjoint::round_up(step.lane_bytes, adjoint::kLaneAlignment);
  return step;
}

void adj_program::prepare(const Instruction& instruction, const Kernel& kernel) {
  adjoint::check_sharing(kernel, instruction);
  Prepared& prepared = prepared_.emplace_back();
  prepared.name = kernel.name;
  prepared.places = places_.size();
  prepared.operands = instruction.inputs.size() + instruction.outputs.size();
  prepared.step = prepare_step(instruction, kernel);
  for (const auto* operands : {&instruction.inputs, &instruction.outputs}) {
    for (const Operand& operand : *operands) {
      places_.push_back({operand.binding, operand.offset, 0});
      int64_t& alignment = bindings_[static_cast<size_t>(operand.binding)].alignment;
      alignment = std::max(alignment, adjoint::size_of(operand.dtype));
    }
  }
  most_operands_ = std::max(most_operands_, prepared.operands);
}

/* Prepares what works row by row anew, for one strip of rows, and gives scratch of their own to folds, whose parts'
 * results stay there while others run. */
void adj_program::prepare_group(const adjoint::Group& group, const adjoint::Image& image,
                                const std::vector<const Kernel*>& kernels) {
  const int64_t rest = group.rows % group.strip;
  int64_t folded = 0;
  lanes_ = std::max<int64_t>(lanes_, context_.pool.threads());
  for (size_t i = group.first; i < group.first + group.roles.size(); ++i) {
    Prepared& prepared = prepared_[i];
    const Role role = group.roles[i - group.first];
    if (role == Role::kFold) {
      prepared.shared = folded;
      folded += adjoint::round_up(prepared.step.shared_bytes, adjoint::kLaneAlignment);
    }
    if (role != Role::kRows) continue;
    const Instruction& instruction = image.instructions[i];
    const Kernel& kernel = *kernels[static_cast<size_t>(instruction.kernel)];
    const std::vector<int64_t> rows = adjoint::row_bytes(instruction, kernel);
    for (size_t j = 0; j < rows.size(); ++j) places_[prepared.places + j].strip = rows[j] * group.strip;
    const auto one_lane = [&](int64_t count) {
      Step step = prepare_step(adjoint::first_rows(instruction, kernel, count), kernel);
      /* A strip is one thread's: what parts would share is its own. */
      step.lane_bytes += adjoint::round_up(step.shared_bytes, adjoint::kLaneAlignment);
      return step;
    };
    prepared.step = one_lane(group.strip);
    if (rest > 0) {
      prepared.rest = rests_.emplace_back(std::make_unique<const Step>(one_lane(rest))).get();
      reserve_scratch(*prepared.rest);
    }
  }
  for (size_t i = group.first; i < group.first + group.roles.size(); ++i) {
    Prepared& prepared = prepared_[i];
    if (group.roles[i - group.first] == Role::kAfter) prepared.shared = folded;
    shared_bytes_ = std::max(shared_bytes_, prepared.shared + prepared.step.shared_bytes);
  }
}

void adj_program::reserve_scratch(const Step& step) {
  shared_bytes_ = std::max(shared_bytes_, step.shared_bytes);
  lane_bytes_ = std::max(lane_bytes_, step.lane_bytes);
  for (int32_t s = 0; s < step.stages_count; ++s) {
    const Stage& stage = step.stages[s];
    /* Not as few as there are parts: more threads may join a stage than find one. */
    if (step.lane_bytes > 0) lanes_ = std::max<int64_t>(lanes_, stage.parts > 1 ? context_.pool.threads() : 1);
  }
}

void adj_program::check(const adj_binding* bindings, int32_t count) const {
  using adjoint::ll;
  if (count < 0 || static_cast<size_t>(count) != bindings_.size()) {
    fail(ADJ_INVALID_ARGUMENT, "%d bindings given, the program has %zu", count, bindings_.size());
  }
  if (count > 0 && bindings == nullptr) fail(ADJ_INVALID_ARGUMENT, "bindings is null");
  for (size_t i = 0; i < bindings_.size(); ++i) {
    const adj_binding& given = bindings[i];
    const Binding& needed = bindings_[i];
    if (given.bytes < needed.bytes) {
      fail(ADJ_INVALID_ARGUMENT, "binding %zu has %lld bytes, needs %lld", i, ll(given.bytes), ll(needed.bytes));
    }
    if (needed.bytes == 0) continue;
    if (given.address == 0)
      fail(ADJ_INVALID_ARGUMENT, "binding %zu has address 0, needs %lld bytes", i, ll(needed.bytes));
    if (given.address % static_cast<uint64_t>(needed.alignment) != 0 ||
        given.address > UINTPTR_MAX - static_cast<uint64_t>(needed.bytes)) {
      fail(ADJ_INVALID_ARGUMENT, "binding %zu at address 0x%llx: must be a multiple of %lld", i,
           static_cast<unsigned long long>(given.address), ll(needed.alignment));
    }
  }
}

void adj_program::run(const adj_binding* bindings, int32_t count, int64_t& failed) const {
  failed = -1;
  check(bindings, count);
  const adjoint::Pool::Permit permit(context_.pool);
  const adjoint::Scratch scratch(context_.memory,
                                 adjoint::round_up(shared_bytes_ + lanes_ * lane_bytes_, adjoint::kScratchStep));
  char* few[adjoint::kFewOperands];
  const std::unique_ptr<char*[]> many(most_operands_ > adjoint::kFewOperands ? new char*[most_operands_] : nullptr);
  char** const at = many != nullptr ? many.get() : few;
  auto group = groups_.begin();
  for (size_t i = 0; i < prepared_.size(); ++i) {
    if (group != groups_.end() && group->first == i) {
      run_group(*group, bindings, at, scratch.address, failed);
      i += group->roles.size() - 1;
      ++group;
    } else {
      run_stages(i, 0, bindings, at, scratch.address, failed);
    }
  }
  failed = -1;
}

/* The stages of an instruction from one on. */
void adj_program::run_stages(size_t index, int32_t first_stage, const adj_binding* bindings, char** at, char* scratch,
                             int64_t& failed) const {
  failed = static_cast<int64_t>(index);
  const Prepared& prepared = prepared_[index];
  const Step& step = prepared.step;
  adjoint::find(&places_[prepared.places], prepared.operands, bindings, 0, at);
  adjoint::Fault fault;
  const Part part{step.plan, at, 0, scratch + prepared.shared, scratch + shared_bytes_, &fault};
  for (int32_t s = first_stage; s < step.stages_count; ++s) {
    context_.pool.run(step.stages[s], part, step.lane_bytes);
    if (fault.any) adjoint::refuse(prepared.name, fault);
  }
}

void adj_program::run_group(const adjoint::Group& group, const adj_binding* bindings, char** at, char* scratch,
                            int64_t& failed) const {
  const size_t count = group.roles.size();
  for (size_t i = 0; i < count; ++i) {
    if (group.roles[i] == Role::kBefore) run_stages(group.first + i, 0, bindings, at, scratch, failed);
  }
  failed = static_cast<int64_t>(group.first);
  adjoint::Fault fault;
  const Running running{*this, group, bindings, scratch};
  const Part part{&running, nullptr, 0, nullptr, scratch + shared_bytes_, &fault};
  context_.pool.run({run_strip, group.strips(), 1}, part, lane_bytes_);
  for (size_t i = 0; i < count; ++i) {
    if (group.roles[i] == Role::kAfter) run_stages(group.first + i, 0, bindings, at, scratch, failed);
    if (group.roles[i] == Role::kFold) run_stages(group.first + i, 1, bindings, at, scratch, failed);
  }
}

/* What all instructions of a group do for one strip, on this thread. */
void adj_program::run_strip(const Part& part) {
  const Running& running = *static_cast<const Running*>(part.plan);
  const adjoint::Group& group = running.group;
  const bool last = part.index == group.strips() - 1;
  char* at[adjoint::kFewOperands];
  for (size_t i = 0; i < group.roles.size(); ++i) {
    const Role role = group.roles[i];
    if (role != Role::kRows && role != Role::kFold) continue;
    const Prepared& prepared = running.program.prepared_[group.first + i];
    adjoint::find(&running.program.places_[prepared.places], prepared.operands, running.bindings, part.index, at);
    const Step& step = last && prepared.rest != nullptr ? *prepared.rest : prepared.step;
    if (role == Role::kFold) {
      const Stage& stage = step.stages[0];
      Part own{step.plan, at, 0, running.shared + prepared.shared, part.lane, part.fault};
      const int64_t parts = group.strip / step.fold_rows;
      const int64_t end = std::min((part.index + 1) * parts, stage.parts);
      for (own.index = part.index * parts; own.index < end; ++own.index) stage.run(own);
      continue;
    }
    Part own{step.plan, at, 0, part.lane, part.lane + adjoint::round_up(step.shared_bytes, adjoint::kLaneAlignment),
             part.fault};
    for (int32_t s = 0; s < step.stages_count; ++s) {
      const Stage& stage = step.stages[s];
      for (own.index = 0; own.index < stage.parts; ++own.index) stage.run(own);
    }
  }
}

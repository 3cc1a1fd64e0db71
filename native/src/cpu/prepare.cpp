/*
 * Makes a program of an image: resolves kernels, checks and plans every instruction, finds groups of strips, and counts
 * the scratch of a run. What it makes is run by program.cpp.
 */
#include <algorithm>
#include <string>

#include "contract/checks.h"
#include "contract/sharing.h"
#include "cpu/program.h"
#include "cpu/registry.h"
#include "runtime/error.h"

using adjoint::fail;
using adjoint::Instruction;
using adjoint::Kernel;
using adjoint::Operand;
using adjoint::Role;
using adjoint::Rows;
using adjoint::Stage;
using adjoint::Step;

adj_program::adj_program(adj_context& context, const adjoint::Image& image)
    : context_(context), machine_{context.blas.load()} {
  std::vector<const Kernel*> kernels;
  for (const std::string& name : image.names) {
    const int32_t index = adjoint::kernel_find(name.c_str());
    if (index < 0) fail(ADJ_UNKNOWN_KERNEL, "no kernel is called \"%s\"", adjoint::printable(name.c_str()).c_str());
    kernels.push_back(&adjoint::kernel_at(index, context.isa));
  }
  for (const int64_t bytes : image.binding_bytes) needs_.push_back({bytes, 1});
  prepared_.reserve(image.instructions.size());
  for (size_t i = 0; i < image.instructions.size(); ++i) {
    const Instruction& instruction = image.instructions[i];
    prepare(instruction, *kernels[static_cast<size_t>(instruction.kernel)]);
  }
  std::vector<Rows> rows;
  for (const Prepared& prepared : prepared_) rows.push_back(prepared.step.rows);
  /* After all are known to be what their kernels take. */
  groups_ = adjoint::find_groups(image, kernels, rows, context_.pool.threads());
  for (const adjoint::Group& group : groups_) prepare_group(group, image, kernels);
  for (const Prepared& prepared : prepared_) reserve_scratch(prepared.step);
  shared_bytes_ = adjoint::round_up(shared_bytes_, kScratchStep);
  context_.programs.fetch_add(1);
}

adj_program::~adj_program() { context_.programs.fetch_sub(1); }

Step adj_program::prepare_step(const Instruction& instruction, const Kernel& kernel) {
  const adjoint::Call call{instruction.ints.data(),    static_cast<int64_t>(instruction.ints.size()),
                           instruction.inputs.data(),  static_cast<int64_t>(instruction.inputs.size()),
                           instruction.outputs.data(), static_cast<int64_t>(instruction.outputs.size())};
  Step step{};
  kernel.prepare(kernel, call, machine_, step);
  if (step.table != nullptr) {
    std::unique_ptr<const int64_t[]> own(step.table);
    tables_.push_back(std::move(own));
  }
  if (std::max(step.shared_bytes, step.lane_bytes) > kMostScratch) {
    fail(ADJ_INVALID_IMAGE, "%s: needs more scratch than %lld bytes", kernel.name, adjoint::ll(kMostScratch));
  }
  step.lane_bytes = adjoint::round_up(step.lane_bytes, kLaneAlignment);
  return step;
}

void adj_program::prepare(const Instruction& instruction, const Kernel& kernel) {
  adjoint::check_sharing(kernel, instruction);
  Prepared& prepared = prepared_.emplace_back();
  prepared.name = kernel.name;
  prepared.places = places_.size();
  prepared.operands = instruction.inputs.size() + instruction.outputs.size();
  if (&kernel == &adjoint::loop_kernel) {
    prepared.loop = loops_.emplace_back(std::make_unique<const adjoint::Loop>(context_, instruction)).get();
    prepared.step.shared_bytes = prepared.loop->scratch_bytes();
    int64_t& alignment = needs_[static_cast<size_t>(instruction.outputs.back().binding)].alignment;
    alignment = std::max(alignment, prepared.loop->room_alignment());
  } else {
    prepared.step = prepare_step(instruction, kernel);
  }
  for (const auto* operands : {&instruction.inputs, &instruction.outputs}) {
    for (const Operand& operand : *operands) {
      places_.push_back({operand.binding, operand.offset, 0});
      int64_t& alignment = needs_[static_cast<size_t>(operand.binding)].alignment;
      alignment = std::max(alignment, adjoint::size_of(operand.dtype));
    }
  }
  most_operands_ = std::max(most_operands_, prepared.operands);
  prepared.timing = timings_;
  timings_ += 1 + (prepared.loop != nullptr ? prepared.loop->timings() : 0);
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
      folded += adjoint::round_up(prepared.step.shared_bytes, kLaneAlignment);
    }
    if (role != Role::kRows) continue;
    const Instruction& instruction = image.instructions[i];
    const Kernel& kernel = *kernels[static_cast<size_t>(instruction.kernel)];
    const Rows rows = prepared.step.rows;
    const std::vector<int64_t> bytes = adjoint::row_bytes(instruction, rows);
    for (size_t j = 0; j < bytes.size(); ++j) places_[prepared.places + j].strip = bytes[j] * group.strip;
    const auto one_lane = [&](int64_t count) {
      Step step = prepare_step(adjoint::first_rows(instruction, rows, count), kernel);
      /* A strip is one thread's: what parts would share is its own. */
      step.lane_bytes += adjoint::round_up(step.shared_bytes, kLaneAlignment);
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

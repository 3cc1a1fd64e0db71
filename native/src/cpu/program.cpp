/* Runs programs: see program.h. */
#include "cpu/program.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "contract/checks.h"
#include "runtime/refusal.h"
#include "runtime/stopwatch.h"

using adjoint::Part;
using adjoint::Role;
using adjoint::Stage;
using adjoint::Step;
using adjoint::Stopwatch;

namespace adjoint {
namespace {

constexpr size_t kFewOperands = 128; /* of an instruction, whose addresses a run keeps on its stack */

/* Writes the addresses of operands on the strip of that number. As integers: it is 0 where a binding has no bytes. */
template <class Place>
void find_addresses(const Place* places, size_t count, const adj_binding* bindings, int64_t strip, char** at) {
  for (size_t j = 0; j < count; ++j) {
    const uint64_t address =
        bindings[places[j].binding].address + static_cast<uint64_t>(places[j].offset + strip * places[j].strip);
    at[j] = reinterpret_cast<char*>(static_cast<uintptr_t>(address));
  }
}

/* Says in which turns of loops a run is, from the innermost out; "" outside of all. */
std::string turns_text(const Turn* turn) {
  std::string text;
  for (; turn != nullptr; turn = turn->outer) {
    text += ", in turn " + std::to_string(turn->turn) + " of " + std::to_string(turn->turns) + " of a loop";
  }
  return text;
}

/* Scratch of a run, given back however it ends. */
class Scratch {
 public:
  Scratch(Memory& memory, int64_t bytes) : memory_(memory), buffer_(bytes > 0 ? memory.take_scratch(bytes) : nullptr) {}
  ~Scratch() {
    if (buffer_ != nullptr) memory_.give_scratch(buffer_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  char* address() const { return buffer_ != nullptr ? static_cast<char*>(buffer_->block.address) : nullptr; }

 private:
  Memory& memory_;
  adj_buffer* const buffer_;
};

}  // namespace
}  // namespace adjoint

int64_t adj_program::scratch_bytes() const {
  return adjoint::round_up(shared_bytes_ + lanes_ * lane_bytes_, kScratchStep);
}

void adj_program::begin_timings(adj_timing* all, int64_t first) const {
  for (const Prepared& prepared : prepared_) {
    const int64_t at = first + prepared.timing;
    all[at] = {0, 0, at};
    if (prepared.loop != nullptr) prepared.loop->begin_timings(all, at + 1);
  }
  for (const adjoint::Group& group : groups_) {
    for (size_t i = 0; i < group.roles.size(); ++i) {
      const bool in_strips = group.roles[i] == Role::kRows || group.roles[i] == Role::kFold;
      if (in_strips) all[first + prepared_[group.first + i].timing].group = first + prepared_[group.first].timing;
    }
  }
}

void adj_program::run(const adjoint::Given& given, adj_timing* timings, int64_t& failed) const {
  failed = -1;
  adjoint::check_bindings(needs_, given);
  const adjoint::Pool::Permit permit(context_.pool);
  const adjoint::Scratch scratch(context_.memory, scratch_bytes());
  execute(given.bindings, scratch.address(), nullptr, timings, failed);
}

void adj_program::execute(const adj_binding* bindings, char* scratch, const adjoint::Turn* turn, adj_timing* timings,
                          int64_t& failed) const {
  char* few[adjoint::kFewOperands];
  const std::unique_ptr<char*[]> many(most_operands_ > adjoint::kFewOperands ? new char*[most_operands_] : nullptr);
  const Around around{bindings, many != nullptr ? many.get() : few, scratch, turn, timings};
  auto group = groups_.begin();
  for (size_t i = 0; i < prepared_.size(); ++i) {
    if (group != groups_.end() && group->first == i) {
      run_group(*group, around, failed);
      i += group->roles.size() - 1;
      ++group;
    } else {
      run_stages(i, 0, around, failed);
    }
  }
  for (size_t i = 0; timings != nullptr && i < prepared_.size(); ++i) ++timings[prepared_[i].timing].runs;
  failed = -1;
}

/* The stages of an instruction from one on. */
void adj_program::run_stages(size_t index, int32_t first_stage, const Around& around, int64_t& failed) const {
  failed = static_cast<int64_t>(index);
  const Prepared& prepared = prepared_[index];
  const Step& step = prepared.step;
  adj_timing* const timing = around.timings != nullptr ? around.timings + prepared.timing : nullptr;
  const Stopwatch watch(timing != nullptr ? &timing->nanoseconds : nullptr);
  adjoint::find_addresses(&places_[prepared.places], prepared.operands, around.bindings, 0, around.at);
  if (prepared.loop != nullptr) {
    prepared.loop->run(around.at, around.scratch + prepared.shared, around.turn,
                       timing != nullptr ? timing + 1 : nullptr);
    return;
  }
  adjoint::Fault fault;
  const Part part{step.plan, around.at, 0, around.scratch + prepared.shared, around.scratch + shared_bytes_, &fault};
  for (int32_t s = first_stage; s < step.stages_count; ++s) {
    context_.pool.run(step.stages[s], part, step.lane_bytes);
    if (!fault.any) continue;
    if (around.turn == nullptr) adjoint::refuse(prepared.name, fault);
    adjoint::refuse(prepared.name, fault, adjoint::turns_text(around.turn).c_str());
  }
}

void adj_program::run_group(const adjoint::Group& group, const Around& around, int64_t& failed) const {
  const size_t count = group.roles.size();
  for (size_t i = 0; i < count; ++i) {
    if (group.roles[i] == Role::kBefore) run_stages(group.first + i, 0, around, failed);
  }
  failed = static_cast<int64_t>(group.first);
  adjoint::Fault fault;
  const Running running{*this, group, around.bindings, around.scratch, nullptr};
  const Part part{&running, nullptr, 0, nullptr, around.scratch + shared_bytes_, &fault};
  if (around.timings == nullptr) {
    context_.pool.run({run_strip, group.strips(), 1}, part, lane_bytes_);
  } else {
    time_strips(running, part, around.timings);
  }
  for (size_t i = 0; i < count; ++i) {
    if (group.roles[i] == Role::kAfter) run_stages(group.first + i, 0, around, failed);
    if (group.roles[i] == Role::kFold) run_stages(group.first + i, 1, around, failed);
  }
}

/* Strips run on several threads at once: the time they take by the clock is shared out as their threads spent it. */
void adj_program::time_strips(Running running, const Part& part, adj_timing* timings) const {
  const adjoint::Group& group = running.group;
  std::vector<std::atomic<int64_t>> spent(group.roles.size());
  running.spent = spent.data();
  Part timed = part;
  timed.plan = &running;
  int64_t passed = 0;
  {
    const Stopwatch watch(&passed);
    context_.pool.run({run_strip, group.strips(), 1}, timed, lane_bytes_);
  }
  const int64_t all = std::accumulate(spent.begin(), spent.end(), int64_t{0});
  for (size_t i = 0; i < spent.size(); ++i) {
    adj_timing& timing = timings[prepared_[group.first + i].timing];
    const double share = static_cast<double>(spent[i]) / static_cast<double>(std::max<int64_t>(all, 1));
    timing.nanoseconds += static_cast<int64_t>(static_cast<double>(passed) * share);
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
    const Stopwatch watch(running.spent != nullptr ? running.spent + i : nullptr);
    const Prepared& prepared = running.program.prepared_[group.first + i];
    adjoint::find_addresses(&running.program.places_[prepared.places], prepared.operands, running.bindings, part.index,
                            at);
    const Step& step = last && prepared.rest != nullptr ? *prepared.rest : prepared.step;
    if (role == Role::kFold) {
      const Stage& stage = step.stages[0];
      Part own{step.plan, at, 0, running.shared + prepared.shared, part.lane, part.fault};
      const int64_t parts = group.strip / step.rows.fold;
      const int64_t end = std::min((part.index + 1) * parts, stage.parts);
      for (own.index = part.index * parts; own.index < end; ++own.index) stage.run(own);
      continue;
    }
    Part own{step.plan, at, 0, part.lane, part.lane + adjoint::round_up(step.shared_bytes, kLaneAlignment), part.fault};
    for (int32_t s = 0; s < step.stages_count; ++s) {
      const Stage& stage = step.stages[s];
      for (own.index = 0; own.index < stage.parts; ++own.index) stage.run(own);
    }
  }
}

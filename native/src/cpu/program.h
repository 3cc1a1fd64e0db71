/*
 * A program: the instructions of an image, each prepared once (prepare.cpp), so that a run (program.cpp) is only calls.
 * Immutable, and run by any number of threads at once. It refuses to plan memory: bindings and offsets come with the
 * image.
 */
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "cpu/context.h"
#include "cpu/loop.h"
#include "cpu/strips.h"
#include "kernels/kernel.h"
#include "runtime/bindings.h"
#include "runtime/image.h"

struct adj_program {
 public:
  /* Throws Error. The context must outlive the program. */
  adj_program(adj_context& context, const adjoint::Image& image);
  ~adj_program();
  adj_program(const adj_program&) = delete;
  adj_program& operator=(const adj_program&) = delete;

  const adj_context& context() const { return context_; }

  /* What a run takes from the context's memory besides its bindings. */
  int64_t scratch_bytes() const;

  /* What it needs of each binding. */
  const std::vector<adjoint::BindingNeeds>& needs() const { return needs_; }

  /* How many timings a timed run writes: one for each instruction, and behind a loop's those of its body. */
  int64_t timings() const { return timings_; }

  /* Makes its timings, which begin at that place among all, those of no run yet. */
  void begin_timings(adj_timing* all, int64_t first) const;

  /* Runs it as the body of a loop, on the permit, the bindings and the scratch of the program around it. */
  void execute(const adj_binding* bindings, char* scratch, const adjoint::Turn* turn, adj_timing* timings,
               int64_t& failed) const;

  /* Runs it; throws Error. `failed` is the instruction that was running, -1 before the first. Timings, unless they are
   * null, are added to. */
  void run(const adjoint::Given& given, adj_timing* timings, int64_t& failed) const;

 private:
  /* Where an operand is. */
  struct Place {
    int64_t binding, offset;
    int64_t strip = 0; /* bytes from one strip of rows to the next */
  };
  struct Prepared {
    const char* name;
    size_t places; /* the first of its operands' */
    size_t operands;
    adjoint::Step step;                  /* in a group on one strip of rows */
    const adjoint::Step* rest = nullptr; /* in a group on the last strip, if that is shorter */
    int64_t shared = 0;                  /* in a group: where its part of the scratch that parts share begins */
    const adjoint::Loop* loop = nullptr; /* instead of stages */
    int64_t timing = 0;                  /* its place among the timings */
  };
  /* A group while it runs: what its strips share. */
  struct Running {
    const adj_program& program;
    const adjoint::Group& group;
    const adj_binding* bindings;
    char* shared;
    std::atomic<int64_t>* spent; /* by instruction what threads took for it, null where nobody asks */
  };
  /* What a run hands on to all that it runs. */
  struct Around {
    const adj_binding* bindings;
    char** at; /* for the addresses of an instruction's operands */
    char* scratch;
    const adjoint::Turn* turn; /* null outside of all loops */
    adj_timing* timings;       /* null unless the run is timed */
  };

  static constexpr int64_t kScratchStep =
      4096; /* sizes of scratch are rounded, so that programs can share the blocks */
  static constexpr int64_t kLaneAlignment = 64;
  /* Of an instruction, for all of its parts and for each thread: more than any memory, and little enough to be added up
   * for all threads and groups. */
  static constexpr int64_t kMostScratch = int64_t{1} << 46;

  void prepare(const adjoint::Instruction& instruction, const adjoint::Kernel& kernel);
  adjoint::Step prepare_step(const adjoint::Instruction& instruction, const adjoint::Kernel& kernel);
  void prepare_group(const adjoint::Group& group, const adjoint::Image& image,
                     const std::vector<const adjoint::Kernel*>& kernels);
  void reserve_scratch(const adjoint::Step& step);
  void run_group(const adjoint::Group& group, const Around& around, int64_t& failed) const;
  void run_stages(size_t index, int32_t first_stage, const Around& around, int64_t& failed) const;
  void time_strips(Running running, const adjoint::Part& part, adj_timing* timings) const;
  static void run_strip(const adjoint::Part& part);

  adj_context& context_;
  const adjoint::Machine machine_;
  std::vector<adjoint::BindingNeeds> needs_;
  std::vector<Place> places_;
  std::vector<Prepared> prepared_;
  std::vector<adjoint::Group> groups_;
  std::vector<std::unique_ptr<const adjoint::Step>> rests_;
  std::vector<std::unique_ptr<const adjoint::Loop>> loops_;
  std::vector<std::unique_ptr<const int64_t[]>> tables_; /* that steps point to */
  size_t most_operands_ = 0;
  int64_t timings_ = 0;
  int64_t shared_bytes_ = 0; /* the most scratch that any instruction shares among its parts ... */
  int64_t lane_bytes_ = 0;   /* ... and that any needs for each thread */
  int64_t lanes_ = 1;
};

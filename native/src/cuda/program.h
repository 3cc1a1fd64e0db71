/*
 * A program on a GPU: the instructions of an image, each prepared once as launches, so that a run only queues them on a
 * stream and waits. Immutable, and run by any number of threads at once. It refuses to plan memory, as the CPU's does.
 */
#pragma once

#include <vector>

#include "cuda/context.h"
#include "cuda/kernel.h"
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
  int64_t scratch_bytes() const { return scratch_bytes_; }

  /* How many timings a timed run writes: one for each instruction. */
  int64_t timings() const { return static_cast<int64_t>(prepared_.size()); }

  /* Clears them; the program's are those from `first` on. */
  void begin_timings(adj_timing* all, int64_t first) const {
    for (int64_t i = first; i < first + timings(); ++i) all[i] = {0, 0, i};
  }

  /*
   * Runs it; throws Error. `failed` is the instruction that is at fault, -1 for none of them. A run with timings, which
   * may be null, waits behind each instruction for the device.
   */
  void run(const adjoint::Given& given, adj_timing* timings, int64_t& failed) const;

 private:
  struct Prepared {
    const char* name;
    adjoint::cuda::Step step;
  };

  void prepare(const adjoint::Instruction& instruction, const adjoint::cuda::Kernel& kernel);
  void keep_constants();
  void launch(adjoint::cuda::Lane& lane, adj_timing* timings) const;
  [[noreturn]] void refuse(const adjoint::cuda::FaultRecord& found) const;

  adj_context& context_;
  std::vector<adjoint::BindingNeeds> needs_;
  std::vector<Prepared> prepared_;
  int64_t scratch_bytes_ = 0;
  std::vector<int64_t> words_; /* of all steps, until they are on the device */
  adj_buffer* constants_ = nullptr;
};

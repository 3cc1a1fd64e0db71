/*
 * What a kernel is to the runtime: a row with a name, a contract that plans a call, and loops that run it. Plain
 * structs only, and no inline function that could be emitted: this header is compiled for every instruction set, and a
 * weak symbol from an AVX-512 object must never end up in baseline code.
 */
#pragma once

#include <cstdint>

#include "adjoint.h"

namespace adjoint {

inline constexpr int kMaxRank = ADJ_MAX_RANK;

/* An operand as it stands in the image, after validation. Strides count elements. */
struct Operand {
  int64_t binding;
  int64_t offset;
  int32_t dtype;
  int32_t rank;
  int64_t dims[kMaxRank];
  int64_t strides[kMaxRank];
};

/* One instruction as its contract sees it. `blas` says whether the context has OpenBLAS open. */
struct Call {
  const int64_t* ints;
  int64_t ints_count;
  const Operand* inputs;
  int64_t inputs_count;
  const Operand* outputs;
  int64_t outputs_count;
  bool blas;
};

/*
 * Receives what a kernel finds wrong with data. Any thread may report; the lowest position of the lowest operand wins,
 * so errors repeat.
 */
struct Fault {
  void out_of_range(const char* noun, int64_t position, int64_t value, int64_t limit) noexcept;
  void not_finite(int64_t operand, int64_t position, double number) noexcept;

  bool any = false;
  const char* noun = nullptr; /* of what is out of range; null for a number that is not finite */
  int64_t operand = -1;       /* the input that has it, where that is said */
  int64_t position = 0;
  int64_t value = 0;
  int64_t limit = 0;
  double number = 0;
};

/* One part of one stage of a running instruction. Operands come inputs first; `lane` belongs to the thread alone. */
struct Part {
  const void* plan;
  char* const* at;
  int64_t index;
  char* shared;
  char* lane;
  Fault* fault;
};

using Run = void (*)(const Part&);

/* A stage's parts may run at once and in any order, `grain` of them a turn; a stage starts when the one before has
 * ended. */
struct Stage {
  Run run;
  int64_t parts;
  int64_t grain;
};

inline constexpr int kPlanBytes = 2048;
inline constexpr int kMaxStages = 3;

/* A prepared instruction. The numbers of parts depend on shapes and instruction set alone, never on threads. */
struct Step {
  Stage stages[kMaxStages];
  int32_t stages_count;
  int64_t shared_bytes; /* scratch that all parts see */
  int64_t lane_bytes;   /* scratch of each thread */
  alignas(16) unsigned char plan[kPlanBytes];
  const int64_t* table; /* what grows with the operands and does not fit the plan, from new[]; the program frees it */
  /* Where the first stage folds rows: part p those from p * fold_rows on, so many, to scratch that all parts see, which
   * the other stages join; 0 elsewhere. */
  int64_t fold_rows;
};

struct Kernel;

/* Checks a call against a kernel's contract and plans it; throws adjoint::Error. Compiled once, not per ISA. */
using Prepare = void (*)(const Kernel& kernel, const Call& call, Step& step);

/*
 * Operands that come in lists, all equally long: `single_inputs` inputs, then `input_lists` lists of inputs; the
 * outputs likewise. Single output o may be single input in_place[o], and then each member of output list l may be the
 * same member of input list in_place[single_outputs + l]; -1 for none.
 */
struct Lists {
  int32_t single_inputs, input_lists;
  int32_t single_outputs, output_lists;
  int32_t in_place[6];
};

/* A row of a family's table. `loops` is an array whose type the contract knows. */
struct Kernel {
  const char* name;
  Prepare prepare;
  const void* loops;
  int32_t loops_count;
  int32_t inputs;               /* how many inputs the contract expects, where that varies within a family */
  int32_t cost;                 /* of an element, in units of a plain addition: how finely to split */
  uint32_t in_place[3];         /* bit i of entry o: output o may be exactly input i */
  const Lists* lists = nullptr; /* instead of in_place, where there are as many operands as a caller likes */
};

inline constexpr uint32_t kAnyInput = ~uint32_t{0};

struct Family {
  const Kernel* kernels;
  int32_t count;
};

}  // namespace adjoint

/* Opens the namespace of the instruction set that the file is being compiled for. */
#define ADJ_ISA_BEGIN \
  namespace adjoint { \
  namespace cpu {     \
  namespace ADJ_ISA_NAMESPACE {
#define ADJ_ISA_END \
  }                 \
  }                 \
  }

#define ADJ_ALWAYS inline __attribute__((always_inline))

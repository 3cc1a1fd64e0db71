/*
 * What a kernel is to the CPU's programs: a row with its signature, a contract that plans a call, and loops that run
 * it. Plain structs only, and no inline function that could be emitted: this header is compiled for every instruction
 * set, and a weak symbol from an AVX-512 object must never end up in baseline code.
 */
#pragma once

#include <cstdint>

#include "contract/call.h"
#include "kernels/target.h"
#include "runtime/fault.h"

namespace adjoint {

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

/*
 * How an instruction can be run on a strip of rows at a time. Either no row meets another, and the instruction may be
 * prepared for some of them; or its first stage folds rows.
 */
struct Rows {
  static constexpr int32_t kMostOperands = 16;
  static constexpr int8_t kWhole = -1;  /* read as a whole by every strip */
  static constexpr int8_t kBehind = -2; /* touched by no stage but those behind the first */

  int64_t count; /* 0: the instruction runs as a whole only */
  /* Part p of the first stage folds so many rows, from p * fold on, to scratch that all parts see, which the other
   * stages join; 0 where rows do not meet. */
  int64_t fold;
  int8_t axis[kMostOperands]; /* of each operand, inputs first: the axis that is the rows, or one of the two above */
};

/* A prepared instruction. The numbers of parts depend on shapes and instruction set alone, never on threads. */
struct Step {
  Stage stages[kMaxStages];
  int32_t stages_count;
  int64_t shared_bytes; /* scratch that all parts see */
  int64_t lane_bytes;   /* scratch of each thread */
  alignas(16) unsigned char plan[kPlanBytes];
  const int64_t* table; /* what grows with the operands and does not fit the plan, from new[]; the program frees it */
  Rows rows;
};

struct Kernel;

/* What a plan may use beside the kernel's own loops. */
struct Machine {
  bool blas; /* OpenBLAS is open */
};

/* Checks a call against a kernel's contract and plans it; throws adjoint::Error. Compiled once, not per ISA. */
using Prepare = void (*)(const Kernel& kernel, const Call& call, const Machine& machine, Step& step);

/* A row of a family's table. `loops` is an array whose type the kernel's plan knows. */
struct Kernel : Signature {
  Prepare prepare;
  const void* loops;
  int32_t loops_count;
  int32_t cost; /* of an element, in units of a plain addition: how finely to split */
};

struct Family {
  const Kernel* kernels;
  int32_t count;
};

}  // namespace adjoint

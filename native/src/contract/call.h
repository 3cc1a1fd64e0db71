/*
 * A call as contracts see it: attributes, operands, and what a kernel says of them. No word of any backend. Plain
 * structs only, and no inline function that could be emitted: kernel.h brings this header to every instruction
 * set.
 */
#pragma once

#include <cstdint>

#include "runtime/operand.h"

namespace adjoint {

/* The attributes and operands of one instruction. */
struct Call {
  const int64_t* ints;
  int64_t ints_count;
  const Operand* inputs;
  int64_t inputs_count;
  const Operand* outputs;
  int64_t outputs_count;
};

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

inline constexpr uint32_t kAnyInput = ~uint32_t{0};
inline constexpr bool kCanFault = true;

/* What any backend's kernel says of its calls. */
struct Signature {
  const char* name;
  int32_t inputs;               /* how many inputs the contract expects, where that varies within a family */
  uint32_t in_place[3];         /* bit i of entry o: output o may be exactly input i */
  bool can_fault = false;       /* whether data can make a run fail */
  const Lists* lists = nullptr; /* instead of in_place, where there are as many operands as a caller likes */
};

}  // namespace adjoint

/*
 * A loop: a body, which is a program of its own, run turn by turn without leaving the library. The loop's operands are
 * the body's bindings, moved on by a turn's bytes; a turn costs as many additions as there are carries, sequences and
 * stacks. The contract stands in kernels/README.md. It refuses to plan memory: what the body works in is an operand
 * too.
 */
#pragma once

#include <memory>
#include <vector>

#include "adjoint.h"
#include "kernels/kernel.h"
#include "runtime/image.h"

struct adj_program;
struct adj_context;

namespace adjoint {

/* The row of the registry by which loops are found; programs know it, and run its calls themselves. */
extern const Kernel loop_kernel;

/* A turn that is running, and the turn around it, for texts of errors. */
struct Turn {
  int64_t turn, turns;
  const Turn* outer;
};

class Loop {
 public:
  /* Throws Error where the operands do not fit the body. */
  Loop(adj_context& context, const Instruction& instruction);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /* The scratch of a run: bindings of the body, and what the body's own kernels take. */
  int64_t scratch_bytes() const;

  /* The alignment that the body needs of the memory it works in, which is the last operand. */
  int64_t room_alignment() const { return room_alignment_; }

  /* How many timings a timed run of the body writes. */
  int64_t timings() const;

  /* As adj_program does for all of its instructions. */
  void begin_timings(adj_timing* all, int64_t first) const;

  /* Runs all turns; `at` has the addresses of the operands, inputs first. `timings`, which may be null, are the body's.
   */
  void run(char* const* at, char* scratch, const Turn* outer, adj_timing* timings) const;

 private:
  static constexpr int64_t kInPlace = -1, kBuffered = -2;

  /* What the body's binding is in a turn: an operand's address, and for elements how far to move on. */
  struct Fixed {
    size_t binding, operand;
  };
  struct Moving {
    size_t binding, operand;
    int64_t first, step; /* bytes from the operand to its element of the first turn, and from turn to turn */
  };
  struct Carry {
    int64_t mode; /* kInPlace, kBuffered, or the stack that it is read from */
    int64_t bytes;
    size_t result; /* the binding that the body writes, which for a stacked carry is the stack's */
    int64_t spare; /* where in the room its second place is */
  };

  void check_element(const Operand& operand, size_t binding, int64_t bytes, const char* what, size_t which) const;
  void add_moving(const Operand& operand, size_t index, size_t binding, const char* what, size_t which);

  int64_t turns_;
  bool reverse_, ends_; /* whether it ends once carry 0 is false */
  std::unique_ptr<const adj_program> body_;
  size_t bindings_ = 0, inputs_ = 0, room_ = 0;
  int64_t room_alignment_ = 1;
  std::vector<Carry> carries_;
  std::vector<Fixed> fixed_;
  std::vector<Moving> moving_;
};

}  // namespace adjoint

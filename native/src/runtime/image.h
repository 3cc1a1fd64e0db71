/*
 * Reads program images. Nothing in an image is trusted: every count, dim, stride and offset is checked with arithmetic
 * that cannot overflow, before anything is derived from it. It knows the format of adjoint.h and no kernel.
 */
#pragma once

#include <string>
#include <vector>

#include "runtime/operand.h"

namespace adjoint {

struct Instruction {
  int64_t kernel; /* index into the image's names */
  std::vector<int64_t> ints;
  std::vector<Operand> inputs, outputs;
};

struct Image {
  std::vector<int64_t> binding_bytes;
  std::vector<std::string> names;
  std::vector<Instruction> instructions;
};

/* Throws Error (ADJ_INVALID_IMAGE) saying where in the image what is wrong. */
Image read_image(const void* image, int64_t bytes);

}  // namespace adjoint

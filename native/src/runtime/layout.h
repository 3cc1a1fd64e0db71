/* What follows from an operand's dtype, dims and strides. */
#pragma once

#include <string>

#include "runtime/operand.h"

namespace adjoint {

/* Bytes of an element, 0 if there is no such dtype. */
int64_t size_of(int64_t dtype);

/* "F32" and so on, "dtype 17" if there is no such dtype. */
std::string dtype_text(int64_t dtype);

/* "[64, 784]". */
std::string shape_text(const Operand& operand);

/* The number of elements. Image validation has seen to it that no product of non-zero dims overflows. */
int64_t count_of(const Operand& operand);

/* The product of dims[from, to). */
int64_t product(const Operand& operand, int from, int to);

bool is_contiguous(const Operand& operand);

}  // namespace adjoint

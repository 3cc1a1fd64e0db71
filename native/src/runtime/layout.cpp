/* What follows from an operand's dtype, dims and strides: see layout.h. */
#include "runtime/layout.h"

namespace adjoint {

int64_t size_of(int64_t dtype) {
  switch (dtype) {
    case ADJ_F32:
    case ADJ_I32:
      return 4;
    case ADJ_F64:
    case ADJ_I64:
      return 8;
    case ADJ_BF16:
      return 2;
    case ADJ_BOOL:
      return 1;
    default:
      return 0;
  }
}

std::string dtype_text(int64_t dtype) {
  switch (dtype) {
    case ADJ_F32:
      return "F32";
    case ADJ_F64:
      return "F64";
    case ADJ_BF16:
      return "BF16";
    case ADJ_I32:
      return "I32";
    case ADJ_I64:
      return "I64";
    case ADJ_BOOL:
      return "BOOL";
    default:
      return "dtype " + std::to_string(dtype);
  }
}

std::string shape_text(const Operand& operand) {
  std::string text = "[";
  for (int d = 0; d < operand.rank; ++d) text += (d > 0 ? ", " : "") + std::to_string(operand.dims[d]);
  return text + "]";
}

int64_t product(const Operand& operand, int from, int to) {
  int64_t count = 1;
  for (int d = from; d < to; ++d) {
    if (operand.dims[d] == 0) return 0;
  }
  for (int d = from; d < to; ++d) count *= operand.dims[d];
  return count;
}

int64_t count_of(const Operand& operand) { return product(operand, 0, operand.rank); }

bool is_contiguous(const Operand& operand) {
  if (count_of(operand) == 0) return true;
  int64_t expected = 1;
  for (int d = operand.rank - 1; d >= 0; --d) {
    if (operand.dims[d] != 1 && operand.strides[d] != expected) return false;
    expected *= operand.dims[d];
  }
  return true;
}

}  // namespace adjoint

/* Which operands may share memory: see sharing.h. */
#include "contract/sharing.h"

#include <algorithm>
#include <tuple>

#include "runtime/error.h"
#include "runtime/layout.h"
#include "runtime/overlap.h"

namespace adjoint {
namespace {

/* Whether the kernel lets an output be an input exactly. */
bool may_be(const Signature& kernel, const Instruction& instruction, size_t output, size_t input) {
  if (kernel.lists == nullptr) {
    constexpr size_t kMasks = sizeof(kernel.in_place) / sizeof(kernel.in_place[0]);
    constexpr size_t kMaskBits = 8 * sizeof(kernel.in_place[0]);
    return output < kMasks && input < kMaskBits && (kernel.in_place[output] >> input & 1u) != 0;
  }
  const Lists& lists = *kernel.lists;
  const size_t single = static_cast<size_t>(lists.single_outputs);
  const size_t each = (instruction.outputs.size() - single) / static_cast<size_t>(lists.output_lists);
  if (output < single) return lists.in_place[output] == static_cast<int32_t>(input);
  if (each == 0 || output - single >= each * static_cast<size_t>(lists.output_lists)) return false;
  const int32_t list = lists.in_place[single + (output - single) / each];
  return list >= 0 && input == static_cast<size_t>(lists.single_inputs) + static_cast<size_t>(list) * each +
                                   (output - single) % each;
}

/* Two operands, of which `b` is an output. An input is numbered as it stands, an output after all inputs. */
void check_pair(const Signature& kernel, const Instruction& instruction, size_t a, size_t b) {
  const size_t inputs = instruction.inputs.size(), o = b - inputs;
  const Operand& output = instruction.outputs[o];
  if (a >= inputs) {
    if (overlap(output, instruction.outputs[a - inputs])) {
      fail(ADJ_INVALID_IMAGE, "%s: outputs %zu and %zu share memory", kernel.name, a - inputs, o);
    }
    return;
  }
  const Operand& input = instruction.inputs[a];
  if (!overlap(output, input)) return;
  if (!same_place(output, input)) {
    fail(ADJ_INVALID_IMAGE, "%s: output %zu %s shares memory with input %zu %s without being it", kernel.name, o,
         shape_text(output).c_str(), a, shape_text(input).c_str());
  }
  if (!may_be(kernel, instruction, o, a)) {
    fail(ADJ_INVALID_IMAGE, "%s: output %zu must not be input %zu", kernel.name, o, a);
  }
}

}  // namespace

/* In the order of their places in memory, so that thousands of operands are no matter. */
void check_sharing(const Signature& kernel, const Instruction& instruction) {
  struct Extent {
    int64_t binding, from, to;
    size_t operand;
  };
  const size_t inputs = instruction.inputs.size();
  std::vector<Extent> extents;
  extents.reserve(inputs + instruction.outputs.size());
  for (const auto* operands : {&instruction.inputs, &instruction.outputs}) {
    const size_t before = operands == &instruction.inputs ? 0 : inputs;
    for (size_t i = 0; i < operands->size(); ++i) {
      const Operand& operand = (*operands)[i];
      extents.push_back({operand.binding, operand.offset, end_of(operand), before + i});
    }
  }
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.binding, a.from, a.operand) < std::tie(b.binding, b.from, b.operand);
  });
  for (size_t i = 0; i < extents.size(); ++i) {
    const Extent& a = extents[i];
    for (size_t j = i + 1; j < extents.size(); ++j) {
      const Extent& b = extents[j];
      if (b.binding != a.binding || b.from >= a.to) break;
      const size_t first = std::min(a.operand, b.operand), second = std::max(a.operand, b.operand);
      if (second >= inputs) check_pair(kernel, instruction, first, second);
    }
  }
}

}  // namespace adjoint

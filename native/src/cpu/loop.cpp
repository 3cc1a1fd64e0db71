/* Loops: see loop.h. */
#include "cpu/loop.h"

#include <algorithm>
#include <cstring>

#include "contract/checks.h"
#include "contract/sizes.h"
#include "cpu/program.h"
#include "runtime/error.h"

namespace adjoint {
namespace {

constexpr size_t kHeader =
    6; /* turns, reverse, while, carries, sequences, stacks; then the modes, then the body's image */
constexpr size_t kWorkspace = 0, kScalars = 1, kArguments = 2;
constexpr int64_t kRoomAlignment = 64;

void refuse_call(const Kernel& kernel, const Call&, const Machine&, Step&) {
  fail(ADJ_INVALID_IMAGE, "%s: only a program can run it", kernel.name);
}

int64_t elements_of(const Operand& operand, int from) {
  int64_t elements = 1;
  for (int d = from; d < operand.rank; ++d) {
    if (operand.dims[d] == 0) return 0;
    elements = times(elements, operand.dims[d]);
  }
  return elements;
}

/* Whether the axes from one on are row-major without gaps. */
bool is_dense(const Operand& operand, int from) {
  int64_t step = 1;
  if (elements_of(operand, from) == 0) return true;
  for (int d = operand.rank - 1; d >= from; --d) {
    if (operand.dims[d] != 1 && operand.strides[d] != step) return false;
    step = times(step, operand.dims[d]);
  }
  return true;
}

int64_t bytes_of(const Operand& operand, int from) { return times(elements_of(operand, from), size_of(operand.dtype)); }

}  // namespace

const Kernel loop_kernel{{"loop", 0, {0, 0, 0}, kCanFault}, refuse_call, nullptr, 0, 1};

Loop::~Loop() = default;

Loop::Loop(adj_context& context, const Instruction& instruction) {
  const std::vector<int64_t>& ints = instruction.ints;
  const auto& inputs = instruction.inputs;
  const auto& outputs = instruction.outputs;
  const int64_t operands = static_cast<int64_t>(inputs.size() + outputs.size());
  const int64_t count = static_cast<int64_t>(ints.size());
  if (ints.size() < kHeader) fail(ADJ_INVALID_IMAGE, "loop: %lld ints are no loop", ll(count));
  for (size_t i = 3; i < kHeader; ++i) {
    if (ints[i] < 0 || ints[i] > operands) {
      fail(ADJ_INVALID_IMAGE, "loop: int %zu is %lld, outside 0..%lld", i, ll(ints[i]), ll(operands));
    }
  }
  turns_ = ints[0];
  if (turns_ < 0 || ints[1] < 0 || ints[1] > 1 || ints[2] < 0 || ints[2] > 1) {
    fail(ADJ_INVALID_IMAGE, "loop: %lld turns, reverse %lld, while %lld", ll(turns_), ll(ints[1]), ll(ints[2]));
  }
  reverse_ = ints[1] == 1;
  ends_ = ints[2] == 1;
  const size_t carries = static_cast<size_t>(ints[3]), sequences = static_cast<size_t>(ints[4]);
  const size_t stacks = static_cast<size_t>(ints[5]), image = kHeader + carries;
  if (ints.size() < image) fail(ADJ_INVALID_IMAGE, "loop: %lld ints for %zu carries", ll(count), carries);
  body_ = std::make_unique<const adj_program>(
      context, read_image(ints.data() + image, static_cast<int64_t>(ints.size() - image) * 8));
  bindings_ = body_->needs().size();
  inputs_ = inputs.size();
  if (bindings_ < kArguments) fail(ADJ_INVALID_IMAGE, "loop: its body has %zu bindings", bindings_);
  const size_t words = body_->needs()[kScalars].bytes > 0 ? 1 : 0;
  size_t results = 0;
  for (size_t i = 0; i < carries; ++i) results += ints[kHeader + i] == kBuffered ? 1 : 0;
  if (inputs.size() < carries + sequences + words || outputs.size() != carries + stacks + 1 ||
      bindings_ != kArguments + inputs.size() - words + results + stacks) {
    fail(
        ADJ_INVALID_IMAGE,
        "loop: %zu inputs and %zu outputs do not fit %zu carries, %zu sequences, %zu stacks and a body of %zu bindings",
        inputs.size(), outputs.size(), carries, sequences, stacks, bindings_);
  }
  const size_t leaves = inputs.size() - words;
  const size_t first_stack = kArguments + leaves + results;
  size_t result = kArguments + leaves;
  int64_t room = round_up(body_->needs()[kWorkspace].bytes, kRoomAlignment);
  for (size_t i = 0; i < carries; ++i) {
    const Operand &start = inputs[i], &end = outputs[i];
    const int64_t mode = ints[kHeader + i], bytes = bytes_of(end, 0);
    if (mode < kBuffered || mode >= static_cast<int64_t>(stacks) || !is_dense(start, 0) || !is_dense(end, 0) ||
        bytes_of(start, 0) != bytes || start.dtype != end.dtype) {
      fail(ADJ_INVALID_IMAGE, "loop: carry %zu has mode %lld and begins and ends with %lld and %lld bytes", i, ll(mode),
           ll(bytes_of(start, 0)), ll(bytes));
    }
    Carry& carry = carries_.emplace_back();
    carry = {mode, bytes, kArguments + i, room};
    check_element(end, kArguments + i, bytes, "carry", i);
    if (mode == kBuffered) {
      carry.result = result++;
      check_element(end, carry.result, bytes, "carry", i);
      room += round_up(bytes, kRoomAlignment);
    } else if (mode >= 0) {
      const Operand& stack = outputs[carries + static_cast<size_t>(mode)];
      if (stack.dtype != end.dtype || stack.rank < 1 || (turns_ > 0 && bytes_of(stack, 1) != bytes)) {
        fail(ADJ_INVALID_IMAGE, "loop: carry %zu of %lld bytes is not what stack %lld holds", i, ll(bytes), ll(mode));
      }
      carry.result = first_stack + static_cast<size_t>(mode);
    }
  }
  if (ends_ &&
      (carries == 0 || sequences + stacks > 0 || outputs[0].dtype != ADJ_BOOL || bytes_of(outputs[0], 0) != 1)) {
    fail(ADJ_INVALID_IMAGE, "loop: one that ends by itself begins with one BOOL and has no sequences or stacks");
  }
  for (size_t i = 0; i < sequences; ++i)
    add_moving(inputs[carries + i], carries + i, kArguments + carries + i, "sequence", i);
  for (size_t i = carries + sequences; i < leaves; ++i) {
    if (!is_dense(inputs[i], 0)) fail(ADJ_INVALID_IMAGE, "loop: input %zu has gaps", i);
    check_element(inputs[i], kArguments + i, bytes_of(inputs[i], 0), "input", i);
    fixed_.push_back({kArguments + i, i});
  }
  if (words > 0) {
    if (!is_dense(inputs[leaves], 0)) fail(ADJ_INVALID_IMAGE, "loop: input %zu has gaps", leaves);
    check_element(inputs[leaves], kScalars, bytes_of(inputs[leaves], 0), "input", leaves);
    fixed_.push_back({kScalars, leaves});
  }
  for (size_t i = 0; i < stacks; ++i) {
    add_moving(outputs[carries + i], inputs.size() + carries + i, first_stack + i, "stack", i);
  }
  room_ = inputs.size() + carries + stacks;
  const Operand& work = outputs.back();
  room_alignment_ = body_->needs()[kWorkspace].alignment;
  for (const Carry& carry : carries_)
    room_alignment_ = std::max(room_alignment_, body_->needs()[carry.result].alignment);
  if (work.dtype != ADJ_BOOL || !is_dense(work, 0) || bytes_of(work, 0) < room || work.offset % kRoomAlignment != 0) {
    fail(ADJ_INVALID_IMAGE, "loop: needs %lld bytes without gaps to work in, got %lld at byte %lld", ll(room),
         ll(bytes_of(work, 0)), ll(work.offset));
  }
  fixed_.push_back({kWorkspace, room_});
}

/* What the body takes must be there, and where its elements can stand. */
void Loop::check_element(const Operand& operand, size_t binding, int64_t bytes, const char* what, size_t which) const {
  const BindingNeeds& needs = body_->needs()[binding];
  if (turns_ > 0 && (needs.bytes > bytes || (needs.bytes > 0 && needs.alignment > size_of(operand.dtype)))) {
    fail(ADJ_INVALID_IMAGE, "loop: %s %zu has %lld bytes a turn, its body takes %lld aligned to %lld", what, which,
         ll(bytes), ll(needs.bytes), ll(needs.alignment));
  }
}

void Loop::add_moving(const Operand& operand, size_t index, size_t binding, const char* what, size_t which) {
  if (operand.rank < 1 || operand.dims[0] != turns_ || (turns_ > 0 && !is_dense(operand, 1))) {
    fail(ADJ_INVALID_IMAGE, "loop: %s %zu is no stack of %lld elements without gaps", what, which, ll(turns_));
  }
  check_element(operand, binding, bytes_of(operand, 1), what, which);
  const int64_t step = turns_ > 1 && elements_of(operand, 1) > 0 ? operand.strides[0] * size_of(operand.dtype) : 0;
  moving_.push_back({binding, index, reverse_ ? (turns_ - 1) * step : 0, reverse_ ? -step : step});
}

int64_t Loop::scratch_bytes() const {
  return round_up(static_cast<int64_t>(bindings_ * sizeof(adj_binding)), kRoomAlignment) + body_->scratch_bytes();
}

int64_t Loop::timings() const { return body_->timings(); }

void Loop::begin_timings(adj_timing* all, int64_t first) const { body_->begin_timings(all, first); }

void Loop::run(char* const* at, char* scratch, const Turn* outer, adj_timing* timings) const {
  const size_t results = inputs_; /* where outputs begin among the operands */
  if (turns_ == 0) {
    for (size_t i = 0; i < carries_.size(); ++i) {
      if (carries_[i].bytes > 0) std::memcpy(at[results + i], at[i], static_cast<size_t>(carries_[i].bytes));
    }
    return;
  }
  adj_binding* const bindings = reinterpret_cast<adj_binding*>(scratch);
  char* const own = scratch + round_up(static_cast<int64_t>(bindings_ * sizeof(adj_binding)), kRoomAlignment);
  const auto address = [](const char* place) { return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place)); };
  for (size_t i = 0; i < bindings_; ++i) bindings[i] = {0, body_->needs()[i].bytes};
  for (const Fixed& fixed : fixed_) bindings[fixed.binding].address = address(at[fixed.operand]);
  for (const Moving& moving : moving_) {
    bindings[moving.binding].address = address(at[moving.operand]) + static_cast<uint64_t>(moving.first);
  }
  for (size_t i = 0; i < carries_.size(); ++i) {
    const Carry& carry = carries_[i];
    bindings[kArguments + i].address = address(at[i]);
    if (carry.mode == kInPlace) {
      if (carry.bytes > 0) std::memcpy(at[results + i], at[i], static_cast<size_t>(carry.bytes));
      bindings[kArguments + i].address = address(at[results + i]);
    } else if (carry.mode == kBuffered) {
      /* The last turn writes where the carry ends. */
      bindings[carry.result].address = turns_ % 2 == 1 ? address(at[results + i]) : address(at[room_] + carry.spare);
    }
  }
  Turn turn{0, turns_, outer};
  const auto place = [](uint64_t where) { return reinterpret_cast<char*>(static_cast<uintptr_t>(where)); };
  for (;;) {
    if (ends_ && *place(bindings[kArguments].address) == 0) {
      for (size_t i = 0; i < carries_.size(); ++i) {
        const char* const now = place(bindings[kArguments + i].address);
        if (carries_[i].bytes > 0 && now != at[results + i]) {
          std::memcpy(at[results + i], now, static_cast<size_t>(carries_[i].bytes));
        }
      }
      return;
    }
    int64_t failed;
    body_->execute(bindings, own, &turn, timings, failed);
    if (++turn.turn == turns_) break;
    for (size_t i = 0; i < carries_.size(); ++i) {
      const Carry& carry = carries_[i];
      if (carry.mode == kInPlace) continue;
      bindings[kArguments + i].address = bindings[carry.result].address;
      if (carry.mode != kBuffered) continue;
      const bool ends = (turns_ - turn.turn) % 2 == 1;
      bindings[carry.result].address = ends ? address(at[results + i]) : address(at[room_] + carry.spare);
    }
    for (const Moving& moving : moving_) bindings[moving.binding].address += static_cast<uint64_t>(moving.step);
  }
  for (size_t i = 0; i < carries_.size(); ++i) {
    const Carry& carry = carries_[i];
    if (carry.mode < 0 || carry.bytes == 0) continue;
    std::memcpy(at[results + i], place(bindings[carry.result].address), static_cast<size_t>(carry.bytes));
  }
}

}  // namespace adjoint

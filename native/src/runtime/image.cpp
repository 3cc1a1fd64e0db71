/* Reads program images: see image.h, and adjoint.h for the format. */
#include "runtime/image.h"

#include <cstring>

#include "runtime/error.h"
#include "runtime/layout.h"
#include "runtime/overlap.h"

namespace adjoint {
namespace {

constexpr int64_t kHeaderWords = 8;
constexpr int64_t kNameWords = 8;
constexpr int64_t kInstructionWords = 5;
constexpr int64_t kOperandWords = 4;
/* A binding's address plus its bytes must stay a pointer. */
constexpr int64_t kMostBytes = INT64_MAX / 4;

/* Takes words one after another, never past the end. */
class Words {
 public:
  Words(const void* image, int64_t count) : image_(static_cast<const char*>(image)), count_(count) {}

  int64_t at() const { return at_; }
  int64_t left() const { return count_ - at_; }

  int64_t next(const char* what) {
    need(1, what);
    int64_t word;
    std::memcpy(&word, image_ + at_ * 8, 8);
    ++at_;
    return word;
  }

  const char* take(int64_t words, const char* what) {
    need(words, what);
    const char* start = image_ + at_ * 8;
    at_ += words;
    return start;
  }

 private:
  void need(int64_t words, const char* what) const {
    if (words < 0 || words > left()) {
      fail(ADJ_INVALID_IMAGE, "image: %s at word %lld: needs %lld words, has %lld", what, ll(at_), ll(words),
           ll(left()));
    }
  }

  const char* image_;
  int64_t count_, at_ = 0;
};

void check_range(const Words& words, const char* what, int64_t value, int64_t least, int64_t most) {
  if (value < least || value > most) {
    fail(ADJ_INVALID_IMAGE, "image: %s before word %lld is %lld, outside %lld..%lld", what, ll(words.at()), ll(value),
         ll(least), ll(most));
  }
}

/* Checks that the elements lie inside the binding; dims, strides and offset are >= 0 already. */
void check_extent(const Words& words, const Operand& operand, int64_t binding_bytes) {
  const int64_t size = size_of(operand.dtype);
  int64_t elements = 1, last = 0;
  bool empty = false, overflow = false;
  for (int d = 0; d < operand.rank; ++d) {
    if (operand.dims[d] == 0) {
      empty = true;
      continue;
    }
    int64_t reach;
    overflow = overflow || __builtin_mul_overflow(elements, operand.dims[d], &elements);
    overflow = overflow || __builtin_mul_overflow(operand.dims[d] - 1, operand.strides[d], &reach);
    overflow = overflow || __builtin_add_overflow(last, reach, &last);
    if (overflow) break;
  }
  int64_t end = 0;
  if (!overflow && !empty) {
    overflow = __builtin_add_overflow(last, 1, &end) || __builtin_mul_overflow(end, size, &end) ||
               __builtin_add_overflow(end, operand.offset, &end);
  } else if (empty) {
    end = operand.offset;
  }
  if (overflow || end > binding_bytes) {
    fail(ADJ_INVALID_IMAGE,
         "image: operand before word %lld: %s %s at byte %lld does not fit binding %lld of %lld bytes", ll(words.at()),
         dtype_text(operand.dtype).c_str(), shape_text(operand).c_str(), ll(operand.offset), ll(operand.binding),
         ll(binding_bytes));
  }
}

Operand read_operand(Words& words, const Image& image) {
  Operand operand{};
  operand.binding = words.next("operand");
  check_range(words, "binding", operand.binding, 0, static_cast<int64_t>(image.binding_bytes.size()) - 1);
  operand.offset = words.next("operand");
  check_range(words, "offset", operand.offset, 0, kMostBytes);
  const int64_t dtype = words.next("operand");
  if (size_of(dtype) == 0) fail(ADJ_INVALID_IMAGE, "image: no dtype %lld, before word %lld", ll(dtype), ll(words.at()));
  operand.dtype = static_cast<int32_t>(dtype);
  const int64_t rank = words.next("operand");
  check_range(words, "rank", rank, 0, kMaxRank);
  operand.rank = static_cast<int32_t>(rank);
  for (int64_t d = 0; d < rank; ++d) {
    operand.dims[d] = words.next("dims");
    check_range(words, "dim", operand.dims[d], 0, INT64_MAX);
  }
  for (int64_t d = 0; d < rank; ++d) {
    operand.strides[d] = words.next("strides");
    check_range(words, "stride", operand.strides[d], 0, INT64_MAX);
  }
  if (operand.offset % size_of(dtype) != 0) {
    fail(ADJ_INVALID_IMAGE, "image: offset %lld before word %lld is not a multiple of the %lld bytes of %s",
         ll(operand.offset), ll(words.at()), ll(size_of(dtype)), dtype_text(dtype).c_str());
  }
  check_extent(words, operand, image.binding_bytes[static_cast<size_t>(operand.binding)]);
  return operand;
}

Instruction read_instruction(Words& words, const Image& image) {
  const int64_t start = words.at();
  Instruction instruction;
  instruction.kernel = words.next("instruction");
  check_range(words, "kernel", instruction.kernel, 0, static_cast<int64_t>(image.names.size()) - 1);
  const int64_t length = words.next("instruction");
  const int64_t ints = words.next("instruction");
  const int64_t inputs = words.next("instruction");
  const int64_t outputs = words.next("instruction");
  check_range(words, "ints", ints, 0, words.left());
  check_range(words, "inputs", inputs, 0, words.left() / kOperandWords);
  check_range(words, "outputs", outputs, 1, words.left() / kOperandWords);
  for (int64_t i = 0; i < ints; ++i) instruction.ints.push_back(words.next("ints"));
  for (int64_t i = 0; i < inputs; ++i) instruction.inputs.push_back(read_operand(words, image));
  for (int64_t i = 0; i < outputs; ++i) {
    instruction.outputs.push_back(read_operand(words, image));
    if (overlaps_itself(instruction.outputs.back())) {
      fail(ADJ_INVALID_IMAGE, "image: output %lld before word %lld writes some memory twice", ll(i), ll(words.at()));
    }
  }
  if (words.at() - start != length) {
    fail(ADJ_INVALID_IMAGE, "image: instruction at word %lld says %lld words, has %lld", ll(start), ll(length),
         ll(words.at() - start));
  }
  return instruction;
}

}  // namespace

Image read_image(const void* source, int64_t bytes) {
  if (bytes < kHeaderWords * 8 || bytes % 8 != 0) {
    fail(ADJ_INVALID_IMAGE, "image: %lld bytes are no whole number of at least 8 words", ll(bytes));
  }
  Words words(source, bytes / 8);
  if (words.next("header") != ADJ_IMAGE_MAGIC) fail(ADJ_INVALID_IMAGE, "image: does not start with ADJ_IMAGE_MAGIC");
  const int64_t version = words.next("header");
  if (version != ADJ_IMAGE_VERSION) {
    fail(ADJ_INVALID_IMAGE, "image: version %lld, this library reads %d", ll(version), ADJ_IMAGE_VERSION);
  }
  const int64_t total = words.next("header");
  if (total != bytes / 8) fail(ADJ_INVALID_IMAGE, "image: says %lld words, has %lld", ll(total), ll(bytes / 8));
  const int64_t bindings = words.next("header");
  const int64_t names = words.next("header");
  const int64_t instructions = words.next("header");
  for (int i = 0; i < 2; ++i) check_range(words, "reserved word", words.next("header"), 0, 0);
  /* What follows bounds each count by the words that are left, so that none of them can ask for absurd memory. */
  check_range(words, "number of bindings", bindings, 0, words.left());
  Image image;
  for (int64_t i = 0; i < bindings; ++i) {
    image.binding_bytes.push_back(words.next("bindings"));
    check_range(words, "bytes of a binding", image.binding_bytes.back(), 0, kMostBytes);
  }
  check_range(words, "number of kernel names", names, 0, words.left() / kNameWords);
  for (int64_t i = 0; i < names; ++i) {
    const char* name = words.take(kNameWords, "kernel name");
    const size_t length = strnlen(name, kNameWords * 8);
    if (length == 0 || length == kNameWords * 8) {
      fail(ADJ_INVALID_IMAGE, "image: kernel name %lld is empty or has no NUL", ll(i));
    }
    image.names.emplace_back(name, length);
  }
  check_range(words, "number of instructions", instructions, 0, words.left() / (kInstructionWords + kOperandWords));
  for (int64_t i = 0; i < instructions; ++i) image.instructions.push_back(read_instruction(words, image));
  if (words.left() != 0) fail(ADJ_INVALID_IMAGE, "image: %lld words are left over", ll(words.left()));
  return image;
}

}  // namespace adjoint

/* Writes program images as adjoint.h describes them. Operands of the same memory share a binding. */
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "api.h"

namespace test {

/* An operand in memory: where its binding starts and ends, and where in it the operand lies. */
struct Operand {
  int64_t dtype;
  std::vector<int64_t> dims, strides;
  void* memory;
  int64_t bytes;  /* of the memory */
  int64_t offset; /* bytes */
};

struct Call {
  std::string kernel;
  std::vector<int64_t> ints;
  std::vector<Operand> inputs, outputs;
};

struct Image {
  std::vector<int64_t> words;
  std::vector<adj_binding> bindings;

  const void* data() const { return words.data(); }
  int64_t bytes() const { return static_cast<int64_t>(words.size() * 8); }
};

/* `bindings` are numbered first: memory that operands name later, or none at all. */
inline Image write_image(const std::vector<Call>& calls, const std::vector<adj_binding>& bindings = {}) {
  Image image;
  image.bindings = bindings;
  std::vector<std::string> names;
  std::vector<int64_t> code;
  const auto binding_of = [&](const Operand& operand) {
    const uint64_t address = reinterpret_cast<uintptr_t>(operand.memory);
    for (size_t i = 0; i < image.bindings.size(); ++i) {
      if (image.bindings[i].address == address) return static_cast<int64_t>(i);
    }
    image.bindings.push_back({address, operand.bytes});
    return static_cast<int64_t>(image.bindings.size()) - 1;
  };
  for (const Call& call : calls) {
    size_t name = 0;
    while (name < names.size() && names[name] != call.kernel) ++name;
    if (name == names.size()) names.push_back(call.kernel);
    const size_t start = code.size();
    code.insert(code.end(), {static_cast<int64_t>(name), 0, static_cast<int64_t>(call.ints.size()),
                             static_cast<int64_t>(call.inputs.size()), static_cast<int64_t>(call.outputs.size())});
    code.insert(code.end(), call.ints.begin(), call.ints.end());
    for (const auto* operands : {&call.inputs, &call.outputs}) {
      for (const Operand& o : *operands) {
        code.insert(code.end(), {binding_of(o), o.offset, o.dtype, static_cast<int64_t>(o.dims.size())});
        code.insert(code.end(), o.dims.begin(), o.dims.end());
        code.insert(code.end(), o.strides.begin(), o.strides.end());
      }
    }
    code[start + 1] = static_cast<int64_t>(code.size() - start);
  }
  std::vector<int64_t>& words = image.words;
  words = {ADJ_IMAGE_MAGIC,
           ADJ_IMAGE_VERSION,
           0,
           static_cast<int64_t>(image.bindings.size()),
           static_cast<int64_t>(names.size()),
           static_cast<int64_t>(calls.size()),
           0,
           0};
  for (const adj_binding& binding : image.bindings) words.push_back(binding.bytes);
  for (const std::string& name : names) {
    int64_t padded[8] = {};
    std::memcpy(padded, name.data(), name.size());
    words.insert(words.end(), padded, padded + 8);
  }
  words.insert(words.end(), code.begin(), code.end());
  words[2] = static_cast<int64_t>(words.size());
  return image;
}

}  // namespace test

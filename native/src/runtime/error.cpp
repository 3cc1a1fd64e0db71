/* The text of the last failure of each thread: plain memory, so that no destructor runs at thread exit. */
#include "runtime/error.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace adjoint {
namespace {

constexpr size_t kTextBytes = 2048;
thread_local char last_text[kTextBytes];
thread_local int64_t last_operand = -1;

}  // namespace

void fail(adj_status status, const char* format, ...) {
  char text[kTextBytes];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  throw Error{status, text};
}

void remember(const char* text, int64_t operand) noexcept {
  std::strncpy(last_text, text, kTextBytes - 1);
  last_text[kTextBytes - 1] = '\0';
  last_operand = operand;
}

const char* remembered() noexcept { return last_text; }

int64_t remembered_operand() noexcept { return last_operand; }

std::string printable(const char* name) {
  std::string text;
  for (size_t i = 0; i < 64 && name[i] != '\0'; ++i) text += name[i] >= ' ' && name[i] <= '~' ? name[i] : '?';
  return text;
}

}  // namespace adjoint

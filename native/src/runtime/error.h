/*
 * Failures: an exception inside the library, a status and a text outside. Only src/abi catches. Nothing here prints.
 */
#pragma once

#include <cstdint>
#include <string>

#include "adjoint.h"

namespace adjoint {

/* What is wrong, with which values. */
struct Error {
  adj_status status;
  std::string text;
  int64_t operand = -1; /* the input of the failed instruction whose data was at fault, where that is said */
};

/* An integer for %lld of a text. */
inline long long ll(int64_t x) { return x; }

/* Throws an Error whose text is formatted as printf does. */
[[noreturn]] void fail(adj_status status, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* Remembers a text for adj_last_error on this thread, and an operand for adj_last_operand. */
void remember(const char* text, int64_t operand = -1) noexcept;

/* Returns the text last remembered on this thread, "" if none. */
const char* remembered() noexcept;

/* Returns the operand last remembered on this thread, -1 if none. */
int64_t remembered_operand() noexcept;

/* A name from outside, safe to put into a text: cut at 64 bytes, unprintable bytes replaced. */
std::string printable(const char* name);

}  // namespace adjoint

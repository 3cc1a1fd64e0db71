/*
 * Failures: an exception inside the library, a status and a text outside. Only src/abi catches. Nothing here prints.
 */
#pragma once

#include <string>

#include "adjoint.h"

namespace adjoint {

/* What is wrong, with which values. */
struct Error {
  adj_status status;
  std::string text;
};

/* Throws an Error whose text is formatted as printf does. */
[[noreturn]] void fail(adj_status status, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* Remembers a text for adj_last_error on this thread. */
void remember(const char* text) noexcept;

/* Returns the text last remembered on this thread, "" if none. */
const char* remembered() noexcept;

/* A name from outside, safe to put into a text: cut at 64 bytes, unprintable bytes replaced. */
std::string printable(const char* name);

}  // namespace adjoint

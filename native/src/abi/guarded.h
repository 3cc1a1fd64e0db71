/* The only try/catch of a library: what is thrown behind the ABI becomes a status and a text. */
#pragma once

#include <exception>
#include <new>

#include "runtime/error.h"

namespace adjoint {

/* Runs a body; whatever it throws becomes a status and a text. */
template <class Body>
adj_status guarded(const Body& body) noexcept {
  try {
    body();
    return ADJ_OK;
  } catch (const Error& error) {
    remember(error.text.c_str(), error.operand);
    return error.status;
  } catch (const std::bad_alloc&) {
    remember("the system has no more memory for the library's own tables");
    return ADJ_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    remember(error.what());
    return ADJ_INTERNAL;
  } catch (...) {
    remember("an exception of unknown type");
    return ADJ_INTERNAL;
  }
}

/* Throws Error naming an argument that is null. */
inline void need(const void* pointer, const char* name) {
  if (pointer == nullptr) fail(ADJ_INVALID_ARGUMENT, "%s is null", name);
}

}  // namespace adjoint

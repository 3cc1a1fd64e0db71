/* A context: a pool of threads, memory, an instruction set, and whether OpenBLAS may be used. */
#pragma once

#include <atomic>

#include "cpu/isa.h"
#include "cpu/pool.h"
#include "runtime/memory.h"

struct adj_context {
  adj_context(int32_t threads, int64_t budget, adjoint::Isa chosen) : pool(threads), memory(budget), isa(chosen) {}

  adjoint::Pool pool;
  adjoint::Memory memory;
  const adjoint::Isa isa;
  std::atomic<bool> blas{false};
  std::atomic<int64_t> programs{0};
};

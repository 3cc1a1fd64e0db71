/* The allocator: alignment, accounting to the byte, the budget and its text, the pool and its bound, misuse. */
#include "machine.h"

using namespace test;

namespace {

adj_memory report(adj_context* context) {
  adj_memory memory{};
  CHECK(adj_memory_report(context, &memory) == ADJ_OK, "%s", adj_last_error());
  return memory;
}

void test_accounting() {
  const Context context("");
  adj_buffer* buffers[4] = {};
  const int64_t sizes[4] = {0, 1, 4096, int64_t{9} << 20};
  int64_t held = 0;
  for (int i = 0; i < 4; ++i) {
    CHECK(adj_buffer_allocate(context, sizes[i], &buffers[i]) == ADJ_OK, "%s", adj_last_error());
    CHECK(adj_buffer_address(buffers[i]) % 64 == 0 && adj_buffer_address(buffers[i]) != 0, "address of buffer %d", i);
    const int64_t block = std::max<int64_t>((sizes[i] + 63) / 64 * 64, 64);
    memset(reinterpret_cast<void*>(adj_buffer_address(buffers[i])), 1, static_cast<size_t>(block));
    held += block;
    CHECK(report(context).outstanding == held, "outstanding %lld", static_cast<long long>(report(context).outstanding));
  }
  CHECK(report(context).buffers == 4, "buffers");
  const uint64_t address = adj_buffer_address(buffers[2]);
  CHECK(adj_buffer_free(context, buffers[2]) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).pooled == 4096 && report(context).outstanding == held - 4096, "after a free");
  CHECK(adj_buffer_allocate(context, 4090, &buffers[2]) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_address(buffers[2]) == address && report(context).pooled == 0, "the block was not reused");
  CHECK(adj_context_destroy(context) == ADJ_INVALID_ARGUMENT, "destroyed a context with buffers");
  CHECK(std::string(adj_last_error()).find("4 buffers and 0 programs") != std::string::npos, "%s", adj_last_error());
  for (adj_buffer* buffer : buffers) CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(report(context).outstanding == 0 && report(context).buffers == 0, "all freed");
  CHECK(report(context).peak == held, "peak %lld, not %lld", static_cast<long long>(report(context).peak),
        static_cast<long long>(held));
  CHECK(adj_memory_trim(context) == ADJ_OK && report(context).pooled == 0, "after a trim");
}

void test_budget() {
  const Context context("", 1, 4096);
  adj_buffer *a = nullptr, *b = nullptr, *c = nullptr;
  CHECK(adj_buffer_allocate(context, 3000, &a) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, 2000, &b) == ADJ_OUT_OF_MEMORY && b == nullptr, "past the budget");
  CHECK(std::string(adj_last_error()) == "2000 bytes asked for, 3008 in use, 0 pooled, budget 4096: over the budget",
        "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, 1088, &b) == ADJ_OK, "up to the budget: %s", adj_last_error());
  CHECK(adj_buffer_free(context, a) == ADJ_OK, "%s", adj_last_error());
  /* The pooled block gives way to one of another size. */
  CHECK(adj_buffer_allocate(context, 2500, &c) == ADJ_OK, "%s", adj_last_error());
  const adj_memory memory = report(context);
  CHECK(memory.outstanding + memory.pooled <= 4096, "%lld in use, %lld pooled",
        static_cast<long long>(memory.outstanding), static_cast<long long>(memory.pooled));
  CHECK(adj_buffer_free(context, b) == ADJ_OK && adj_buffer_free(context, c) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_allocate(context, INT64_MAX, &a) == ADJ_OUT_OF_MEMORY, "the largest size");
  CHECK(adj_buffer_allocate(context, INT64_MAX - 64, &a) == ADJ_OUT_OF_MEMORY, "nearly the largest size");
  CHECK(adj_buffer_allocate(context, -1, &a) == ADJ_INVALID_ARGUMENT, "a negative size");
}

void test_no_budget() {
  const Context context("");
  adj_buffer* buffer = nullptr;
  CHECK(adj_buffer_allocate(context, int64_t{1} << 55, &buffer) == ADJ_OUT_OF_MEMORY, "2^55 bytes");
  CHECK(adj_buffer_allocate(context, INT64_MAX, &buffer) == ADJ_OUT_OF_MEMORY, "2^63 - 1 bytes");
  /* Of many sizes freed once, the pool keeps a bounded amount. */
  for (int64_t i = 0; i < 40; ++i) {
    CHECK(adj_buffer_allocate(context, (int64_t{16} << 20) + i * 64, &buffer) == ADJ_OK, "%s", adj_last_error());
    CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  }
  CHECK(report(context).pooled <= int64_t{256} << 20, "pooled %lld", static_cast<long long>(report(context).pooled));
}

void test_misuse() {
  const Context context(""), other("");
  adj_buffer* buffer = nullptr;
  CHECK(adj_buffer_allocate(context, 100, &buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_free(other, buffer) == ADJ_INVALID_ARGUMENT, "freed in another context");
  CHECK(adj_buffer_free(context, buffer) == ADJ_OK, "%s", adj_last_error());
  CHECK(adj_buffer_free(context, buffer) == ADJ_INVALID_ARGUMENT, "freed twice");
  CHECK(adj_buffer_free(context, nullptr) == ADJ_OK, "null");
}

}  // namespace

int main() {
  test_accounting();
  test_budget();
  test_no_budget();
  test_misuse();
  return finish();
}

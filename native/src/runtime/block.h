/*
 * Blocks of memory from the system and the sizes they come in. Small ones are malloc's; larger ones are mappings of
 * their own, so that giving one back gives the system its pages. It refuses to count: see memory.h.
 */
#pragma once

#include <cstdint>

namespace adjoint {

/* How many lists of sizes there are: four for each power of two. */
inline constexpr int kSizeLists = 4 * 63;

struct SystemBlock {
  void* address; /* 64-byte aligned; null for none */
  int64_t bytes;
  bool mapped;
};

/* The least size that holds so many bytes. */
int64_t least_block(int64_t bytes);

/*
 * The size that holds so many bytes and serves others too: a quarter of a power of two at most is added, and never more
 * than 16 MiB.
 */
int64_t common_block(int64_t bytes);

/* The list of a size: the next one begins a quarter of a power of two higher. */
int size_list(int64_t bytes);

/* Its address is null if the system has no more. */
SystemBlock take_block(int64_t bytes) noexcept;
void free_block(const SystemBlock& block) noexcept;

/* Asks malloc to return what it keeps of freed blocks. */
void trim_blocks() noexcept;

/* Where blocks come from and go to: the host's memory, or a device's. */
struct BlockSource {
  SystemBlock (*take)(int64_t bytes) noexcept;
  void (*free)(const SystemBlock& block) noexcept;
  void (*trim)() noexcept;
};
inline constexpr BlockSource kHostBlocks{take_block, free_block, trim_blocks};

}  // namespace adjoint

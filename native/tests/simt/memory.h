/*
 * Memory of the emulated device: the host cannot touch it but while it is open. Each allocation ends where a page does,
 * between pages that nobody may touch. Or, for callers with hundreds of small arrays, whose every run would protect
 * them twice, all of them lie in one region that is always open. It knows no kernels and no streams.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace simt {

class DeviceMemory {
 public:
  /* Has allocations lie in one region that the host may touch, without pages between; before the first one. */
  void join();

  /* Returns bytes that are NaN as floats, at a multiple of 256; null if there are none to be had. */
  void* allocate(size_t bytes);
  void release(const void* address);

  /* The host may read and write all of it until it is closed; both nest. */
  void open();
  void close();

  /* The bytes of all allocations, one after another. */
  std::vector<char> contents() const;
  void restore(const std::vector<char>& all) const;

  /* "byte 12 of an allocation of 64 bytes" of the first difference, "" if there is none. */
  std::string difference(const std::vector<char>& all) const;

  /* "an allocation of 64 bytes" with something written before or behind it, "" if there is none; while open. */
  std::string overrun() const;

  int64_t bytes() const;

 private:
  /* Pages between two that nobody may touch; the bytes end where the pages do, but for the alignment. */
  struct Allocation {
    char* mapping; /* null in the one region */
    size_t pages;  /* bytes of them */
    char* begin;
    size_t bytes;

    char* first_page() const;
    char* end() const { return begin + bytes; }
  };

  Allocation map_pages(size_t bytes, size_t aligned) const;
  Allocation take_of_region(size_t bytes, size_t aligned);
  void protect(int how) const;
  static void each_margin(const Allocation& a, const std::function<void(char*, size_t)>& f);

  std::map<const void*, Allocation> allocations_;
  int open_ = 0;
  char* region_ = nullptr; /* null: each has pages of its own */
  size_t used_ = 0;        /* bytes of the region, free ones included */
  std::map<size_t, std::vector<char*>> free_;
};

}  // namespace simt

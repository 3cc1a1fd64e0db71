/*
 * Runs the AMX instructions of compiled code on a machine that has none. Each is illegal there: the signal handler
 * reads it, does it on the thread's TileUnit, and goes on after it. So the very object that ships is tested, with its
 * encodings, registers, addresses and configuration; only the arithmetic is emulated. While a TileTrap lives, illegal
 * instructions other than these end the process as ever. Encodings: Software Developer's Manual, volume 2, "VEX prefix"
 * and the pages of the instructions.
 */
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstring>

#include "tile_unit.h"

namespace test {

class TileTrap {
 public:
  TileTrap() {
    struct sigaction action;
    std::memset(&action, 0, sizeof(action));
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, &before_);
  }
  ~TileTrap() { sigaction(SIGILL, &before_, nullptr); }
  TileTrap(const TileTrap&) = delete;
  TileTrap& operator=(const TileTrap&) = delete;

  /* How many instructions were emulated, in all threads. */
  static int64_t taken() { return count(); }

 private:
  static std::atomic<int64_t>& count() {
    static std::atomic<int64_t> taken{0};
    return taken;
  }

  static void handle(int, siginfo_t*, void* context) {
    if (run_one(static_cast<ucontext_t*>(context)->uc_mcontext.gregs)) {
      ++count();
    } else {
      signal(SIGILL, SIG_DFL); /* and the instruction is met again */
    }
  }

  /* [base + index 2^scale + displacement], of which tile loads and stores take the index apart, as their stride. */
  struct Address {
    char* start;
    int64_t index;
    bool by_sib;
    const uint8_t* next;
  };

  static int64_t value_of(const greg_t* registers, int number) {
    static const int places[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                   REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return registers[places[number]];
  }

  template <class T>
  static int64_t displacement(const uint8_t*& at) {
    T x;
    std::memcpy(&x, at, sizeof(x));
    at += sizeof(x);
    return x;
  }

  /* `at` is the byte ModRM; `high_base` and `high_index` are 8 where VEX.B and VEX.X say so. */
  static Address address_at(const uint8_t* at, int high_base, int high_index, const greg_t* registers) {
    const int mod = *at >> 6, rm = *at & 7;
    ++at;
    Address address{nullptr, 0, rm == 4, nullptr};
    int base = rm;
    if (address.by_sib) {
      const int index = (*at >> 3 & 7) + high_index;
      if (index != 4) address.index = value_of(registers, index) << (*at >> 6);
      base = *at++ & 7;
    }
    const bool no_base = mod == 0 && base == 5;
    int64_t sum = no_base ? 0 : value_of(registers, base + high_base);
    if (mod == 1) sum += displacement<int8_t>(at);
    if (mod == 2 || no_base) sum += displacement<int32_t>(at);
    if (no_base && !address.by_sib) sum += reinterpret_cast<int64_t>(at); /* relative to the next instruction */
    address.start = reinterpret_cast<char*>(sum);
    address.next = at;
    return address;
  }

  /* Does the instruction that the registers point to, and moves on; false if it is none of AMX. */
  static bool run_one(greg_t* registers) {
    const uint8_t* at = reinterpret_cast<const uint8_t*>(registers[REG_RIP]);
    constexpr int kMap0F38 = 2, kNone = 0, k66 = 1, kF3 = 2, kF2 = 3;
    if (at[0] != 0xC4 || (at[1] & 31) != kMap0F38 || (at[2] & 0x84) != 0) return false; /* three bytes, W0, L0 */
    const int high_reg = (at[1] & 0x80) != 0 ? 0 : 8, high_index = (at[1] & 0x40) != 0 ? 0 : 8;
    const int high_base = (at[1] & 0x20) != 0 ? 0 : 8;
    const int prefix = at[2] & 3, third = ~at[2] >> 3 & 15, opcode = at[3], modrm = at[4];
    const int reg = (modrm >> 3 & 7) + high_reg, rm = (modrm & 7) + high_base;
    const bool memory = modrm >> 6 != 3;
    TileUnit& unit = TileUnit::own();
    const uint8_t* next = at + 5;
    if (opcode == 0x5C && prefix == kF3 && !memory) {
      unit.dot(reg, rm, third);
    } else if (third != 0) {
      return false;
    } else if (opcode == 0x49 && prefix == kF2 && !memory && rm == 0) {
      unit.zero(reg);
    } else if (opcode == 0x49 && prefix == kNone && modrm == 0xC0) {
      unit.release();
    } else if (memory) {
      const Address address = address_at(at + 4, high_base, high_index, registers);
      next = address.next;
      if (opcode == 0x49 && prefix == kNone && reg == 0) {
        unit.configure(address.start + address.index);
      } else if (opcode == 0x4B && (prefix == kF2 || prefix == k66) && address.by_sib) {
        unit.load(reg, address.start, address.index);
      } else if (opcode == 0x4B && prefix == kF3 && address.by_sib) {
        unit.store(reg, address.start, address.index);
      } else {
        return false;
      }
    } else {
      return false;
    }
    registers[REG_RIP] = reinterpret_cast<greg_t>(next);
    return true;
  }

  struct sigaction before_;
};

}  // namespace test

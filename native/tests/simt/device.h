/*
 * The emulated device: memory that the host cannot touch, streams that do their work only when somebody waits, and
 * calls that fail when told to. It answers the calls of cuda/driver.h. Every kernel runs four times (set_orders), in
 * four orders of lanes and blocks, on the same memory, and must leave the same bits; the memory around an allocation
 * must stay as it was.
 */
#pragma once

#include <cstdint>
#include <string>

namespace simt {

/*
 * Has a stray access of memory say where it happened, and end the process. Not in a process that handles its faults
 * itself, as the JVM does.
 */
void watch_faults();

/*
 * How many of the four orders each launch runs in; of fewer, launches begin with different ones. With one alone nothing
 * is compared, and allocations lie side by side where the host may touch them: for callers with many small arrays,
 * whose protection would take longer than what is computed. Before the first allocation.
 */
void set_orders(int count);

/* What the device has found wrong with a kernel since the last reset(), "" if nothing. */
std::string failure();

/* Forgets failures, so that the device can be used again, and has no call fail. */
void reset();

/* From now on the n-th call, counted from 0, answers an error; every later one too if the error is `sticky`. */
void fail_call(int64_t n, bool sticky = false);

/* How many calls there have been since the process began. */
int64_t calls();

/* Bytes of the device, and pinned ones of the host, that are allocated. */
int64_t allocated();

}  // namespace simt

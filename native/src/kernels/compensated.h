/* Sums that keep what rounding takes from them (Knuth, TAOCP 2, 4.2.2, theorem B: TwoSum). */
#pragma once

#include "kernels/number.h"

ADJ_ISA_BEGIN

/* A sum and what rounding took from it. */
struct Compensated {
  double high, low;
};

ADJ_ALWAYS void add(Compensated& sum, double x) {
  const double s = sum.high + x;
  const double back = s - sum.high;
  sum.low += (sum.high - (s - back)) + (x - back);
  sum.high = s;
}

/* Of infinities the compensation is NaN, and the sum alone is right. */
ADJ_ALWAYS double value(const Compensated& sum) {
  const double total = sum.high + sum.low;
  return total == total ? total : sum.high;
}

ADJ_ISA_END

/*
 * Elementwise comparisons: a BOOL, one byte of 0 or 1. Their list, at the end, is what every backend makes its kernels
 * of.
 */
#pragma once

#include "kernels/number.h"

ADJ_ISA_BEGIN

#define COMPARISON(functor, op)              \
  struct functor {                           \
    template <class Y, class X>              \
    static ADJ_ALWAYS Y f(X a, X b) {        \
      return static_cast<Y>(a op b ? 1 : 0); \
    }                                        \
  };

COMPARISON(Equal, ==)
COMPARISON(NotEqual, !=)
COMPARISON(Less, <)
COMPARISON(LessEqual, <=)
COMPARISON(Greater, >)
COMPARISON(GreaterEqual, >=)
#undef COMPARISON

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_COMPARE_FUNCTIONS(F)               \
  F(CompareAll, "equal", 1, Equal)             \
  F(CompareAll, "notEqual", 1, NotEqual)       \
  F(CompareNumbers, "less", 1, Less)           \
  F(CompareNumbers, "lessEqual", 1, LessEqual) \
  F(CompareNumbers, "greater", 1, Greater)     \
  F(CompareNumbers, "greaterEqual", 1, GreaterEqual)

ADJ_ISA_END

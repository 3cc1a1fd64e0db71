/*
 * The error function and the gamma function's logarithm with its derivatives. Their list, at the end, is what every
 * backend makes its kernels of.
 */
#pragma once

#include "kernels/gamma_function.h"

ADJ_ISA_BEGIN

struct Erf {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return erf_of(x);
  }
};
struct Erfc {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return erfc_of(x);
  }
};
struct Bell {
  template <class T>
  static ADJ_ALWAYS T f(T c, T x) {
    return bell_of(c, x);
  }
};
struct Lgamma {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return static_cast<T>(lgamma_of(static_cast<double>(x)));
  }
};
struct Digamma {
  template <class T>
  static ADJ_ALWAYS T f(T x) {
    return static_cast<T>(digamma_of(static_cast<double>(x)));
  }
};
struct Polygamma {
  template <class T>
  static ADJ_ALWAYS T f(T n, T x) {
    return static_cast<T>(polygamma_of(static_cast<double>(n), static_cast<double>(x)));
  }
};

/* Each with the kind of its operands and the cost of an element in plain additions, which decides how finely work is
 * split. */
#define ADJ_SPECIAL_FUNCTIONS(F)           \
  F(UnaryOnFloats, "erf", 16, Erf)         \
  F(UnaryOnFloats, "erfc", 14, Erfc)       \
  F(BinaryOnFloats, "bell", 8, Bell)       \
  F(UnaryOnFloats, "lgamma", 80, Lgamma)   \
  F(UnaryOnFloats, "digamma", 80, Digamma) \
  F(BinaryOnFloats, "polygamma", 300, Polygamma)

ADJ_ISA_END

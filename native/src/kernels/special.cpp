/*
 * The error function and the gamma function's logarithm with its derivatives. To add one, write its functor and its row
 * in the table.
 */
#include "kernels/elementwise.h"
#include "kernels/gamma_function.h"

ADJ_ISA_BEGIN
namespace {

struct Erf {
  template <class T>
  static T f(T x) {
    return erf_of(x);
  }
};
struct Erfc {
  template <class T>
  static T f(T x) {
    return erfc_of(x);
  }
};
struct Bell {
  template <class T>
  static T f(T c, T x) {
    return bell_of(c, x);
  }
};
struct Lgamma {
  template <class T>
  static T f(T x) {
    return static_cast<T>(lgamma_of(static_cast<double>(x)));
  }
};
struct Digamma {
  template <class T>
  static T f(T x) {
    return static_cast<T>(digamma_of(static_cast<double>(x)));
  }
};
struct Polygamma {
  template <class T>
  static T f(T n, T x) {
    return static_cast<T>(polygamma_of(static_cast<double>(n), static_cast<double>(x)));
  }
};

#define UNARY(name, functor, cost) elementwise(name, kUnaryOnFloats<functor>, cost)

constexpr Kernel kernels[] = {
    UNARY("erf", Erf, 16),
    UNARY("erfc", Erfc, 14),
    elementwise("bell", kBinaryOnFloats<Bell>, 8),
    UNARY("lgamma", Lgamma, 80),
    UNARY("digamma", Digamma, 80),
    elementwise("polygamma", kBinaryOnFloats<Polygamma>, 300),
};

}  // namespace

extern const Family special;
const Family special{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * Elementwise comparisons: a BOOL, one byte of 0 or 1. To add one, write its functor and its row in the table.
 */
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

#define COMPARISON(functor, op)              \
  struct functor {                           \
    template <class Y, class X>              \
    static Y f(X a, X b) {                   \
      return static_cast<Y>(a op b ? 1 : 0); \
    }                                        \
  };

COMPARISON(Equal, ==)
COMPARISON(NotEqual, !=)
COMPARISON(Less, <)
COMPARISON(LessEqual, <=)
COMPARISON(Greater, >)
COMPARISON(GreaterEqual, >=)

constexpr Kernel kernels[] = {
    elementwise("equal", kCompareAll<Equal>, 1),         elementwise("notEqual", kCompareAll<NotEqual>, 1),
    elementwise("less", kCompareNumbers<Less>, 1),       elementwise("lessEqual", kCompareNumbers<LessEqual>, 1),
    elementwise("greater", kCompareNumbers<Greater>, 1), elementwise("greaterEqual", kCompareNumbers<GreaterEqual>, 1),
};

}  // namespace

extern const Family compare;
const Family compare{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

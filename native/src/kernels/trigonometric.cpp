/*
 * Circular and hyperbolic functions and their inverses. sin and cos are vector code but for huge arguments; the others
 * are as libm computes them. To add one, write its functor and its row in functions/trigonometric.h.
 */
#include "kernels/functions/trigonometric.h"
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

/* A tile of a row without a far element is vector code; an element's bits do not depend on its neighbours. */
template <class F, class T>
void circular_contiguous(const Block& block) {
  constexpr int64_t kTile = 256;
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t from = 0; from < n; from += kTile) {
      const T* x = row<const T>(block, 0, r) + from;
      T* y = row<T>(block, 1, r) + from;
      const int64_t count = n - from < kTile ? n - from : kTile;
      bool far = false;
      for (int64_t i = 0; i < count; ++i) far |= is_far_circular(x[i]);
      if (far) {
        for (int64_t i = 0; i < count; ++i) y[i] = F::f(x[i]);
      } else {
        ADJ_LOOP(int64_t i = 0; i < count; ++i) y[i] = F::near(x[i]);
      }
    }
  }
}

template <class F, class T>
inline constexpr Loops kCircularLoops{{kDtype<T>, kDtype<T>}, 2, circular_contiguous<F, T>, nullptr, nullptr,
                                      unary_strided<F, T, T>};

template <class F>
inline constexpr Loops kCircular[] = {kCircularLoops<F, float>, kCircularLoops<F, double>};

constexpr Kernel kernels[] = {ADJ_TRIGONOMETRIC_FUNCTIONS(ADJ_ELEMENTWISE_ROW)};

}  // namespace

extern const Family trigonometric;
const Family trigonometric{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * `fused`: a region of elementwise ops as one instruction. The ops run the loops of the elementwise families of the
 * same instruction set; its own are those that add results up.
 */
#include "kernels/contract/loops.h"
#include "kernels/elementwise.h"
#include "kernels/families.h"
#include "kernels/rows.h"

ADJ_ISA_BEGIN
namespace {

/* Four rows at a time: one load and one store of the sums serves four additions. */
template <class T>
void columns(const char* x, int64_t rows, int64_t outer, int64_t n, double* sums) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const T* x0 = reinterpret_cast<const T*>(x + r * outer);
    const T* x1 = reinterpret_cast<const T*>(x + (r + 1) * outer);
    const T* x2 = reinterpret_cast<const T*>(x + (r + 2) * outer);
    const T* x3 = reinterpret_cast<const T*>(x + (r + 3) * outer);
    ADJ_LOOP(int64_t j = 0; j < n; ++j) {
      sums[j] += (static_cast<double>(x0[j]) + static_cast<double>(x1[j])) +
                 (static_cast<double>(x2[j]) + static_cast<double>(x3[j]));
    }
  }
  for (; r < rows; ++r) {
    const T* x0 = reinterpret_cast<const T*>(x + r * outer);
    ADJ_LOOP(int64_t j = 0; j < n; ++j) sums[j] += static_cast<double>(x0[j]);
  }
}

template <class T>
double total(const char* x, int64_t n) {
  return sum_block(reinterpret_cast<const T*>(x), n);
}

constexpr FusedLoops loops = {&families, {columns<float>, columns<double>}, {total<float>, total<double>}};

constexpr Kernel kernels[] = {{"fused", prepare_fused, &loops, 1, 0, 1, {kAnyInput, kAnyInput, kAnyInput}}};

}  // namespace

extern const Family fused;
const Family fused{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * `where` and `copy`: elements move unchanged, so one loop serves every dtype of a size. It refuses arithmetic.
 */
#include "kernels/elementwise.h"

ADJ_ISA_BEGIN
namespace {

template <class D, int kA, int kB>
void where_contiguous(const Block& block) {
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t* condition = row<const uint8_t>(block, 0, r);
    const D* a = row<const D>(block, 1, r);
    const D* b = row<const D>(block, 2, r);
    D* y = row<D>(block, 3, r);
    if (kA == 1 && kB == 1) {
      ADJ_LOOP(int64_t i = 0; i < n; ++i) {
        const D yes = a[i], no = b[i];
        y[i] = condition[i] != 0 ? yes : no;
      }
    } else if (kA == 1) {
      const D no = b[0];
      ADJ_LOOP(int64_t i = 0; i < n; ++i) {
        const D yes = a[i];
        y[i] = condition[i] != 0 ? yes : no;
      }
    } else {
      const D yes = a[0];
      ADJ_LOOP(int64_t i = 0; i < n; ++i) {
        const D no = b[i];
        y[i] = condition[i] != 0 ? yes : no;
      }
    }
  }
}

template <class D>
void where_strided(const Block& block) {
  const int64_t sc = block.inner[0], sa = block.inner[1], sb = block.inner[2], sy = block.inner[3];
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t* condition = row<const uint8_t>(block, 0, r);
    const D* a = row<const D>(block, 1, r);
    const D* b = row<const D>(block, 2, r);
    D* y = row<D>(block, 3, r);
    for (int64_t i = 0; i < n; ++i) y[i * sy] = condition[i * sc] != 0 ? a[i * sa] : b[i * sb];
  }
}

template <class D>
constexpr Loops where(int32_t dtype) {
  return {{ADJ_BOOL, dtype, dtype, dtype}, 4,
          where_contiguous<D, 1, 1>,       where_contiguous<D, 0, 1>,
          where_contiguous<D, 1, 0>,       where_strided<D>};
}

template <class D>
void copy_contiguous(const Block& block) {
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r = 0; r < rows; ++r) {
    const D* x = row<const D>(block, 0, r);
    D* y = row<D>(block, 1, r);
    __builtin_memmove(y, x, static_cast<size_t>(n) * sizeof(D));
#if defined(ADJ_PLANT_OVERFLOW)
    y[n] = D(0);
#endif
  }
}

/* A transposition: the input runs along the rows of the block where the output runs across. Squares of vectors go
 * through registers; rows and n are multiples of their side. */
template <class T>
ADJ_ALWAYS void copy_squares(const Block& block, int64_t rows, int64_t n) {
  constexpr int64_t kL = kLanes<T>;
  const int64_t sx = block.inner[0];
  for (int64_t r = 0; r < rows; r += kL) {
    const T* x = row<const T>(block, 0, r);
    for (int64_t i = 0; i < n; i += kL) {
      Vector<T> square[kL];
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) square[j] = load<Vector<T>>(x + (i + j) * sx);
      transpose<T>(square);
#pragma GCC unroll 16
      for (int64_t j = 0; j < kL; ++j) store(row<T>(block, 1, r + j) + i, square[j]);
    }
  }
}

/* Rows from r_from on, columns from i_from on, in squares that keep both sides' cache lines in use until they are full.
 */
template <class D>
ADJ_ALWAYS void copy_rest(const Block& block, int64_t r_from, int64_t i_from) {
  constexpr int64_t kSquare = 16;
  const int64_t sx = block.inner[0], sy = block.inner[1];
  const int64_t rows = block.rows, n = block.n;
  for (int64_t r0 = r_from; r0 < rows; r0 += kSquare) {
    const int64_t r1 = r0 + kSquare < rows ? r0 + kSquare : rows;
    for (int64_t i0 = i_from; i0 < n; i0 += kSquare) {
      const int64_t i1 = i0 + kSquare < n ? i0 + kSquare : n;
      for (int64_t r = r0; r < r1; ++r) {
        const D* x = row<const D>(block, 0, r);
        D* y = row<D>(block, 1, r);
        for (int64_t i = i0; i < i1; ++i) y[i * sy] = x[i * sx];
      }
    }
  }
}

/* Floats only carry the bits here: shuffles change none of them. */
template <class D>
struct Carrier {
  using type = void;
};
template <>
struct Carrier<uint32_t> {
  using type = float;
};
template <>
struct Carrier<uint64_t> {
  using type = double;
};

template <class D>
void copy_strided(const Block& block) {
  if constexpr (sizeof(D) >= 4) {
    using T = typename Carrier<D>::type;
    if (block.inner[1] == 1 && block.outer[0] == static_cast<int64_t>(sizeof(D))) {
      const int64_t rows = block.rows / kLanes<T> * kLanes<T>, n = block.n / kLanes<T> * kLanes<T>;
      copy_squares<T>(block, rows, n);
      Block top = block;
      top.rows = rows;
      copy_rest<D>(top, 0, n);
      copy_rest<D>(block, rows, 0);
      return;
    }
  }
  copy_rest<D>(block, 0, 0);
}

template <class D>
constexpr Loops copy(int32_t dtype) {
  return {{dtype, dtype}, 2, copy_contiguous<D>, nullptr, nullptr, copy_strided<D>};
}

constexpr Loops where_loops[] = {where<uint32_t>(ADJ_F32), where<uint64_t>(ADJ_F64),  where<uint32_t>(ADJ_I32),
                                 where<uint64_t>(ADJ_I64), where<uint16_t>(ADJ_BF16), where<uint8_t>(ADJ_BOOL)};
constexpr Loops copy_loops[] = {copy<uint32_t>(ADJ_F32), copy<uint64_t>(ADJ_F64),  copy<uint32_t>(ADJ_I32),
                                copy<uint64_t>(ADJ_I64), copy<uint16_t>(ADJ_BF16), copy<uint8_t>(ADJ_BOOL)};

constexpr Kernel kernels[] = {
    elementwise("where", where_loops, 1),
    elementwise("copy", copy_loops, 1),
};

}  // namespace

extern const Family select;
const Family select{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

/*
 * Arrays of any layout for the tests, in memory of exactly their size, so that every step behind is a fault, and
 * AddressSanitizer sees every step outside. `layouts` are the ones that kernels treat differently: contiguous,
 * transposed, gaps, broadcast, and so on.
 */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "check.h"
#include "fenced.h"
#include "image.h"

namespace test {

template <class T>
constexpr int64_t dtype_of() {
  if (std::is_same_v<T, float>) return ADJ_F32;
  if (std::is_same_v<T, double>) return ADJ_F64;
  if (std::is_same_v<T, int32_t>) return ADJ_I32;
  if (std::is_same_v<T, int64_t>) return ADJ_I64;
  return ADJ_BOOL;
}

using Dims = std::vector<int64_t>;

inline int64_t count_of(const Dims& dims) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  return count;
}

inline Dims contiguous_strides(const Dims& dims) {
  Dims strides(dims.size());
  int64_t step = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    strides[d] = step;
    step *= dims[d];
  }
  return strides;
}

enum class Layout { kContiguous, kTransposed, kGaps, kRow, kColumn, kScalar };
inline const std::vector<Layout> kAnyLayout = {Layout::kContiguous, Layout::kTransposed, Layout::kGaps,
                                               Layout::kRow,        Layout::kColumn,     Layout::kScalar};
inline const std::vector<Layout> kOutputLayouts = {Layout::kContiguous, Layout::kTransposed, Layout::kGaps};

/* Strides of a layout: kRow repeats along the first axis, kColumn along the last, kScalar along all. */
inline Dims strides_of(const Dims& dims, Layout layout) {
  Dims strides = contiguous_strides(dims);
  const size_t rank = dims.size();
  if (rank == 0) return strides;
  switch (layout) {
    case Layout::kTransposed: {
      int64_t step = 1;
      for (size_t d = 0; d < rank; ++d) {
        strides[d] = step;
        step *= dims[d];
      }
      break;
    }
    case Layout::kGaps: {
      int64_t step = 2;
      for (size_t d = rank; d-- > 0;) {
        strides[d] = step;
        step = step * dims[d] + 3;
      }
      break;
    }
    case Layout::kRow:
      strides[0] = 0;
      break;
    case Layout::kColumn: {
      int64_t step = 1;
      for (size_t d = rank; d-- > 0;) {
        strides[d] = d == rank - 1 ? 0 : step;
        if (d < rank - 1) step *= dims[d];
      }
      break;
    }
    case Layout::kScalar:
      for (int64_t& stride : strides) stride = 0;
      break;
    default:
      break;
  }
  return strides;
}

template <class T>
class Array {
 public:
  explicit Array(const Dims& dims, Layout layout = Layout::kContiguous) : Array(dims, strides_of(dims, layout)) {}
  Array(const Dims& dims, const Dims& strides) : dims_(dims), strides_(strides) {
    size_ = count_of(dims) == 0 ? 0 : 1;
    for (size_t d = 0; size_ > 0 && d < dims.size(); ++d) size_ += (dims[d] - 1) * strides[d];
    memory_ = Fenced(static_cast<size_t>(size_) * sizeof(T));
    const T filler(77);
    std::fill_n(data(), size_, filler);
  }

  int64_t count() const { return count_of(dims_); }
  const Dims& dims() const { return dims_; }
  T* data() { return static_cast<T*>(memory_.get()); }
  const T* data() const { return static_cast<const T*>(memory_.get()); }
  int64_t size() const { return size_; }

  /* Element i in row-major order of the dims. */
  T& operator[](int64_t i) { return data()[place(i)]; }
  const T& operator[](int64_t i) const { return data()[place(i)]; }

  template <class F>
  Array&& fill(const F& f) && {
    fill_with(f);
    return std::move(*this);
  }
  template <class F>
  void fill_with(const F& f) {
    for (int64_t i = 0; i < count(); ++i) (*this)[i] = static_cast<T>(f(i));
  }

  Operand operand() const {
    return {dtype_of<T>(), dims_, strides_, memory_.get(), size_ * static_cast<int64_t>(sizeof(T)), 0};
  }
  operator Operand() const { return operand(); }

 private:
  int64_t place(int64_t i) const {
    int64_t at = 0;
    for (size_t d = dims_.size(); d-- > 0;) {
      at += i % dims_[d] * strides_[d];
      i /= dims_[d];
    }
    return at;
  }

  Dims dims_, strides_;
  int64_t size_;
  Fenced memory_{0};
};

/* Numbers that look random and repeat: SplitMix64. */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  double uniform(double from, double to) { return from + (to - from) * static_cast<double>(bits() >> 11) * 0x1p-53; }
  int64_t below(int64_t n) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(n)); }

 private:
  uint64_t state_;
};

/* Equal, both NaN, or within `tolerance` times the larger of 1 and the expected value. */
inline bool near(double got, double expected, double tolerance) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (got == expected) return true;
  if (std::isinf(expected) || std::isinf(got)) return false;
  return std::fabs(got - expected) <= tolerance * std::fmax(1.0, std::fabs(expected));
}

template <class T>
constexpr double kTolerance = std::is_same_v<T, float> ? 2e-6 : 1e-13;

}  // namespace test

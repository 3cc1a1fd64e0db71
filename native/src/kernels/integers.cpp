/*
 * Elementwise functions of integers and bits, and the remainder of any numbers. BOOL is a byte of 0 or 1. A quotient by
 * 0 is 0 here: whoever divides by data has `nonZero` look at the divisor first. To add one, write its functor and its
 * row in the table.
 */
#include "kernels/elementwise.h"
#include "kernels/whole.h"

ADJ_ISA_BEGIN
namespace {

/* Of the sign of b; where fmod is 0, a zero of that sign. */
struct Remainder {
  template <class T>
  static T f(T a, T b) {
    T r;
    if constexpr (sizeof(T) == 4)
      r = __builtin_fmodf(a, b);
    else
      r = __builtin_fmod(a, b);
    const T zero = b < T(0) || (b == T(0) && T(1) / b < T(0)) ? -T(0) : T(0);
    const T other = (r < T(0)) != (b < T(0)) ? r + b : r;
    return r == T(0) ? zero : other;
  }
};
/* Divided by -1 the least integer would overflow. */
struct RemainderWhole {
  template <class T>
  static T f(T a, T b) {
    if (b == 0 || b == -1) return 0;
    const T r = static_cast<T>(a % b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
  }
};
struct FloorDiv {
  template <class T>
  static T f(T a, T b) {
    if (b == 0) return 0;
    if (b == -1) return wrapped<T>(Unsigned<T>(0) - unsigned_of(a));
    const T q = static_cast<T>(a / b);
    return a % b != 0 && (a < 0) != (b < 0) ? static_cast<T>(q - 1) : q;
  }
};
/* How far a shift goes: the low five or six bits count. */
template <class T>
ADJ_ALWAYS Unsigned<T> places(T b) {
  return unsigned_of(b) & (sizeof(T) * 8 - 1);
}
struct ShiftLeft {
  template <class T>
  static T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) << places(b));
  }
};
struct ShiftRight {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(a >> places(b));
  }
};
struct ShiftRightUnsigned {
  template <class T>
  static T f(T a, T b) {
    return wrapped<T>(unsigned_of(a) >> places(b));
  }
};
struct And {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  static T f(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};
/* Of a BOOL the other of 0 and 1. */
struct Not {
  template <class T>
  static T f(T x) {
    if constexpr (sizeof(T) == 1)
      return static_cast<T>(x ^ 1);
    else
      return static_cast<T>(~x);
  }
};

constexpr Loops not_loops[] = {kUnaryLoops<Not, int32_t, int32_t>, kUnaryLoops<Not, int64_t, int64_t>,
                               kUnaryLoops<Not, uint8_t, uint8_t>};

constexpr Kernel kernels[] = {
    elementwise("remainder", kBinaryOnNumbers<Remainder, RemainderWhole>, 20),
    elementwise("floorDiv", kBinaryOnIntegers<FloorDiv>, 10),
    elementwise("shiftLeft", kBinaryOnIntegers<ShiftLeft>, 1),
    elementwise("shiftRight", kBinaryOnIntegers<ShiftRight>, 1),
    elementwise("shiftRightUnsigned", kBinaryOnIntegers<ShiftRightUnsigned>, 1),
    elementwise("and", kBinaryOnBits<And>, 1),
    elementwise("or", kBinaryOnBits<Or>, 1),
    elementwise("xor", kBinaryOnBits<Xor>, 1),
    elementwise("not", not_loops, 1),
};

}  // namespace

extern const Family integers;
const Family integers{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END

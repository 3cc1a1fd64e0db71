/* Convolutions and windowArgmax of the CUDA backend over the emulator, beside the CPU's. */
#include "cuda/both.h"

using namespace test;

namespace {

struct Geometry {
  int64_t groups, ci, co;
  Dims image, kernel, result; /* along three axes */
  std::vector<int64_t> strides_before_dilations;
};

template <class T>
void test_convolutions(const Machine& machine, const Geometry& g, int64_t has_bias, int64_t activation) {
  Random random(3);
  const auto dims = [](int64_t a, int64_t b, const Dims& axes) { return Dims{a, b, axes[0], axes[1], axes[2]}; };
  const Dims image = dims(2, g.groups * g.ci, g.image), kernel = dims(g.groups * g.co, g.ci, g.kernel),
             result = dims(2, g.groups * g.co, g.result);
  const Array<T> x = smooth_array<T>(random, image), w = smooth_array<T>(random, kernel),
                 y = smooth_array<T>(random, result), bias_y = smooth_array<T>(random, {g.groups * g.co}),
                 bias_x = smooth_array<T>(random, {g.groups * g.ci});
  Array<T> to_x(image), to_w(kernel), to_y(result);
  std::vector<int64_t> ints = {g.groups};
  ints.insert(ints.end(), g.strides_before_dilations.begin(), g.strides_before_dilations.end());
  std::vector<int64_t> with_epilogue = {has_bias, activation};
  with_epilogue.insert(with_epilogue.end(), ints.begin(), ints.end());
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
  std::vector<Operand> forward = {x, w}, back = {y, w};
  if (has_bias != 0) {
    forward.push_back(bias_y);
    back.push_back(bias_x);
  }
  compare(machine, {"conv", with_epilogue, forward, {to_y}}, tolerance);
  compare(machine, {"convInput", with_epilogue, back, {to_x}}, tolerance);
  compare(machine, {"convWeight", ints, {x, y}, {to_w}}, tolerance);
}

template <class T>
void test_all(const Machine& machine) {
  const Geometry plain{1, 2, 3, {1, 5, 6}, {1, 3, 2}, {1, 3, 5}, {1, 1, 1, 0, 0, 0, 1, 1, 1}};
  const Geometry wide{2, 2, 1, {3, 4, 7}, {2, 2, 3}, {2, 2, 4}, {2, 3, 2, 1, 0, 2, 1, 2, 2}};
  const Geometry none{1, 1, 1, {1, 0, 3}, {1, 2, 2}, {1, 0, 2}, {1, 1, 1, 0, 0, 0, 1, 1, 1}};
  test_convolutions<T>(machine, plain, 0, 0);
  test_convolutions<T>(machine, plain, 1, 1);
  test_convolutions<T>(machine, wide, 1, 2);
  test_convolutions<T>(machine, wide, 0, 3);
  test_convolutions<T>(machine, none, 1, 0);
}

template <class T>
void test_windows(const Machine& machine) {
  Array<T> x = Array<T>({3, 2, 5, 6}).fill([](int64_t i) { return i * 7 % 11; });
  x[9] = x[70] = static_cast<T>(NAN);
  Array<int32_t> y({3, 1, 3, 4}), adaptive({3, 2, 2, 4});
  const std::vector<int64_t> windows = {0, 2, 3, 2, 1, 2, 2, 0, 1, 1, 1, 1, 1};
  compare(machine, {"windowArgmax", windows, {x}, {y}}, kBits);
  compare(machine, {"windowArgmax", {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {x}, {adaptive}}, kBits);
}

void test_refusals(const Machine& machine) {
  const Array<float> x({1, 1, 1, 1, 3}), w({1, 1, 1, 1, 2});
  Array<float> y({1, 2, 1, 1, 2});
  compare(machine, {"conv", {0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1}, {x, w}, {y}}, kBits);
}

}  // namespace

int main() {
  simt::watch_faults();
  {
    const Machine machine;
    test_all<float>(machine);
    test_all<double>(machine);
    test_windows<float>(machine);
    test_windows<double>(machine);
    test_refusals(machine);
  }
  CHECK(simt::allocated() == 0, "%lld bytes are left on the device", static_cast<long long>(simt::allocated()));
  return finish();
}

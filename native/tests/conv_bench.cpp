/*
 * Times convolutions and their partners beside products of matrices of as many multiply-adds, in turns: the best of
 * many runs. It checks nothing and CTest does not run it. Arguments: threads (default 1), isa (default the best). With
 * ADJOINT_TEST_OPENBLAS_DIR set, the products run as programs would run them.
 */
#include "timing.h"

using namespace test;

namespace {

struct Form {
  const char* name;
  int64_t n, groups, ci, co, size, kernel, stride, padding;
};

template <class T>
Array<T> filled(const Dims& dims) {
  return Array<T>(dims).fill([](int64_t i) { return static_cast<double>(i % 17) / 17 - 0.4; });
}

template <class T>
void time_form(adj_context* context, const Form& f) {
  const int64_t result = (f.size + 2 * f.padding - f.kernel) / f.stride + 1, taps = f.kernel * f.kernel;
  Array<T> x = filled<T>({f.n, f.groups * f.ci, 1, f.size, f.size});
  Array<T> w = filled<T>({f.groups * f.co, f.ci, 1, f.kernel, f.kernel});
  Array<T> y = filled<T>({f.n, f.groups * f.co, 1, result, result});
  Array<T> a = filled<T>({f.co, f.ci * taps}), b = filled<T>({f.ci * taps, f.n * result * result});
  Array<T> c({f.co, f.n * result * result});
  std::vector<int64_t> ints = {0, 0, f.groups, 1, f.stride, f.stride, 0, f.padding, f.padding, 1, 1, 1};
  const std::vector<int64_t> bare(ints.begin() + 2, ints.end());
  const Program forward(context, {{"conv", ints, {x, w}, {y}}}), input(context, {{"convInput", ints, {y, w}, {x}}});
  const Program weight(context, {{"convWeight", bare, {x, y}, {w}}}),
      product(context, {{"matmul", {0, 0}, {a, b}, {c}}});
  std::vector<const Program*> programs = {&forward, &input, &weight};
  const bool depthwise = f.ci == 1 && f.co == 1;
  if (!depthwise) programs.push_back(&product);
  const std::vector<double> times = best(programs);
  const double flops = 2.0 * static_cast<double>(f.n * f.groups * f.ci * f.co * taps * result * result);
  const double bytes = static_cast<double>((x.count() + y.count()) * static_cast<int64_t>(sizeof(T)));
  printf("%-34s", f.name);
  const char* names[] = {"forward", "input", "weight", "matmul"};
  for (size_t i = 0; i < times.size(); ++i) {
    if (depthwise) {
      printf("  %s %8.1f us %5.1f GB/s", names[i], times[i] * 1e6, bytes / times[i] * 1e-9);
    } else {
      printf("  %s %8.1f us %6.1f GFLOP/s", names[i], times[i] * 1e6, flops / times[i] * 1e-9);
    }
  }
  if (!depthwise) printf("  of matmul's rate, all three: %.2f", 3 * times[3] / (times[0] + times[1] + times[2]));
  printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int32_t threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const Context context(argc > 2 ? argv[2] : "", threads);
  printf("%s, %d threads, OpenBLAS: %d\n", adj_context_isa(context), threads, open_blas(context));
  const Form forms[] = {{"3x3 64 to 64, 32x32, 32 images", 32, 1, 64, 64, 32, 3, 1, 1},
                        {"5x5 1 to 16, 28x28, 64 images", 64, 1, 1, 16, 28, 5, 1, 0},
                        {"5x5 16 to 32, 12x12, 64 images", 64, 1, 16, 32, 12, 5, 1, 0},
                        {"5x5 16 to 32, 28x28, 64 images", 64, 1, 16, 32, 28, 5, 1, 0},
                        {"3x3 64 to 128, 32x32, stride 2", 16, 1, 64, 128, 32, 3, 2, 1},
                        {"3x3 512 to 512, 7x7, 8 images", 8, 1, 512, 512, 7, 3, 1, 1},
                        {"7x7 3 to 64, 112x112, stride 2", 4, 1, 3, 64, 112, 7, 2, 3},
                        {"depthwise 3x3 128, 28x28, 32", 32, 128, 1, 1, 28, 3, 1, 1},
                        {"depthwise 3x3 128, stride 2", 32, 128, 1, 1, 28, 3, 2, 1}};
  for (const Form& form : forms) time_form<float>(context, form);
  time_form<double>(context, forms[0]);
  return checks_failed == 0 ? 0 : 1;
}

/*
 * Times normalisations of F32 beside a triad, in turns: the best of many runs, and which part of the triad's rate the
 * bytes of their operands cross the bus at. The triad, z = a·x + y on three arrays of 64 MB, is the faster of a region
 * and the library's plainest loop. It checks nothing and CTest does not run it. Arguments: threads (default 1), isa
 * (default the best).
 */
#include "region.h"
#include "timing.h"

using namespace test;

namespace {

enum Along { kNothing, kKept, kTrail };

struct Form {
  const char* name;
  Dims dims; /* lead, kept, trail */
  Along along;
};

struct Triad {
  static constexpr int64_t kCount = int64_t{16} << 20;
  static constexpr double kBytes = 12.0 * kCount;

  explicit Triad(adj_context* context)
      : x(filled()),
        y(filled()),
        z({kCount}),
        a({kCount}, Layout::kScalar),
        region_of_it(context, {fused()}),
        sum(context, {{"plus", {}, {x, y}, {z}}}) {}

  static Array<float> filled() {
    return Array<float>({kCount}).fill([](int64_t i) { return static_cast<double>(i % 97) / 97; });
  }
  Call fused() const {
    return {"fused", region({{"times", {0, 1}}, {"plus", {3, 2}}}, ADJ_F32, {{4}}), {a, x, y}, {z}};
  }

  Array<float> x, y, z, a;
  Program region_of_it, sum;
};

void time_form(adj_context* context, const Triad& triad, const Form& form) {
  const int64_t count = count_of(form.dims), kept = form.dims[1], scales = form.along == kKept ? kept : form.dims[2];
  const auto filled = [](const Dims& dims) {
    return Array<float>(dims).fill([](int64_t i) { return static_cast<double>(i % 97) / 97; });
  };
  const int64_t one = INT64_C(0x3ff0000000000000);
  Array<float> x = filled(form.dims), g = filled(form.dims), scale = filled({scales}), shift = filled({scales}),
               y(form.dims), dx(form.dims), mean({kept}), variance({kept}), by_scale({scales}), by_shift({scales});
  const bool scaled = form.along != kNothing;
  std::vector<Operand> in = {x}, back = {x, g}, slopes = {dx};
  if (scaled) {
    in.insert(in.end(), {scale, shift});
    back.push_back(scale);
    slopes.insert(slopes.end(), {by_scale, by_shift});
  }
  const Program forward(context, {{"standardize", {1, form.along, one, 0}, in, {y, mean, variance}}});
  const Program backward(context, {{"standardizeGrad", {1, form.along, one, scaled ? 2 : 0}, back, slopes}});
  const std::vector<double> times = best({&forward, &backward, &triad.region_of_it, &triad.sum});
  const double rate = Triad::kBytes / std::min(times[2], times[3]), elements = static_cast<double>(count);
  printf("%-40s forward %9.1f us %5.1f GB/s %4.2f  backward %9.1f us %5.1f GB/s %4.2f  of the triad's %5.1f GB/s\n",
         form.name, times[0] * 1e6, 8 * elements / times[0] * 1e-9, 8 * elements / times[0] / rate, times[1] * 1e6,
         12 * elements / times[1] * 1e-9, 12 * elements / times[1] / rate, rate * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
  const int32_t threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const Context context(argc > 2 ? argv[2] : "", threads);
  printf("%s, %d threads\n", adj_context_isa(context), threads);
  const Triad triad(context);
  const Form forms[] = {{"layer normalisation, 4096 x 1024", {1, 4096, 1024}, kTrail},
                        {"batch normalisation, 4096 x 1024", {4096, 1024, 1}, kKept},
                        {"of 64 channels, 32 images of 32 x 32", {32, 64, 1024}, kKept},
                        {"of 64 channels, 32 images of 3 x 3", {32, 64, 9}, kKept},
                        {"layer normalisation, 2048 x 256", {1, 2048, 256}, kTrail},
                        {"batch normalisation, 64 x 128", {64, 128, 1}, kKept},
                        {"of all, 4096 x 1024", {1, 1, int64_t{4} << 20}, kNothing}};
  for (const Form& form : forms) time_form(context, triad, form);
  return checks_failed == 0 ? 0 : 1;
}

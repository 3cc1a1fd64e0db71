/* matmul against a naive twin: sizes around the register blocks, all layouts, batches, bias, activation, OpenBLAS. */
#include "activation.h"
#include "machine.h"

using namespace test;

namespace {

struct Form {
  int64_t m, n, k;
  bool a_transposed, b_transposed;
  int64_t has_bias, activation;
  Layout bias;
  Dims batch;
};

Dims matrix(const Dims& batch, int64_t rows, int64_t columns) {
  Dims dims = batch;
  dims.push_back(rows);
  dims.push_back(columns);
  return dims;
}

/* Contiguous, or with the last two axes swapped in memory; batches apart by a little more than they need. */
Dims strides_of_matrix(const Dims& dims, bool transposed, int64_t gap) {
  Dims strides(dims.size());
  const size_t r = dims.size() - 2, c = dims.size() - 1;
  int64_t step;
  if (transposed) {
    strides[r] = 1;
    strides[c] = dims[r] + gap;
    step = strides[c] * dims[c];
  } else {
    strides[c] = 1;
    strides[r] = dims[c] + gap;
    step = strides[r] * dims[r];
  }
  for (size_t d = r; d-- > 0;) {
    strides[d] = step;
    step *= dims[d];
  }
  return strides;
}

template <class T>
void test_form(adj_context* context, const Form& f, Random& random) {
  const Dims da = matrix(f.batch, f.m, f.k), db = matrix(f.batch, f.k, f.n), dc = matrix(f.batch, f.m, f.n);
  Array<T> a(da, strides_of_matrix(da, f.a_transposed, f.m % 3)), b(db, strides_of_matrix(db, f.b_transposed, f.n % 2));
  Array<T> bias(dc, f.bias), c(dc);
  a.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  b.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  bias.fill_with([&](int64_t) { return random.uniform(-1, 1); });
  std::vector<Operand> inputs = {a, b};
  if (f.has_bias != 0) inputs.push_back(bias);
  if (!runs(context, {"matmul", {f.has_bias, f.activation}, inputs, {c}})) return;
  const int64_t batches = count_of(f.batch);
  /* In double and side by side, so that large products do not take the twin long. */
  std::vector<double> rows, columns;
  for (int64_t i = 0; i < a.count(); ++i) rows.push_back(static_cast<double>(a[i]));
  for (int64_t e = 0; e < batches; ++e) {
    for (int64_t j = 0; j < f.n; ++j) {
      for (int64_t p = 0; p < f.k; ++p) columns.push_back(static_cast<double>(b[(e * f.k + p) * f.n + j]));
    }
  }
  const double tolerance = std::is_same_v<T, float> ? 6e-7 * (4 + std::sqrt(static_cast<double>(f.k))) : 1e-13;
  for (int64_t e = 0; e < batches; ++e) {
    for (int64_t i = 0; i < f.m; ++i) {
      for (int64_t j = 0; j < f.n; ++j) {
        double sum = 0;
        const double* row = rows.data() + (e * f.m + i) * f.k;
        const double* column = columns.data() + (e * f.n + j) * f.k;
        for (int64_t p = 0; p < f.k; ++p) sum += row[p] * column[p];
        const int64_t at = (e * f.m + i) * f.n + j;
        if (f.has_bias != 0) sum += static_cast<double>(bias[at]);
        const double expected = activated(sum, f.activation), got = static_cast<double>(c[at]);
        CHECK(near(got, expected, tolerance), "[%lld, %lld] x [%lld, %lld] %d%d at %lld: %.9g, not %.9g",
              static_cast<long long>(f.m), static_cast<long long>(f.k), static_cast<long long>(f.k),
              static_cast<long long>(f.n), f.a_transposed, f.b_transposed, static_cast<long long>(at), got, expected);
      }
    }
  }
}

template <class T>
void test_all(adj_context* context) {
  Random random(7);
  const int64_t sizes[] = {0, 1, 2, 5, 6, 7, 13, 14, 15, 16, 17, 31, 33, 65};
  int64_t kind = 0;
  for (const int64_t m : sizes) {
    for (const int64_t n : sizes) {
      for (const int64_t k : {0, 1, 3, 17, 33}) {
        for (int layouts = 0; layouts < 4; ++layouts, ++kind) {
          test_form<T>(context,
                       {m,
                        n,
                        k,
                        (layouts & 1) != 0,
                        (layouts & 2) != 0,
                        kind % 2,
                        kind / 2 % 4,
                        kAnyLayout[static_cast<size_t>(kind % 6)],
                        {}},
                       random);
        }
      }
    }
  }
  for (int layouts = 0; layouts < 4; ++layouts) {
    const bool at = (layouts & 1) != 0, bt = (layouts & 2) != 0;
    test_form<T>(context, {37, 29, 1009, at, bt, 1, 1, Layout::kRow, {}}, random);
    test_form<T>(context, {9, 11, 13, at, bt, 1, 2, Layout::kColumn, {3, 2}}, random);
    test_form<T>(context, {4, 5, 6, at, bt, 0, 0, Layout::kContiguous, {0}}, random);
    test_form<T>(context, {130, 200, 300, at, bt, 1, 3, Layout::kScalar, {}}, random);
    test_form<T>(context, {1, 300, 500, at, bt, 0, 0, Layout::kScalar, {}}, random);
    test_form<T>(context, {300, 1, 500, at, bt, 0, 0, Layout::kScalar, {}}, random);
    test_form<T>(context, {1, 2053, 21, at, bt, 1, 3, Layout::kRow, {}}, random);
    test_form<T>(context, {2053, 1, 21, at, bt, 1, 2, Layout::kColumn, {}}, random);
    test_form<T>(context, {1, 37, 19, at, bt, 1, 1, Layout::kColumn, {3}}, random);
    test_form<T>(context, {37, 1, 19, at, bt, 1, 1, Layout::kRow, {3}}, random);
    /* Copies of both operands for all tiles; of A alone, its rows a power of two apart; of either for one tile. */
    test_form<T>(context, {519, 70, 512, at, bt, 1, 1, Layout::kRow, {}}, random);
    test_form<T>(context, {515, 66, 1300, at, bt, 1, 0, Layout::kRow, {}}, random); /* more blocks of k than panels */
    test_form<T>(context, {516, 70, 160, at, bt, 1, 2, Layout::kColumn, {2}}, random);
    test_form<T>(context, {48, 400, 512, at, bt, 1, 3, Layout::kRow, {}}, random);
    test_form<T>(context, {24, 100, 512, at, bt, 1, 0, Layout::kTransposed, {3}}, random);
    /* Split along k. */
    test_form<T>(context, {33, 30, 1500, at, bt, 1, 3, Layout::kRow, {}}, random);
    test_form<T>(context, {17, 20, 1100, at, bt, 1, 1, Layout::kTransposed, {3}}, random);
    test_form<T>(context, {2100, 31, 30, at, bt, 1, 1, Layout::kRow, {}}, random);
  }
}

/* An element has the same bits in a product of its row or column and in the whole one, however that is cut and copied.
 */
template <class T>
void test_places(adj_context* context) {
  Random random(9);
  for (const auto& s : {Dims{519, 70, 512}, Dims{61, 75, 300}, Dims{500, 40, 33}, Dims{69, 40, 1100},
                        Dims{64, 200, 800}}) { /* by columns, where 7 of them are cut along k */
    const int64_t m = s[0], n = s[1], k = s[2];
    for (int layouts = 0; layouts < 4; ++layouts) {
      Array<T> a({m, k}, (layouts & 1) != 0 ? Layout::kTransposed : Layout::kContiguous);
      Array<T> b({k, n}, (layouts & 2) != 0 ? Layout::kTransposed : Layout::kContiguous);
      Array<T> c({m, n});
      a.fill_with([&](int64_t) { return random.uniform(-1, 1); });
      b.fill_with([&](int64_t) { return random.uniform(-1, 1); });
      if (!runs(context, {"matmul", {0, 0}, {a, b}, {c}})) return;
      for (const int64_t few : {7, 1}) { /* a single one has a loop of its own */
        Array<T> part({few, n}), side({m, few});
        for (int64_t from = 0; from + few <= m; from += 31) {
          Operand rows = a;
          rows.dims[0] = few;
          rows.offset = from * rows.strides[0] * static_cast<int64_t>(sizeof(T));
          if (!runs(context, {"matmul", {0, 0}, {rows, b}, {part}})) return;
          for (int64_t e = 0; e < few * n; ++e) {
            CHECK(part[e] == c[from * n + e], "[%lld, %lld] x [%lld, %lld]: row %lld depends on its tile",
                  static_cast<long long>(m), static_cast<long long>(k), static_cast<long long>(k),
                  static_cast<long long>(n), static_cast<long long>(from + e / n));
          }
        }
        for (int64_t from = 0; from + few <= n; from += 31) {
          Operand columns = b;
          columns.dims[1] = few;
          columns.offset = from * columns.strides[1] * static_cast<int64_t>(sizeof(T));
          if (!runs(context, {"matmul", {0, 0}, {a, columns}, {side}})) return;
          for (int64_t e = 0; e < few * m; ++e) {
            CHECK(side[e] == c[e / few * n + from + e % few],
                  "[%lld, %lld] x [%lld, %lld]: column %lld depends on its tile", static_cast<long long>(m),
                  static_cast<long long>(k), static_cast<long long>(k), static_cast<long long>(n),
                  static_cast<long long>(from + e % few));
          }
        }
      }
    }
  }
}

/*
 * Rounding does not grow with k: each block's sum of 256 products is 256.1024, of which a plain chain in F32 would lose
 * a tenth at each addition once the sum is large. Few elements, which are split along k, and so many that they are not;
 * of these a sanitizer sees the first, whose loops are the same.
 */
void test_long_k(adj_context* context) {
  for (const auto& [m, n, k] : {std::tuple{2, 3, 1 << 22}, std::tuple{131, 129, (1 << 16) + 1001}}) {
    if (sanitized() && m > 2) continue;
    Array<float> a({m, k}), b({k, n}), c({m, n});
    a.fill_with([](int64_t) { return 1; });
    b.fill_with([](int64_t) { return 1.0004F; });
    if (!runs(context, {"matmul", {0, 0}, {a, b}, {c}})) return;
    const double expected = static_cast<double>(k) * static_cast<double>(1.0004F);
    double worst = 0;
    for (int64_t e = 0; e < c.count(); ++e) {
      worst = std::max(worst, std::fabs(static_cast<double>(c[e]) / expected - 1));
    }
    CHECK(worst <= 512 * 0x1p-24, "k = %d: an element is off by %g of itself", k, worst);
  }
}

/* Subnormal numbers count as zero, whatever the way through the kernel, and only while it runs. */
template <class T>
void test_subnormals(adj_context* context) {
  const double least = static_cast<double>(std::numeric_limits<T>::min());
  for (const auto& s : {Dims{5, 7, 3}, Dims{64, 64, 64}, Dims{16, 16, 4096}}) { /* the last one is cut along k */
    for (const double x : {least, least / 4}) {
      Array<T> a({s[0], s[2]}), b({s[2], s[1]}), c({s[0], s[1]});
      a.fill_with([](int64_t) { return 0; });
      b.fill_with([](int64_t) { return 0; });
      for (int64_t i = 0; i < s[0]; ++i) a[i * s[2]] = static_cast<T>(x);
      for (int64_t j = 0; j < s[1]; ++j) b[j] = static_cast<T>(x < least ? 1e10 : 0.25);
      runs(context, {"matmul", {0, 0}, {a, b}, {c}});
      for (int64_t i = 0; i < c.count(); ++i) CHECK(c[i] == 0, "%g * %g is %g", x, double(b[0]), double(c[i]));
      Array<T> y({s[0], s[2]});
      a.fill_with([least](int64_t) { return least / 4; });
      runs(context, {"plus", {}, {a, a}, {y}});
      CHECK(static_cast<double>(y[0]) == least / 2, "then %g + %g is %g", least / 4, least / 4, double(y[0]));
    }
  }
}

void test_refusals(adj_context* context) {
  Array<float> a({64, 784}), b({785, 256}), c({64, 256});
  refused(context, {"matmul", {0, 0}, {a, b}, {c}}, ADJ_INVALID_IMAGE,
          "matmul: inner sizes differ: [64, 784] x [785, 256]");
  Array<float> d({4, 4}, Layout::kGaps), e({4, 4}), f({4, 4});
  refused(context, {"matmul", {0, 0}, {d, e}, {f}}, ADJ_INVALID_IMAGE,
          "matmul: input 0 [4, 4] has strides 11, 2: one must be 1, the other span the contiguous axis");
  refused(context, {"matmul", {0, 4}, {e, e}, {f}}, ADJ_INVALID_IMAGE, "matmul: activation is 4, outside 0..3");
  refused(context, {"matmul", {1, 0}, {e, e}, {f}}, ADJ_INVALID_IMAGE,
          "matmul: takes 2 ints, 3 inputs, 1 outputs, not 2, 2, 1");
  refused(context, {"matmul", {0, 0}, {e, f}, {f}}, ADJ_INVALID_IMAGE, "matmul: output 0 must not be input 1");
}

}  // namespace

int main() {
  for_each_isa([](adj_context* context) {
    test_all<float>(context);
    test_all<double>(context);
    test_places<float>(context);
    test_places<double>(context);
    test_subnormals<float>(context);
    test_subnormals<double>(context);
    test_long_k(context);
    test_refusals(context);
  });
  for (const std::string& isa : tables()) {
    const Context context(isa, 2);
    CHECK(std::string(adj_blas_config(context)).empty(), "a config before opening");
    const char* missing = "/nowhere/libopenblas.so.0";
    if (isa == "baseline") CHECK(adj_blas_open(context, nullptr, 0, missing) == ADJ_UNAVAILABLE, "opened %s", missing);
    if (!open_blas(context)) break;
    printf("%s: %s\n", isa.c_str(), adj_blas_config(context));
    CHECK(!std::string(adj_blas_config(context)).empty(), "no config after opening");
    if (isa != "baseline") continue; /* which goes over to OpenBLAS at sizes that a naive twin can check */
    test_all<float>(context);
    test_all<double>(context);
    Random random(8);
    for (int layouts = 0; layouts < 4; ++layouts) {
      test_form<float>(context, {64, 784, 256, (layouts & 1) != 0, (layouts & 2) != 0, 1, 1, Layout::kRow, {2}},
                       random);
      test_form<double>(context, {300, 150, 200, (layouts & 1) != 0, (layouts & 2) != 0, 1, 1, Layout::kRow, {}},
                        random);
    }
  }
  return finish();
}

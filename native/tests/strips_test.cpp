/*
 * Programs whose instructions are run strip by strip against the same instructions in programs of their own, which are
 * not: the same bits in all memory, whatever is overwritten, shared in part, or seen transposed meanwhile, and
 * whichever instruction data makes fail.
 */
#include <cstring>

#include "machine.h"
#include "region.h"

using namespace test;

namespace {

constexpr int64_t kColumns[] = {1, 17, 32};

/* Writes random calls on values in one block of memory, where new values may take the place of old ones. */
class Writer {
 public:
  Writer(uint64_t seed, int64_t rows, std::vector<char>& memory) : random_(seed), rows_(rows), memory_(memory) {
    for (const int64_t n : kColumns) values_.push_back(matrix(take(rows_ * n), rows_, n));
    for (const int64_t n : kColumns) folded_.push_back(matrix(take(n * n), n, n));
  }

  /* A call that fails where `index`, one I64, lies outside the rows: a row of some value, picked by it. */
  Call gather(const Operand& index) {
    for (;;) {
      Operand x = values_[pick(values_.size())];
      const int64_t n = x.dims[1];
      x.dims = {1, 1, rows_, n};
      x.strides = {rows_ * n, rows_ * n, n, 1};
      Operand y = matrix(take(n), 1, n);
      y.dims = {1, 1, 1, n};
      y.strides = {n, n, n, 1};
      if (apart(x, y)) return {"gather", {}, {x, index}, {y}};
    }
  }

  /* The next call; its operands are whole or disjoint. */
  Call next() {
    for (;;) {
      const Operand& x = values_[pick(values_.size())];
      const int64_t n = x.dims[1];
      Call call;
      switch (pick(12)) {
        case 0:
          call = {"tanh", {}, {x}, {}};
          break;
        case 1: {
          Operand row = values_[pick(values_.size())]; /* whatever stands there, as one row for all */
          row.dims = x.dims;
          row.strides = {0, 1};
          if (row.offset + n * 4 > static_cast<int64_t>(memory_.size())) continue;
          call = {"times", {}, {x, row}, {}};
          break;
        }
        case 2: {
          const Operand& y = values_[pick(values_.size())];
          if (y.dims != x.dims) continue;
          call = {"minus", {}, {x, y}, {}};
          break;
        }
        case 3: {
          const int64_t m = kColumns[pick(3)];
          const int64_t at = 64 * static_cast<int64_t>(pick(memory_.size() / 64));
          if (at + n * m * 4 > static_cast<int64_t>(memory_.size())) continue;
          /* Bounded by its activation: what overflowed would compare NaN with NaN. */
          call = {"matmul", {0, 2 + random_.below(2)}, {x, matrix(at, n, m)}, {}};
          return with_output(call, rows_, m, values_);
        }
        case 4:
          call = {"softmax", {}, {x}, {}};
          break;
        case 5:
        case 6: {
          /* Rows folded: a product along them, often on top of another. */
          const Operand& y = values_[pick(values_.size())];
          const int64_t m = y.dims[1];
          Operand turned = x;
          std::swap(turned.dims[0], turned.dims[1]);
          std::swap(turned.strides[0], turned.strides[1]);
          const Operand& other = folded_[pick(folded_.size())];
          const bool more = other.dims == std::vector<int64_t>{n, m} && pick(2) == 0;
          call = {"matmul", {more, 2}, {turned, y}, {}};
          if (more) call.inputs.push_back(other);
          return with_output(call, n, m, folded_);
        }
        case 7: {
          /* What no strip can do: before them or behind. */
          const Operand& small = folded_[pick(folded_.size())];
          call = {"sigmoid", {}, {small}, {}};
          return with_output(call, small.dims[0], small.dims[1], folded_);
        }
        case 8: {
          /* The same, with scratch of its own. */
          const Operand y{ADJ_F32, {}, {}, memory_.data(), static_cast<int64_t>(memory_.size()), take(1)};
          if (x.offset <= y.offset && y.offset < end_of(x)) continue;
          return {"sum", {2}, {x}, {y}};
        }
        case 9:
        case 10: {
          /* A region of which one value leaves as it is, and is folded over rows or over everything. */
          const bool all = pick(2) == 0;
          const Out folded{1, pick(2) == 0 ? kSum : kMax, all ? 2 : 1};
          Call with =
              with_output({"fused", region({{"tanh", {0}}}, ADJ_F32, {{1}, folded}), {x}, {}}, rows_, n, values_);
          const Operand& y = with.outputs[0];
          Operand z{ADJ_F32, {n}, {1}, memory_.data(), static_cast<int64_t>(memory_.size()), 0};
          if (all) z.dims = z.strides = {};
          do {
            z.offset = take(n);
          } while (!apart(with.inputs[0], z) || !apart(y, z));
          with.outputs.push_back(z);
          return with;
        }
        default: {
          /* Rows of one value as columns of another: no strip of either is one of the other. */
          Operand turned = x;
          turned.strides = {1, rows_};
          call = {"sigmoid", {}, {turned}, {}};
          break;
        }
      }
      return with_output(call, rows_, n, values_);
    }
  }

 private:
  size_t pick(size_t count) { return static_cast<size_t>(random_.below(static_cast<int64_t>(count))); }

  int64_t take(int64_t elements) {
    const int64_t most = static_cast<int64_t>(memory_.size()) - elements * 4;
    return 64 * static_cast<int64_t>(pick(static_cast<size_t>(most / 64)));
  }

  Operand matrix(int64_t offset, int64_t rows, int64_t columns) {
    return {ADJ_F32, {rows, columns}, {columns, 1}, memory_.data(), static_cast<int64_t>(memory_.size()), offset};
  }

  static int64_t end_of(const Operand& o) {
    int64_t last = 0;
    for (size_t d = 0; d < o.dims.size(); ++d) last += (o.dims[d] - 1) * o.strides[d];
    return o.offset + (last + 1) * 4;
  }

  static bool apart(const Operand& x, const Operand& y) { return end_of(x) <= y.offset || end_of(y) <= x.offset; }

  Call with_output(Call call, int64_t rows, int64_t columns, std::vector<Operand>& kept) {
    for (;;) {
      /* Often where a value has been, as a planner does it. */
      const Operand& old = values_[pick(values_.size())];
      const bool reuse = pick(3) > 0 && old.offset + rows * columns * 4 <= static_cast<int64_t>(memory_.size());
      const Operand y = matrix(reuse ? old.offset : take(rows * columns), rows, columns);
      bool all_apart = true;
      for (const Operand& x : call.inputs) all_apart = all_apart && apart(x, y);
      if (!all_apart) continue;
      call.outputs = {y};
      kept[pick(kept.size())] = y;
      return call;
    }
  }

  Random random_;
  int64_t rows_;
  std::vector<char>& memory_;
  std::vector<Operand> values_, folded_;
};

/* Memory that a Writer's calls work on, and what was in it before. */
struct Memory {
  Memory(uint64_t seed, int64_t rows) : now(static_cast<size_t>(rows) * 32 * 4 * 30) {
    Random random(seed + 1);
    for (size_t i = 0; i < now.size(); i += 4) {
      const float x = static_cast<float>(random.uniform(-1, 1));
      std::memcpy(&now[i], &x, 4);
    }
    before = now;
  }
  /* Not by assignment: calls hold the address. */
  void reset() { std::memcpy(now.data(), before.data(), now.size()); }

  std::vector<char> now, before;
};

/* Under a sanitizer a third of the random programs. */
uint64_t programs(uint64_t count) { return sanitized() ? (count + 2) / 3 : count; }

void test_against_programs_of_one(const std::string& isa, bool blas) {
  const Context context(isa, 1), two(isa, 2), four(isa, 4);
  for (adj_context* each :
       {static_cast<adj_context*>(context), static_cast<adj_context*>(two), static_cast<adj_context*>(four)}) {
    if (blas && !open_blas(each)) return;
  }
  for (const int64_t rows : {136, 1009, 4500}) {
    for (uint64_t seed = 0; seed < programs(blas ? 10 : 30); ++seed) {
      Memory memory(seed, rows);
      Writer writer(seed, rows, memory.now);
      std::vector<Call> calls;
      for (int i = 0; i < 40; ++i) calls.push_back(writer.next());
      for (const Call& call : calls) {
        if (!runs(context, call)) return;
      }
      const std::vector<char> expected = memory.now;
      for (adj_context* threads :
           {static_cast<adj_context*>(context), static_cast<adj_context*>(two), static_cast<adj_context*>(four)}) {
        memory.reset();
        CHECK(run(threads, calls) == ADJ_OK, "%s", adj_last_error());
        CHECK(memory.now == expected, "%s%s: %lld rows, seed %llu: other bits", isa.c_str(), blas ? " with BLAS" : "",
              static_cast<long long>(rows), static_cast<unsigned long long>(seed));
      }
    }
  }
}

/* Some calls look an index up, and that of one is bad: the same instruction fails, and the same memory is left. */
void test_failing(const std::string& isa) {
  const Context one(isa, 1), four(isa, 4);
  for (const int64_t rows : {136, 4500}) {
    for (uint64_t seed = 100; seed < 100 + programs(15); ++seed) {
      Memory memory(seed, rows);
      Writer writer(seed, rows, memory.now);
      Random random(seed);
      Array<int64_t> good({1, 1}), bad({1, 1});
      good[0] = rows - 1;
      bad[0] = rows + 7;
      std::vector<Call> calls;
      for (int i = 0; i < 30; ++i) calls.push_back(random.below(10) == 0 ? writer.gather(good) : writer.next());
      const int64_t planted = random.below(30);
      calls[static_cast<size_t>(planted)] = writer.gather(bad);
      for (int64_t i = 0; i < planted; ++i) {
        if (!runs(one, calls[static_cast<size_t>(i)])) return;
      }
      const std::vector<char> expected = memory.now;
      for (adj_context* threads : {static_cast<adj_context*>(one), static_cast<adj_context*>(four)}) {
        memory.reset();
        int64_t failed = -1;
        const adj_status status = run(threads, calls, &failed);
        CHECK(status == ADJ_OUT_OF_RANGE && failed == planted, "%s, seed %llu: status %d at %lld instead of %lld",
              isa.c_str(), static_cast<unsigned long long>(seed), status, static_cast<long long>(failed),
              static_cast<long long>(planted));
        CHECK(memory.now == expected, "%s: %lld rows, seed %llu: instruction %lld failed, and other memory is left",
              isa.c_str(), static_cast<long long>(rows), static_cast<unsigned long long>(seed),
              static_cast<long long>(planted));
      }
    }
  }
}

/* What is written in place behind a bad index keeps its old value. */
void test_failing_before_update(adj_context* context) {
  const int64_t rows = 4096, n = 32;
  Array<float> x({rows, n}), y({rows, n}), g({rows, n}), p({rows, n}), z({1, 1, 1, n});
  Array<int64_t> index({1, 1});
  x.fill_with([](int64_t) { return 1; });
  g.fill_with([](int64_t) { return 1; });
  p.fill_with([](int64_t) { return 5; });
  index[0] = rows + 7;
  Operand lookup = y.operand();
  lookup.dims = {1, 1, rows, n};
  lookup.strides = {rows * n, rows * n, n, 1};
  int64_t failed = -1;
  const adj_status status =
      run(context, {{"tanh", {}, {x}, {y}}, {"gather", {}, {lookup, index}, {z}}, {"minus", {}, {p, g}, {p}}}, &failed);
  CHECK(status == ADJ_OUT_OF_RANGE && failed == 1, "status %d at %lld", status, static_cast<long long>(failed));
  for (int64_t i = 0; i < rows * n; ++i) CHECK(p[i] == 5, "p[%lld] is %g", static_cast<long long>(i), p[i]);
}

/* A timed run gives the same bits, and says which instructions ran strip by strip. */
void test_timed(const std::string& isa) {
  const int64_t rows = 4500, n = 32;
  for (const int32_t threads : {1, 4}) {
    const Context context(isa, threads);
    Array<float> x({rows, n}), y({rows, n}), z({rows, n}), all{Dims{}};
    x.fill_with([](int64_t i) { return static_cast<float>(i % 7); });
    const std::vector<Call> calls = {
        {"tanh", {}, {x}, {y}}, {"square", {}, {y}, {z}}, {"neg", {}, {z}, {y}}, {"sum", {2}, {y}, {all}}};
    CHECK(run(context, calls) == ADJ_OK, "%s", adj_last_error());
    const float expected = all[0];
    std::vector<adj_timing> timings(calls.size(), {-1, -1, -1});
    CHECK(run_timed(context, calls, timings) == ADJ_OK, "%s", adj_last_error());
    CHECK(all[0] == expected, "%g and timed %g", expected, all[0]);
    for (size_t i = 0; i < timings.size(); ++i) {
      CHECK(timings[i].runs == 1 && timings[i].nanoseconds > 0, "instruction %zu: %lld runs in %lld ns", i,
            static_cast<long long>(timings[i].runs), static_cast<long long>(timings[i].nanoseconds));
      CHECK(timings[i].group == (i < 3 ? 0 : 3), "instruction %zu runs with %lld", i,
            static_cast<long long>(timings[i].group));
    }
  }
}

}  // namespace

int main() {
  for (const std::string& isa : tables()) {
    test_against_programs_of_one(isa, false);
    test_failing(isa);
    test_timed(isa);
  }
  test_against_programs_of_one("baseline", true); /* which goes over to OpenBLAS soonest */
  for_each_isa(test_failing_before_update);
  return finish();
}

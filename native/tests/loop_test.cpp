/*
 * Loops: the body of a loop gives what its calls give one turn after another, however carries get from turn to turn,
 * in both directions and for no turn at all; errors name the turn; nothing in a loop's ints is trusted.
 */
#include <cstring>

#include "machine.h"

using namespace test;

namespace {

constexpr int64_t kLength = 5, kBytes = kLength * 8;
constexpr int64_t kInPlace = -1, kBuffered = -2;

/* An operand of a body: the whole of the binding of that number, which has no memory yet. */
Operand bound(int64_t binding, int64_t dtype, const Dims& dims) {
  Dims strides(dims.size());
  int64_t size = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    strides[d] = size;
    size *= dims[d];
  }
  return {dtype, dims, strides, reinterpret_cast<void*>(static_cast<uintptr_t>(binding + 1) << 12), size * 8, 0};
}

Operand row(int64_t binding) { return bound(binding, ADJ_F64, {kLength}); }

/* The image of a body with bindings of these sizes. */
std::vector<int64_t> body(const std::vector<Call>& calls, const std::vector<int64_t>& bytes) {
  std::vector<adj_binding> bindings;
  for (size_t i = 0; i < bytes.size(); ++i) bindings.push_back({(i + 1) << 12, bytes[i]});
  return write_image(calls, bindings).words;
}

std::vector<int64_t> joined(std::vector<int64_t> header, const std::vector<int64_t>& image) {
  header.insert(header.end(), image.begin(), image.end());
  return header;
}

/* h' = h w + x, which stacks h' or h. Bindings: workspace, no scalars, h, x, w, then what the mode wants. */
struct Recurrence {
  int64_t turns, reverse, mode;
  Array<double> start{{kLength}}, weights{{kLength}}, end{{kLength}}, xs, stack;
  Array<uint8_t> room{{256}};

  Recurrence(int64_t turns_, int64_t reverse_, int64_t mode_)
      : turns(turns_), reverse(reverse_), mode(mode_), xs({turns_, kLength}), stack({turns_, kLength}) {
    Random random(7);
    for (Array<double>* array : {&start, &weights, &xs}) {
      array->fill_with([&](int64_t) { return random.uniform(-1, 1); });
    }
  }

  Call call() {
    const int64_t stack_binding = mode == kBuffered ? 6 : 5;
    const int64_t next = mode == kInPlace ? 2 : 5;
    std::vector<Call> calls;
    if (mode < 0) calls.push_back({"copy", {}, {row(2)}, {row(stack_binding)}});
    calls.push_back({"times", {}, {row(2), row(4)}, {row(0)}});
    calls.push_back({"plus", {}, {row(0), row(3)}, {row(next)}});
    std::vector<int64_t> bytes = {kBytes, 0, kBytes, kBytes, kBytes, kBytes};
    if (mode == kBuffered) bytes.push_back(kBytes);
    return {"loop",
            joined({turns, reverse, 0, 1, 1, 1, mode}, body(calls, bytes)),
            {start, xs, weights},
            {end, stack, room}};
  }

  void check() {
    std::vector<double> h(kLength);
    for (int64_t i = 0; i < kLength; ++i) h[static_cast<size_t>(i)] = start[i];
    for (int64_t turn = 0; turn < turns; ++turn) {
      const int64_t at = reverse ? turns - 1 - turn : turn;
      for (int64_t i = 0; i < kLength; ++i) {
        double& now = h[static_cast<size_t>(i)];
        const double before = now;
        const double product = now * weights[i];
        now = product + xs[at * kLength + i];
        CHECK(stack[at * kLength + i] == (mode < 0 ? before : now), "mode %lld, turn %lld of %lld",
              static_cast<long long>(mode), static_cast<long long>(turn), static_cast<long long>(turns));
      }
    }
    for (int64_t i = 0; i < kLength; ++i) {
      CHECK(end[i] == h[static_cast<size_t>(i)], "mode %lld, the end of %lld turns", static_cast<long long>(mode),
            static_cast<long long>(turns));
    }
  }
};

void turns_follow_each_other(adj_context* context) {
  for (const int64_t turns : {0, 1, 2, 3, 8}) {
    for (const int64_t reverse : {0, 1}) {
      for (const int64_t mode : {kInPlace, kBuffered, int64_t{0}}) {
        Recurrence recurrence(turns, reverse, mode);
        if (runs(context, recurrence.call())) recurrence.check();
      }
    }
  }
}

/* A timed run tells of the loop, then of each instruction of its body, all turns together. */
void turns_are_timed_together(adj_context* context) {
  for (const int64_t turns : {0, 1, 5}) {
    Recurrence recurrence(turns, 0, kBuffered);
    std::vector<adj_timing> timings(4, {-1, -1, -1});
    CHECK(run_timed(context, {recurrence.call()}, timings) == ADJ_OK, "%s", adj_last_error());
    recurrence.check();
    CHECK(timings[0].runs == 1 && timings[0].group == 0, "the loop ran %lld times",
          static_cast<long long>(timings[0].runs));
    int64_t inside = 0;
    for (size_t i = 1; i < timings.size(); ++i) {
      CHECK(timings[i].runs == turns && timings[i].group == static_cast<int64_t>(i), "instruction %zu ran %lld times",
            i, static_cast<long long>(timings[i].runs));
      CHECK((timings[i].nanoseconds > 0) == (turns > 0), "instruction %zu took no time", i);
      inside += timings[i].nanoseconds;
    }
    CHECK(timings[0].nanoseconds >= inside, "a loop took less than its turns");
  }
}

/* h' = h / 2 while h > limit: carries are the flag and h; the turns are the most that may run. */
void a_condition_ends_it(adj_context* context) {
  for (const int64_t mode : {kInPlace, kBuffered}) {
    for (const int64_t most : {0, 1, 2, 3, 4, 9}) {
      Array<uint8_t> go{Dims{}}, gone{Dims{}}, room{{256}};
      Array<double> h{Dims{}}, end{Dims{}}, half{Dims{}}, limit{Dims{}};
      go[0] = 1;
      h[0] = 40;
      half[0] = 0.5;
      limit[0] = 4;
      const Operand number = bound(3, ADJ_F64, {});
      const Operand next = mode == kInPlace ? number : bound(7, ADJ_F64, {});
      Operand flag = bound(mode == kInPlace ? 2 : 6, ADJ_BOOL, {});
      flag.bytes = 1;
      std::vector<int64_t> bytes = {0, 0, 1, 8, 8, 8};
      if (mode == kBuffered) bytes.insert(bytes.end(), {1, 8});
      const std::vector<int64_t> image = body({{"times", {}, {number, bound(4, ADJ_F64, {})}, {next}},
                                               {"greater", {}, {next, bound(5, ADJ_F64, {})}, {flag}}},
                                              bytes);
      if (!runs(context,
                {"loop", joined({most, 0, 1, 2, 0, 0, mode, mode}, image), {go, h, half, limit}, {gone, end, room}}))
        continue;
      double expected = 40;
      int64_t turn = 0;
      while (turn < most && (turn == 0 || expected > 4)) {
        expected *= 0.5;
        ++turn;
      }
      CHECK(end[0] == expected, "mode %lld, at most %lld turns: %g", static_cast<long long>(mode),
            static_cast<long long>(most), end[0]);
      CHECK(gone[0] == (turn == 0 || expected > 4), "the flag of at most %lld turns", static_cast<long long>(most));
    }
  }
}

/* A loop that picks w[index] in each turn, inside a loop. */
void errors_name_the_turn(adj_context* context) {
  Array<double> weights{{kLength}}, picked{{2, 4}};
  Array<int64_t> index{{2, 4}};
  Array<uint8_t> room{{256}};
  index.fill_with([](int64_t i) { return i == 6 ? 9 : i % kLength; });
  const std::vector<int64_t> inner = body({{"gather",
                                            {},
                                            {bound(3, ADJ_F64, {1, 1, kLength, 1}), bound(2, ADJ_I64, {1, 1})},
                                            {bound(4, ADJ_F64, {1, 1, 1, 1})}}},
                                          {0, 0, 8, kBytes, 8});
  Operand work = bound(0, ADJ_BOOL, {64});
  work.bytes = 64;
  const std::vector<int64_t> outer = body(
      {{"loop", joined({4, 0, 0, 0, 1, 1}, inner), {bound(2, ADJ_I64, {4}), row(3)}, {bound(4, ADJ_F64, {4}), work}}},
      {64, 0, 32, kBytes, 32});
  const Call call{"loop", joined({2, 0, 0, 0, 1, 1}, outer), {index, weights}, {picked, room}};
  refused(context, call, ADJ_OUT_OF_RANGE,
          "gather: index 9 at position 0 is outside 0..4, in turn 2 of 4 of a loop, in turn 1 of 2 of a loop");
  index[6] = 0;
  if (!runs(context, call)) return;
  for (int64_t i = 0; i < 8; ++i) CHECK(picked[i] == weights[index[i]], "element %lld", static_cast<long long>(i));
}

/* Any word of the ints, the body's image among them, may be anything: the answer is a status. */
void nothing_is_trusted(adj_context* context) {
  for (const int64_t mode : {kInPlace, kBuffered, int64_t{0}}) {
    Recurrence recurrence(3, 0, mode);
    const Call valid = recurrence.call();
    int refusals = 0;
    for (size_t word = 0; word < valid.ints.size(); ++word) {
      for (const int64_t value : {int64_t{-3}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{4}, int64_t{7},
                                  int64_t{1} << 33, INT64_MAX, valid.ints[word] + 1, valid.ints[word] - 8}) {
        Call changed = valid;
        changed.ints[word] = value;
        const Image image = write_image({changed});
        adj_program* program = nullptr;
        refusals += adj_program_create(context, image.data(), image.bytes(), &program) != ADJ_OK ? 1 : 0;
        adj_program_destroy(program);
      }
    }
    CHECK(refusals > 100, "only %d changes were refused", refusals);
    for (size_t count = 0; count < valid.ints.size(); ++count) {
      Call cut = valid;
      cut.ints.resize(count);
      const Image image = write_image({cut});
      adj_program* program = nullptr;
      CHECK(adj_program_create(context, image.data(), image.bytes(), &program) != ADJ_OK, "%zu ints were taken", count);
      adj_program_destroy(program);
    }
  }
}

void mistakes_are_named(adj_context* context) {
  Recurrence recurrence(3, 0, kBuffered);
  Call call = recurrence.call();
  call.ints[0] = 4;
  refused(context, call, ADJ_INVALID_IMAGE, "loop: sequence 0 is no stack of 4 elements without gaps");
  call = recurrence.call();
  call.ints[6] = 1;
  refused(context, call, ADJ_INVALID_IMAGE,
          "loop: 3 inputs and 3 outputs do not fit 1 carries, 1 sequences, 1 stacks and a body of 7 bindings");
  call = recurrence.call();
  Array<uint8_t> small{{64}};
  call.outputs[2] = small;
  refused(context, call, ADJ_INVALID_IMAGE, "loop: needs 128 bytes without gaps to work in, got 64 at byte 0");
}

}  // namespace

int main() {
  for_each_isa(turns_follow_each_other);
  for_each_isa(errors_name_the_turn);
  for_each_isa(turns_are_timed_together);
  for_each_isa(a_condition_ends_it);
  const Context context("");
  nothing_is_trusted(context);
  mistakes_are_named(context);
  return finish();
}

package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A loop is the loop that Java would run, whatever the body and however often: in value, in both
 * modes, over a batch, at second order. Bodies are random; each law is tried on every one of them.
 */
class LoopLawsTest {
  private static final int BODIES = 6;
  private static final double CLOSE = 1e-9;

  /** What a body does: two states [3] and [2, 3], an element [3], and weights [3, 3]. */
  private record Body(long seed) {
    Scan.Step step(List<Tensor> carry, List<Tensor> in, Tensor weights, Tensor number) {
      Random random = new Random(seed);
      List<Tensor> values = new ArrayList<>(List.of(carry.get(0), in.get(0)));
      Tensor row = carry.get(1);
      for (int i = 0; i < 6; i++) {
        Tensor a = values.get(random.nextInt(values.size()));
        Tensor b = values.get(random.nextInt(values.size()));
        values.add(
            switch (random.nextInt(9)) {
              case 0 -> a.plus(b).tanh();
              case 1 -> a.times(b).sin();
              case 2 -> a.matmul(weights).sigmoid();
              case 3 -> a.minus(b.mean()).times(0.7);
              case 4 -> a.softmax(0).times(b);
              case 5 -> Tensor.where(a.lt(b), a.cos(), b.times(number));
              case 6 -> a.cumsum(0).div(b.square().plus(1.5));
              case 7 -> row.matmul(weights).sum(0).tanh().plus(a);
              default -> a.gather(0, Tensor.of(new int[] {2, 0, 0}, 3)).minus(b);
            });
      }
      Tensor last = values.get(values.size() - 1).tanh();
      Tensor next = row.times(0.5).plus(last).sin();
      List<Tensor> outputs =
          switch (random.nextInt(3)) {
            case 0 -> List.of(last, next.sum(0));
            case 1 -> List.of(carry.get(0), last.times(in.get(0)));
            default -> List.of(in.get(0).square(), values.get(3));
          };
      // Some states are kept, swapped with what comes in, or only read by themselves.
      Tensor kept = random.nextInt(4) == 0 ? in.get(0) : last;
      return new Scan.Step(List.of(kept, next), outputs);
    }
  }

  /** The arguments: both states, the sequence, the weights and a number. */
  private static List<Tensor> arguments(long turns, long seed) {
    Key key = Key.of(seed);
    List<Key> keys = key.split(5);
    return plain(
        keys.get(0).normal(DType.F64, 3),
        keys.get(1).normal(DType.F64, 2, 3),
        keys.get(2).normal(DType.F64, turns, 3),
        keys.get(3).normal(DType.F64, 3, 3).times(0.4),
        keys.get(4).uniform(DType.F64));
  }

  /** Returns values without a history: a body may read any of them or not. */
  private static List<Tensor> plain(Tensor... xs) {
    return Arrays.stream(xs).map(x -> Tensor.of(x.toDoubleArray(), x.shape().dims())).toList();
  }

  private static List<Tensor> all(Scan.Step step) {
    List<Tensor> all = new ArrayList<>(step.carry());
    all.addAll(step.outputs());
    return all;
  }

  private static List<Tensor> scanned(Body body, List<Tensor> xs) {
    return all(
        Scan.ofList((carry, in) -> body.step(carry, in, xs.get(3), xs.get(4)))
            .apply(xs.subList(0, 2), List.of(xs.get(2))));
  }

  private static List<Tensor> looped(Body body, List<Tensor> xs) {
    List<Tensor> carry = xs.subList(0, 2);
    List<List<Tensor>> rows = List.of(new ArrayList<>(), new ArrayList<>());
    for (int turn = 0; turn < xs.get(2).dim(0); turn++) {
      Scan.Step step = body.step(carry, List.of(xs.get(2).get(turn)), xs.get(3), xs.get(4));
      carry = step.carry();
      for (int i = 0; i < rows.size(); i++) {
        rows.get(i).add(step.outputs().get(i));
      }
    }
    List<Tensor> all = new ArrayList<>(carry);
    for (List<Tensor> stack : rows) {
      all.add(
          stack.isEmpty()
              ? Tensor.zeros(DType.F64, 0, 3)
              : Tensor.stack(0, stack.toArray(new Tensor[0])));
    }
    return all;
  }

  /** A scalar of all outputs in which each counts differently. */
  private static Tensor weighed(List<Tensor> ys) {
    Tensor sum = Tensor.scalar(0, DType.F64);
    for (int i = 0; i < ys.size(); i++) {
      sum = sum.plus(ys.get(i).times(1.0 + 0.3 * i).sin().sum());
    }
    return sum;
  }

  private static void same(String what, List<Tensor> expected, List<Tensor> got) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(
          expected.get(i).toDoubleArray(),
          got.get(i).toDoubleArray(),
          CLOSE,
          what + ", result " + i);
    }
  }

  private interface Law {
    void check(String name, Body body, List<Tensor> xs);
  }

  private static void forAll(long turns, Law law) {
    int bodies = turns > 100 ? 1 : BODIES;
    for (int seed = 0; seed < bodies; seed++) {
      law.check("body " + seed + ", " + turns + " turns", new Body(seed), arguments(turns, seed));
    }
  }

  private static List<Tensor> gradients(Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs) {
    return Grad.ofList(in -> weighed(f.apply(in))).apply(xs);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7, 1000})
  void values(long turns) {
    forAll(turns, (name, body, xs) -> same(name, looped(body, xs), scanned(body, xs)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7, 1000})
  void reverseMode(long turns) {
    forAll(
        turns,
        (name, body, xs) ->
            same(
                name,
                gradients(in -> looped(body, in), xs),
                gradients(in -> scanned(body, in), xs)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7, 1000})
  void forwardMode(long turns) {
    forAll(
        turns,
        (name, body, xs) -> {
          List<Tensor> by =
              plain(xs.toArray(new Tensor[0])).stream().map(Tensor::variable).toList();
          List<Tensor> along =
              plain(xs.stream().map(x -> x.times(0.3).cos()).toArray(Tensor[]::new));
          List<Tensor> expected =
              looped(body, by).stream().map(y -> Grad.jvp(y, by, along)).toList();
          List<Tensor> got = scanned(body, by).stream().map(y -> Grad.jvp(y, by, along)).toList();
          same(name, expected, got);
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7})
  void secondOrder(long turns) {
    forAll(
        turns,
        (name, body, xs) ->
            same(
                name,
                gradients(in -> gradients(i -> looped(body, i), in), xs),
                gradients(in -> gradients(i -> scanned(body, i), in), xs)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7})
  void forwardOverReverse(long turns) {
    forAll(
        turns,
        (name, body, xs) -> {
          List<Tensor> by =
              plain(xs.toArray(new Tensor[0])).stream().map(Tensor::variable).toList();
          List<Tensor> along =
              plain(xs.stream().map(x -> x.times(0.3).cos()).toArray(Tensor[]::new));
          Tensor[] all = by.toArray(new Tensor[0]);
          List<Tensor> expected =
              Grad.grad(weighed(looped(body, by)), all).stream()
                  .map(g -> Grad.jvp(g, by, along))
                  .toList();
          List<Tensor> got =
              Grad.grad(weighed(scanned(body, by)), all).stream()
                  .map(g -> Grad.jvp(g, by, along))
                  .toList();
          same(name, expected, got);
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 7})
  void batches(long turns) {
    // Each argument in turn is the one that examples differ in, then all of them do.
    forAll(
        turns,
        (name, body, xs) -> {
          for (int which = 0; which <= xs.size(); which++) {
            int one = which;
            List<Tensor> mapped = one == xs.size() ? xs : List.of(xs.get(one));
            List<Tensor> batches =
                plain(
                    mapped.stream()
                        .map(x -> Tensor.stack(0, x, x.times(0.5), x.minus(0.1)))
                        .toArray(Tensor[]::new));
            Function<List<Tensor>, List<Tensor>> f =
                in -> {
                  List<Tensor> mixed = new ArrayList<>(xs);
                  for (int i = 0; i < in.size(); i++) {
                    mixed.set(one == xs.size() ? i : one, in.get(i));
                  }
                  List<Tensor> results = new ArrayList<>(scanned(body, mixed));
                  results.addAll(gradients(i -> scanned(body, i), mixed));
                  return results;
                };
            List<Tensor> got = Vmap.ofList(f).apply(batches);
            for (int example = 0; example < 3; example++) {
              int at = example;
              List<Tensor> inputs = batches.stream().map(b -> b.get(at)).toList();
              same(
                  name + ", argument " + one + ", example " + at,
                  f.apply(inputs),
                  got.stream().map(y -> y.get(at)).toList());
            }
          }
        });
  }

  @Test
  void gradientsOfABatchedLoop() {
    forAll(
        5,
        (name, body, xs) -> {
          List<Tensor> more =
              plain(xs.stream().map(x -> Tensor.stack(0, x, x.times(0.5))).toArray(Tensor[]::new));
          Function<List<Tensor>, List<Tensor>> each = Vmap.ofList(in -> scanned(body, in));
          Function<List<Tensor>, List<Tensor>> unrolled = Vmap.ofList(in -> looped(body, in));
          same(name, gradients(unrolled, more), gradients(each, more));
        });
  }
}

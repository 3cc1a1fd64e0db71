package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.internal.graph.Binding;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link Compiled}: written down once, and the same numbers as without it. */
class CompiledTest {
  private static Tensor vector(double... values) {
    return Tensor.of(values, values.length);
  }

  private static Parameter parameter(String name, double... values) {
    return Parameter.of(vector(values), name);
  }

  @Test
  void aFunctionIsWrittenDownOncePerShape() {
    AtomicInteger calls = new AtomicInteger();
    UnaryOperator<Tensor> f =
        Compiled.of(
            (Tensor x) -> {
              calls.incrementAndGet();
              return x.exp().sum();
            });
    for (int i = 0; i < 3; i++) {
      assertEquals(Math.exp(i) + Math.exp(2), f.apply(vector(i, 2)).item(), 1e-14);
    }
    assertEquals(1, calls.get());
    f.apply(vector(1, 2, 3));
    assertEquals(2, calls.get());
  }

  @Test
  void pendingTensorsScalarsAndParametersAreArguments() {
    BinaryOperator<Tensor> f = Compiled.of((Tensor x, Tensor s) -> x.times(s));
    assertArrayEquals(
        new double[] {6, 9}, f.apply(vector(1, 2).plus(1), Tensor.scalar(3.0)).toDoubleArray());
    assertArrayEquals(
        new double[] {10, 15}, f.apply(vector(1, 2).plus(1), Tensor.scalar(5.0)).toDoubleArray());
  }

  /** Momentum descent by hand on mean (x·w − t)², with every piece of state that a step has. */
  private static Tensor step(Parameter w, Parameter velocity, Tensor rate, Tensor x, Tensor t) {
    w.zeroGrad();
    Tensor loss = x.times(w).minus(t).square().mean();
    loss.backward();
    Tensor next = velocity.times(0.9).plus(w.grad().orElseThrow());
    velocity.assign(next);
    w.assign(w.minus(next.times(rate)));
    Parameters.commit(List.of(w, velocity), loss, w.grad().orElseThrow());
    return loss;
  }

  @Test
  void aTrainingStepEqualsTheOneThatIsBuiltEachTime() {
    double[] rate = {0.1};
    Parameter w = parameter("w", 1, 2, 3);
    Parameter v = Parameter.buffer(vector(0, 0, 0), "v");
    Parameter w2 = parameter("w2", 1, 2, 3);
    Parameter v2 = Parameter.buffer(vector(0, 0, 0), "v2");
    Tensor live = Tensor.scalar(() -> rate[0]);
    BinaryOperator<Tensor> compiled = Compiled.of((Tensor x, Tensor t) -> step(w, v, live, x, t));
    for (int i = 0; i < 20; i++) {
      rate[0] = 0.1 / (1 + i);
      Tensor x = Key.of(i).normal(DType.F64, 3).eval();
      Tensor t = Key.of(100 + i).normal(DType.F64, 3).eval();
      double expected = step(w2, v2, Tensor.scalar(rate[0]), x, t).item();
      assertEquals(expected, compiled.apply(x, t).item());
      assertArrayEquals(w2.toDoubleArray(), w.toDoubleArray());
      assertArrayEquals(v2.toDoubleArray(), v.toDoubleArray());
      assertArrayEquals(
          w2.grad().orElseThrow().toDoubleArray(), w.grad().orElseThrow().toDoubleArray());
    }
  }

  @Test
  void compiledAndBuiltStepsMix() {
    Parameter w = parameter("w", 1, 2);
    Supplier<Tensor> twice =
        Compiled.of(
            () -> {
              w.assign(w.times(2));
              return w.sum();
            });
    assertEquals(6, twice.get().item());
    w.assign(w.plus(1)); // pending when the next call comes
    assertEquals(16, twice.get().item());
    assertArrayEquals(new double[] {6, 10}, w.toDoubleArray());
  }

  @Test
  void gradientsAddUpOverCallsUntilZeroGrad() {
    Parameter w = parameter("w", 1, 2);
    UnaryOperator<Tensor> backward =
        Compiled.of(
            (Tensor x) -> {
              Tensor loss = w.times(x).sum();
              loss.backward();
              return loss;
            });
    backward.apply(vector(1, 10));
    backward.apply(vector(2, 20));
    backward.apply(vector(3, 30));
    assertArrayEquals(new double[] {6, 60}, w.grad().orElseThrow().toDoubleArray());
    w.zeroGrad();
    backward.apply(vector(4, 40));
    assertArrayEquals(new double[] {4, 40}, w.grad().orElseThrow().toDoubleArray());
    w.times(2).sum().backward();
    assertArrayEquals(new double[] {6, 42}, w.grad().orElseThrow().toDoubleArray());
  }

  @Test
  void twoStepsInOneFunction() {
    Parameter w = parameter("w", 8);
    Supplier<Tensor> f =
        Compiled.of(
            () -> {
              for (int i = 0; i < 2; i++) {
                w.zeroGrad();
                w.square().sum().backward();
                w.assign(w.minus(w.grad().orElseThrow().times(0.25)));
              }
              w.zeroGrad();
              return w.sum();
            });
    assertEquals(2, f.get().item());
    assertEquals(0.5, f.get().item());
    assertTrue(w.grad().isEmpty());
  }

  @Test
  void parametersMaySwap() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    Supplier<Tensor> swap =
        Compiled.of(
            () -> {
              Tensor old = a.times(1);
              a.assign(b);
              b.assign(old);
              return a.plus(b);
            });
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(new double[] {4, 6}, swap.get().toDoubleArray());
    }
    assertArrayEquals(new double[] {3, 4}, a.toDoubleArray());
    assertArrayEquals(new double[] {1, 2}, b.toDoubleArray());
  }

  @Test
  void aSnapshotKeepsItsValue() {
    Parameter w = parameter("w", 1, 2);
    Supplier<Tensor> twice =
        Compiled.of(
            () -> {
              w.assign(w.times(2));
              return w.sum();
            });
    twice.get();
    Tensor kept = w.snapshot();
    twice.get();
    twice.get();
    assertArrayEquals(new double[] {2, 4}, kept.toDoubleArray());
    assertArrayEquals(new double[] {8, 16}, w.toDoubleArray());
  }

  @Test
  void aGraphThatReadsAReplacedVersionIsRefused() {
    Parameter w = parameter("w", 1, 2);
    Supplier<Tensor> twice =
        Compiled.of(
            () -> {
              w.assign(w.times(2));
              return w.sum();
            });
    Tensor before = w.plus(1);
    twice.get();
    assertTrue(
        assertThrows(IllegalStateException.class, before::toDoubleArray)
            .getMessage()
            .contains("superseded"));
  }

  @Test
  void aFailedRunChangesNothing() {
    Parameter w = parameter("w", 1, 2);
    UnaryOperator<Tensor> f =
        Compiled.of(
            (Tensor index) -> {
              Tensor picked = w.gather(0, index);
              w.assign(w.times(2));
              return picked.sum();
            });
    assertEquals(2, f.apply(Tensor.of(new int[] {1}, 1)).item());
    assertThrows(IndexOutOfBoundsException.class, () -> f.apply(Tensor.of(new int[] {7}, 1)));
    assertArrayEquals(new double[] {2, 4}, w.toDoubleArray());
    assertEquals(2, f.apply(Tensor.of(new int[] {0}, 1)).item());
  }

  @Test
  void composesWithTheOtherTransformations() {
    UnaryOperator<Tensor> f = x -> x.sin().times(x).sum();
    Tensor x = vector(0.5, -1, 2);
    double[] expected = Grad.of(f).apply(x).toDoubleArray();
    assertArrayEquals(expected, Grad.of(Compiled.of(f)).apply(x).toDoubleArray());
    assertArrayEquals(expected, Compiled.of(Grad.of(f)).apply(x).toDoubleArray());
    assertArrayEquals(expected, Compiled.of(Grad.of(Compiled.of(f))).apply(x).toDoubleArray());
    assertArrayEquals(expected, Compiled.of(Grad.of(Checkpoint.of(f))).apply(x).toDoubleArray());
    Tensor rows = Key.of(1).normal(DType.F64, 4, 3).eval();
    assertArrayEquals(
        Vmap.of(f).apply(rows).toDoubleArray(),
        Vmap.of(Compiled.of(f)).apply(rows).toDoubleArray());
    assertArrayEquals(
        Vmap.of(Grad.of(f)).apply(rows).toDoubleArray(),
        Compiled.of(Vmap.of(Grad.of(f))).apply(rows).toDoubleArray());
    assertArrayEquals(
        Grad.derivatives(f, x, 2).get(2).toDoubleArray(),
        Compiled.of((Tensor t) -> Grad.derivatives(f, t, 2).get(2)).apply(x).toDoubleArray());
    Tensor variable = vector(1, 2, 3).variable();
    Tensor y = Compiled.of(f).apply(variable.times(2));
    assertArrayEquals(
        Grad.grad(f.apply(variable.times(2)), variable).get(0).toDoubleArray(),
        Grad.grad(y, variable).get(0).toDoubleArray());
  }

  @Test
  void aResultCannotBeDifferentiatedByWhatItCaptured() {
    Parameter w = parameter("w", 1, 2);
    Tensor y = Compiled.of((Tensor x) -> x.times(w).sum()).apply(vector(3, 4));
    assertTrue(
        assertThrows(IllegalStateException.class, () -> Grad.grad(y, w))
            .getMessage()
            .contains("dropped"));
    assertThrows(IllegalStateException.class, () -> y.times(2).backward());
  }

  @Test
  void valuesMadeWhileItIsWrittenDownStay() {
    UnaryOperator<Tensor> f =
        Compiled.of(
            (Tensor x) -> x.plus(vector(1, 2)).times(Tensor.scalar(2.0).exp().log().eval()));
    for (int i = 0; i < 2; i++) {
      Scope.run(
          () ->
              assertArrayEquals(new double[] {4, 8}, f.apply(vector(1, 2)).toDoubleArray(), 1e-12));
    }
  }

  @Test
  void aLiveScalarMayReadAParameterThatTheRunWrites() {
    Parameter p = parameter("p", 1);
    Parameter rate = parameter("rate", 1);
    Tensor live = Tensor.scalar(() -> rate.sum().item());
    Supplier<Tensor> f =
        Compiled.of(
            () -> {
              p.assign(p.plus(live));
              rate.assign(rate.times(2));
              return p.times(1);
            });
    assertArrayEquals(new double[] {2}, f.get().toDoubleArray());
    assertArrayEquals(new double[] {4}, f.get().toDoubleArray());
    p.assign(p.plus(live));
    rate.assign(rate.times(2)); // pending: the supplier has it computed first
    assertArrayEquals(new double[] {12}, p.toDoubleArray());
    Tensor own = Tensor.scalar(() -> p.sum().item());
    p.assign(p.plus(own)); // cannot be computed without itself
    assertTrue(
        assertThrows(UnsupportedOperationException.class, p::toDoubleArray)
            .getMessage()
            .contains("cannot be computed without the scalar"));
    assertArrayEquals(new double[] {12}, p.toDoubleArray());
  }

  @Test
  void noGradientIsSilentlyMissingBehindAResult() {
    Parameter p = parameter("p", 1, 2);
    Parameter q = parameter("q", 3, 4);
    Tensor y = Compiled.of((Tensor x) -> x.times(p)).apply(vector(1, 1));
    String text =
        assertThrows(IllegalStateException.class, () -> Grad.grad(y.square().sum(), p))
            .getMessage();
    assertTrue(text.contains("parameter 'p'"), text);
    assertThrows(IllegalStateException.class, () -> y.times(q).sum().backward());
    y.detach().times(q).sum().backward();
    assertArrayEquals(new double[] {1, 2}, q.grad().orElseThrow().toDoubleArray());
  }

  @Tag("threads")
  @Test
  void assignmentsOnAnotherThreadDoNotBreakAParameter() throws InterruptedException {
    Parameter q = parameter("q", 0);
    Supplier<Tensor> increment =
        Compiled.of(
            () -> {
              q.assign(q.plus(1));
              return q.sum();
            });
    for (int round = 0; round < 40; round++) {
      together(
          increment::get,
          () -> {
            q.assign(vector(5));
            q.eval();
          });
      assertTrue(q.sum().item() >= 5);
    }
  }

  @Tag("threads")
  @Test
  void gradientsOfTwoThreadsAddUp() throws InterruptedException {
    Parameter p = parameter("p", 0);
    UnaryOperator<Tensor> backward =
        Compiled.of(
            (Tensor x) -> {
              x.times(p).sum().backward();
              return x.times(1);
            });
    backward.apply(vector(1));
    together(() -> backward.apply(vector(1)), () -> backward.apply(vector(1)));
    assertArrayEquals(new double[] {101}, p.grad().orElseThrow().toDoubleArray());
    together(() -> backward.apply(vector(1)), p::zeroGrad); // ends, whatever is left
  }

  /** Runs each body fifty times on a thread of its own, all at once. */
  private static void together(Runnable... bodies) throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Runnable body : bodies) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 50; i++) {
                  body.run();
                }
              });
      thread.setUncaughtExceptionHandler((t, e) -> failure.set(e));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
  }

  @Test
  void stateThatDependsOnStandInsIsRefusedByName() {
    Parameter p = parameter("p", 1, 2);
    assertTrue(
        assertThrows(
                IllegalStateException.class,
                () ->
                    Compiled.of((Tensor x) -> Parameter.of(x.times(2), "inner").sum())
                        .apply(vector(1, 2)))
            .getMessage()
            .startsWith("parameter 'inner': cannot start as what depends on"));
    assertTrue(
        assertThrows(
                IllegalStateException.class,
                () ->
                    Checkpoint.of(
                            (Tensor x) -> {
                              p.assign(x);
                              return x;
                            })
                        .apply(vector(1, 2)))
            .getMessage()
            .startsWith("parameter 'p': cannot be assigned what depends on"));
    assertThrows(
        IllegalStateException.class,
        () ->
            Compiled.of(
                    (Tensor x) ->
                        Parameters.with(
                            Map.of(p, x),
                            () -> {
                              p.assign(x.times(2));
                              return p.sum();
                            }))
                .apply(vector(1, 2)));
  }

  @Test
  void aScopeAroundTheFirstCallFreesNothingOfTheProgram() {
    UnaryOperator<Tensor> f =
        Compiled.of((Tensor x) -> x.plus(Key.of(3).normal(DType.F64, 2)).times(2));
    double[] expected = f.apply(vector(1, 2)).toDoubleArray();
    UnaryOperator<Tensor> scoped =
        Compiled.of((Tensor x) -> x.plus(Key.of(3).normal(DType.F64, 2)).times(2));
    for (int i = 0; i < 3; i++) {
      Scope.run(() -> assertArrayEquals(expected, scoped.apply(vector(1, 2)).toDoubleArray()));
    }
  }

  @Test
  void whatIsCapturedIsComputedOnce() {
    Tensor table = Key.of(3).normal(DType.F64, 100).exp();
    UnaryOperator<Tensor> f = Compiled.of((Tensor x) -> table.sum().plus(x));
    double first = f.apply(Tensor.scalar(1.0)).item();
    assertEquals(table.sum().item() + 1, first, 1e-12);
  }

  @Test
  void mistakesAreNamed() {
    Parameter w = parameter("w", 1, 2);
    Tensor outside = w.square();
    String captured =
        assertThrows(
                IllegalStateException.class,
                () -> Compiled.of((Tensor x) -> outside.times(x)).apply(vector(1, 1)))
            .getMessage();
    assertTrue(captured.contains("'w'") && captured.contains("build it inside"), captured);
    String asked =
        assertThrows(
                IllegalStateException.class,
                () -> Compiled.of((Tensor x) -> x.times(w.sum().item())).apply(vector(1, 1)))
            .getMessage();
    assertTrue(asked.contains("Tensor.where"), asked);
    assertThrows(
        IllegalStateException.class,
        () -> Compiled.of((Tensor x) -> w.snapshot().times(x)).apply(vector(1, 1)));
    String late =
        assertThrows(
                IllegalStateException.class,
                () ->
                    Compiled.of(
                            () -> {
                              Tensor loss = w.sum();
                              w.assign(w.times(2));
                              loss.backward();
                              return loss;
                            })
                        .get())
            .getMessage();
    assertTrue(late.contains("call backward() first"), late);
    assertArrayEquals(new double[] {1, 2}, w.toDoubleArray());
  }

  @Test
  void threadsTakeTurnsOnOneParameter() throws InterruptedException {
    Parameter count = Parameter.buffer(Tensor.of(new double[] {0, 0}, 2), "count");
    Supplier<Tensor> increment =
        Compiled.of(
            () -> {
              count.assign(count.plus(1));
              return count.sum();
            });
    increment.get();
    together(increment::get, increment::get, increment::get, increment::get);
    assertArrayEquals(new double[] {201, 201}, count.toDoubleArray());
  }

  @Test
  void withOtherValuesAModelIsAFunctionOfItsParameters() {
    Parameter w = parameter("w", 1, 2);
    UnaryOperator<Tensor> loss = x -> w.times(x).square().sum();
    Tensor xs = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    Tensor perSample =
        Vmap.of(
                (Tensor x) ->
                    Grad.of((Tensor v) -> Parameters.with(Map.of(w, v), () -> loss.apply(x)))
                        .apply(w))
            .apply(xs);
    assertArrayEquals(new double[] {2, 16, 18, 64}, perSample.toDoubleArray(), 1e-12);
    Tensor stacked = Tensor.of(new double[] {1, 1, 2, 2}, 2, 2);
    Tensor ensemble =
        Vmap.of((Tensor v) -> Parameters.with(Map.of(w, v), () -> loss.apply(vector(1, 3))))
            .apply(stacked);
    assertArrayEquals(new double[] {10, 40}, ensemble.toDoubleArray(), 1e-12);
    assertArrayEquals(new double[] {1, 2}, w.toDoubleArray());
    assertFalse(Binding.isOpen());
  }

  @Test
  void withChecksWhatItIsGiven() {
    Parameter w = parameter("w", 1, 2);
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () -> Parameters.with(Map.of(w, vector(1, 2, 3)), () -> w.sum()))
            .getMessage()
            .contains("'w' is F64[2]; it cannot stand for F64[3]"));
    assertThrows(
        IllegalStateException.class,
        () ->
            Parameters.with(
                Map.of(w, vector(5, 6)),
                () -> {
                  w.assign(vector(7, 8));
                  return w;
                }));
    assertThrows(
        IllegalStateException.class, () -> Parameters.with(Map.of(w, vector(5, 6)), w::snapshot));
  }

  @Test
  void theOldestOfManyCombinationsOfGradientsAreForgotten() {
    List<Parameter> all = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      all.add(parameter("p" + i, i));
    }
    AtomicInteger calls = new AtomicInteger();
    Supplier<Tensor> f =
        Compiled.of(
            () -> {
              calls.incrementAndGet();
              Tensor sum = Tensor.scalar(0.0);
              for (Parameter p : all) {
                sum = p.grad().isPresent() ? sum.plus(p.grad().get().sum()) : sum;
              }
              return sum;
            });
    for (int set = 0; set < 128; set++) {
      for (int i = 0; i < all.size(); i++) {
        all.get(i).zeroGrad();
        if ((set >> i & 1) != 0) {
          all.get(i).sum().backward();
        }
      }
      assertEquals(Integer.bitCount(set), f.get().item());
    }
    assertEquals(128, calls.get());
    all.forEach(Parameter::zeroGrad);
    f.get();
    f.get();
    assertEquals(129, calls.get());
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void anArgumentThatIsSupersededJustBeforeTheRunIsRefused() throws InterruptedException {
    Parameter w = parameter("w", 1, 2);
    w.eval();
    Tensor version = Compiled.of((Tensor x) -> x).apply(w); // called as it is
    CountDownLatch assigned = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    Thread other =
        new Thread(
            () -> {
              w.assign(w.times(2));
              assigned.countDown();
              try {
                asked.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              w.eval();
            });
    other.start();
    assigned.await();
    DoubleSupplier scale =
        () -> {
          asked.countDown();
          try {
            other.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return 3;
        };
    UnaryOperator<Tensor> f = Compiled.of((Tensor x) -> x.times(Tensor.scalar(scale)));
    assertThrows(IllegalStateException.class, () -> f.apply(version));
  }
}

package org.adjoint.internal.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.Compiled;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A compiled step keeps its parameters from run to run, and nobody else can tell. */
@Tag("threads")
class LeaseTest {
  private static Parameter parameter(String name, double... values) {
    Parameter p = Parameter.of(Tensor.of(values, values.length), name);
    p.eval();
    return p;
  }

  /** Doubles w and adds 1 to b; gives their sum before. */
  private static Supplier<Tensor> step(Parameter w, Parameter b) {
    return Compiled.of(
        () -> {
          Tensor sum = w.sum().plus(b.sum());
          w.assign(w.times(2));
          b.assign(b.plus(1));
          return sum;
        });
  }

  private static void check(Parameter w, Parameter b, int steps) {
    double factor = Math.pow(2, steps);
    assertArrayEquals(new double[] {factor, 3 * factor}, w.toDoubleArray());
    assertArrayEquals(new double[] {steps}, b.toDoubleArray());
  }

  /** Runs three steps, does something, and runs three more. */
  private static void around(BiConsumer<Parameter, Parameter> between) {
    Parameter w = parameter("w", 1, 3);
    Parameter b = parameter("b", 0);
    Supplier<Tensor> step = step(w, b);
    for (int i = 0; i < 6; i++) {
      assertEquals(4 * Math.pow(2, i) + i, step.get().item());
      if (i == 2) {
        between.accept(w, b);
      }
    }
    check(w, b, 6);
  }

  @Test
  void whateverHappensBetweenTwoRuns() {
    around((w, b) -> check(w, b, 3));
    around((w, b) -> assertEquals(24, w.get(1).item()));
    around(
        (w, b) ->
            assertEquals(
                8,
                Parameters.with(Map.of(b, w.get(0).reshape(1)), () -> b.plus(0))
                    .toDoubleArray()[0]));
    around(
        (w, b) -> assertEquals(32, Parameters.with(Map.of(w, w.snapshot()), () -> w.sum()).item()));
    Parameter other = parameter("other", 5, 6);
    around((w, b) -> assertEquals(11, Parameters.with(Map.of(w, other), () -> w.sum()).item()));
    around((w, b) -> step(w, b)); // written down or not, it has not run
    around((w, b) -> w.zeroGrad());
    around((w, b) -> w.assign(w.plus(0)));
    around((w, b) -> assertEquals("w", w.name()));
    around((w, b) -> assertEquals(Shape.of(2), w.shape()));
  }

  @Test
  void aParameterIsWhereItWas() {
    Parameter w = parameter("w", 1, 3);
    Parameter b = parameter("b", 0);
    Storage memory = Access.state(w).current().value(0).orElseThrow();
    Supplier<Tensor> step = step(w, b);
    for (int i = 0; i < 5; i++) {
      step.get();
    }
    assertEquals(memory, Access.state(w).current().value(0).orElseThrow());
    assertFalse(memory.isOwned());
  }

  @Test
  void aGraphBuiltBetweenTwoRunsIsSuperseded() {
    Parameter w = parameter("w", 1, 3);
    Parameter b = parameter("b", 0);
    Supplier<Tensor> step = step(w, b);
    step.get();
    step.get();
    Tensor before = w.times(1);
    step.get();
    step.get();
    IllegalStateException e = assertThrows(IllegalStateException.class, before::toDoubleArray);
    assertTrue(e.getMessage().contains("'w'"), e.getMessage());
    check(w, b, 4);
  }

  @Test
  void aSnapshotTakenBetweenTwoRunsStays() {
    Parameter w = parameter("w", 1, 3);
    Parameter b = parameter("b", 0);
    Supplier<Tensor> step = step(w, b);
    step.get();
    step.get();
    Tensor kept = w.snapshot();
    step.get();
    step.get();
    step.get();
    assertArrayEquals(new double[] {4, 12}, kept.toDoubleArray());
    check(w, b, 5);
  }

  @Test
  void twoStepsShareTheirParameters() {
    Parameter w = parameter("w", 1, 3);
    Parameter b = parameter("b", 0);
    Supplier<Tensor> one = step(w, b);
    Supplier<Tensor> other = step(w, b);
    for (int i = 0; i < 4; i++) {
      one.get();
      one.get();
      other.get();
    }
    check(w, b, 12);
  }

  @Test
  void aGradientThatComesBetweenTwoRunsIsSeen() {
    Parameter w = parameter("w", 1, 3);
    Supplier<Tensor> step =
        Compiled.of(
            () -> {
              Tensor loss = w.square().sum();
              loss.backward();
              w.assign(w.minus(w.grad().orElseThrow().times(0.25)));
              w.zeroGrad();
              return loss;
            });
    step.get();
    step.get();
    assertArrayEquals(new double[] {0.25, 0.75}, w.toDoubleArray());
    w.sum().times(4).backward();
    step.get(); // adds to the gradient that is there
    assertArrayEquals(new double[] {-0.875, -0.625}, w.toDoubleArray());
    assertTrue(w.grad().isEmpty());
  }

  @Test
  void anyRunEvaluatesWhatIsAssigned() {
    Parameter w = parameter("w", 1, 3);
    Parameter b = parameter("b", 0);
    Parameter other = parameter("other", 5);
    Supplier<Tensor> step = step(w, b);
    for (int i = 0; i < 3; i++) {
      step.get();
      other.assign(other.times(2));
      assertTrue(Access.state(other).current().isPending());
      step.get();
      assertFalse(Access.state(other).current().isPending());
    }
    assertEquals(40, other.toDoubleArray()[0]);
    check(w, b, 6);
  }

  @Test
  void anArgumentMayComeInAnyForm() {
    Parameter w = parameter("w", 1, 3);
    UnaryOperator<Tensor> step =
        Compiled.of(
            (Tensor x) -> {
              Tensor y = w.sum().times(x);
              w.assign(w.times(2));
              return y;
            });
    Tensor value = Tensor.of(new double[] {3}, 1);
    for (int i = 0; i < 3; i++) {
      assertEquals(12 << i, step.apply(value).item());
    }
    assertEquals(96, step.apply(Tensor.of(new double[] {1}, 1).times(3)).item());
    Parameter p = parameter("p", 3);
    assertEquals(192, step.apply(p).detach().item());
    Tensor variable = Tensor.of(new double[] {3}, 1).variable();
    Tensor y = step.apply(variable); // not compiled, or it could not be differentiated
    assertEquals(128, Grad.grad(y.sum(), variable).get(0).item());
    assertArrayEquals(new double[] {64, 192}, w.toDoubleArray());
    assertEquals(768, step.apply(value).item());
    value.release();
    assertThrows(IllegalStateException.class, () -> step.apply(value));
    assertArrayEquals(new double[] {128, 384}, w.toDoubleArray());
  }

  @Test
  void aFailedRunChangesNothing() {
    Parameter w = parameter("w", 1, 3);
    BinaryOperator<Tensor> step =
        Compiled.of(
            (Tensor x, Tensor at) -> {
              Tensor y = w.times(x).gather(0, at);
              w.assign(w.times(2).plus(y.sum().times(0)));
              return y;
            });
    Tensor x = Tensor.of(new double[] {1, 1}, 2);
    Tensor good = Tensor.of(new int[] {1}, 1);
    for (int i = 0; i < 3; i++) {
      step.apply(x, good).toDoubleArray();
    }
    Tensor bad = Tensor.of(new int[] {7}, 1);
    assertThrows(IndexOutOfBoundsException.class, () -> step.apply(x, bad).toDoubleArray());
    assertEquals(24, step.apply(x, good).toDoubleArray()[0]);
    assertArrayEquals(new double[] {16, 48}, w.toDoubleArray());
  }

  /** Adds a scalar that lives to w. */
  private static Supplier<Tensor> step(Parameter w, Tensor live) {
    return Compiled.of(
        () -> {
          w.assign(w.plus(live));
          return w.sum();
        });
  }

  @Test
  void eachRunReadsAScalarThatLivesOnce() {
    Parameter w = parameter("w", 0);
    AtomicInteger reads = new AtomicInteger();
    Supplier<Tensor> step = step(w, Tensor.scalar(reads::incrementAndGet));
    for (int i = 1; i <= 4; i++) {
      step.get();
      assertEquals(i, reads.get());
    }
    for (int i = 5; i <= 8; i++) {
      w.toDoubleArray(); // ends the lease
      step.get();
      assertEquals(i, reads.get());
    }
  }

  /** Whichever of the runs reads w: the first on a lease, too, which binds it. */
  @Test
  @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
  void aScalarThatLivesMayLookAtTheParameterNowAndThen() {
    for (int every = 2; every < 6; every++) {
      Parameter w = parameter("w", 1);
      AtomicInteger reads = new AtomicInteger();
      int nth = every;
      Supplier<Tensor> step =
          step(w, Tensor.scalar(() -> reads.incrementAndGet() % nth == 0 ? 0 * w.item() : 1));
      for (int i = 0; i < 12; i++) {
        step.get();
      }
      assertTrue(w.toDoubleArray()[0] > 1);
    }
  }

  /** Elements of w are equal at every moment, b counts: whoever looks sees whole versions. */
  @Test
  void readersSnapshotsAndAnotherStepMeanwhile() throws InterruptedException {
    double[] ones = new double[512];
    Arrays.fill(ones, 1);
    Parameter w = parameter("w", ones);
    Parameter b = parameter("b", 0);
    Supplier<Tensor> step =
        Compiled.of(
            () -> {
              w.assign(w.plus(1));
              b.assign(b.plus(1));
              return b.sum();
            });
    Supplier<Tensor> same =
        Compiled.of(
            () -> {
              w.assign(w.plus(1));
              b.assign(b.plus(1));
              return b.sum();
            });
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Runnable> others =
        List.of(
            () -> whole(w.toDoubleArray()), () -> whole(w.snapshot().toDoubleArray()), same::get);
    List<Thread> threads =
        others.stream()
            .map(
                other ->
                    new Thread(
                        () -> {
                          try {
                            while (!done.get()) {
                              other.run();
                              Thread.yield();
                            }
                          } catch (RuntimeException | Error e) {
                            failure.set(e);
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (int i = 0; i < 3000; i++) {
      step.get();
    }
    done.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
    assertTrue(b.toDoubleArray()[0] >= 3000);
    assertEquals(w.toDoubleArray()[0], b.toDoubleArray()[0] + 1);
  }

  private static void whole(double... values) {
    for (double value : values) {
      if (value != values[0]) {
        throw new AssertionError("half of one version, half of another: " + value);
      }
    }
  }

  @Test
  void anIdleLeaseKeepsNeitherArgumentsNorResults() throws InterruptedException {
    Parameter w = parameter("w", 1);
    UnaryOperator<Tensor> step =
        Compiled.of(
            (Tensor x) -> {
              w.assign(w.plus(x.sum()));
              return x.times(2);
            });
    for (int i = 0; i < 3; i++) {
      List<WeakReference<Storage>> batch = batch(step);
      for (int tries = 0; tries < 50 && !batch.stream().allMatch(r -> r.refersTo(null)); tries++) {
        System.gc();
        Thread.sleep(20);
      }
      assertTrue(batch.stream().allMatch(r -> r.refersTo(null)), "kept after run " + i);
    }
    assertArrayEquals(new double[] {22}, w.toDoubleArray());
  }

  private static List<WeakReference<Storage>> batch(UnaryOperator<Tensor> step) {
    Tensor x = Tensor.of(new double[] {3, 4}, 2);
    Tensor y = step.apply(x);
    return List.of(
        new WeakReference<>(Access.node(x).value(0).orElseThrow()),
        new WeakReference<>(Access.node(y).value(0).orElseThrow()));
  }
}

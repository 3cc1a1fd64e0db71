package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.adjoint.internal.graph.ParameterState.Phase;
import org.adjoint.internal.run.Backends;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What threads may do to one parameter at once, and that it comes out right. */
@Tag("threads")
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class SharedParameterTest {
  private static final int ROUNDS = 400;

  private static Parameter parameter(String name, double... values) {
    Parameter p = Parameter.of(Tensor.of(values, values.length), name);
    p.eval();
    return p;
  }

  private static Tensor one() {
    return Tensor.of(new double[] {1}, 1);
  }

  /** Runs each body on a thread of its own: the first ones so often, {@code others} meanwhile. */
  private static void together(int rounds, List<Runnable> bodies, Runnable... others)
      throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean done = new AtomicBoolean();
    List<Thread> counted = new ArrayList<>();
    List<Thread> meanwhile = new ArrayList<>();
    for (Runnable body : bodies) {
      counted.add(thread(failure, () -> repeat(rounds, body)));
    }
    for (Runnable other : others) {
      meanwhile.add(
          thread(
              failure,
              () -> {
                while (!done.get()) {
                  other.run();
                  Thread.yield();
                }
              }));
    }
    meanwhile.forEach(Thread::start);
    counted.forEach(Thread::start);
    for (Thread thread : counted) {
      thread.join();
    }
    done.set(true);
    for (Thread thread : meanwhile) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
  }

  private static Thread thread(AtomicReference<Throwable> failure, Runnable body) {
    Thread thread = new Thread(body);
    thread.setUncaughtExceptionHandler((t, e) -> failure.compareAndSet(null, e));
    return thread;
  }

  private static void repeat(int rounds, Runnable body) {
    for (int i = 0; i < rounds; i++) {
      body.run();
    }
  }

  private static Supplier<Tensor> compiledBackward(Parameter p) {
    return Compiled.of(
        () -> {
          Tensor loss = p.sum();
          loss.backward();
          return loss;
        });
  }

  @Test
  void plainAndCompiledGradientsAddUp() throws InterruptedException {
    Parameter p = parameter("p", 0);
    Supplier<Tensor> compiled = compiledBackward(p);
    Supplier<Tensor> other = compiledBackward(p);
    together(
        ROUNDS, List.of(compiled::get, other::get, () -> one().times(p).sum().backward()), p::grad);
    assertEquals(3 * ROUNDS, p.grad().orElseThrow().toDoubleArray()[0]);
  }

  @Test
  void gradientsAreForgottenBesideCompiledPasses() throws InterruptedException {
    Parameter p = parameter("p", 0);
    Supplier<Tensor> compiled = compiledBackward(p);
    together(
        ROUNDS,
        List.of(compiled::get, compiled::get),
        p::zeroGrad,
        p::zeroGrad,
        () -> p.grad().ifPresent(g -> assertTrue(g.toDoubleArray()[0] >= 1)));
  }

  @Test
  void readersSeeWholeVersions() throws InterruptedException {
    double[] zeros = new double[300];
    Parameter p = parameter("p", zeros);
    Supplier<Tensor> step = increment(p);
    Supplier<Tensor> same = increment(p);
    Runnable reader = () -> whole(p.toDoubleArray());
    Runnable keeper = () -> whole(p.snapshot().toDoubleArray());
    together(
        ROUNDS,
        List.of(
            step::get,
            same::get,
            () -> {
              p.assign(p.times(1));
              try {
                p.eval();
              } catch (IllegalStateException superseded) {
                assertTrue(superseded.getMessage().contains("superseded"), superseded.toString());
              }
            }),
        reader,
        reader,
        keeper);
    double[] after = p.toDoubleArray();
    whole(after);
    assertTrue(after[0] > 0 && after[0] <= 2 * ROUNDS, "after all steps " + after[0]);
  }

  private static Supplier<Tensor> increment(Parameter p) {
    return Compiled.of(
        () -> {
          p.assign(p.plus(1));
          return p.get(0);
        });
  }

  private static void whole(double... values) {
    assertTrue(
        Arrays.stream(values).allMatch(v -> v == values[0]), "torn: " + Arrays.toString(values));
  }

  /** Everything that a thread may do to a parameter without changing its value. */
  private static List<Runnable> readings(Parameter p) {
    Supplier<Tensor> inference = Compiled.of(() -> p.times(2));
    return List.of(
        p::toDoubleArray,
        p::eval,
        () -> p.snapshot().toDoubleArray(),
        () -> p.plus(1).toDoubleArray(),
        () -> inference.get().toDoubleArray());
  }

  private static void onAnotherThread(Runnable body) throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread other = thread(failure, body);
    other.start();
    other.join();
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
  }

  @Test
  void aReaderBetweenAssignmentAndEvaluationSpoilsNothing() throws InterruptedException {
    for (int i = 0; i < readings(parameter("p", 0)).size(); i++) {
      Parameter w = parameter("w", 1, 2);
      Parameter bias = parameter("bias", 3, 4);
      Tensor loss = w.square().plus(bias.times(w)).sum();
      loss.backward();
      w.assign(w.minus(w.grad().orElseThrow().times(0.5)));
      onAnotherThread(readings(w).get(i));
      bias.assign(bias.minus(bias.grad().orElseThrow().times(0.5)));
      assertArrayEquals(new double[] {16}, loss.toDoubleArray());
      assertArrayEquals(new double[] {-1.5, -2}, w.toDoubleArray());
      assertArrayEquals(new double[] {2.5, 3}, bias.toDoubleArray());
    }
  }

  @Test
  void aReaderOfHalfASwapSpoilsNothing() throws InterruptedException {
    for (int i = 0; i < readings(parameter("p", 0)).size(); i++) {
      Parameter a = parameter("a", 1);
      Parameter b = parameter("b", 2);
      Tensor oldA = a.plus(0);
      a.assign(b);
      onAnotherThread(readings(a).get(i));
      b.assign(oldA);
      onAnotherThread(readings(i % 2 == 0 ? a : b).get(i));
      assertArrayEquals(new double[] {2}, a.toDoubleArray());
      assertArrayEquals(new double[] {1}, b.toDoubleArray());
    }
  }

  /** What is kept for the thread that assigned is no ground for another thread to build on. */
  @Test
  void aReaderSavesNoUpdateThatWouldLoseAnother() throws InterruptedException {
    for (int i = 0; i < readings(parameter("p", 0)).size(); i++) {
      Parameter p = parameter("p", 1);
      Tensor ours = p.times(3).plus(3);
      onAnotherThread(() -> p.assign(p.times(3).plus(1)));
      onAnotherThread(readings(p).get(i));
      p.assign(ours);
      Exception e = assertThrows(IllegalStateException.class, p::eval);
      assertTrue(e.getMessage().contains("reads a superseded version"), e.getMessage());
      assertArrayEquals(new double[] {4}, p.toDoubleArray());
    }
  }

  @Test
  void readersBesideStepsOfAnotherThread() throws InterruptedException {
    Parameter w = parameter("w", new double[300]);
    Parameter m = parameter("m", new double[300]);
    Runnable step =
        () -> {
          Tensor loss = w.times(3).plus(m.times(0)).sum();
          loss.backward();
          m.assign(m.times(0).plus(w.grad().orElseThrow()));
          w.assign(w.plus(m));
          Parameters.commit(List.of(w, m));
          w.zeroGrad();
          m.zeroGrad();
          loss.eval();
        };
    List<Runnable> readers = new ArrayList<>();
    for (Parameter p : List.of(w, m)) {
      for (Runnable reading : readings(p)) {
        readers.add(() -> unlessSuperseded(reading));
      }
    }
    together(ROUNDS, List.of(step), readers.toArray(new Runnable[0]));
    whole(w.toDoubleArray());
    assertEquals(3 * ROUNDS, w.toDoubleArray()[0]);
  }

  /** A graph that was built before the step is refused after it. */
  private static void unlessSuperseded(Runnable reading) {
    try {
      reading.run();
    } catch (IllegalStateException superseded) {
      assertTrue(superseded.getMessage().contains("superseded"), superseded.toString());
    }
  }

  @Test
  void whoAssignsWhatCannotBeComputedIsToldAndNobodyElse() throws InterruptedException {
    Parameter p = parameter("p", 1);
    Parameter q = parameter("q", 5);
    Parameter free = parameter("free", 7);
    Tensor old = p.times(10);
    p.assign(p.plus(1));
    p.eval();
    p.assign(old); // reads a version that is superseded
    q.assign(q.plus(old)); // joint
    free.assign(free.plus(1));
    AtomicReference<double[]> seen = new AtomicReference<>();
    Thread reader = new Thread(() -> seen.set(p.toDoubleArray()));
    reader.start();
    reader.join();
    assertArrayEquals(new double[] {2}, seen.get());
    IllegalStateException e = assertThrows(IllegalStateException.class, p::eval);
    assertTrue(e.getMessage().contains("was dropped: parameter 'p'"), e.getMessage());
    assertArrayEquals(new double[] {2}, p.toDoubleArray());
    assertArrayEquals(new double[] {5}, q.toDoubleArray());
    assertArrayEquals(new double[] {8}, free.toDoubleArray());
  }

  /** A lease may last for ever, and holds nothing that a graph on an older version reads. */
  @Test
  void whatASnapshotKeepsIsReadBesideALease() {
    Parameter p = parameter("p", 1);
    Supplier<Tensor> step = increment(p);
    step.get();
    Tensor reader = p.plus(0);
    Tensor kept = p.snapshot();
    step.get();
    step.get();
    assertEquals(Phase.HELD, p.state().phase());
    assertArrayEquals(new double[] {2}, reader.toDoubleArray());
    assertArrayEquals(new double[] {2}, kept.toDoubleArray());
    assertArrayEquals(new double[] {4}, p.toDoubleArray());
  }

  /** Each model by itself: the switches are for all threads, and change nothing but the speed. */
  @Test
  void switchesTurnWhileOthersTrain() throws InterruptedException {
    Runnable training =
        () -> {
          Parameter w = parameter("w", 1, 2, 3);
          Parameter m = Parameter.buffer(Tensor.zeros(DType.F64, 3), "m");
          for (int i = 0; i < 4; i++) {
            w.square().sum().backward();
            Tensor g = w.grad().orElseThrow();
            m.assign(m.times(0.5).plus(g));
            w.assign(w.minus(m.times(0.125)));
            Parameters.commit(List.of(w));
            w.zeroGrad();
          }
          assertArrayEquals(trained(1, 2, 3), w.toDoubleArray());
        };
    try {
      training.run();
      together(
          40,
          List.of(training, training),
          () -> {
            Adjoint.eager(true);
            Adjoint.anomaly(true);
            Thread.yield();
            Adjoint.eager(false);
            Adjoint.anomaly(false);
          });
    } finally {
      Adjoint.eager(false);
      Adjoint.anomaly(false);
    }
  }

  /** Returns what four of those steps make of some weights; all numbers are dyadic, so exactly. */
  private static double[] trained(double... weights) {
    return Arrays.stream(weights)
        .map(
            weight -> {
              double w = weight;
              double m = 0;
              for (int i = 0; i < 4; i++) {
                m = 0.5 * m + 2 * w;
                w -= 0.125 * m;
              }
              return w;
            })
        .toArray();
  }

  @Test
  void eagerThreadsShareAGradient() throws InterruptedException {
    Adjoint.eager(true);
    try {
      Parameter p = parameter("p", 2);
      Runnable pass = () -> p.times(one()).sum().backward();
      together(40, List.of(pass, pass), p::grad);
      assertEquals(80, p.grad().orElseThrow().toDoubleArray()[0]);
    } finally {
      Adjoint.eager(false);
    }
  }

  /** However many parameters somebody is reading: one program more, not one a subset of them. */
  @Test
  void readersCostOneProgram() throws InterruptedException {
    List<Parameter> all = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      all.add(parameter("p" + i, i, i));
    }
    Runnable step =
        () -> {
          all.forEach(p -> p.assign(p.plus(1)));
          Parameters.commit(all);
        };
    step.run();
    List<Tensor> kept = new ArrayList<>();
    long before = Backends.cache().compiled();
    for (int i = 0; i < 12; i++) {
      kept.add(all.get(i).snapshot());
      step.run();
    }
    assertEquals(0, Backends.cache().compiled() - before);
    for (int i = 0; i < 12; i++) {
      assertArrayEquals(new double[] {2 * i + 1, 2 * i + 1}, kept.get(i).toDoubleArray());
      assertArrayEquals(new double[] {i + 13, i + 13}, all.get(i).toDoubleArray());
    }
  }

  @Test
  void aMarkDuringAnEvaluationIsTooLateOrInTime() throws InterruptedException {
    for (int round = 0; round < 30; round++) {
      Parameter w = parameter("w", 1, 2);
      Tensor x = Tensor.of(new double[] {1, 1}, 2).eval();
      Tensor y = w.times(x);
      for (int i = 0; i < 3_000; i++) {
        y = y.plus(x);
      }
      Thread marker = new Thread(x::variable);
      marker.start();
      double[] values = y.toDoubleArray();
      marker.join();
      assertArrayEquals(new double[] {3_001, 3_002}, values);
      assertArrayEquals(new double[] {1, 1}, Grad.grad(y.sum(), w).get(0).toDoubleArray());
    }
  }

  /** A buffer may change once release() has returned: no run reads it any more. */
  @Test
  void releaseWaitsForThoseWhoReadTheBuffer() throws InterruptedException {
    DoubleBuffer buffer =
        ByteBuffer.allocateDirect(8 * 10_000).order(ByteOrder.nativeOrder()).asDoubleBuffer();
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < buffer.capacity(); i++) {
        buffer.put(i, 1);
      }
      Tensor x = Tensor.wrap(buffer, buffer.capacity());
      Tensor sum = x.sum();
      AtomicReference<Double> seen = new AtomicReference<>();
      Thread other =
          new Thread(
              () -> {
                try {
                  seen.set(sum.item());
                } catch (IllegalStateException closed) {
                  seen.set((double) buffer.capacity()); // too late, and says so
                }
              });
      other.start();
      x.release();
      for (int i = 0; i < buffer.capacity(); i++) {
        buffer.put(i, 2);
      }
      other.join();
      assertEquals(buffer.capacity(), seen.get());
    }
  }

  /** Goes down to the last frames, and comes up again trying one compiled step a frame. */
  private static int stepsAtTheEdge(Supplier<Tensor> step, int depth) {
    int done = 0;
    try {
      done = stepsAtTheEdge(step, depth + 1);
    } catch (StackOverflowError end) {
      // no deeper
    }
    if (done < 200) {
      try {
        step.get();
        done++;
      } catch (StackOverflowError end) {
        // not enough for a step
      }
    }
    return done;
  }

  @Test
  void aStepAtTheEdgeOfTheStackLeavesNothingLocked() throws InterruptedException {
    Parameter w = parameter("w", 0, 0);
    Supplier<Tensor> step = increment(w);
    repeat(50, step::get);
    int[] done = new int[1];
    Thread small = new Thread(null, () -> done[0] = stepsAtTheEdge(step, 0), "small", 256 * 1024);
    small.start();
    small.join();
    assertEquals(Phase.HELD, w.state().phase(), "a compiled step goes on holding what it wrote");
    double[] after = w.toDoubleArray();
    assertEquals(Phase.SETTLED, w.state().phase());
    assertTrue(after[0] >= 50 + done[0], "steps that returned are lost: " + after[0]);
    assertEquals(after[0], after[1]);
    step.get();
    assertEquals(after[0] + 1, w.toDoubleArray()[1]);
  }

  @Test
  void anInterruptedThreadFinishesItsWork() {
    Parameter w = parameter("w", 1);
    Supplier<Tensor> step = increment(w);
    Thread.currentThread().interrupt();
    step.get();
    step.get();
    w.toDoubleArray();
    assertTrue(Thread.interrupted());
    assertArrayEquals(new double[] {3}, w.toDoubleArray());
    assertFalse(Thread.interrupted());
    assertThrows(IllegalArgumentException.class, () -> w.assign(one().cast(DType.F32)));
  }
}

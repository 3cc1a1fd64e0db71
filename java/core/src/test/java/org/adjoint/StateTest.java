package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.run.Backends;
import org.adjoint.op.ReductionOps;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The rules of state: versions, donation, snapshots, and how long graphs live. */
class StateTest {
  private static Parameter parameter(String name, double... values) {
    return Parameter.of(Tensor.of(values, values.length), name);
  }

  /** One step of gradient descent, as an optimizer does it. */
  private static void step(double rate, List<Parameter> parameters, Tensor... also) {
    for (Parameter p : parameters) {
      p.grad().ifPresent(g -> p.assign(p.minus(g.times(rate))));
    }
    Parameters.commit(parameters, also);
    parameters.forEach(Parameter::zeroGrad);
  }

  private static Storage memory(Parameter p) {
    return p.state().current().value(0).orElseThrow();
  }

  @Test
  void assignMakesAVersionThatLaterGraphsRead() {
    Parameter w = parameter("w", 1, 2);
    Tensor before = w.times(10);
    w.assign(w.plus(1));
    Tensor after = w.times(10);
    Tensor.evalAll(before, after);
    assertArrayEquals(new double[] {10, 20}, before.toDoubleArray());
    assertArrayEquals(new double[] {20, 30}, after.toDoubleArray());
  }

  @Test
  void aSecondAssignmentBeforeEvaluationBuildsOnTheFirst() {
    Parameter w = parameter("w", 1);
    w.eval();
    w.assign(w.plus(1));
    w.assign(w.times(10));
    assertArrayEquals(new double[] {20}, w.toDoubleArray());
  }

  @Test
  void theNewVersionTakesTheMemoryOfTheOld() {
    Parameter w = parameter("w", 1, 2, 3);
    w.eval();
    Storage first = memory(w);
    w.assign(w.times(2));
    w.eval();
    assertSame(first, memory(w));
    assertArrayEquals(new double[] {2, 4, 6}, w.toDoubleArray());
  }

  @Test
  void swappingTwoParametersIsRight() {
    Parameter a = parameter("a", 1);
    Parameter b = parameter("b", 2);
    Tensor.evalAll(a, b);
    Tensor oldA = a.plus(0);
    a.assign(b);
    b.assign(oldA);
    Tensor.evalAll(a, b);
    assertArrayEquals(new double[] {2}, a.toDoubleArray());
    assertArrayEquals(new double[] {1}, b.toDoubleArray());
  }

  @Test
  void aSnapshotKeepsItsValueAndTheNewVersionGetsOtherMemory() {
    Parameter w = parameter("w", 1, 2);
    w.eval();
    Storage first = memory(w);
    Tensor kept = w.snapshot();
    Tensor reader = w.times(3);
    w.assign(w.plus(1));
    w.eval();
    assertNotSame(first, memory(w));
    assertArrayEquals(new double[] {1, 2}, kept.toDoubleArray());
    assertArrayEquals(new double[] {3, 6}, reader.toDoubleArray());
    assertArrayEquals(new double[] {2, 3}, w.toDoubleArray());
  }

  @Test
  void evaluatingAReaderOfASupersededVersionNamesTheParameter() {
    Parameter w = parameter("fc1.weight", 1, 2);
    Tensor reader = w.times(3);
    w.assign(w.plus(1));
    w.eval();
    w.assign(w.plus(1));
    w.eval();
    Tensor stale = reader.plus(0);
    Exception e = assertThrows(IllegalStateException.class, stale::eval);
    assertTrue(e.getMessage().contains("fc1.weight"), e.getMessage());
    assertTrue(e.getMessage().contains("evaluate before step()"), e.getMessage());
  }

  @Test
  void stepEvaluatesLossesAndWhatItIsPassed() {
    Parameter w = parameter("w", 3);
    w.eval();
    Tensor prediction = w.times(2);
    Tensor loss = prediction.square().sum();
    loss.backward();
    step(0.125, List.of(w), prediction);
    assertEquals(36, loss.item());
    assertArrayEquals(new double[] {6}, prediction.toDoubleArray());
    assertArrayEquals(new double[] {0}, w.toDoubleArray());
  }

  @Test
  void aConsumedGraphKeepsItsValueAndCannotBeDifferentiatedAgain() {
    Parameter w = parameter("w", 3);
    Tensor loss = w.square().sum();
    loss.backward();
    step(0.1, List.of(w));
    assertEquals(9, loss.item());
    Exception e = assertThrows(IllegalStateException.class, () -> Grad.grad(loss, w));
    assertTrue(e.getMessage().contains("consumed by an optimizer step"), e.getMessage());
    assertThrows(IllegalStateException.class, loss::backward);
  }

  @Test
  void microBatchesAddUpInOneProgramEach() {
    long programs = accumulate(4);
    long again = accumulate(12) - programs;
    assertEquals(0, again, "more micro-batches need no further programs");
  }

  /**
   * Returns how many programs were compiled after adding up k micro-batches, checking the gradient.
   */
  private static long accumulate(int k) {
    Parameter w = parameter("w", 1, 2, 3, 4, 5);
    w.eval();
    for (int i = 0; i < k; i++) {
      w.times(Tensor.scalar((double) i)).sum().backward();
    }
    double expected = k * (k - 1) / 2.0;
    assertEquals(expected, w.grad().orElseThrow().toDoubleArray()[0]);
    step(1, List.of(w));
    assertEquals(1 - expected, w.toDoubleArray()[0]);
    return Backends.cache().compiled();
  }

  @Test
  void evaluatingBeforeBackwardIsStillRight() {
    Parameter w = parameter("w", 2);
    Tensor loss = w.square().times(w).sum();
    assertEquals(8, loss.item());
    loss.backward();
    assertArrayEquals(new double[] {12}, w.grad().orElseThrow().toDoubleArray());
  }

  @Test
  void anEvaluatedNodeThatReachesNoParameterBecomesALeaf() {
    Tensor x = Tensor.of(new double[] {3}, 1);
    Tensor y = x.square().sum().eval();
    assertEquals(0, y.node().inputs().length);
    Exception e = assertThrows(IllegalStateException.class, () -> Grad.grad(y, x));
    assertTrue(e.getMessage().contains("variable()"), e.getMessage());

    Tensor v = Tensor.of(new double[] {3}, 1).variable();
    Tensor z = v.square().sum().eval();
    assertArrayEquals(new double[] {6}, Grad.grad(z, v).get(0).toDoubleArray());
  }

  @Test
  void aCarriedStateKeepsNoHistoryPastAStep() {
    Parameter w = parameter("w", 0.5);
    Tensor state = Tensor.of(new double[] {1}, 1);
    for (int t = 0; t < 50; t++) {
      state = state.times(w).tanh();
      Tensor loss = state.square().sum();
      loss.backward();
      step(0.01, List.of(w), state);
      assertEquals(0, state.node().inputs().length, "after step " + t);
    }
  }

  @Test
  void aRunningTotalOverManyStepsKeepsTheHeapFlat() throws InterruptedException {
    Parameter w = parameter("w", 1, 2, 3);
    Tensor x = Tensor.of(new double[] {1, 2, 3}, 3);
    Tensor[] total = {Tensor.scalar(0.0)};
    long grown =
        HeapGrowth.bytesPerStep(
            800,
            i -> {
              Tensor loss = w.times(x).square().sum();
              loss.backward();
              step(1e-6, List.of(w));
              total[0] = total[0].plus(loss.detach());
            });
    assertTrue(Double.isFinite(total[0].item()));
    // Each step keeps its scalar loss and two nodes; a history would be a graph of over 4 KB.
    assertTrue(grown < 1_024, "the heap grew by " + grown + " bytes a step");
  }

  @Test
  void anEvaluatedTotalKeepsNothingAtAll() throws InterruptedException {
    Parameter w = parameter("w", 1, 2, 3);
    Tensor[] total = {Tensor.scalar(0.0)};
    long grown =
        HeapGrowth.bytesPerStep(
            800,
            i -> {
              Tensor loss = w.square().sum();
              loss.backward();
              total[0] = total[0].plus(loss.detach());
              step(1e-6, List.of(w), total[0]);
            });
    assertEquals(0, total[0].node().inputs().length);
    assertTrue(grown < 200, "the heap grew by " + grown + " bytes a step");
  }

  @Tag("threads")
  @Test
  void twoThreadsAssigningToOneParameterIsAnError() throws InterruptedException {
    Parameter w = parameter("w", 1);
    w.eval();
    w.assign(w.plus(1));
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread other =
        new Thread(
            () -> {
              try {
                w.assign(w.plus(1));
              } catch (IllegalStateException e) {
                seen.set(e);
              }
            });
    other.start();
    other.join();
    assertTrue(seen.get().getMessage().contains("'w'"), String.valueOf(seen.get()));
    assertArrayEquals(new double[] {2}, w.toDoubleArray());
  }

  @Tag("threads")
  @Test
  void anotherThreadMayEvaluateAPendingVersion() throws InterruptedException {
    Parameter w = parameter("w", 1);
    w.eval();
    w.assign(w.plus(1));
    List<double[]> seen = new ArrayList<>();
    Thread other = new Thread(() -> seen.add(w.toDoubleArray()));
    other.start();
    other.join();
    assertArrayEquals(new double[] {2}, seen.get(0));
    assertArrayEquals(new double[] {2}, w.toDoubleArray());
  }

  @Test
  void aFailingStepLeavesEveryParameterAsItWas() {
    Parameter w = Parameter.of(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2), "w");
    w.eval();
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor loss = x.matmul(w).softmaxCrossEntropy(Tensor.of(new int[] {1, 2}, 2)).mean();
    loss.backward();
    w.assign(w.minus(w.grad().orElseThrow()));
    Exception e =
        assertThrows(IndexOutOfBoundsException.class, () -> Parameters.commit(List.of(w)));
    assertTrue(e.getMessage().contains("2 at position 1 is outside 0..1"), e.getMessage());
    w.zeroGrad();
    Exception lost = assertThrows(IllegalStateException.class, loss::item);
    assertTrue(lost.getMessage().contains("build it anew"), lost.getMessage());
    assertArrayEquals(new float[] {1, 2, 3, 4}, w.toArray());
    w.assign(w.plus(1));
    assertArrayEquals(new float[] {2, 3, 4, 5}, w.toArray());
  }

  @Test
  void anUnrelatedFailureDoesNotLoseAssignments() {
    Parameter w = parameter("w", 1);
    w.eval();
    w.assign(w.plus(1));
    Tensor wild = Tensor.of(new double[] {1}, 1).gather(0, Tensor.of(new int[] {3}, 1));
    assertThrows(IndexOutOfBoundsException.class, wild::eval);
    assertArrayEquals(new double[] {2}, w.toDoubleArray());
  }

  @Test
  void gradIsEmptyForAParameterThatTheLossDoesNotReach() {
    Parameter used = parameter("used", 1);
    Parameter unused = parameter("unused", 1);
    used.square().sum().backward();
    assertTrue(used.grad().isPresent());
    assertTrue(unused.grad().isEmpty());
    assertEquals(List.of("unused"), Grad.unreached(used.square().sum(), List.of(used, unused)));
    assertArrayEquals(
        new double[] {0}, Grad.grad(used.square().sum(), unused).get(0).toDoubleArray());
  }

  @Test
  void aForgottenZeroGradIsNamed() {
    Parameter w = parameter("w", 1);
    w.square().sum().backward();
    w.assign(w.minus(w.grad().orElseThrow()));
    Parameters.commit(List.of(w));
    Exception e = assertThrows(IllegalStateException.class, () -> w.square().sum().backward());
    assertTrue(e.getMessage().contains("zeroGrad"), e.getMessage());
  }

  @Test
  void buffersAreStateWithoutAGradient() {
    Parameter mean = Parameter.buffer(Tensor.of(new double[] {1}, 1), "mean");
    Parameter w = parameter("w", 2);
    w.times(mean).sum().backward();
    assertTrue(mean.grad().isEmpty());
    assertTrue(w.grad().isPresent());
    mean.assign(mean.times(0.5));
    w.grad().orElseThrow().eval();
    assertTrue(mean.node().isEvaluated(), "any evaluation flushes this thread's assignments");
  }

  @Test
  void closingAScopeFreesValuesButNotParameters() {
    Parameter w = parameter("w", 2);
    Tensor kept;
    Tensor lost;
    try (Scope scope = Scope.open()) {
      lost = w.times(3).eval();
      kept = scope.keep(w.times(5));
      w.assign(w.plus(1));
      w.eval();
    }
    assertArrayEquals(new double[] {10}, kept.toDoubleArray());
    assertArrayEquals(new double[] {3}, w.toDoubleArray());
    Exception e = assertThrows(IllegalStateException.class, lost::toDoubleArray);
    assertTrue(
        e.getMessage().contains("F64[1]") && e.getMessage().contains("closed"), e.getMessage());
  }

  @Test
  void releasingAParameterIsRefused() {
    Parameter w = parameter("w", 2);
    assertThrows(IllegalStateException.class, w::release);
    assertDoesNotThrow(w::eval);
  }

  @Test
  void oneBadBatchDoesNotSpoilTheNext() {
    Parameter w = Parameter.of(Tensor.of(new float[] {1, 2, 3}, 1, 3), "w");
    for (int label : new int[] {7, 1, 7, 2}) {
      Tensor x = Tensor.of(new float[] {1}, 1, 1);
      x.matmul(w).softmaxCrossEntropy(Tensor.of(new int[] {label}, 1)).sum().backward();
      w.assign(w.minus(w.grad().orElseThrow()));
      if (label > 2) {
        assertThrows(IndexOutOfBoundsException.class, () -> Parameters.commit(List.of(w)));
      } else {
        Parameters.commit(List.of(w));
      }
      w.zeroGrad();
    }
    float[] values = w.toArray();
    assertTrue(values[1] > 2 && values[2] > 2.5, Arrays.toString(values));
  }

  @Test
  void aFailedCommitUpdatesNothing() {
    Parameter w = parameter("w", 1);
    w.eval();
    w.assign(w.minus(0.5));
    Tensor wild = Tensor.of(new double[] {1}, 1).gather(0, Tensor.of(new int[] {3}, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> Parameters.commit(List.of(w), wild));
    assertArrayEquals(new double[] {1}, w.toDoubleArray());
  }

  @Test
  void differentiatingAReaderOfAnEarlierVersionIsAnError() {
    Parameter w = parameter("w", 1, 2);
    w.eval();
    Tensor loss = w.square().sum();
    w.assign(w.times(0.5));
    assertThrows(IllegalStateException.class, () -> Grad.grad(loss, w));
    assertThrows(IllegalStateException.class, loss::backward);
    loss.eval();
    Exception e = assertThrows(IllegalStateException.class, () -> Grad.grad(loss, w));
    assertTrue(e.getMessage().contains("dropped the graph"), e.getMessage());
    assertThrows(IllegalStateException.class, loss::backward);
  }

  @Test
  void anOpThatChangesNothingStillStandsForTheVersionItWasBuiltOn() {
    Parameter w = parameter("w", 1);
    w.eval();
    List<Tensor> same =
        List.of(
            w.times(1),
            w.pow(1),
            w.reshape(1),
            w.broadcastTo(1),
            w.cast(DType.F64),
            w.get(),
            w.sumTo(Shape.of(1)));
    w.assign(w.plus(10));
    w.eval();
    for (Tensor t : same) {
      assertThrows(IllegalStateException.class, t::toDoubleArray);
    }
  }

  @Test
  void markingAVariableAfterTheGraphWentIsAnError() {
    Tensor x = Tensor.of(new double[] {3}, 1);
    Tensor y = x.square().eval();
    x.variable();
    Tensor z = y.sum();
    assertThrows(IllegalStateException.class, () -> Grad.grad(z, x));
  }

  @Test
  void aCopyOfAParameterOutlivesItsSource() {
    Parameter w = parameter("w", 1);
    Parameter target = Parameter.buffer(w, "target");
    w.assign(w.plus(1));
    w.eval();
    assertArrayEquals(new double[] {1}, target.toDoubleArray());
  }

  @Test
  void aBrokenAssignmentIsDroppedAndSpoilsNothingElse() {
    Parameter w = parameter("w", 1);
    Parameter other = parameter("other", 1);
    Tensor.evalAll(w, other);
    Tensor x = Tensor.of(new double[] {1}, 1);
    w.assign(w.plus(x));
    other.assign(other.plus(1));
    x.release();
    Tensor unrelated = Tensor.of(new double[] {1}, 1).plus(1);
    assertThrows(IllegalStateException.class, unrelated::eval);
    assertArrayEquals(new double[] {2}, unrelated.toDoubleArray());
    assertArrayEquals(new double[] {1}, w.toDoubleArray());
    assertArrayEquals(new double[] {2}, other.toDoubleArray());
  }

  /** Gathers outside of its axis, so that whatever program it is part of fails. */
  private static Tensor wild() {
    return Tensor.of(new double[] {1}, 1).gather(0, Tensor.of(new int[] {3}, 1));
  }

  @Test
  void jointAssignmentsAreMadeTogetherWhateverElseFails() {
    Parameter a = parameter("a", 1);
    Parameter b = parameter("b", 2);
    Tensor.evalAll(a, b);
    Tensor oldA = a.plus(0);
    a.assign(b);
    b.assign(oldA);
    Tensor unrelated = wild();
    assertThrows(IndexOutOfBoundsException.class, unrelated::eval);
    assertArrayEquals(new double[] {2}, a.toDoubleArray());
    assertArrayEquals(new double[] {1}, b.toDoubleArray());
  }

  @Test
  void jointAssignmentsAreDroppedTogether() {
    Parameter velocity = Parameter.buffer(Tensor.of(new double[] {1}, 1), "velocity");
    Parameter w = parameter("w", 5);
    Parameter other = parameter("other", 1);
    Tensor.evalAll(velocity, w, other);
    Tensor update = velocity.times(0.5).plus(1);
    velocity.assign(update);
    w.assign(w.minus(update).plus(wild())); // cannot be computed
    other.assign(other.plus(1));
    Tensor unrelated = wild();
    assertThrows(IndexOutOfBoundsException.class, unrelated::eval);
    assertArrayEquals(new double[] {1}, velocity.toDoubleArray());
    assertArrayEquals(new double[] {5}, w.toDoubleArray());
    assertArrayEquals(new double[] {2}, other.toDoubleArray());
  }

  @Test
  void aSnapshotIsAConstantWheneverOneLooks() {
    for (boolean stepBetween : new boolean[] {false, true}) {
      Parameter w = parameter("w", 3);
      w.eval();
      Tensor target = w.snapshot();
      if (stepBetween) {
        w.assign(w.plus(0));
        w.eval();
      }
      w.times(target).sum().backward();
      assertArrayEquals(new double[] {3}, w.grad().orElseThrow().toDoubleArray());
      assertArrayEquals(
          new double[] {3}, Grad.grad(w.times(target).sum(), w).get(0).toDoubleArray());
    }
  }

  @Test
  void aSnapshotLivesUntilItIsReleased() {
    Parameter w = parameter("w", 1, 2);
    w.eval();
    Storage first = memory(w);
    Tensor kept = w.snapshot();
    Tensor again = w.snapshot();
    kept.release();
    kept.release(); // does nothing, and nothing to the parameter
    assertThrows(IllegalStateException.class, kept::toDoubleArray);
    assertArrayEquals(new double[] {1, 2}, again.toDoubleArray());
    again.release();
    assertArrayEquals(new double[] {1, 2}, w.toDoubleArray());
    w.assign(w.plus(1));
    w.eval();
    assertSame(first, memory(w), "with both snapshots gone the memory is the parameter's again");
    Tensor last = w.snapshot();
    w.assign(w.plus(1));
    w.eval();
    assertFalse(first.isClosed());
    last.release();
    assertTrue(first.isClosed());
  }

  @Test
  void aLiveScalarIsReadOnceARunInEveryWayOfRunning() {
    int[] calls = {0};
    Parameter w = parameter("w", 1);
    w.eval();
    Tensor rate =
        Tensor.scalar(
            () -> {
              calls[0]++;
              return 0.5;
            });
    for (int i = 0; i < 8; i++) {
      Tensor kept = i >= 5 ? w.snapshot() : w;
      Tensor reader = i == 7 ? w.times(3) : w;
      int before = calls[0];
      w.assign(w.minus(rate));
      Parameters.commit(List.of(w));
      assertEquals(1, calls[0] - before, "step " + i + " of " + kept + reader);
    }
    assertArrayEquals(new double[] {-3}, w.toDoubleArray());
  }

  @Test
  void theSupplierOfALiveScalarMayReadATensor() {
    Parameter w = parameter("w", 1);
    w.eval();
    Tensor seen = Tensor.of(new double[] {2}, 1).eval();
    Tensor pending = seen.times(3);
    w.assign(w.minus(Tensor.scalar(() -> seen.item())));
    assertArrayEquals(new double[] {-1}, w.toDoubleArray());
    w.assign(w.minus(Tensor.scalar(() -> pending.item())));
    assertArrayEquals(new double[] {-7}, w.toDoubleArray());
    w.assign(w.minus(Tensor.scalar(() -> w.snapshot().item() * 0 + 1)));
    assertThrows(UnsupportedOperationException.class, w::eval);
    assertArrayEquals(new double[] {-7}, w.toDoubleArray());
  }

  @Test
  void backwardIsRefusedWhereAFunctionIsWrittenDown() {
    Parameter w = parameter("w", 1, 2);
    Tensor x = Tensor.ones(DType.F64, 3, 2);
    UnaryOperator<Tensor> f =
        row -> {
          Tensor loss = w.times(row).sum();
          loss.backward();
          return loss;
        };
    for (var transformed :
        Map.<String, Runnable>of(
                "Vmap", () -> Vmap.of(f).apply(x),
                "Checkpoint", () -> Checkpoint.of(f).apply(x),
                "Scan",
                    () ->
                        Scan.of(
                                (carry, row) -> {
                                  w.sum().backward(); // depends on no stand-in
                                  return carry.plus(row);
                                })
                            .apply(Tensor.zeros(DType.F64, 2), x))
            .entrySet()) {
      Exception e = assertThrows(IllegalStateException.class, transformed.getValue()::run);
      assertTrue(e.getMessage().contains("that " + transformed.getKey() + " is"), e.getMessage());
      assertTrue(w.grad().isEmpty());
    }
    w.sum().backward();
    assertArrayEquals(new double[] {1, 1}, w.grad().orElseThrow().toDoubleArray());
  }

  @Test
  void anOpThatChangesNothingGivesATensorOfItsOwn() {
    List<UnaryOperator<Tensor>> same =
        List.of(
            x -> x.cast(DType.F64),
            x -> x.times(1),
            x -> x.pow(1),
            x -> x.reshape(2),
            x -> x.broadcastTo(2),
            x -> x.sumTo(Shape.of(2)),
            x -> x.get(),
            x -> x.permute(0),
            x -> x.slice(0, 0, 2));
    for (UnaryOperator<Tensor> op : same) {
      Tensor x = Tensor.of(new double[] {1, 2}, 2);
      Tensor y = op.apply(x);
      assertArrayEquals(new double[] {1, 2}, y.toDoubleArray());
      y.release();
      assertArrayEquals(new double[] {1, 2}, x.toDoubleArray());
      assertThrows(IllegalStateException.class, y::toDoubleArray);
      Tensor z = op.apply(x);
      z.variable();
      assertFalse(x.node().isVariable());
      x.release();
      assertThrows(IllegalStateException.class, z::toDoubleArray);
    }
  }

  @Test
  void whatIsReleasedBeforeItHasAValueThrowsToo() {
    Tensor x = Tensor.of(new double[] {1, 2}, 2);
    Tensor pending = x.plus(1);
    Tensor reader = pending.times(2);
    pending.release();
    for (Tensor closed : List.of(pending, reader)) {
      Exception e = assertThrows(IllegalStateException.class, closed::toDoubleArray);
      assertTrue(e.getMessage().contains("was closed"), e.getMessage());
    }
    Tensor scalar = Tensor.scalar(2.0);
    Tensor product = x.times(scalar);
    scalar.release();
    assertThrows(IllegalStateException.class, scalar::item);
    assertThrows(IllegalStateException.class, product::toDoubleArray);
    assertArrayEquals(new double[] {1, 2}, x.toDoubleArray());
  }

  @Test
  void anAttributeArrayMayBeUsedAgain() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    long[] axis = {0};
    for (int i = 0; i < 5; i++) {
      axis[0] = i < 3 ? 0 : 1;
      Tensor sum = ReductionOps.SUM.apply(axis, x).get(0);
      Tensor later = ReductionOps.SUM.apply(axis, x).get(0);
      float[] expected = i < 3 ? new float[] {4, 6} : new float[] {3, 7};
      assertArrayEquals(expected, sum.toArray());
      axis[0] = 1 - axis[0];
      assertArrayEquals(expected, later.toArray());
    }
  }

  @Test
  void whatIsBuiltOutsideAScopeLivesOn() throws InterruptedException {
    Tensor x = Tensor.of(new double[] {1, 2}, 2);
    Tensor outside = x.exp();
    Tensor[] inside = new Tensor[2];
    try (Scope scope = Scope.open()) {
      scope.keep(outside.times(1));
      outside.eval();
      inside[0] = x.times(2);
      inside[1] = x.times(3).eval();
      Thread other = new Thread(inside[0]::eval); // built here, evaluated elsewhere
      other.start();
      other.join();
      Scope.run(() -> inside[1].plus(1).eval());
      assertArrayEquals(new double[] {3, 6}, inside[1].toDoubleArray());
    }
    assertEquals(Math.E, outside.toDoubleArray()[0], 1e-15);
    for (Tensor freed : inside) {
      assertThrows(IllegalStateException.class, freed::toDoubleArray);
    }
  }

  @Test
  void parametersMadeOnAThreadThatEvaluatesNothingAreFreed() throws InterruptedException {
    List<WeakReference<Parameter>> made = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Parameter p = parameter("p" + i, i);
      Thread other = new Thread(() -> p.sum().item());
      other.start();
      other.join();
      p.assign(p.plus(1)); // never evaluated
      made.add(new WeakReference<>(p));
    }
    for (int i = 0; i < 50 && made.stream().anyMatch(p -> p.get() != null); i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertEquals(0, made.stream().filter(p -> p.get() != null).count());
  }

  @Test
  void stepsWithoutCommitKeepNoPasses() {
    Parameter w = parameter("w", 1);
    for (int i = 0; i < 5; i++) {
      w.square().sum().backward();
      w.assign(w.minus(w.grad().orElseThrow().times(0.1)));
      w.eval();
      w.zeroGrad();
    }
    assertTrue(w.state().consumers().isEmpty());
  }

  @Test
  void aRootRemembersOnlyWhatItReachesItself() {
    Parameter w = parameter("w", 0.5);
    Tensor v = Tensor.of(new double[] {1}, 1).variable();
    Tensor h = w.times(2);
    Tensor penalty = v.square();
    Tensor.evalAll(h, penalty);
    w.assign(w.plus(1));
    w.eval();
    Tensor next = h.plus(1).eval();
    assertEquals(0, h.node().inputs().length, "h reached w's old version alone");
    assertEquals(0, next.node().inputs().length);
    assertEquals(1, penalty.node().inputs().length);
  }

  @Test
  void gradientsEvaluatedInsideAScopeOutliveIt() {
    Parameter w = parameter("w", 1);
    for (int i = 0; i < 3; i++) {
      Scope.run(
          () -> {
            w.square().sum().backward();
            w.grad().orElseThrow().eval();
          });
    }
    assertArrayEquals(new double[] {6}, w.grad().orElseThrow().toDoubleArray());
  }

  @Test
  void closingAScopeFirstEvaluatesWhatWasAssignedInIt() {
    Parameter[] made = new Parameter[1];
    Scope.run(() -> made[0] = parameter("w", 1, 2));
    assertArrayEquals(new double[] {1, 2}, made[0].toDoubleArray());
    Scope.run(() -> made[0].assign(Tensor.of(new double[] {3, 4}, 2)));
    assertArrayEquals(new double[] {3, 4}, made[0].toDoubleArray());
  }

  @Test
  void keepingInAnOuterScopeHolds() {
    Tensor[] made = new Tensor[1];
    Scope.run(
        () -> {
          Scope outer = Scope.open();
          Scope.run(() -> made[0] = outer.keep(Tensor.scalar(1.0).plus(1)));
          outer.close();
        });
    assertThrows(IllegalStateException.class, () -> made[0].item());
    Scope outer = Scope.open();
    Scope.run(() -> made[0] = outer.keep(Tensor.scalar(1.0).plus(1)));
    assertEquals(2, made[0].item());
    outer.close();
    assertEquals(2, made[0].item());
  }

  @Test
  void aParameterMayBeALossItself() {
    Parameter w = Parameter.of(Tensor.scalar(2.0).reshape(1), "w");
    w.backward();
    Parameters.commit(List.of(w));
    w.zeroGrad();
    w.square().sum().backward();
    assertArrayEquals(new double[] {4}, w.grad().orElseThrow().toDoubleArray());
  }

  @Test
  void aGraphOnAVersionWhoseMemoryWasTakenAfterASnapshotIsRefused() {
    Parameter w = parameter("w", 1, 2);
    w.eval();
    Tensor old = w.times(1.5);
    w.snapshot().release();
    Storage memory = memory(w);
    w.assign(w.plus(10));
    w.eval();
    assertSame(memory, memory(w)); // nobody shares it any more
    assertThrows(IllegalStateException.class, old::toDoubleArray);
  }
}

package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.adjoint.Checkpoint;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Version;
import org.adjoint.op.ShapeOps;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A step whose graph is like that of the step before runs its program, and no other does. */
class StepTemplateTest {
  private static Parameter parameter(String name, double... values) {
    Parameter p = Parameter.of(Tensor.of(values, values.length), name);
    p.eval();
    return p;
  }

  private static Tensor vector(double... values) {
    return Tensor.of(values, values.length);
  }

  /** Evaluates two assignments as a step does. */
  private static void assign(Parameter a, Tensor toA, Parameter b, Tensor toB) {
    a.assign(toA);
    b.assign(toB);
    Parameters.commit(List.of(a, b));
  }

  private static long compiled(Runnable step) {
    long before = Backends.cache().compiled();
    step.run();
    return Backends.cache().compiled() - before;
  }

  @Test
  void theSameStructureOnOtherDataAndScalars() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    for (int i = 1; i <= 4; i++) {
      double[] expectedA = vector(0, 0).plus(a).times(i).toDoubleArray();
      double[] expectedB = vector(0, 0).plus(b).minus(a).toDoubleArray();
      assign(a, a.times(i), b, b.minus(a));
      assertArrayEquals(expectedA, a.toDoubleArray());
      assertArrayEquals(expectedB, b.toDoubleArray());
    }
  }

  @Test
  void aScalarThatIsAVariableKeepsItsHistory() {
    Tensor x = vector(1, 2, 3);
    for (int k = 1; k <= 4; k++) {
      Tensor s = Tensor.scalar((double) k).variable();
      Tensor y = x.times(s).sum();
      assertEquals(6.0 * k, y.item());
      assertEquals(18, Grad.grad(y.times(3), s).get(0).item());
    }
  }

  /** w ← w − 0.1 dloss/dw, where the loss is h·w. */
  private static double[] descend(Parameter w, Tensor h, Runnable meanwhile) {
    Tensor loss = h.times(w).sum();
    loss.backward();
    w.assign(w.minus(w.grad().orElseThrow().times(0.1)));
    meanwhile.run();
    loss.eval();
    w.zeroGrad();
    return w.toDoubleArray();
  }

  private static void computeElsewhere(Tensor tensor) {
    Thread other = new Thread(tensor::eval);
    other.start();
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A constant stood in the step before where there is something to differentiate now. */
  @Tag("threads")
  @Test
  void aForwardPartThatAnotherThreadComputes() {
    Parameter w = parameter("w", 1, 2);
    for (int i = 0; i < 3; i++) {
      descend(w, vector(1, 1), () -> computeElsewhere(vector(1, 2).times(2)));
    }
    Parameter v = parameter("v", 1, 2);
    Tensor h = v.times(2);
    double[] after = descend(v, h, () -> computeElsewhere(h));
    assertArrayEquals(new double[] {1 - 0.4, 2 - 0.8}, after, 1e-15);
  }

  /** The second of two steps that differ in one thing, right after the first. */
  private static void differs(
      BiFunction<Parameter, Parameter, Tensor> usual,
      BiFunction<Parameter, Parameter, Tensor> other) {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    for (int i = 0; i < 3; i++) {
      assign(a, usual.apply(a, b), b, b.plus(1));
    }
    Parameter c = parameter("c", a.toDoubleArray());
    Parameter d = parameter("d", b.toDoubleArray());
    double[] expected = other.apply(c, d).plus(0).toDoubleArray();
    for (int i = 0; i < 3; i++) { // the step before has to be the usual one again
      Parameter e = parameter("e", 1, 2);
      Parameter f = parameter("f", 3, 4);
      assign(e, usual.apply(e, f), f, f.plus(1));
    }
    assign(a, other.apply(a, b), b, b.plus(1));
    assertArrayEquals(expected, a.toDoubleArray());
  }

  @Test
  void anotherOpAnotherInputAnotherOrderAnotherAttribute() {
    differs((a, b) -> a.times(b), (a, b) -> a.plus(b));
    differs((a, b) -> a.minus(b), (a, b) -> b.minus(a));
    differs((a, b) -> a.minus(b), (a, b) -> a.minus(a));
    differs((a, b) -> a.minus(a), (a, b) -> a.minus(b));
    differs((a, b) -> a.plus(b.slice(0, 0, 1)), (a, b) -> a.plus(b.slice(0, 1, 2)));
    differs((a, b) -> a.times(vector(2, 2)), (a, b) -> a.times(vector(2)));
    differs((a, b) -> a.times(vector(2, 3)), (a, b) -> a.times(a));
  }

  @Test
  void aVersionThatIsOverwrittenIsNotReadAtAnotherPlace() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    for (int i = 0; i < 3; i++) {
      assign(a, a.times(2), b, b.plus(vector(5, 6)));
    }
    double[] expected = vector(0, 0).plus(b).plus(a).toDoubleArray();
    for (int i = 0; i < 2; i++) {
      Parameter c = parameter("c", 1, 2);
      Parameter d = parameter("d", 3, 4);
      assign(c, c.times(2), d, d.plus(vector(5, 6)));
    }
    assign(a, a.times(2), b, b.plus(a)); // where the step before read another leaf
    assertArrayEquals(expected, b.toDoubleArray());
  }

  @Test
  void aSnapshotKeepsItsValue() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    for (int i = 0; i < 3; i++) {
      assign(a, a.times(2), b, b.plus(1));
    }
    Tensor kept = a.snapshot();
    double[] before = kept.toDoubleArray();
    assign(a, a.times(2), b, b.plus(1));
    assertArrayEquals(before, kept.toDoubleArray());
    assertArrayEquals(new double[] {16, 32}, a.toDoubleArray());
  }

  @Test
  void aRepeatedStepIsCompiledOnce() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    Runnable step = () -> assign(a, a.times(0.5).sin(), b, b.plus(a));
    Runnable other = () -> assign(a, a.times(0.5).cos(), b, b.plus(a));
    step.run();
    other.run();
    assertEquals(
        0,
        compiled(
            () -> {
              for (int i = 0; i < 5; i++) {
                step.run();
                step.run();
                other.run();
              }
            }));
  }

  /** Runs a step some times, whose last graph must fit the template that is expected then. */
  private static void fits(Supplier<Tensor> build) {
    for (int i = 0; i < 3; i++) {
      build.get().eval();
    }
    List<Tensor> next = List.of(build.get());
    StepTemplate expected = Backends.cache().expected().template();
    assertNotNull(expected.match(next, List.of()));
    next.get(0).eval();
  }

  @Test
  void inferenceFitsWhereNothingIsAssigned() {
    Parameter w = parameter("w", 1, 2);
    fits(() -> w.times(vector(3, 4)).tanh().sum());
    Tensor y = w.times(vector(3, 4)).sum().eval();
    assertArrayEquals(new double[] {3, 4}, Grad.grad(y, w).get(0).toDoubleArray());
  }

  @Test
  void variablesFit() {
    Parameter w = parameter("w", 1, 2);
    fits(
        () -> {
          Tensor x = vector(0.5, 1).variable();
          Tensor u = w.times(x).sin();
          return Grad.grad(u.sum(), x).get(0).square().sum();
        });
    fits(() -> Grad.derivatives(x -> x.times(w).tanh(), vector(0.5, 1), 2).get(2).square().sum());
  }

  @Test
  void checkpointsFit() {
    Parameter w = parameter("w", 1, 2);
    UnaryOperator<Tensor> layer = Checkpoint.of((Tensor x) -> x.times(w).tanh());
    fits(() -> Grad.grad(layer.apply(layer.apply(vector(1, 2))).sum(), w).get(0));
    double[] once = Grad.grad(layer.apply(vector(1, 2)).sum(), w).get(0).toDoubleArray();
    double[] plain = Grad.grad(vector(1, 2).times(w).tanh().sum(), w).get(0).toDoubleArray();
    assertArrayEquals(plain, once);
  }

  @Test
  void aStepWithAFrozenLayerFits() {
    Parameter frozen = parameter("frozen", 3, 4);
    Parameter w = parameter("w", 1, 2);
    for (int i = 0; i < 3; i++) {
      w.assign(w.times(0.5).plus(frozen));
      Parameters.commit(List.of(w));
    }
    w.assign(w.times(0.5).plus(frozen));
    List<Version> assigned = List.of(Access.state(w).peek());
    assertNotNull(Backends.cache().expected().template().match(List.of(), assigned));
    Parameters.commit(List.of(w));
  }

  /** Structures that differ in one thing only a template that looks at it can tell apart. */
  @Test
  void twoRegionsAreNotOne() {
    Tensor x = vector(1, 2);
    Tensor tie = vector(3, 4);
    BiFunction<Long, Long, Tensor> build =
        (one, other) ->
            ShapeOps.barrier(one, x, tie).exp().plus(ShapeOps.barrier(other, x, tie).exp());
    for (int i = 0; i < 3; i++) {
      build.apply(5L + i, 50L + i).eval();
    }
    StepTemplate expected = Backends.cache().expected().template();
    assertNotNull(expected.match(List.of(build.apply(7L, 8L)), List.of()));
    assertNull(expected.match(List.of(build.apply(7L, 7L)), List.of()));
  }

  @Test
  void aNodeThatIsMarkedSinceDoesNotFit() {
    Tensor x = vector(1, 2);
    for (int i = 0; i < 3; i++) {
      x.exp().plus(1).eval();
    }
    StepTemplate expected = Backends.cache().expected().template();
    Tensor marked = x.exp().variable();
    assertNull(expected.match(List.of(marked.plus(1)), List.of()));
    Tensor y = marked.plus(1).eval();
    assertArrayEquals(new double[] {1, 1}, Grad.grad(y.sum(), marked).get(0).toDoubleArray());
  }

  @Test
  void aGraphOfTheVersionBeforeIsAnErrorThatNamesIt() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    Tensor old = a.times(7);
    for (int i = 0; i < 3; i++) {
      old = a.times(7);
      assign(a, a.times(2), b, b.plus(1));
    }
    Tensor superseded = old;
    IllegalStateException e = assertThrows(IllegalStateException.class, superseded::toDoubleArray);
    assertTrue(e.getMessage().contains("'a'"), e.getMessage());
    a.assign(superseded);
    assertThrows(IllegalStateException.class, () -> Parameters.commit(List.of(a)));
    assertArrayEquals(new double[] {8, 16}, a.toDoubleArray());
  }

  @Test
  void rootsThatReachAParameterNobodyAssignedKeepTheirGraph() {
    Parameter a = parameter("a", 1, 2);
    Parameter frozen = parameter("frozen", 3, 4);
    for (int i = 0; i < 4; i++) {
      Tensor y = frozen.square().sum().plus(a.sum());
      a.assign(a.times(2));
      Parameters.commit(List.of(a), y);
      assertArrayEquals(new double[] {6, 8}, Grad.grad(y, frozen).get(0).toDoubleArray());
    }
  }

  @Test
  void oneParameterAssignedTwiceAsTwoWereBefore() {
    Parameter a = parameter("a", 1, 2);
    Parameter b = parameter("b", 3, 4);
    for (int i = 0; i < 8; i++) {
      a.assign(vector(i, 1));
      (i < 6 ? b : a).assign(vector(i, 2));
      vector(1).exp().eval();
    }
    assertArrayEquals(new double[] {7, 2}, a.toDoubleArray());
    assertArrayEquals(new double[] {5, 2}, b.toDoubleArray());
  }

  @Test
  void theGradientByAParameterThatStandsWhereTwoStoodBefore() {
    Parameter a = parameter("a", 3, 4);
    Parameter b = Parameter.buffer(vector(5, 6), "b");
    for (int i = 0; i < 8; i++) {
      a.zeroGrad();
      a.times(i < 7 ? b : a).sum().backward();
      double[] expected = i < 7 ? new double[] {5, 6} : new double[] {6, 8};
      assertArrayEquals(expected, a.grad().orElseThrow().toDoubleArray());
    }
  }

  @Test
  void theGradientByAPendingVersionThatStandsWhereTwoStoodBefore() {
    for (int i = 0; i < 8; i++) {
      Parameter a = Parameter.of(vector(3, 4), "a");
      Parameter b = Parameter.buffer(vector(5, 6), "b");
      Tensor loss = a.times(i < 7 ? b : a).sum();
      loss.backward();
      double[] expected = i < 7 ? new double[] {5, 6} : new double[] {6, 8};
      assertArrayEquals(expected, a.grad().orElseThrow().toDoubleArray());
    }
  }
}

package org.adjoint.internal.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.adjoint.Adjoint;
import org.adjoint.AnomalyException;
import org.adjoint.Checkpoint;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Plan;
import org.adjoint.Scan;
import org.adjoint.Tensor;
import org.adjoint.op.Op;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What programs loops become: how large, how often compiled, and what is said of their turns. */
class LoopProgramsTest {
  @AfterEach
  void switchOff() {
    Adjoint.anomaly(false);
  }

  private static Tensor plain(Tensor x) {
    return Tensor.of(x.toDoubleArray(), x.shape().dims());
  }

  private static final Tensor W = plain(Key.of(1).normal(DType.F64, 3, 3).times(0.5));

  private static Tensor sequence(long turns) {
    return plain(Key.of(2).normal(DType.F64, turns, 3));
  }

  private static Tensor net(Tensor xs, Tensor w, double number) {
    return Scan.of((Tensor h, Tensor x) -> h.matmul(w).plus(x).tanh().times(number))
        .apply(Tensor.zeros(DType.F64, 3), xs);
  }

  private static Tensor[] lossAndGradients(long turns, double number) {
    Tensor w = plain(W).variable();
    Tensor xs = sequence(turns).variable();
    Tensor loss = net(xs, w, number).square().sum();
    List<Tensor> g = Grad.grad(loss, w, xs);
    return new Tensor[] {loss, g.get(0), g.get(1)};
  }

  private static long compiled(Runnable step) {
    long before = Backends.cache().compiled();
    step.run();
    return Backends.cache().compiled() - before;
  }

  @Test
  void aProgramIsAsLongAsItsBodyWhateverTheTurns() {
    Plan few = Plan.of(lossAndGradients(4, 0.9));
    Plan many = Plan.of(lossAndGradients(4000, 0.9));
    assertEquals(few.kernels(), many.kernels());
    // Values and what the way back reads are computed by one loop, the way back is the other.
    assertEquals(2, many.count("loop"));
    // A state a turn is kept, and the cotangents that the weight's gradient is made of.
    assertTrue(many.workspaceBytes() < 4000 * 24 * 8, many.toString());
  }

  @Test
  void whatTheLoopHasNoUseForIsNotStacked() {
    long turns = 1000;
    int gates = 8;
    Tensor xs = sequence(turns);
    Tensor start = Tensor.of(new double[] {0.1, 0.2, 0.3}, 3).variable();
    Tensor end =
        Scan.of(
                (Tensor h, Tensor x) -> {
                  Tensor product = x;
                  for (int i = 0; i < gates; i++) {
                    product = product.times(h.times(i + 1).plus(x).sigmoid());
                  }
                  return product;
                })
            .apply(start, xs)
            .get(turns - 1);
    Plan plan = Plan.of(Grad.grad(end.sum(), start).get(0));
    // The gates, and the state before a turn, of which the slopes are made on the way back.
    long stack = turns * 3 * Double.BYTES;
    assertTrue(plan.workspaceBytes() < (gates + 4) * stack, plan.toString());
  }

  @Test
  void sumsOverTurnsAreCarriedInDoubleAndStackedInFloat() {
    long turns = 1000;
    for (DType dtype : List.of(DType.F64, DType.F32)) {
      Tensor xs = sequence(turns).cast(dtype).eval();
      Tensor w = plain(Key.of(3).normal(DType.F64, 3)).cast(dtype).eval().variable();
      Tensor end =
          Scan.of((Tensor h, Tensor x) -> h.plus(x).times(w).tanh())
              .apply(Tensor.zeros(dtype, 3), xs)
              .get(turns - 1);
      Plan plan = Plan.of(Grad.grad(end.sum(), w).get(0));
      // Cotangents of the states, what w is multiplied with, and in F32 the products' cotangents.
      long stack = turns * 3 * dtype.bytes();
      long stacks = (plan.workspaceBytes() + stack / 2) / stack;
      assertEquals(dtype == DType.F64 ? 2 : 3, stacks, plan.listing());
    }
  }

  @Test
  void aLoopThatIsBuiltAgainIsNotCompiledAgain() {
    Tensor.evalAll(lossAndGradients(5, 0.9));
    assertEquals(0, compiled(() -> Tensor.evalAll(lossAndGradients(5, 0.8))));
    UnaryOperator<Tensor> doubled = Op.custom("doubled", x -> x.times(2), (x, y, g) -> g.times(2));
    Runnable withRules =
        () -> {
          Tensor x = Tensor.of(new double[] {0.3, 0.1}, 2).variable();
          Tensor y = Scan.of((Tensor h) -> doubled.apply(h.hook(g -> g)).sin(), 6).apply(x);
          Grad.grad(y.sum(), x).get(0).eval();
        };
    withRules.run();
    assertEquals(0, compiled(withRules));
  }

  @Test
  void aProgramLargerThanTheCacheIsKept() {
    Runnable chain =
        () -> {
          Tensor x = Tensor.of(new double[] {1, 2}, 2);
          for (int i = 0; i < 33_000; i++) {
            x = x.cumsum(0);
          }
          x.eval();
        };
    assertEquals(1, compiled(chain));
    Tensor.of(new double[] {4}, 1).exp().eval();
    assertEquals(0, compiled(chain));
  }

  @Test
  void rulesInsideHold() {
    // The stated derivative is wrong on purpose: it is the one that counts.
    UnaryOperator<Tensor> tripled = Op.custom("tripled", x -> x.times(2), (x, y, g) -> g.times(3));
    Tensor x = Tensor.of(new double[] {0.5}, 1).variable();
    Tensor y = Scan.of((Tensor h) -> tripled.apply(h), 4).apply(x);
    assertArrayEquals(new double[] {8}, y.toDoubleArray());
    assertArrayEquals(new double[] {81}, Grad.grad(y.sum(), x).get(0).toDoubleArray());
    Tensor hooked = Scan.of((Tensor h) -> h.times(2).hook(g -> g.neg()), 3).apply(x);
    assertArrayEquals(new double[] {-8}, Grad.grad(hooked.sum(), x).get(0).toDoubleArray());
  }

  @Test
  void eachTurnHasItsKey() {
    Key key = Key.of(11);
    List<Key> keys = key.split(3);
    Tensor bits = Tensor.stack(0, keys.stream().map(Key::bits).toArray(Tensor[]::new));
    Tensor noisy =
        Scan.of((Tensor h, Tensor k) -> h.plus(Key.of(k).normal(DType.F64, 2)))
            .apply(Tensor.zeros(DType.F64, 2), bits)
            .get(2);
    Tensor expected = Tensor.zeros(DType.F64, 2);
    for (Key k : keys) {
      expected = expected.plus(k.normal(DType.F64, 2));
    }
    assertArrayEquals(expected.toDoubleArray(), noisy.toDoubleArray(), 1e-15);
  }

  @Test
  void anErrorNamesTheTurn() {
    Tensor table = Tensor.of(new double[] {1, 2, 3}, 3);
    Tensor at = Tensor.of(new int[] {0, 2, 5, 1}, 4, 1);
    Tensor y =
        Scan.of((Tensor h, Tensor i) -> h.plus(table.gather(0, i)))
            .apply(Tensor.zeros(DType.F64, 1), at);
    String text = assertThrows(IndexOutOfBoundsException.class, y::eval).getMessage();
    assertTrue(text.endsWith(", in turn 2 of 4 of a loop"), text);
    assertTrue(text.contains("5"), text);
  }

  @Test
  void anAnomalyNamesTheTurn() {
    Adjoint.anomaly(true);
    Tensor x = Tensor.of(new double[] {2.5}, 1);
    Tensor y = Scan.of((Tensor h) -> h.minus(1).log().plus(0.5), 5).apply(x);
    String text = assertThrows(AnomalyException.class, y::eval).getMessage();
    assertTrue(text.startsWith("anomaly: log of F64[1] gave NaN at [0]"), text);
    assertTrue(text.endsWith(", in turn 1 of 5 of a loop"), text);
    Tensor fine = Scan.of((Tensor h, Tensor t) -> h.plus(t)).apply(x, Tensor.ones(DType.F64, 2, 1));
    assertArrayEquals(new double[] {3.5, 4.5}, fine.toDoubleArray());
  }

  @Test
  void segmentsKeepTheSquareRoot() {
    Scan.Body body =
        (c, in) -> {
          Tensor h = c.get(0);
          for (int i = 0; i < 5; i++) {
            h = h.matmul(W).plus(in.get(0)).tanh();
          }
          return new Scan.Step(List.of(h), List.of(h.sum()));
        };
    for (long turns : new long[] {0, 1, 2, 3, 7, 9, 50}) {
      List<Tensor> results = new ArrayList<>();
      for (BiFunction<List<Tensor>, List<Tensor>, Scan.Step> loop :
          List.of(Scan.ofList(body), Checkpoint.scan(body))) {
        Tensor start = Tensor.of(new double[] {0.1, 0.2, 0.3}, 3).variable();
        Tensor xs = sequence(turns).variable();
        Scan.Step all = loop.apply(List.of(start), List.of(xs));
        Tensor loss = all.carry().get(0).square().sum().plus(all.outputs().get(0).sin().sum());
        results.add(loss);
        results.addAll(Grad.grad(loss, start, xs));
      }
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(
            results.get(i).toDoubleArray(),
            results.get(3 + i).toDoubleArray(),
            1e-13,
            turns + " turns, result " + i);
      }
    }
    BinaryOperator<Tensor> kept =
        (s, x) -> Scan.ofList(body).apply(List.of(s), List.of(x)).carry().get(0);
    BinaryOperator<Tensor> cut =
        (s, x) -> Checkpoint.scan(body).apply(List.of(s), List.of(x)).carry().get(0);
    long all = memory(kept);
    long root = memory(cut);
    assertTrue(root < all / 8, root + " of " + all);
  }

  private static long memory(BinaryOperator<Tensor> loop) {
    Tensor start = Tensor.of(new double[] {0.1, 0.2, 0.3}, 3).variable();
    Tensor xs = sequence(2500);
    return Plan.of(Grad.grad(loop.apply(start, xs).sum(), start).get(0)).workspaceBytes();
  }
}

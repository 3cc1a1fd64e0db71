package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Functions of containers and lists under Grad, Vmap and Compiled; forward mode as a function. */
class ContainersTest {
  private record Line(Tensor slope, Tensor offset, String name) implements TensorTree<Line> {
    @Override
    public List<Tensor> leaves() {
      return List.of(slope, offset);
    }

    @Override
    public Line with(List<Tensor> leaves) {
      return new Line(leaves.get(0), leaves.get(1), name);
    }

    Tensor at(Tensor x) {
      return slope.times(x).plus(offset);
    }
  }

  private static final Line LINE = new Line(Tensor.scalar(3.0), Tensor.scalar(1.0), "first");

  @Test
  void theGradientByAContainerIsAContainer() {
    Tensor x = Tensor.of(1.0, 2);
    Function<Line, Tensor> loss = line -> line.at(x).square().sum();
    Line g = Grad.tree(loss).apply(LINE);
    assertEquals(2 * 4 * 1 + 2 * 7 * 2, g.slope().item());
    assertEquals(2 * 4 + 2 * 7, g.offset().item());
    assertEquals("first", g.name());
    Grad.ValueAndTree<Line> both = Grad.valueAndGradTree(loss).apply(LINE);
    assertEquals(16 + 49, both.value().item());
    assertEquals(36, both.grad().slope().item());
    // A gradient of a gradient: d/ds of (dL/ds) = Σ 2x².
    Line second = Grad.tree((Line line) -> Grad.tree(loss).apply(line).slope()).apply(LINE);
    assertEquals(10, second.slope().item());
  }

  @Test
  void vmapAndCompiledTakeContainers() {
    Line many = new Line(Tensor.of(1.0, 2, 3), Tensor.of(0.0, 0, 1), "many");
    Function<Line, Line> f = line -> new Line(line.at(line.slope()), line.offset().neg(), "out");
    Line mapped = Vmap.<Line, Line>tree(f).apply(many);
    assertArrayEquals(new double[] {1, 4, 10}, mapped.slope().toDoubleArray());
    assertArrayEquals(new double[] {-0.0, -0.0, -1}, mapped.offset().toDoubleArray());
    assertEquals("out", mapped.name());
    List<String> calls = new ArrayList<>();
    Function<Line, Line> compiled =
        Compiled.<Line, Line>tree(
            line -> {
              calls.add(line.name());
              return f.apply(line);
            });
    for (int i = 0; i < 3; i++) {
      Line y = compiled.apply(many);
      assertArrayEquals(new double[] {1, 4, 10}, y.slope().toDoubleArray());
      assertEquals("out", y.name());
    }
    assertEquals(10, compiled.apply(LINE).slope().item()); // other shapes
    assertEquals(List.of("many", "first"), calls);
  }

  @Test
  void gradientsByChosenArguments() {
    Function<List<Tensor>, Tensor> f = x -> x.get(0).times(x.get(1)).plus(x.get(2).square()).sum();
    List<Tensor> at = List.of(Tensor.scalar(2.0), Tensor.scalar(5.0), Tensor.scalar(7.0));
    Grad.ValueAndGrads all = Grad.valueAndGradList(f).apply(at);
    assertEquals(59, all.value().item());
    assertEquals(List.of(5.0, 2.0, 14.0), all.grads().stream().map(Tensor::item).toList());
    List<Tensor> some = Grad.ofList(f, 2, 0).apply(at);
    assertEquals(List.of(14.0, 5.0), some.stream().map(Tensor::item).toList());
    // An argument that is not chosen need not be floating.
    List<Tensor> picked =
        Grad.ofList(x -> x.get(0).gather(0, x.get(1)).sum(), 0)
            .apply(List.of(Tensor.of(1.0, 2), Tensor.of(1, 1)));
    assertArrayEquals(new double[] {0, 2}, picked.get(0).toDoubleArray());
    Exception e = assertThrows(IllegalArgumentException.class, () -> Grad.ofList(f, 3).apply(at));
    assertEquals("valueAndGrad: argument 3 is none of the 3", e.getMessage());
    e = assertThrows(IllegalArgumentException.class, () -> Grad.ofList(f, 1, 1).apply(at));
    assertEquals("valueAndGrad: argument 1 is given twice", e.getMessage());
  }

  @Test
  void listsInPlaceOfArrays() {
    Tensor a = Tensor.of(1.0, 2).variable();
    Tensor b = Tensor.of(3.0, 4).variable();
    assertArrayEquals(new double[] {1, 2, 3, 4}, Tensor.concat(0, List.of(a, b)).toDoubleArray());
    assertArrayEquals(new double[] {1, 3, 2, 4}, Tensor.stack(1, List.of(a, b)).toDoubleArray());
    List<Tensor> gs = Grad.grad(a.times(b).sum(), List.of(a, b));
    Tensor.evalAll(gs);
    assertArrayEquals(new double[] {3, 4}, gs.get(0).toDoubleArray());
    assertArrayEquals(new double[] {1, 2}, gs.get(1).toDoubleArray());
  }

  @Test
  void forwardModeAsAFunction() {
    Tensor x = Tensor.of(0.5, 1, 2);
    Tensor v = Tensor.of(1.0, -1, 3);
    // sin(x)·Σx has the derivative cos(x)·v·Σx + sin(x)·Σv.
    UnaryOperator<Tensor> f = t -> t.sin().times(t.sum());
    double[] expected = new double[3];
    for (int i = 0; i < 3; i++) {
      double xi = x.toDoubleArray()[i];
      expected[i] = Math.cos(xi) * v.toDoubleArray()[i] * 3.5 + Math.sin(xi) * 3;
    }
    Grad.ValueAndTangent y = Grad.jvpOf(f).apply(x, v);
    assertArrayEquals(expected, y.tangent().toDoubleArray(), 1e-14);
    assertArrayEquals(f.apply(x).toDoubleArray(), y.value().toDoubleArray());
    // x is a leaf of its own, though f captures it too.
    assertArrayEquals(
        new double[] {1 * 0.5, -1, 6},
        Grad.jvpOf(t -> t.times(x)).apply(x, v).tangent().toDoubleArray());
  }

  @Test
  void aLinearisedFunctionIsCalledOnce() {
    Tensor x = Tensor.of(0.5, 1, 2);
    int[] calls = {0};
    Grad.Linearized at =
        Grad.linearize(
            t -> {
              calls[0]++;
              return t.sin().times(t.sum());
            },
            x);
    for (double[] v : new double[][] {{1, 0, 0}, {0, 1, 0}, {1, -1, 3}, {0, 0, 0}}) {
      Tensor tangent = Tensor.of(v);
      assertArrayEquals(
          Grad.jvpOf(t -> t.sin().times(t.sum())).apply(x, tangent).tangent().toDoubleArray(),
          at.derivative().apply(tangent).toDoubleArray(),
          1e-15);
    }
    assertEquals(1, calls[0]);
    assertArrayEquals(x.sin().times(3.5).toDoubleArray(), at.value().toDoubleArray(), 1e-15);
    // Linear in the tangent, and differentiable by it.
    Tensor g = Grad.of((Tensor t) -> at.derivative().apply(t).sum()).apply(Tensor.of(1.0, 1, 1));
    assertEquals(3, g.size());
    Exception e =
        assertThrows(
            IllegalArgumentException.class, () -> at.derivative().apply(Tensor.of(1.0, 1)));
    assertTrue(e.getMessage().contains("should be F64[3], got F64[2]"), e.getMessage());
    assertEquals(0, Grad.linearize(t -> Tensor.scalar(4.0), x).derivative().apply(x).item());
  }
}

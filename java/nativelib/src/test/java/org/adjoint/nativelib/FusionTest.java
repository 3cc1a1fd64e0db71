package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Plan;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random graphs of elementwise ops: as fused regions, and op by op. The same bits. */
@NeedsNative
class FusionTest {
  @BeforeEach
  void useNative() {
    Adjoint.backend("native");
  }

  @AfterEach
  void switchOff() {
    Adjoint.eager(false);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  void regionsGiveTheBitsOfTheirOps(long seed) {
    DType dtype = seed % 2 == 0 ? DType.F32 : DType.F64;
    Key key = Key.of(seed);
    List<Tensor> leaves = new ArrayList<>();
    long[][] dims = {{37, 65}, {65}, {37, 1}, {}, {37, 65}};
    for (int i = 0; i < dims.length; i++) {
      leaves.add(key.fold(i).normal(dtype, dims[i]).eval().variable());
    }
    Supplier<List<Tensor>> graph =
        () -> {
          Tensor y = random(new SplittableRandom(seed), leaves);
          Tensor half = y.times(leaves.get(1)).tanh();
          List<Tensor> all = new ArrayList<>(List.of(y, half, half.neg().exp()));
          all.addAll(Grad.grad(y.sum(), leaves.get(0), leaves.get(4)));
          return all;
        };
    Scope.run(
        () -> {
          List<Tensor> fused = graph.get();
          assertTrue(Plan.of(fused.toArray(new Tensor[0])).count("fused") > 0);
          Tensor.evalAll(fused.toArray(new Tensor[0]));
          Adjoint.eager(true);
          List<Tensor> apart = graph.get();
          for (int i = 0; i < apart.size(); i++) {
            assertArrayEquals(apart.get(i).toDoubleArray(), fused.get(i).toDoubleArray());
          }
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void sumsInRegionsAreThoseOfTheirValues(long seed) {
    DType dtype = seed % 2 == 0 ? DType.F32 : DType.F64;
    Key key = Key.of(seed + 100);
    List<Tensor> leaves = new ArrayList<>();
    long[][] dims = {{137, 65}, {65}, {137, 1}, {}, {137, 65}};
    for (int i = 0; i < dims.length; i++) {
      leaves.add(key.fold(i).normal(dtype, dims[i]).eval().variable());
    }
    Scope.run(
        () -> {
          Tensor y = random(new SplittableRandom(seed), leaves);
          Tensor slope = Grad.grad(y.sum(), leaves.get(0)).get(0);
          Tensor[] asked = {y, slope, y.sum(0), y.sum(), slope.sum(0), y.square().mean()};
          // A slope may be a leaf seen another way, which no region computes.
          assertEquals(0, Plan.of(y, asked[2], asked[3], asked[5]).count("sum"));
          Tensor.evalAll(asked);
          assertSums(asked[2].toDoubleArray(), asked[0].toDoubleArray(), dtype);
          assertSums(asked[3].toDoubleArray(), asked[0].toDoubleArray(), dtype);
          assertSums(asked[4].toDoubleArray(), asked[1].toDoubleArray(), dtype);
        });
  }

  private static void assertSums(double[] sums, double[] values, DType dtype) {
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      double size = 0;
      for (int j = i; j < values.length; j += sums.length) {
        sum += values[j];
        size += Math.abs(values[j]);
      }
      assertEquals(sum, sums[i], (dtype == DType.F32 ? 1e-6 : 1e-13) * size);
    }
  }

  /** Returns a graph of forty elementwise ops, of the shape of the first and the last leaf. */
  static Tensor random(SplittableRandom random, List<Tensor> leaves) {
    List<Tensor> values = new ArrayList<>(leaves);
    for (int i = 0; i < 40; i++) {
      Tensor a = values.get(random.nextInt(values.size()));
      Tensor b = values.get(Math.max(0, values.size() - 1 - random.nextInt(4)));
      values.add(
          switch (random.nextInt(9)) {
            case 0 -> a.plus(b);
            case 1 -> a.minus(b).tanh();
            case 2 -> a.times(b).sin();
            case 3 -> b.sigmoid();
            case 4 -> Tensor.where(a.lt(b), a, b.neg());
            case 5 -> a.maximum(b);
            case 6 -> b.gelu();
            case 7 -> a.div(b.square().plus(1));
            default -> b.abs().plus(0.5).log();
          });
    }
    Tensor last = values.get(values.size() - 1);
    return last.plus(leaves.get(0)).times(leaves.get(4));
  }
}

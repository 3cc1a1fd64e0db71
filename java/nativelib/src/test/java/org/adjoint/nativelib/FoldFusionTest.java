package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.adjoint.Adjoint;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Plan;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.check.GradCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regions that end in sums, means, extremes and logSumExps: as one call, and op by op. */
@NeedsNative
class FoldFusionTest {
  private static final long[][] SHAPES = {
    {37, 65},
    {5, 7, 33},
    {1025},
    {1, 16},
    {16, 1},
    {3, 2049},
    {600, 17},
    {17, 2},
    {2, 3, 4, 15},
    {129, 1023},
    {0, 5},
    {5, 0},
    {2, 40_000}
  };

  private final int threads = Adjoint.threads();

  @BeforeEach
  void useNative() {
    Adjoint.backend("native");
  }

  @AfterEach
  void switchOff() {
    Adjoint.eager(false);
    Adjoint.threads(threads);
    Adjoint.backend("native");
  }

  static LongStream seeds() {
    return LongStream.range(0, 4 * SHAPES.length);
  }

  /** A fold, and what a rounding of its result is in proportion to. */
  private record Fold(UnaryOperator<Tensor> of, UnaryOperator<Tensor> size) {
    static Fold sum(int... axes) {
      return new Fold(y -> y.sum(axes), y -> y.abs().sum(axes));
    }

    static Fold mean(boolean keep, int... axes) {
      return new Fold(y -> y.mean(keep, axes), y -> y.abs().mean(keep, axes));
    }

    static Fold exact(UnaryOperator<Tensor> of) {
      return new Fold(of, y -> of.apply(y).times(0));
    }

    static Fold logSumExp(int axis) {
      // Eight roundings, of 1 or of the result.
      UnaryOperator<Tensor> of = y -> y.logSumExp(axis);
      return new Fold(of, y -> of.apply(y).abs().plus(1).times(8));
    }
  }

  private static List<Fold> folds(long[] dims) {
    int last = dims.length - 1;
    List<Fold> folds = new ArrayList<>(List.of(Fold.sum(), Fold.sum(last), Fold.sum(0)));
    folds.add(Fold.mean(false));
    folds.add(Fold.mean(true, last));
    folds.add(Fold.logSumExp(last));
    folds.add(new Fold(y -> y.logSumExp(last).mean(), y -> y.logSumExp(last).abs().mean()));
    if (last > 0) {
      folds.add(Fold.sum(last - 1, last));
      folds.add(Fold.mean(false, last - 1, last));
    }
    if (LongStream.of(dims).allMatch(dim -> dim > 0)) {
      folds.add(Fold.exact(Tensor::max));
      folds.add(Fold.exact(y -> y.min(last)));
      folds.add(Fold.exact(y -> y.max(true, last)));
      folds.add(Fold.exact(y -> y.max(0)));
    }
    return folds;
  }

  private static List<Tensor> leaves(long seed, long[] dims) {
    DType dtype = seed % 2 == 0 ? DType.F32 : DType.F64;
    long[] column = dims.clone();
    column[column.length - 1] = 1;
    long[][] shapes = {dims, {dims[dims.length - 1]}, column, {}, dims};
    List<Tensor> leaves = new ArrayList<>();
    Key key = Key.of(seed);
    for (int i = 0; i < shapes.length; i++) {
      leaves.add(key.fold(i).normal(dtype, shapes[i]).eval().variable());
    }
    return leaves;
  }

  /** A random chain; of one seed in four with infinities and NaN, and always through a cast. */
  private static Tensor values(long seed, List<Tensor> leaves) {
    Tensor y = FusionTest.random(new SplittableRandom(seed), leaves);
    DType dtype = y.dtype();
    Tensor flags = y.gt(0.25).cast(dtype).times(0.5);
    Tensor cast = y.plus(flags).cast(dtype == DType.F32 ? DType.F64 : DType.F32).tanh().cast(dtype);
    Tensor sum = y.plus(cast);
    if (seed % 4 < 3) {
      return sum;
    }
    Tensor x = leaves.get(4);
    Tensor hole = Tensor.where(x.gt(2.2), Tensor.scalar(Double.NEGATIVE_INFINITY, dtype), sum);
    Tensor peak = Tensor.where(x.lt(-2.5), Tensor.scalar(Double.POSITIVE_INFINITY, dtype), hole);
    return Tensor.where(x.gt(2.9), Tensor.scalar(Double.NaN, dtype), peak);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void foldsInRegionsAreThoseOfTheirValues(long seed) {
    long[] dims = SHAPES[(int) (seed / 4)];
    List<Tensor> leaves = leaves(seed, dims);
    double rounding = seed % 2 == 0 ? 1.2e-7 : 1e-13;
    for (Fold fold : folds(dims)) {
      Scope.run(
          () -> {
            double[] fused = fold.of().apply(values(seed, leaves)).toDoubleArray();
            Adjoint.eager(true);
            Tensor y = values(seed, leaves);
            double[] apart = fold.of().apply(y).toDoubleArray();
            double[] size = fold.size().apply(y).toDoubleArray();
            Adjoint.eager(false);
            for (int i = 0; i < apart.length; i++) {
              if (Double.compare(apart[i] + 0.0, fused[i] + 0.0) != 0) {
                assertEquals(apart[i], fused[i], rounding * size[i], "element " + i);
              }
            }
          });
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void severalFoldsAndTheirGradientsAtOnce(long seed) {
    long[] dims = SHAPES[(int) (seed / 4)];
    if (seed % 4 == 3 || LongStream.of(dims).anyMatch(dim -> dim == 0)) {
      return; // gradients of infinities are nothing to compare
    }
    List<Tensor> leaves = leaves(seed, dims);
    Function<Tensor, List<Tensor>> all =
        y -> {
          Tensor logs = y.logSumExp(-1);
          Tensor scalar = logs.mean().plus(y.max(-1).sum()).plus(y.square().mean());
          List<Tensor> results = new ArrayList<>(List.of(y, logs, y.mean(), scalar));
          results.addAll(Grad.grad(scalar, leaves.get(0), leaves.get(2), leaves.get(4)));
          return results;
        };
    Scope.run(
        () -> {
          List<Tensor> fused = all.apply(values(seed, leaves));
          Tensor.evalAll(fused.toArray(new Tensor[0]));
          Adjoint.eager(true);
          List<Tensor> apart = all.apply(values(seed, leaves));
          for (int i = 0; i < apart.size(); i++) {
            double[] expected = apart.get(i).toDoubleArray();
            double size = 1;
            for (double x : expected) {
              size = Math.max(size, Math.abs(x));
            }
            double tolerance = (seed % 2 == 0 ? 1e-5 : 1e-12) * size;
            assertArrayEquals(expected, fused.get(i).toDoubleArray(), tolerance, "result " + i);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3})
  void bitsDoNotDependOnTheNumberOfThreads(long seed) {
    List<double[]> expected = new ArrayList<>();
    for (int count : new int[] {1, 2, 4}) {
      Adjoint.threads(count);
      Adjoint.backend("native");
      long[] dims = seed < 2 ? new long[] {700, 301} : new long[] {3, 70_001};
      Tensor y = values(0, leaves(seed, dims));
      Tensor[] folds = {y.sum(-1), y.logSumExp(-1), y.mean(), y.max(), y.min(0), y.square().sum()};
      assertTrue(Plan.of(folds).count("fused") > 0);
      Tensor.evalAll(folds);
      for (int i = 0; i < folds.length; i++) {
        if (count == 1) {
          expected.add(folds[i].toDoubleArray());
        } else {
          assertArrayEquals(expected.get(i), folds[i].toDoubleArray(), "fold " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 17})
  void derivativesOfRegionsWithFolds(int n) {
    Tensor x = Key.of(3).normal(DType.F64, 5, n).eval();
    Tensor y = Key.of(4).normal(DType.F64, n).eval();
    GradCheck.check((a, b) -> a.times(b).tanh().logSumExp(-1).mean(), x, y);
    GradCheck.check((a, b) -> a.minus(b).square().mean(), x, y);
    GradCheck.check((a, b) -> a.times(b).exp().mean(true, 1).log().sum(), x, y);
    GradCheck.check((a, b) -> a.times(b).sin().max(1).plus(a.plus(b).min()).sum(), x, y);
    GradCheck.fast().order(2).check((a, b) -> a.times(b).tanh().logSumExp(1).square().sum(), x, y);
  }
}

package org.adjoint.masks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.check.OpCase;
import org.adjoint.check.OpCases;

/**
 * The law that what {@code where} has not taken reaches no gradient, tried on the whole table of
 * checks, on the backend in use: of {@code where(never, f(x), 0)} the first and the second
 * derivative are 0, whatever x holds.
 */
public final class MaskLaw {
  private static final long MOST_ENTRIES = 24;

  /** What adds up products over rows of which some may be hidden. */
  private static final Set<String> PRODUCTS =
      Set.of("matmul", "conv", "convInput", "convWeight", "attention", "attentionGrad");

  private static final double[] BAD = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -1, 1
  };

  private MaskLaw() {}

  /** Returns by row's name what has leaked; products of matrices, which promise less, aside. */
  public static Map<String, String> leaks() {
    Map<String, String> leaks = new TreeMap<>();
    for (OpCase row : OpCases.all()) {
      if (row.isDifferentiable()
          && !row.rounds()
          && row.entries() <= MOST_ENTRIES
          && !isProduct(row)) {
        for (int shift = -1; shift < BAD.length; shift += BAD.length / 2) {
          leaks.putAll(leaks(row, shift));
        }
      }
    }
    return leaks;
  }

  private static boolean isProduct(OpCase row) {
    return PRODUCTS.contains(row.op())
        || row.name().equals("einsum")
        || row.title().contains("recurrent net");
  }

  /** Returns what leaks if the inputs hold the bad numbers from one of them on; below 0 NaN. */
  private static Map<String, String> leaks(OpCase row, int shift) {
    List<Tensor> xs = new ArrayList<>(row.sample(DType.F64, 1));
    List<Tensor> variables = new ArrayList<>();
    for (int i : row.floatingInputs()) {
      double[] values = new double[(int) xs.get(i).size()];
      for (int k = 0; k < values.length; k++) {
        values[k] = shift < 0 ? Double.NaN : BAD[(k + i + shift) % BAD.length];
      }
      xs.set(i, Tensor.of(values, xs.get(i).shape().dims()).variable());
      variables.add(xs.get(i));
    }
    Tensor y = row.function().apply(xs);
    Tensor never = Tensor.of(new boolean[(int) y.size()], y.shape().dims());
    Tensor masked = Tensor.where(never, y, y.zerosLike()).sum();
    List<Tensor> first = Grad.grad(masked, variables);
    Tensor sum = Tensor.scalar(0.0);
    for (Tensor g : first) {
      sum = sum.plus(g.times(weights(g)).sum());
    }
    List<Tensor> both = new ArrayList<>(first);
    both.addAll(Grad.grad(sum, variables));
    Tensor.evalAll(both);
    Map<String, String> leaks = new TreeMap<>();
    for (int i = 0; i < both.size(); i++) {
      int order = i < first.size() ? 1 : 2;
      for (double entry : both.get(i).toDoubleArray()) {
        if (entry != 0) {
          leaks.put(row.title() + " order " + order, row.op() + " leaks " + entry);
        }
      }
    }
    return leaks;
  }

  /**
   * What brings x [2, 3] to mean 0 and variance 1 by rows or by columns, with a scale [3] and
   * without; of what it is made of the second row or column is hidden.
   */
  private enum Normalization {
    LAYER(1, false, (x, s) -> x.layerNorm(1, 0.1)),
    SCALED_LAYER(1, true, (x, s) -> x.layerNorm(s, s.times(2), 0.1)),
    RMS(1, false, (x, s) -> x.rmsNorm(1, 0)),
    SCALED_RMS(1, true, (x, s) -> x.rmsNorm(s, 0)),
    BATCH(0, false, (x, s) -> x.standardize(new int[] {0}, 0).y()),
    SCALED_BATCH(0, true, (x, s) -> x.standardize(new int[] {0}, s, s.times(2), 0.1).y());

    private final int axis;
    private final boolean scaled;
    private final BinaryOperator<Tensor> f;

    Normalization(int axis, boolean scaled, BinaryOperator<Tensor> f) {
      this.axis = axis;
      this.scaled = scaled;
      this.f = f;
    }

    /**
     * Returns the first and second derivatives where each second element along x holds a number.
     */
    List<double[]> derivatives(double hidden) {
      boolean[] kept = axis == 1 ? new boolean[] {true, false} : new boolean[] {true, false, true};
      Tensor mask = axis == 1 ? Tensor.of(kept, 2, 1) : Tensor.of(kept, 3);
      Tensor good = Tensor.of(new double[] {0.5, -1.5, 2.5, 3, 0.25, -1}, 2, 3);
      Tensor x = Tensor.where(mask, good, Tensor.scalar(hidden)).eval().variable();
      Tensor s = Tensor.of(new double[] {1, -2, 0.5}, 3).variable();
      Tensor y = f.apply(x, s);
      Tensor loss = Tensor.where(mask, y.times(weights(y)), y.zerosLike()).square().sum();
      List<Tensor> by = scaled ? List.of(x, s) : List.of(x);
      List<Tensor> all = new ArrayList<>(Grad.grad(loss, by));
      Tensor sum = Tensor.scalar(0.0);
      for (Tensor g : List.copyOf(all)) {
        sum = sum.plus(g.times(weights(g)).sum());
      }
      all.addAll(Grad.grad(sum, by));
      return all.stream().map(Tensor::toDoubleArray).toList();
    }
  }

  /**
   * Returns by name and number which normalisations have other derivatives if a group that is
   * hidden holds that number: none should, by x or by the scale that groups share.
   */
  public static Map<String, String> leaksOfNormalizations() {
    Map<String, String> leaks = new TreeMap<>();
    for (Normalization row : Normalization.values()) {
      List<double[]> expected = row.derivatives(2);
      for (double bad : BAD) {
        List<double[]> got = row.derivatives(bad);
        for (int i = 0; i < got.size(); i++) {
          for (int k = 0; k < got.get(i).length; k++) {
            double right = expected.get(i)[k];
            if (!(Math.abs(got.get(i)[k] - right) <= 1e-12 * Math.max(1, Math.abs(right)))) {
              leaks.put(row + " of " + bad, "derivative " + i + ": " + Arrays.toString(got.get(i)));
            }
          }
        }
      }
    }
    return leaks;
  }

  /** Returns weights of which no two cancel. */
  private static Tensor weights(Tensor x) {
    return Tensor.arange(x.size()).cast(DType.F64).plus(0.5).reshape(x.shape().dims());
  }
}

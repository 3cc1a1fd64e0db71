package org.adjoint.masks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
      Set.of(
          "matmul",
          "conv",
          "convInput",
          "convWeight",
          "attention",
          "attentionGrad",
          "standardize",
          "standardizeGrad");

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

  /** Returns weights of which no two cancel. */
  private static Tensor weights(Tensor x) {
    return Tensor.arange(x.size()).cast(DType.F64).plus(0.5).reshape(x.shape().dims());
  }
}

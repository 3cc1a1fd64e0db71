package org.adjoint.check;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.Vmap;

/**
 * A batch of three samples of a row against a loop over them, values and gradients, the latter both
 * batched and of what was batched: every input batched, then (in F64) each alone with the others
 * shared.
 */
final class BatchCheck {
  private static final int EXAMPLES = 3;

  private final OpCase row;
  private final DType dtype;
  private final List<List<Tensor>> samples = new ArrayList<>();

  private BatchCheck(OpCase row, DType dtype, long seed) {
    this.row = row;
    this.dtype = dtype;
    for (int i = 0; i < EXAMPLES; i++) {
      samples.add(row.sample(dtype, seed + i));
    }
  }

  static void run(OpCase row, DType dtype, long seed) {
    BatchCheck check = new BatchCheck(row, dtype, seed);
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < row.inputs().size(); i++) {
      all.add(i);
    }
    check.batchEqualsLoop(all);
    // Which inputs are batched is no matter of the dtype.
    for (int i = 0; i < all.size() && all.size() > 1 && dtype == DType.F64; i++) {
      check.batchEqualsLoop(List.of(i));
    }
  }

  private void batchEqualsLoop(List<Integer> mapped) {
    List<Tensor> stacked = new ArrayList<>();
    for (int i : mapped) {
      Tensor[] parts = samples.stream().map(sample -> sample.get(i)).toArray(Tensor[]::new);
      stacked.add(Tensor.stack(0, parts).eval());
    }
    Function<List<Tensor>, List<Tensor>> one = xs -> valueAndGradients(mapped, xs);
    List<Tensor> batch = Vmap.ofList(one).apply(stacked);
    List<Tensor> ofMapped = gradientsOfMapped(mapped, stacked);
    // Before its examples are read: each of them would have the whole batch computed again.
    Tensor.evalAll(Stream.concat(batch.stream(), ofMapped.stream()).toArray(Tensor[]::new));
    double tolerance = dtype == DType.F32 || row.rounds() ? 10 * row.tolerance() : 1e-12;
    for (int sample = 0; sample < EXAMPLES; sample++) {
      List<Tensor> xs = new ArrayList<>();
      for (int i : mapped) {
        Tensor x = samples.get(sample).get(i);
        xs.add(x.dtype() == dtype ? x.variable() : x);
      }
      List<Tensor> looped = one.apply(xs);
      Tensor.evalAll(looped.toArray(new Tensor[0]));
      for (int i = 0; i < looped.size(); i++) {
        double[] expected = Numbers.of(looped.get(i));
        double[] actual = Numbers.of(batch.get(i).get(sample));
        String what = i == 0 ? "value" : "gradient " + (i - 1);
        Numbers.compare(
            row.title() + ": " + dtype + " " + what + " of example " + sample + " of a batch",
            actual,
            expected,
            tolerance);
        if (i > 0) {
          Numbers.compare(
              row.title() + ": " + dtype + " " + what + " of a batch, by example " + sample,
              Numbers.of(ofMapped.get(i - 1).get(sample)),
              expected,
              tolerance);
        }
      }
    }
  }

  /** Returns the gradients by whole batches: the derivatives of batched ops, not batched ones. */
  private List<Tensor> gradientsOfMapped(List<Integer> mapped, List<Tensor> stacked) {
    if (!row.isDifferentiable()) {
      return List.of();
    }
    List<Tensor> xs = stacked.stream().map(x -> x.dtype() == dtype ? x.variable() : x).toList();
    Function<List<Tensor>, List<Tensor>> one =
        in -> {
          List<Tensor> all = new ArrayList<>(samples.get(0));
          for (int i = 0; i < mapped.size(); i++) {
            all.set(mapped.get(i), in.get(i));
          }
          return List.of(row.function().apply(all));
        };
    Tensor y = Vmap.ofList(one).apply(xs).get(0);
    Tensor[] by = xs.stream().filter(x -> x.dtype().isFloating()).toArray(Tensor[]::new);
    return Grad.grad(y.square().sum(), by);
  }

  private List<Tensor> valueAndGradients(List<Integer> mapped, List<Tensor> xs) {
    List<Tensor> all = new ArrayList<>(samples.get(0));
    for (int i = 0; i < mapped.size(); i++) {
      all.set(mapped.get(i), xs.get(i));
    }
    return OpChecks.valueAndGradients(row, all, xs);
  }
}

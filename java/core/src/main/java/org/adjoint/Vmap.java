package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.internal.derive.Substitution;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.op.Batch;

/**
 * Turns a function of one example into a function of a batch: the same numbers as a loop over the
 * examples, as one graph. A graph in, a graph out: the function is traced once on a stand-in for an
 * example, then each op that depends on it is replaced by its batched form. Nests, and composes
 * with {@link Grad}.
 */
public final class Vmap {
  private Vmap() {}

  /**
   * Returns {@code f} over the leading axis of its argument; results are stacked along a new
   * leading axis.
   */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> f) {
    return of(f, 0, 0);
  }

  /**
   * Returns {@code f} over axis {@code in} of its argument, with results along axis {@code out}.
   */
  public static UnaryOperator<Tensor> of(UnaryOperator<Tensor> f, int in, int out) {
    return x -> ofList(xs -> List.of(f.apply(xs.get(0))), in, out).apply(List.of(x)).get(0);
  }

  /** Returns {@code f} over the leading axes of both its arguments. */
  public static BinaryOperator<Tensor> of(BinaryOperator<Tensor> f) {
    return (x, y) ->
        ofList(xs -> List.of(f.apply(xs.get(0), xs.get(1))), 0, 0).apply(List.of(x, y)).get(0);
  }

  /** Returns {@code f} over the leading axes of all its arguments. */
  public static Function<List<Tensor>, List<Tensor>> ofList(
      Function<List<Tensor>, List<Tensor>> f) {
    return ofList(f, 0, 0);
  }

  /**
   * Returns {@code f} over axis {@code in} of every argument, with results along axis {@code out}.
   * What is not to be mapped is not an argument: {@code f} just refers to it.
   *
   * @throws IllegalArgumentException when applied, if the arguments have no such axis or different
   *     sizes along it
   */
  public static Function<List<Tensor>, List<Tensor>> ofList(
      Function<List<Tensor>, List<Tensor>> f, int in, int out) {
    return xs -> {
      if (xs.isEmpty()) {
        throw new IllegalArgumentException("vmap: needs an argument to map over");
      }
      List<Tensor> batched = new ArrayList<>();
      for (Tensor x : xs) {
        batched.add(x.moveAxis(in, 0));
      }
      long size = batched.get(0).dim(0);
      List<Tensor> examples = new ArrayList<>();
      for (Tensor x : batched) {
        if (x.dim(0) != size) {
          throw new IllegalArgumentException(
              "vmap: arguments have " + size + " and " + x.dim(0) + " examples");
        }
        examples.add(example(x));
      }
      List<Tensor> results = new ArrayList<>();
      for (Tensor y :
          Substitution.of(
              ThreadState.get().writing("Vmap", () -> f.apply(examples)),
              examples,
              batched,
              size)) {
        results.add(y.moveAxis(0, out));
      }
      return results;
    };
  }

  /**
   * Returns {@code f} over the leading axis of every leaf of a container; the leaves of its result
   * are stacked along a new leading axis.
   *
   * @throws IllegalArgumentException when applied, if there are no leaves, or they have no leading
   *     axis or different sizes along it
   */
  public static <T extends TensorTree<T>, R extends TensorTree<R>> Function<T, R> tree(
      Function<T, R> f) {
    return x -> {
      List<R> shape = new ArrayList<>(1);
      List<Tensor> results =
          ofList(
                  xs -> {
                    R y = f.apply(x.with(xs));
                    shape.add(y);
                    return y.leaves();
                  })
              .apply(x.leaves());
      return shape.get(0).with(results);
    };
  }

  /**
   * Returns the batched outputs of a function whose inputs are partly batched, as batching rules
   * need it for ops that are expanded.
   */
  public static List<Tensor> batchWithin(Function<List<Tensor>, List<Tensor>> f, Batch batch) {
    List<Tensor> inputs = new ArrayList<>(batch.inputs());
    List<Tensor> examples = new ArrayList<>();
    List<Tensor> batched = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (batch.isBatched(i)) {
        Tensor example = example(inputs.get(i));
        batched.add(inputs.get(i));
        examples.add(example);
        inputs.set(i, example);
      }
    }
    return Substitution.of(f.apply(inputs), examples, batched, batch.size());
  }

  /** Returns a stand-in for one example of a batch. */
  private static Tensor example(Tensor batched) {
    long[] dims = batched.shape().dims();
    Shape shape = Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
    return Access.argument(new Type(batched.dtype(), shape));
  }
}

package org.adjoint.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.adjoint.Tensor;

/**
 * Layers side by side: each gets the whole input, and their outputs are put together. The branches
 * are called 0, 1, 2 and so on.
 *
 * @param branches the layers, at least one
 * @param together what makes one tensor of their outputs
 */
public record Parallel(List<Layer> branches, Function<List<Tensor>, Tensor> together)
    implements Layer {

  /**
   * Makes the layer; the list is copied.
   *
   * @throws IllegalArgumentException if there is no branch
   */
  public Parallel {
    branches = List.copyOf(branches);
    if (branches.isEmpty()) {
      throw new IllegalArgumentException("parallel: at least one branch is needed");
    }
  }

  /** Returns layers whose outputs, all of one shape, are added up. */
  public static Parallel sum(Layer... branches) {
    return new Parallel(
        List.of(branches), outputs -> outputs.stream().reduce(Tensor::plus).orElseThrow());
  }

  /** Returns layers whose outputs are joined along an axis; their other sizes are equal. */
  public static Parallel concat(int axis, Layer... branches) {
    return new Parallel(List.of(branches), outputs -> Tensor.concat(axis, outputs));
  }

  @Override
  public List<Child> children() {
    List<Child> children = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      children.add(new Child(Integer.toString(i), branches.get(i)));
    }
    return children;
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      outputs.add(training.apply(Integer.toString(i), branches.get(i), x));
    }
    return together.apply(outputs);
  }
}

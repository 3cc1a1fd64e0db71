package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeTable;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.op.Batch;

/**
 * Batching: each of a graph's nodes that depends on an example is replaced by what its op makes of
 * a whole batch.
 */
public final class Substitution {
  private final long size;

  /** By node met its batched outputs; an empty list if the node depends on no example. */
  private final NodeTable<List<Tensor>> batched = new NodeTable<>();

  private Substitution(long size) {
    this.size = size;
  }

  /**
   * Returns {@code ys} with each of {@code examples} replaced by its batch, all with the leading
   * axis.
   */
  public static List<Tensor> of(
      List<Tensor> ys, List<Tensor> examples, List<Tensor> batches, long size) {
    Substitution substitution = new Substitution(size);
    for (int i = 0; i < examples.size(); i++) {
      substitution.batched.put(Access.node(examples.get(i)), List.of(batches.get(i)));
    }
    List<Tensor> results = new ArrayList<>();
    for (Tensor y : ys) {
      results.add(substitution.of(y));
    }
    return results;
  }

  /**
   * Returns as {@link #of(List, List, List, long)}, but empty for a y that depends on no example.
   */
  public static List<Optional<Tensor>> within(
      List<Tensor> ys, List<Tensor> examples, List<Tensor> batches, long size) {
    Substitution substitution = new Substitution(size);
    for (int i = 0; i < examples.size(); i++) {
      substitution.batched.put(Access.node(examples.get(i)), List.of(batches.get(i)));
    }
    List<Optional<Tensor>> results = new ArrayList<>();
    for (Tensor y : ys) {
      List<Tensor> outputs = substitution.outputs(y);
      results.add(outputs.isEmpty() ? Optional.empty() : Optional.of(outputs.get(Access.index(y))));
    }
    return results;
  }

  private List<Tensor> outputs(Tensor y) {
    PostOrder.walk(Access.node(y), batched::has, this::finish);
    return batched.get(Access.node(y)).orElseThrow();
  }

  private Tensor of(Tensor y) {
    List<Tensor> outputs = outputs(y);
    return outputs.isEmpty()
        ? new Batch(size, List.of(y), List.of(false), new long[0]).wide(0)
        : outputs.get(Access.index(y));
  }

  private void finish(Node node, Node... inputs) {
    List<Tensor> tensors = new ArrayList<>(inputs.length);
    List<Boolean> flags = new ArrayList<>(inputs.length);
    boolean any = false;
    for (int i = 0; i < inputs.length; i++) {
      List<Tensor> outputs = batched.get(inputs[i]).orElseThrow();
      boolean depends = !outputs.isEmpty();
      int index = node.index(i);
      tensors.add(depends ? outputs.get(index) : Access.tensor(inputs[i], index));
      flags.add(depends);
      any |= depends;
    }
    batched.put(
        node, any ? node.op().batch(new Batch(size, tensors, flags, node.attrs())) : List.of());
  }
}

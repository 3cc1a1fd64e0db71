package org.adjoint.internal.graph;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.op.Op;

/** Builds nodes: an op infers the types of its outputs, or says what is wrong with its inputs. */
public final class Graphs {
  /** By number of inputs the indices of first outputs, which nearly all nodes read and share. */
  private static final int[][] FIRST_OUTPUTS = new int[32][];

  static {
    Arrays.setAll(FIRST_OUTPUTS, int[]::new);
  }

  private Graphs() {}

  /** Returns the outputs of an op over these inputs, of which nothing has run. */
  public static List<Tensor> apply(Op op, long[] attrs, Tensor... inputs) {
    Node[] nodes = new Node[inputs.length];
    Type[] types = new Type[inputs.length];
    int[] indices = inputs.length < FIRST_OUTPUTS.length ? FIRST_OUTPUTS[inputs.length] : null;
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i] == null) {
        throw new NullPointerException(op + ": input " + i + " is null");
      }
      nodes[i] = Access.node(inputs[i]);
      int index = Access.index(inputs[i]);
      if (index != 0 || indices == null) {
        indices = indices(inputs);
      }
      types[i] = nodes[i].type(index);
    }
    Node node = new OpNode(op, attrs, nodes, indices, op.types(types, attrs));
    return Eager.built(Access.outputs(node));
  }

  private static int[] indices(Tensor... inputs) {
    int[] indices = new int[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      indices[i] = Access.index(inputs[i]);
    }
    return indices;
  }
}

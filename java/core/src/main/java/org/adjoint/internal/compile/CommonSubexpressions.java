package org.adjoint.internal.compile;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Primitive;

/**
 * Computes equal expressions once: same op, attributes and inputs; a reshape to the same dims is
 * its input. Scalars are inputs of a run and never equal.
 */
final class CommonSubexpressions {
  private CommonSubexpressions() {}

  /** What makes a value: equal expressions have equal values. */
  record Expression(Primitive op, long[] attrs, int[] inputs) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Expression e
          && op.id() == e.op.id()
          && Arrays.equals(attrs, e.attrs)
          && Arrays.equals(inputs, e.inputs);
    }

    @Override
    public int hashCode() {
      return (op.id() * 31 + Arrays.hashCode(attrs)) * 31 + Arrays.hashCode(inputs);
    }
  }

  static Graph apply(Graph graph) {
    Graph.Builder builder = new Graph.Builder(graph);
    Map<Expression, Integer> known = new HashMap<>();
    Type[] types = graph.types();
    for (Graph.Node node : graph.nodes()) {
      if (changesNothing(node, types)) {
        builder.replace(node, builder.map(node.inputs()[0]));
        continue;
      }
      Expression expression = new Expression(node.op(), node.attrs(), builder.map(node.inputs()));
      Integer first = known.get(expression);
      if (first != null) {
        builder.replace(node, first);
      } else {
        builder.keep(node);
        known.put(expression, builder.map(node.first()));
      }
    }
    return builder.build();
  }

  /** Transformations rename their arguments by such reshapes; what is built on them is equal. */
  static boolean changesNothing(Graph.Node node, Type[] types) {
    return node.op().name().equals("reshape") && types[node.inputs()[0]].equals(node.outputs()[0]);
  }
}

package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.AnomalyException;
import org.adjoint.Scope;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ThreadState;

/**
 * Finds the op that a NaN or an infinity comes from: runs a graph op by op before its program and
 * looks at each result. Several times slower than the program.
 */
public final class AnomalySearch {
  private AnomalySearch() {}

  /**
   * Runs a trace op by op and looks for a NaN, or for an infinity that no input has.
   *
   * @param leaves the values of the trace's leaves
   * @throws AnomalyException for the first one found
   */
  public static void search(Trace trace, List<Tensor> leaves) {
    if (!isOnHere()) {
      ThreadState.get().searching(() -> Scope.run(() -> runApart(trace, leaves)));
    }
  }

  /** Returns whether this thread is inside a search. */
  static boolean isOnHere() {
    return ThreadState.get().isSearching();
  }

  private static void runApart(Trace trace, List<Tensor> leaves) {
    NodeMap numbers = new NodeMap();
    List<List<Tensor>> results = new ArrayList<>();
    for (int at = 0; at < trace.ops().size(); at++) {
      Node node = trace.ops().get(at);
      Node[] from = trace.inputs(at);
      Tensor[] inputs = new Tensor[from.length];
      for (int i = 0; i < inputs.length; i++) {
        int number = numbers.get(from[i]);
        int index = node.index(i);
        if (number != NodeMap.ABSENT) {
          inputs[i] = results.get(number).get(index);
        } else if (trace.isLeaf(from[i])) {
          inputs[i] = leaves.get(trace.leafNumber(from[i], index));
        } else {
          inputs[i] = Access.tensor(from[i], index);
        }
      }
      List<Tensor> outputs = Eager.suspended(() -> Graphs.apply(node.op(), node.attrs(), inputs));
      Evaluator.evaluate(outputs);
      for (Tensor output : outputs) {
        judge(node, inputs, output);
      }
      numbers.put(node, results.size());
      results.add(outputs);
    }
  }

  private static void judge(Node node, Tensor[] inputs, Tensor output) {
    if (!output.dtype().isFloating()) {
      return;
    }
    double[] values = output.toDoubleArray();
    for (int i = 0; i < values.length; i++) {
      boolean infinite = Double.isInfinite(values[i]);
      if (Double.isNaN(values[i]) || (infinite && !hasInfinity(inputs))) {
        throw new AnomalyException(text(node, inputs, output, i, values[i]));
      }
    }
  }

  private static boolean hasInfinity(Tensor... inputs) {
    for (Tensor input : inputs) {
      if (input.dtype().isFloating()
          && Arrays.stream(input.toDoubleArray()).anyMatch(Double::isInfinite)) {
        return true;
      }
    }
    return false;
  }

  private static String text(Node node, Tensor[] inputs, Tensor output, int at, double value) {
    StringBuilder text = new StringBuilder("anomaly: ").append(node.op().name()).append(" of");
    for (Tensor input : inputs) {
      text.append(' ').append(input.type());
    }
    text.append(" gave ").append(value).append(" at ").append(index(output.shape(), at));
    for (int i = 0; i < inputs.length; i++) {
      Tensor input = inputs[i];
      if (input.dtype().isFloating() && input.shape().broadcastsTo(output.shape())) {
        double there = input.broadcastTo(output.shape().dims()).toDoubleArray()[at];
        text.append(i == 0 ? ", where input " : ", input ").append(i).append(" is ").append(there);
      }
    }
    text.append("; ")
        .append(node.site().map(Anomaly.Site::toString).orElse("built before anomaly(true)"));
    return text.toString();
  }

  private static String index(Shape shape, int at) {
    long[] index = new long[shape.rank()];
    long rest = at;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return Arrays.toString(index);
  }
}

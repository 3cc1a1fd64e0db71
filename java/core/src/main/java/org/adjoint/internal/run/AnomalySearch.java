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
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.LoopOp;

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

  private static List<Tensor> runApart(Trace trace, List<Tensor> leaves) {
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
      List<Tensor> outputs =
          node.op() instanceof LoopOp loop
              ? turnByTurn(loop, node.attrs(), List.of(inputs))
              : Eager.suspended(() -> Graphs.apply(node.op(), node.attrs(), inputs));
      Evaluator.evaluate(outputs);
      for (Tensor output : outputs) {
        judge(node, inputs, output);
      }
      numbers.put(node, results.size());
      results.add(outputs);
    }
    List<Tensor> roots = new ArrayList<>();
    for (Tensor root : trace.roots()) {
      Node node = Access.node(root);
      int number = numbers.get(node);
      if (number != NodeMap.ABSENT) {
        roots.add(results.get(number).get(Access.index(root)));
      } else {
        boolean leaf = trace.isLeaf(node);
        roots.add(leaf ? leaves.get(trace.leafNumber(node, Access.index(root))) : root);
      }
    }
    return roots;
  }

  /** Runs the body of a loop op by op, once a turn. */
  private static List<Tensor> turnByTurn(LoopOp loop, long[] attrs, List<Tensor> inputs) {
    int carries = loop.carries();
    int end = carries + loop.sequences();
    int turns = Math.toIntExact(attrs[Loop.TURNS]);
    Trace body = new Trace();
    loop.body().arguments().forEach(x -> body.declare(new Leaf(Access.node(x), 0)));
    loop.body().results().forEach(body::addRoot);
    List<Tensor> carry = inputs.subList(0, carries);
    List<Tensor[]> stacks = new ArrayList<>();
    loop.body()
        .results()
        .subList(carries, body.roots().size())
        .forEach(y -> stacks.add(new Tensor[turns]));
    for (int turn = 0; turn < turns; turn++) {
      int at = attrs[Loop.REVERSE] != 0 ? turns - 1 - turn : turn;
      List<Tensor> in = new ArrayList<>(carry);
      inputs.subList(carries, end).forEach(x -> in.add(Eager.suspended(() -> x.get(at))));
      in.addAll(inputs.subList(end, inputs.size()));
      Evaluator.evaluate(in);
      if (attrs[Loop.WHILE] != 0 && in.get(0).toIntArray()[0] == 0) {
        break;
      }
      List<Tensor> out;
      try {
        out = runApart(body, in);
      } catch (AnomalyException e) {
        throw new AnomalyException(
            e.getMessage() + ", in turn " + turn + " of " + turns + " of a loop");
      }
      carry = out.subList(0, carries);
      for (int i = 0; i < stacks.size(); i++) {
        stacks.get(i)[at] = out.get(carries + i);
      }
    }
    List<Tensor> all = new ArrayList<>(carry);
    for (int i = 0; i < stacks.size(); i++) {
      Tensor element = loop.body().results().get(carries + i);
      Tensor[] rows = stacks.get(i);
      all.add(Eager.suspended(() -> LoopOp.stacked(element.type(), rows)));
    }
    return all;
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

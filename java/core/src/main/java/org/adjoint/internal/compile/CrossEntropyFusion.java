package org.adjoint.internal.compile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Computes a cross-entropy and its gradient by the same logits and labels in one call, which reads
 * the logits from memory once. Where the gradient's cotangent depends on the loss they stay apart;
 * so they do where finding that out would take long.
 */
final class CrossEntropyFusion {
  private static final String LOSS = "softmaxCrossEntropy";
  private static final String GRADIENT = "softmaxCrossEntropyGrad";
  private static final int NONE = Contraction.NONE;

  /** Looks at so many nodes for each pair: a cotangent is mostly made of a few scalars. */
  private static final int MOST_VISITS = 1000;

  // The loss has no input to overwrite; the gradient may have the logits' memory.
  private static final Kernel KERNEL =
      new Kernel("softmaxCrossEntropyWithGrad", ScalarFunction.NONE, -1, 0);

  private static final Primitive PRIMITIVE =
      new Primitive(
          NONE,
          KERNEL.name(),
          true,
          KERNEL,
          (emitter, attrs, in, out) -> {
            Ref logits = emitter.contiguous(in[0]);
            long n = logits.dims()[logits.rank() - 1];
            long[] rows = {in[1].size()};
            Ref g = in[2].reshape(rows).orElseGet(() -> emitter.contiguous(in[2]).as(rows));
            Ref[] inputs = {logits.as(rows[0], n), emitter.contiguous(in[1]).as(rows), g};
            Ref[] y = {emitter.allocate(out[0]), emitter.allocate(out[1])};
            emitter.call(KERNEL, new long[0], inputs, new Ref[] {y[0].flat(), y[1].as(rows[0], n)});
            return y;
          });

  private record Rows(int logits, int labels) {}

  private final Graph graph;
  private final int[] producers;

  /** For every node the other one of its pair, or NONE. */
  private final int[] partner;

  private CrossEntropyFusion(Graph graph) {
    this.graph = graph;
    this.producers = Contraction.producers(graph);
    this.partner = new int[graph.nodes().size()];
    Arrays.fill(partner, NONE);
  }

  static Graph apply(Graph graph) {
    return new CrossEntropyFusion(graph).run();
  }

  private Graph run() {
    Map<Rows, Integer> losses = new HashMap<>();
    int[] groupOf = new int[graph.nodes().size()];
    Arrays.fill(groupOf, NONE);
    int groups = 0;
    for (int at = 0; at < graph.nodes().size(); at++) {
      Graph.Node node = graph.nodes().get(at);
      if (node.op().name().equals(LOSS)) {
        losses.put(new Rows(node.inputs()[0], node.inputs()[1]), at);
      } else if (node.op().name().equals(GRADIENT)) {
        Integer loss = losses.get(new Rows(node.inputs()[0], node.inputs()[1]));
        // Of several gradients, as of several losses made of the rows, the first one joins.
        if (loss != null && partner[loss] == NONE && !dependsOn(node.inputs()[2], loss)) {
          partner[loss] = at;
          partner[at] = loss;
          groupOf[loss] = groups;
          groupOf[at] = groups++;
        }
      }
    }
    if (groups == 0) {
      return graph;
    }
    List<Integer> gradients = new ArrayList<>(Collections.nCopies(groups, NONE));
    for (int at = 0; at < groupOf.length; at++) {
      if (groupOf[at] != NONE) {
        gradients.set(groupOf[at], Math.max(at, partner[at]));
      }
    }
    return Contraction.contract(graph, groupOf, gradients, (at, builder) -> emit(builder, at));
  }

  /** Returns whether a value depends on a node, pairs being one; true too if that took long. */
  private boolean dependsOn(int value, int node) {
    Map<Integer, Boolean> seen = new HashMap<>();
    Deque<Integer> open = new ArrayDeque<>();
    open.push(producers[value]);
    while (!open.isEmpty()) {
      int at = open.pop();
      if (at == NONE || seen.put(at, true) != null) {
        continue;
      }
      if (at == node || seen.size() > MOST_VISITS) {
        return true;
      }
      if (partner[at] != NONE) {
        open.push(partner[at]);
      }
      for (int input : graph.nodes().get(at).inputs()) {
        open.push(producers[input]);
      }
    }
    return false;
  }

  private void emit(Graph.Builder builder, int at) {
    Graph.Node gradient = graph.nodes().get(at);
    Graph.Node loss = graph.nodes().get(partner[at]);
    Type[] types = {loss.outputs()[0], gradient.outputs()[0]};
    int first = builder.add(PRIMITIVE, new long[0], builder.map(gradient.inputs()), types);
    builder.replace(loss, first);
    builder.replace(gradient, first + 1);
  }
}

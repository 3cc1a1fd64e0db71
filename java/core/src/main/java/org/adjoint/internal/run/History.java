package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.adjoint.Tensor;
import org.adjoint.internal.derive.DifferentiablePart;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.Version;

/**
 * Decides what evaluated roots remember: one that reaches a current version or a variable keeps its
 * inputs, and which of those it reaches; any other becomes a leaf, and what it was computed from
 * goes with the garbage collector.
 */
public final class History {
  /**
   * Above so many words of masks, all roots share one list of sources: it keeps more, never less.
   */
  private static final long MOST_WORDS = 1 << 22;

  private final Trace trace;
  private final List<Node> sources = new ArrayList<>();
  private final NodeMap numbers = new NodeMap();

  private History(Trace trace) {
    this.trace = trace;
  }

  /** Applies the rule to every root of an evaluated trace. */
  public static void drop(Trace trace) {
    boolean reaches = false;
    for (Node candidate : trace.candidates()) {
      reaches |= candidate.reachesSource();
    }
    History history = new History(trace);
    if (reaches) {
      history.run();
    } else {
      history.cutAll();
    }
  }

  private void run() {
    List<Set<Node>> ofLeaves = new ArrayList<>(trace.leaves().size());
    Set<Node> found = new LinkedHashSet<>();
    for (Trace.Leaf leaf : trace.leaves()) {
      leaf.node().reachesSource(found);
      if (found.isEmpty()) {
        ofLeaves.add(Set.of());
      } else {
        found.forEach(this::number);
        ofLeaves.add(found);
        found = new LinkedHashSet<>();
      }
    }
    for (int at = 0; at < trace.ops().size(); at++) {
      for (Node input : trace.inputs(at)) {
        if (input.isSource()) {
          number(input);
        }
      }
    }
    if (sources.isEmpty()) {
      cutAll();
      return;
    }
    int words = (sources.size() + 63) / 64;
    boolean exact = (long) words * trace.ops().size() <= MOST_WORDS;
    long[][] masks = masks(ofLeaves, exact ? words : 1, exact);
    for (Tensor root : trace.roots()) {
      Node node = Access.node(root);
      if (isPlainOp(node)) {
        long[] mask = masks[trace.opNumber(node)];
        if (mask == null) {
          node.cut();
        } else {
          node.keepFor(exact ? named(mask) : sources.toArray(new Node[0]));
        }
      }
    }
  }

  private static boolean isPlainOp(Node node) {
    return node.kind() == Node.Kind.OP && !(node instanceof Version);
  }

  private void cutAll() {
    for (Tensor root : trace.roots()) {
      if (isPlainOp(Access.node(root))) {
        Access.node(root).cut();
      }
    }
  }

  private int number(Node source) {
    int number = numbers.get(source);
    if (number == NodeMap.ABSENT) {
      number = sources.size();
      numbers.put(source, number);
      sources.add(source);
    }
    return number;
  }

  /** Returns for each op which sources derivatives reach through it; null where none. */
  private long[][] masks(List<Set<Node>> ofLeaves, int words, boolean exact) {
    long[][] masks = new long[trace.ops().size()][];
    for (int at = 0; at < masks.length; at++) {
      Node node = trace.ops().get(at);
      Node[] inputs = node instanceof Version ? new Node[0] : trace.inputs(at);
      for (int i = 0; i < inputs.length; i++) {
        if (!DifferentiablePart.passes(node, inputs, i)) {
          continue;
        }
        Node input = inputs[i];
        if (input.isSource()) {
          masks[at] = with(masks[at], words, exact ? numbers.get(input) : 0);
        }
        if (trace.isOp(input)) {
          masks[at] = or(masks[at], masks[trace.opNumber(input)]);
        } else if (trace.isLeaf(input)) {
          for (Node source : ofLeaves.get(trace.leafNumber(input, node.index(i)))) {
            masks[at] = with(masks[at], words, exact ? numbers.get(source) : 0);
          }
        }
      }
    }
    return masks;
  }

  private static long[] with(long[] mask, int words, int bit) {
    long[] result = mask == null ? new long[words] : mask;
    result[bit >> 6] |= 1L << bit;
    return result;
  }

  private static long[] or(long[] mask, long[] other) {
    if (other == null) {
      return mask;
    }
    if (mask == null) {
      return other.clone();
    }
    for (int i = 0; i < mask.length; i++) {
      mask[i] |= other[i];
    }
    return mask;
  }

  private Node[] named(long[] mask) {
    List<Node> named = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      if ((mask[i >> 6] >> i & 1) != 0) {
        named.add(sources.get(i));
      }
    }
    return named.toArray(new Node[0]);
  }
}

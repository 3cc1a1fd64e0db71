package org.adjoint.internal.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Primitive;

/**
 * Takes out of a loop what nobody reads: stacks, carries that only they themselves read, what is
 * read for those alone. A carry that stays what it was becomes an invariant.
 */
final class LoopPruning {
  private final Loop loop;
  private final Graph body;

  /** Whether carry 0 decides how many turns there are, and so is always read. */
  private final boolean decides;

  /** By output of the loop whether the body has to compute it. */
  private final boolean[] roots;

  /** By carry that stays what it was whether anybody reads it. */
  private final boolean[] passed;

  /** By value of the body whether a root that is computed depends on it. */
  private final boolean[] live;

  /**
   * Finds what is needed.
   *
   * @param attrs the attributes of the loop
   * @param read by output of the loop whether anybody reads the output
   */
  LoopPruning(Loop loop, long[] attrs, boolean... read) {
    this.loop = loop;
    this.decides = attrs[Loop.WHILE] != 0;
    this.body = loop.body();
    this.roots = read.clone();
    this.live = new boolean[body.values()];
    this.passed = new boolean[loop.carries()];
    for (int i = 0; i < loop.carries(); i++) {
      passed[i] = read[i] && staysSame(i);
      roots[i] &= !staysSame(i);
    }
    if (decides) {
      roots[0] = true;
    }
    for (boolean grows = true; grows; ) {
      find();
      grows = false;
      for (int i = 0; i < loop.carries(); i++) {
        if (live[i] && !roots[i] && !staysSame(i)) {
          roots[i] = true;
          grows = true;
        }
      }
    }
  }

  private boolean staysSame(int carry) {
    return body.roots()[carry] == carry && !(decides && carry == 0);
  }

  private void find() {
    Arrays.fill(live, false);
    for (int i = 0; i < roots.length; i++) {
      live[body.roots()[i]] |= roots[i];
    }
    for (int at = body.nodes().size() - 1; at >= 0; at--) {
      Graph.Node node = body.nodes().get(at);
      if (isLive(node)) {
        for (int input : node.inputs()) {
          live[input] = true;
        }
      }
    }
  }

  private boolean isLive(Graph.Node node) {
    for (int i = 0; i < node.outputs().length; i++) {
      if (live[node.first() + i]) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether the loop reads an input: a carry that is computed, or a value of a turn. */
  boolean reads(int input) {
    return live[input] || (input < loop.carries() && (roots[input] || passed[input]));
  }

  /** Appends what is left of a loop, and maps the outputs that are read. */
  void emit(Graph.Builder builder, Graph.Node node) {
    for (int i = 0; i < loop.carries(); i++) {
      if (staysSame(i)) {
        builder.replace(node.first() + i, builder.map(node.inputs()[i]));
      }
    }
    List<Integer> leaves = new ArrayList<>();
    for (int i = 0; i < loop.carries(); i++) {
      if (roots[i]) {
        leaves.add(i);
      }
    }
    int carries = leaves.size();
    int end = loop.carries() + loop.sequences();
    for (int i = loop.carries(); i < end; i++) {
      if (live[i]) {
        leaves.add(i);
      }
    }
    int sequences = leaves.size() - carries;
    for (int i = 0; i < body.leaves().size(); i++) {
      boolean invariant = i >= end || (i < loop.carries() && staysSame(i));
      if (invariant && live[i]) {
        leaves.add(i);
      }
    }
    Loop pruned = new Loop(body(leaves), carries, sequences);
    List<Type> types = new ArrayList<>();
    List<Integer> outputs = new ArrayList<>();
    for (int i = 0; i < roots.length; i++) {
      if (roots[i]) {
        types.add(node.outputs()[i]);
        outputs.add(i);
      }
    }
    if (outputs.isEmpty()) {
      return;
    }
    int[] inputs = leaves.stream().mapToInt(i -> builder.map(node.inputs()[i])).toArray();
    Primitive op = isWhole(pruned) ? node.op() : Primitive.of(-1, pruned);
    int first = builder.add(op, node.attrs(), inputs, types.toArray(new Type[0]));
    for (int i = 0; i < outputs.size(); i++) {
      builder.replace(node.first() + outputs.get(i), first + i);
    }
  }

  private boolean isWhole(Loop pruned) {
    return pruned.carries() == loop.carries()
        && pruned.body().leaves().size() == body.leaves().size()
        && pruned.body().roots().length == body.roots().length
        && pruned.body().nodes().size() == body.nodes().size();
  }

  private Graph body(List<Integer> leaves) {
    int[] map = new int[body.values()];
    List<Type> types = new ArrayList<>();
    for (int leaf : leaves) {
      map[leaf] = types.size();
      types.add(body.leaves().get(leaf));
    }
    int next = types.size();
    List<Graph.Node> nodes = new ArrayList<>();
    for (Graph.Node node : body.nodes()) {
      if (isLive(node)) {
        int[] inputs = Arrays.stream(node.inputs()).map(input -> map[input]).toArray();
        nodes.add(new Graph.Node(node.op(), node.attrs(), inputs, node.outputs(), next));
        for (int i = 0; i < node.outputs().length; i++) {
          map[node.first() + i] = next++;
        }
      }
    }
    int[] kept = new int[roots.length];
    int count = 0;
    for (int i = 0; i < roots.length; i++) {
      if (roots[i]) {
        kept[count++] = map[body.roots()[i]];
      }
    }
    int[] donors = new int[count];
    Arrays.fill(donors, -1);
    return new Graph(types, List.of(), nodes, Arrays.copyOf(kept, count), donors);
  }
}

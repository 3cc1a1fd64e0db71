package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;

/**
 * Finds assignments that belong together: those whose pending graphs share a node, and those of
 * which one reads a parameter that the other assigns to. One made without the other would leave a
 * state that no order of assignments gives: half of a swap, momentum without its step.
 */
final class Joint {
  private final NodeMap groupOfNode = new NodeMap();
  private final Map<ParameterState, Integer> groupOfParameter = new HashMap<>();

  /** By group the group it has been merged into, itself if into none. */
  private final int[] merged;

  private Joint(int count) {
    this.merged = new int[count];
    for (int i = 0; i < count; i++) {
      merged[i] = i;
    }
  }

  /** Returns the assignments in groups of those that belong together. */
  static List<List<Version>> groups(List<Version> assignments) {
    Joint joint = new Joint(assignments.size());
    for (int i = 0; i < assignments.size(); i++) {
      joint.walk(assignments.get(i), i);
    }
    Map<Integer, List<Version>> groups = new LinkedHashMap<>();
    for (int i = 0; i < assignments.size(); i++) {
      groups.computeIfAbsent(joint.find(i), group -> new ArrayList<>()).add(assignments.get(i));
    }
    return List.copyOf(groups.values());
  }

  private void walk(Node root, int group) {
    List<Node> open = new ArrayList<>(List.of(root));
    while (!open.isEmpty()) {
      Node node = open.remove(open.size() - 1);
      if (node instanceof Version version) {
        Integer before = groupOfParameter.putIfAbsent(version.parameter(), group);
        if (before != null) {
          merge(before, group);
        }
      }
      Node[] inputs = node.pendingInputs();
      if (inputs == null) {
        continue; // a value: many may read it
      }
      int before = groupOfNode.get(node);
      if (before == NodeMap.ABSENT) {
        groupOfNode.put(node, group);
        open.addAll(List.of(inputs));
      } else {
        merge(before, group);
      }
    }
  }

  private void merge(int a, int b) {
    merged[find(a)] = find(b);
  }

  private int find(int group) {
    int at = group;
    while (merged[at] != at) {
      at = merged[at];
    }
    return at;
  }
}

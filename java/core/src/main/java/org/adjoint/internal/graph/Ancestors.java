package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Looks for a node among all that a graph was built from. */
public final class Ancestors {
  private Ancestors() {}

  /**
   * Returns a node that satisfies {@code test} among {@code root} and all that it was built from,
   * empty if none does.
   */
  public static Optional<Node> find(Node root, Predicate<Node> test) {
    return all(root, test, 1).stream().findFirst();
  }

  /** Returns all such nodes. */
  public static List<Node> all(Node root, Predicate<Node> test) {
    return all(root, test, Integer.MAX_VALUE);
  }

  private static List<Node> all(Node root, Predicate<Node> test, int most) {
    NodeMap seen = new NodeMap();
    List<Node> found = new ArrayList<>();
    List<Node> open = new ArrayList<>(List.of(root));
    while (!open.isEmpty() && found.size() < most) {
      Node node = open.remove(open.size() - 1);
      if (seen.get(node) != NodeMap.ABSENT) {
        continue;
      }
      seen.put(node, 0);
      if (test.test(node)) {
        found.add(node);
      }
      open.addAll(List.of(node.inputs()));
    }
    return found;
  }
}

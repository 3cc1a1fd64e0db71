package org.adjoint.internal.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is known of some nodes, found by their identity. */
public final class NodeTable<T> {
  private final NodeMap places = new NodeMap();
  private final List<T> known = new ArrayList<>();

  /** Returns whether something is known of a node. */
  public boolean has(Node node) {
    return places.get(node) != NodeMap.ABSENT;
  }

  /** Returns what is known of a node. */
  public Optional<T> get(Node node) {
    int place = places.get(node);
    return place == NodeMap.ABSENT ? Optional.empty() : Optional.of(known.get(place));
  }

  /** Returns {@code fact}, noted as what is known of a node that nothing was known of. */
  public T put(Node node, T fact) {
    places.put(node, known.size());
    known.add(fact);
    return fact;
  }

  /** Returns what is known of all nodes, in the order in which it was noted. */
  public List<T> all() {
    return known;
  }
}

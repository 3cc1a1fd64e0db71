package org.adjoint.lens.graph;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;

/** What tensors are called: as the caller says, else parameters by their own names. */
final class Names {
  private record Output(int hash, int index) {}

  private final Map<Output, Map<Node, String>> given = new HashMap<>();

  Names(Map<Tensor, String> names) {
    names.forEach(
        (x, name) -> {
          Node node = Access.node(x);
          given
              .computeIfAbsent(new Output(node.hash(), Access.index(x)), o -> new LinkedHashMap<>())
              .put(node, name);
        });
  }

  Optional<String> of(Node node, int output) {
    Map<Node, String> named = given.get(new Output(node.hash(), output));
    if (named != null && named.containsKey(node)) {
      return Optional.of(named.get(node));
    }
    return node instanceof Version version
        ? Optional.of(version.parameter().name())
        : Optional.empty();
  }
}

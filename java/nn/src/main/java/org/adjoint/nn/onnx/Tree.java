package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Parameter;
import org.adjoint.nn.Part;

/** Parameters by names with dots between, as the tree of parts that such names are paths in. */
final class Tree implements Part {
  private final Map<String, Tree> branches = new LinkedHashMap<>();
  private final List<Parameter> own = new ArrayList<>();

  /** Adds a parameter at the path that its name is. */
  void add(Parameter parameter) {
    Tree at = this;
    String[] words = parameter.name().split("\\.", -1);
    for (int i = 0; i < words.length - 1; i++) {
      at = at.branches.computeIfAbsent(words[i], word -> new Tree());
    }
    at.own.add(parameter);
  }

  @Override
  public List<Child> children() {
    List<Child> children = new ArrayList<>();
    branches.forEach((name, tree) -> children.add(new Child(name, tree)));
    return children;
  }

  @Override
  public List<Parameter> own() {
    return List.copyOf(own);
  }
}

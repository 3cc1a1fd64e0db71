package org.adjoint.nn.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.DType;
import org.adjoint.internal.ir.Words;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;

/**
 * Builds the graph of a file node by node; values are names. A builder {@link #within} another one
 * builds the body of a loop, which reads the names around it. Constants stand once, in the
 * outermost graph.
 */
final class GraphBuilder {
  private final Shared shared;
  private final List<Node> nodes = new ArrayList<>();

  /** What all graphs of a file share. */
  private static final class Shared {
    private final Map<String, TensorData> initializers = new LinkedHashMap<>();
    private final Map<Object, String> constants = new HashMap<>();
    private final Map<Size, String> sizes = new HashMap<>();
    private final Set<String> names = new HashSet<>();
    private List<Node> outermost = List.of();
    private String batch = "";
    private int next;
  }

  GraphBuilder() {
    this(new Shared());
    shared.outermost = nodes;
  }

  private GraphBuilder(Shared shared) {
    this.shared = shared;
  }

  /** Returns the builder of a body in this graph. */
  GraphBuilder within() {
    return new GraphBuilder(shared);
  }

  // ---- names ----

  /** Takes a name that nothing else may have. */
  String reserve(String name) {
    if (!shared.names.add(name)) {
      throw new IllegalArgumentException("onnx: two values are called '" + name + "'");
    }
    return name;
  }

  /** Returns a name that nothing else has. */
  String fresh() {
    String name = "v" + shared.next++;
    while (!shared.names.add(name)) {
      name = "v" + shared.next++;
    }
    return name;
  }

  // ---- nodes ----

  /** Adds a node; returns its only output. */
  String add(String op, Map<String, Attribute> attributes, String... inputs) {
    return add(op, 1, attributes, List.of(inputs)).get(0);
  }

  /** Adds a node without attributes; returns its only output. */
  String add(String op, String... inputs) {
    return add(op, Map.of(), inputs);
  }

  /** Adds a node; returns its outputs. */
  List<String> add(String op, int outputs, Map<String, Attribute> attributes, List<String> inputs) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      names.add(fresh());
    }
    nodes.add(new Node(op, "", inputs, names, attributes));
    return names;
  }

  /** Adds a value under a name that it has to have, such as an output's. */
  void alias(String value, String name) {
    nodes.add(new Node("Identity", "", List.of(value), List.of(name), Map.of()));
  }

  // ---- constants ----

  /** Adds a tensor under a name; returns the name. */
  String initializer(String name, TensorData data) {
    shared.initializers.put(reserve(name), data);
    return name;
  }

  /** Returns the name of a constant tensor. */
  String constant(TensorData data) {
    return shared.constants.computeIfAbsent(data, key -> initializer("constant_" + fresh(), data));
  }

  /** Returns the name of a number. */
  String number(double value, DType dtype) {
    return constant(Elements.scalar(dtype, Words.of(dtype, value)));
  }

  /** Returns the name of whole numbers along one axis. */
  String ints(long... values) {
    return constant(TensorData.ofLongs(values));
  }

  /** States that the size of this axis of this value is the batch. */
  void batch(String value, long axis) {
    shared.batch =
        add(
            "Shape",
            Map.of("start", new Attribute.Int(axis), "end", new Attribute.Int(axis + 1)),
            value);
  }

  /** Returns the name of numbers along one axis, which may depend on the batch. */
  String sizes(List<Size> sizes) {
    if (sizes.stream().allMatch(Size::isFixed)) {
      return ints(sizes.stream().mapToLong(Size::base).toArray());
    }
    return add(
            "Concat",
            1,
            Map.of("axis", new Attribute.Int(0)),
            sizes.stream().map(this::size).toList())
        .get(0);
  }

  /** Returns the name of one number along an axis of one element. */
  private String size(Size size) {
    if (size.isFixed()) {
      return ints(size.base());
    }
    String known = shared.sizes.get(size);
    if (known != null) {
      return known;
    }
    // In the outermost graph, where bodies see it too.
    String value = shared.batch;
    if (size.factor() != 1) {
      value = outermost("Mul", value, ints(size.factor()));
    }
    if (size.base() != 0) {
      value = outermost("Add", value, ints(size.base()));
    }
    shared.sizes.put(size, value);
    return value;
  }

  private String outermost(String op, String... inputs) {
    String name = fresh();
    shared.outermost.add(new Node(op, "", List.of(inputs), List.of(name), Map.of()));
    return name;
  }

  // ---- the whole ----

  /** Returns the nodes that lead to these names, in an order that a file may have. */
  List<Node> nodes(List<String> wanted) {
    Set<String> needed = new HashSet<>(wanted);
    Deque<Node> kept = new ArrayDeque<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (node.outputs().stream().anyMatch(needed::contains)) {
        kept.addFirst(node);
        read(node, needed);
      }
    }
    return List.copyOf(kept);
  }

  /** Returns the constants that nodes read. */
  Map<String, TensorData> initializers(List<Node> readers, List<String> outputs) {
    Set<String> needed = new HashSet<>(outputs);
    readers.forEach(node -> read(node, needed));
    Map<String, TensorData> read = new LinkedHashMap<>();
    shared.initializers.forEach(
        (name, data) -> {
          if (needed.contains(name)) {
            read.put(name, data);
          }
        });
    return read;
  }

  private static void read(Node node, Set<String> into) {
    into.addAll(node.inputs());
    for (Attribute attribute : node.attributes().values()) {
      if (attribute instanceof Attribute.Sub sub) {
        sub.value().nodes().forEach(inner -> read(inner, into));
        sub.value().outputs().forEach(output -> into.add(output.name()));
      }
    }
  }
}

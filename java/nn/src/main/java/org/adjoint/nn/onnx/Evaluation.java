package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;
import org.adjoint.nn.onnx.Op.Meaning;

/**
 * Applies the graph of a file to tensors: each node by its {@link Meaning}. To read another
 * operator, add a meaning to one of the tables.
 */
final class Evaluation {
  private static final Map<String, Meaning> MEANINGS = meanings();

  private final Graph graph;
  private final long opset;
  private final Function<TensorData, Tensor> constants;
  private final Map<String, Tensor> values;
  private final Optional<Evaluation> around;

  private static Map<String, Meaning> meanings() {
    Map<String, Meaning> all = new HashMap<>(ElementwiseMeanings.all());
    all.putAll(ShapeMeanings.all());
    all.putAll(WindowMeanings.all());
    all.putAll(ReductionMeanings.all());
    all.putAll(LoopMeanings.all());
    all.putAll(RecurrentMeanings.all());
    return Map.copyOf(all);
  }

  private Evaluation(
      Graph graph,
      long opset,
      Function<TensorData, Tensor> constants,
      Map<String, Tensor> values,
      Optional<Evaluation> around) {
    this.graph = graph;
    this.opset = opset;
    this.constants = constants;
    this.values = values;
    this.around = around;
  }

  /** Returns whether a node is of an operator that is known. */
  static boolean knows(Node node) {
    return node.domain().isEmpty() && MEANINGS.containsKey(node.op());
  }

  /**
   * Returns the outputs of a graph.
   *
   * @param constants gives the tensor that stands for data of the file
   * @param inputs by name
   */
  static List<Tensor> of(
      Graph graph, long opset, Function<TensorData, Tensor> constants, Map<String, Tensor> inputs) {
    return new Evaluation(graph, opset, constants, new HashMap<>(inputs), Optional.empty())
        .outputs();
  }

  /** Returns the outputs of a branch or body of a node in this graph. */
  List<Tensor> apply(Graph inner, List<Tensor> inputs) {
    if (inner.inputs().size() != inputs.size()) {
      throw new IllegalArgumentException(
          "onnx: graph '"
              + inner.name()
              + "' takes "
              + inner.inputs().size()
              + " inputs, got "
              + inputs.size());
    }
    Map<String, Tensor> named = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      named.put(inner.inputs().get(i).name(), inputs.get(i));
    }
    return new Evaluation(inner, opset, constants, named, Optional.of(this)).outputs();
  }

  /** Returns the tensor that stands for data of the file. */
  Tensor constant(TensorData data) {
    return constants.apply(data);
  }

  private List<Tensor> outputs() {
    graph
        .initializers()
        .forEach((name, data) -> values.computeIfAbsent(name, key -> constants.apply(data)));
    for (Node node : graph.nodes()) {
      List<Optional<Tensor>> in = new ArrayList<>();
      for (String name : node.inputs()) {
        in.add(name.isEmpty() ? Optional.empty() : Optional.of(value(name, node.label())));
      }
      Op op = new Op(node, in, opset, this);
      List<Tensor> out = apply(op);
      for (int i = 0; i < node.outputs().size(); i++) {
        String name = node.outputs().get(i);
        if (!name.isEmpty() && i >= out.size()) {
          throw op.error("its output " + i + " is not computed");
        }
        if (!name.isEmpty()) {
          values.put(name, out.get(i));
        }
      }
    }
    return graph.outputs().stream().map(y -> value(y.name(), "the graph")).toList();
  }

  private static List<Tensor> apply(Op op) {
    Meaning meaning = MEANINGS.get(op.node().op());
    if (meaning == null) {
      throw op.error("the operator is not known");
    }
    try {
      return meaning.of(op);
    } catch (IllegalArgumentException e) {
      boolean named = e.getMessage() != null && e.getMessage().startsWith("onnx: ");
      throw named
          ? e
          : new IllegalArgumentException("onnx: " + op.node().label() + ": " + e.getMessage(), e);
    }
  }

  private Tensor value(String name, String reader) {
    Tensor value = values.get(name);
    if (value != null) {
      return value;
    }
    return around
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "onnx: " + reader + " reads '" + name + "', which nothing gives"))
        .value(name, reader);
  }
}

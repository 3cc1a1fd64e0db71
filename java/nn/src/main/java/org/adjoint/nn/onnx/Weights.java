package org.adjoint.nn.onnx;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Model;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;

/** Makes tensors of the data of a file, and parameters of what is trained. */
final class Weights {
  private static final List<Integer> STATISTICS = List.of(3, 4);

  private final Object source;
  private final Map<TensorData, Tensor> tensors;
  private final Tree tree = new Tree();
  private final Optional<Set<String>> trained;
  private final Set<String> statistics = new HashSet<>();
  private final Set<String> names = new HashSet<>();

  /**
   * Makes the tensors of a model.
   *
   * @param source what errors call the file
   * @param tensors gets the tensor of each data
   */
  Weights(Object source, Model model, Map<TensorData, Tensor> tensors) {
    this.source = source;
    this.tensors = tensors;
    this.trained =
        Optional.ofNullable(model.metadata().get(OnnxExport.TRAINED))
            .map(text -> Set.of(text.isEmpty() ? new String[0] : distinct(text)));
    statistics(model.graph());
    read(model.graph());
  }

  private static String[] distinct(String text) {
    return text.lines().distinct().toArray(String[]::new);
  }

  /** Returns the parameters by their names. */
  Tree tree() {
    return tree;
  }

  private void statistics(Graph graph) {
    for (Node node : graph.nodes()) {
      for (int input : STATISTICS) {
        if (node.op().equals("BatchNormalization") && input < node.inputs().size()) {
          statistics.add(node.inputs().get(input));
        }
      }
      for (Attribute attribute : node.attributes().values()) {
        if (attribute instanceof Attribute.Sub sub) {
          statistics(sub.value());
        }
      }
    }
  }

  private void read(Graph graph) {
    graph.initializers().forEach(this::add);
    for (Node node : graph.nodes()) {
      for (Attribute attribute : node.attributes().values()) {
        if (attribute instanceof Attribute.Data data) {
          add(node.outputs().get(0), data.value());
        } else if (attribute instanceof Attribute.Sub sub) {
          read(sub.value());
        }
      }
    }
  }

  private void add(String name, TensorData data) {
    Tensor tensor = Elements.tensor(source, name, data);
    if (!isWeight(name, tensor)) {
      tensors.put(data, tensor);
      return;
    }
    Parameter parameter =
        isTrained(name)
            ? Parameter.of(tensor, unique(name))
            : Parameter.buffer(tensor, unique(name));
    tree.add(parameter);
    tensors.put(data, parameter);
  }

  private boolean isWeight(String name, Tensor x) {
    boolean floating = x.dtype() == DType.F32 || x.dtype() == DType.F64;
    return floating
        && (trained.isPresent()
            ? trained.get().contains(name) || !name.startsWith("constant_")
            : x.size() > 1);
  }

  private boolean isTrained(String name) {
    return trained.map(set -> set.contains(name)).orElse(!statistics.contains(name));
  }

  /** Returns a name that is a path and no other parameter's: branches may use a name twice. */
  private String unique(String name) {
    String path = name.replaceAll("\\.{2,}", ".").replaceAll("^\\.|\\.$", "");
    String free = path.isEmpty() ? "tensor" : path;
    while (!names.add(free)) {
      free += "'";
    }
    return free;
  }
}

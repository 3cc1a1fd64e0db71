package org.adjoint.nn.onnx;

import java.util.List;
import java.util.Map;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Dim;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Model;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;
import org.adjoint.nn.onnx.Onnx.ValueInfo;

/** Writes a model as {@code onnx.proto3} lays it out. The numbers are those of its fields. */
final class ModelWriter {
  private ModelWriter() {}

  /** Returns the bytes of a file. */
  static byte[] bytes(Model model) {
    WireWriter out = new WireWriter();
    out.number(1, Onnx.IR_VERSION);
    out.text(2, "adjoint");
    out.message(7, graph -> graph(graph, model.graph()));
    out.message(8, opset -> opset.number(2, model.opset()));
    for (Map.Entry<String, String> entry : model.metadata().entrySet()) {
      out.message(
          14,
          pair -> {
            pair.text(1, entry.getKey());
            pair.text(2, entry.getValue());
          });
    }
    return out.bytes();
  }

  private static void graph(WireWriter out, Graph graph) {
    for (Node node : graph.nodes()) {
      out.message(1, inner -> node(inner, node));
    }
    out.text(2, graph.name());
    for (Map.Entry<String, TensorData> entry : graph.initializers().entrySet()) {
      out.message(5, inner -> tensor(inner, entry.getKey(), entry.getValue()));
    }
    for (ValueInfo input : graph.inputs()) {
      out.message(11, inner -> value(inner, input));
    }
    for (ValueInfo output : graph.outputs()) {
      out.message(12, inner -> value(inner, output));
    }
  }

  private static void node(WireWriter out, Node node) {
    node.inputs().forEach(input -> out.textElement(1, input));
    node.outputs().forEach(output -> out.textElement(2, output));
    out.text(3, node.outputs().get(0));
    out.text(4, node.op());
    node.attributes().forEach((name, value) -> out.message(5, in -> attribute(in, name, value)));
    out.text(7, node.domain());
  }

  private static void attribute(WireWriter out, String name, Attribute value) {
    out.text(1, name);
    if (value instanceof Attribute.Real real) {
      out.real(2, real.value());
      out.number(20, 1);
    } else if (value instanceof Attribute.Int number) {
      out.element(3, number.value());
      out.number(20, 2);
    } else if (value instanceof Attribute.Text text) {
      out.textElement(4, text.value());
      out.number(20, 3);
    } else if (value instanceof Attribute.Data data) {
      out.message(5, inner -> tensor(inner, "", data.value()));
      out.number(20, 4);
    } else if (value instanceof Attribute.Sub sub) {
      out.message(6, inner -> graph(inner, sub.value()));
      out.number(20, 5);
    } else if (value instanceof Attribute.Reals reals) {
      reals.values().forEach(real -> out.real(7, real));
      out.number(20, 6);
    } else if (value instanceof Attribute.Ints ints) {
      out.packed(8, longs(ints.values()));
      out.number(20, 7);
    } else if (value instanceof Attribute.Texts texts) {
      texts.values().forEach(text -> out.textElement(9, text));
      out.number(20, 8);
    }
  }

  private static void tensor(WireWriter out, String name, TensorData tensor) {
    out.packed(1, tensor.shape().dims());
    out.number(2, tensor.type().code());
    out.text(8, name);
    out.bytes(9, tensor.bytes());
  }

  private static void value(WireWriter out, ValueInfo value) {
    out.text(1, value.name());
    if (value.type().isEmpty()) {
      return;
    }
    int code = value.type().get().code();
    out.message(
        2,
        type ->
            type.message(
                1,
                tensor -> {
                  tensor.number(1, code);
                  value.dims().ifPresent(d -> tensor.message(2, shape -> dims(shape, d)));
                }));
  }

  private static void dims(WireWriter out, List<Dim> dims) {
    for (Dim dim : dims) {
      out.message(
          1,
          inner -> {
            if (dim.name().isEmpty()) {
              inner.element(1, dim.size());
            } else {
              inner.text(2, dim.name());
            }
          });
    }
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}

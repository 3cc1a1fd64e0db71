package org.adjoint.lens.stepper;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.ir.Words;
import org.adjoint.lens.graph.Reading;
import org.adjoint.lens.graph.Reading.Vertex;

/**
 * The graphs of a lesson as a list of ops for the page's evaluator. Values and gradients alike are
 * forward ops here, because gradients are graphs: the page knows no rule of differentiation, and
 * nothing but the meaning of each op in {@link #KNOWN}, which {@code evaluator.js} states.
 */
final class Tape {
  /** The ops that evaluator.js knows. */
  static final Set<String> KNOWN =
      Set.of(
          "neg",
          "abs",
          "exp",
          "log",
          "log1p",
          "expm1",
          "sqrt",
          "rsqrt",
          "reciprocal",
          "square",
          "tanh",
          "sigmoid",
          "relu",
          "sign",
          "floor",
          "ceil",
          "sin",
          "cos",
          "sinh",
          "cosh",
          "sech",
          "sechSquare",
          "lessSquare",
          "softplus",
          "plus",
          "minus",
          "times",
          "div",
          "pow",
          "maximum",
          "minimum",
          "scale",
          "leakyRelu",
          "equal",
          "notEqual",
          "less",
          "lessEqual",
          "greater",
          "greaterEqual",
          "where",
          "reshape",
          "broadcastTo",
          "permute",
          "slice",
          "unslice",
          "concat",
          "cast",
          "detach",
          "sum",
          "max",
          "min",
          "matmul",
          "argmax",
          "gather",
          "scatterAdd",
          "softmax",
          "logSoftmax",
          "logSumExp",
          "softmaxCrossEntropy",
          "softmaxCrossEntropyGrad");

  private final Reading reading = new Reading(Map.of());

  /** Reads what leads to a tensor; nothing has been evaluated yet. */
  void read(Tensor x) {
    reading.read(x);
  }

  /** Returns why the page cannot compute anew, empty if it can. */
  Optional<String> obstacle() {
    Set<String> unknown = new TreeSet<>();
    for (Vertex vertex : reading.vertices()) {
      if (vertex.isOp() && !KNOWN.contains(vertex.node().op().name())) {
        unknown.add(vertex.node().op().name());
      }
    }
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of("the page cannot compute " + String.join(", ", unknown) + " by itself");
  }

  /** Writes the ops; a value of a leaf is that of the cell whose tensor it is. */
  void write(JsonGenerator json, List<Tensor> leaves) throws IOException {
    json.writeStartArray();
    for (int at = 0; at < reading.vertices().size(); at++) {
      Vertex vertex = reading.vertices().get(at);
      Node node = vertex.node();
      json.writeStartArray();
      int leaf = leaf(node, leaves);
      if (leaf >= 0) {
        json.writeString("cell");
        json.writeNumber(leaf);
      } else if (node.kind() == Node.Kind.SCALAR) {
        json.writeString("number");
        Json.number(json, number(node));
      } else if (!vertex.isOp()) {
        json.writeString("value");
        Json.numbers(json, Json.read(Access.tensor(node, 0)));
      } else {
        json.writeString(node.op().name());
        json.writeStartArray();
        for (int input : vertex.inputs()) {
          json.writeNumber(input);
        }
        json.writeEndArray();
        json.writeStartArray();
        for (long attr : node.attrs()) {
          json.writeNumber(attr);
        }
        json.writeEndArray();
      }
      Json.dims(json, node.type(0));
      json.writeString(node.type(0).dtype().name());
      json.writeEndArray();
    }
    json.writeEndArray();
  }

  private static int leaf(Node node, List<Tensor> leaves) {
    for (int i = 0; i < leaves.size(); i++) {
      if (Access.node(leaves.get(i)) == node && node.kind() == Node.Kind.VALUE) {
        return i;
      }
    }
    return -1;
  }

  private static double number(Node node) {
    DType dtype = node.type(0).dtype();
    return dtype.isFloating() ? Words.number(dtype, node.word()) : node.word();
  }

  /** Returns the place of a tensor's value on the tape. */
  int place(Tensor x) {
    return reading.place(x);
  }
}

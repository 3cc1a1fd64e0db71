package org.adjoint.nn.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Model;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;
import org.adjoint.nn.onnx.Onnx.ValueInfo;

/**
 * The network of an ONNX file as a layer: its weights are parameters, so it is trained here as any
 * other. Statistics of batch normalisations are kept as the file has them, in training too.
 *
 * <p>Trained is what {@link OnnxExport} says is trained; in files of others each floating tensor of
 * more than one element that is no statistic. A parameter's path is the file's name of the tensor.
 *
 * <pre>{@code
 * OnnxLayer network = OnnxLayer.read(Path.of("network.onnx"));
 * Tensor y = network.apply(x);
 * Optimizer adam = new Adam(network.parameters(), 1e-4);
 * }</pre>
 *
 * <p>Sizes that the file leaves open follow from the inputs. What the file decides by an input's
 * value, as a voice detector does by the sample rate, is decided when the layer is applied: bind
 * such an input {@link #with} a value.
 */
public final class OnnxLayer implements Layer {
  private final Model model;
  private final Tree weights;
  private final Map<TensorData, Tensor> tensors;
  private final Map<String, Tensor> bound;

  private OnnxLayer(
      Model model, Tree weights, Map<TensorData, Tensor> tensors, Map<String, Tensor> bound) {
    this.model = model;
    this.weights = weights;
    this.tensors = tensors;
    this.bound = bound;
  }

  /**
   * Returns the network of a file.
   *
   * @throws DataException naming the file, the place and the values, if it is no ONNX model, or
   *     uses an operator or data type that is not read
   */
  public static OnnxLayer read(Path file) {
    try {
      return of(file, Files.readAllBytes(file));
    } catch (IOException | UncheckedIOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw new DataException(file, "is larger than the heap has room for; raise -Xmx", e);
    }
  }

  /**
   * Returns the network of a file's bytes, which nobody changes afterwards.
   *
   * @param source what errors call the file
   * @throws DataException as {@link #read}
   */
  public static OnnxLayer of(Object source, byte[] bytes) {
    try {
      Model model = ModelReader.read(ByteBuffer.wrap(bytes));
      Set<String> unknown = new TreeSet<>();
      unknown(model.graph(), unknown);
      if (!unknown.isEmpty()) {
        throw new DataException(source, "uses operators that are not read: " + unknown);
      }
      Map<TensorData, Tensor> tensors = new IdentityHashMap<>();
      Weights weights = new Weights(source, model, tensors);
      return new OnnxLayer(model, weights.tree(), tensors, Map.of());
    } catch (WireReader.Malformed | IllegalArgumentException e) {
      throw new DataException(source, e.getMessage(), e);
    }
  }

  private static void unknown(Graph graph, Set<String> into) {
    for (Node node : graph.nodes()) {
      if (!Evaluation.knows(node)) {
        into.add(node.domain().isEmpty() ? node.op() : node.domain() + "." + node.op());
      }
      for (Attribute attribute : node.attributes().values()) {
        if (attribute instanceof Attribute.Sub sub) {
          unknown(sub.value(), into);
        }
      }
    }
  }

  /** Returns the names of the inputs that have no value yet, in the file's order. */
  public List<String> inputs() {
    return model.graph().inputs().stream()
        .map(ValueInfo::name)
        .filter(name -> !model.graph().initializers().containsKey(name))
        .filter(name -> !bound.containsKey(name))
        .toList();
  }

  /** Returns the names of the outputs, in the file's order. */
  public List<String> outputs() {
    return model.graph().outputs().stream().map(ValueInfo::name).toList();
  }

  /**
   * Returns the layer, over the same parameters, in which an input has a fixed value.
   *
   * @throws IllegalArgumentException naming the inputs, if it is none of them
   */
  public OnnxLayer with(String input, Tensor value) {
    if (!inputs().contains(input)) {
      throw new IllegalArgumentException("onnx: '" + input + "' is none of inputs " + inputs());
    }
    Map<String, Tensor> more = new LinkedHashMap<>(bound);
    more.put(input, value);
    return new OnnxLayer(model, weights, tensors, Collections.unmodifiableMap(more));
  }

  /**
   * Returns the first output for the only input.
   *
   * @throws IllegalArgumentException naming the node and the shapes, if {@code x} does not fit, or
   *     if there are several inputs
   */
  @Override
  public Tensor apply(Tensor x) {
    return apply(List.of(x)).get(0);
  }

  /** Returns as {@link #apply(Tensor)}: a file has one meaning, in training too. */
  @Override
  public Tensor apply(Tensor x, Training training) {
    return apply(x);
  }

  /**
   * Returns all outputs for all inputs.
   *
   * @param inputs in the order of {@link #inputs}
   * @throws IllegalArgumentException naming the node and the shapes, if they do not fit
   */
  public List<Tensor> apply(List<Tensor> inputs) {
    List<String> names = inputs();
    if (names.size() != inputs.size()) {
      throw new IllegalArgumentException("onnx: takes inputs " + names + ", got " + inputs.size());
    }
    Map<String, Tensor> named = new LinkedHashMap<>(bound);
    for (int i = 0; i < names.size(); i++) {
      named.put(names.get(i), inputs.get(i));
    }
    return Evaluation.of(model.graph(), model.opset(), this::tensor, named);
  }

  private Tensor tensor(TensorData data) {
    Tensor known = tensors.get(data);
    if (known == null) {
      throw new AssertionError("weights() has met all data");
    }
    return known;
  }

  @Override
  public List<Child> children() {
    return weights.children();
  }

  @Override
  public List<Parameter> own() {
    return weights.own();
  }

  /** Returns the inputs and outputs, on one line. */
  @Override
  public String toString() {
    return "onnx " + inputs() + " -> " + outputs();
  }
}

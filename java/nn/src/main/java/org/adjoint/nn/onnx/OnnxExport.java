package org.adjoint.nn.onnx;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Part;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.format.AtomicFile;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Model;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.ValueInfo;
import org.adjoint.nn.onnx.Pairing.Step;
import org.adjoint.nn.onnx.Tracing.Value;

/**
 * Writes what a network computes in evaluation as an ONNX file (operator set 17), for runtimes in
 * other languages. Not layers are written but the graph that they build, an operation at a time:
 * layers of your own are exported as ours are. The batch stays open: the graph is traced with three
 * sizes of it, and what grows with them is computed in the file.
 *
 * <pre>{@code
 * OnnxExport.of(network, Input.of("x", DType.F32, 1, 28, 28)).write(Path.of("network.onnx"));
 * }</pre>
 *
 * <p>Source of the operators: https://onnx.ai/onnx/operators, of the format: {@code onnx.proto3}.
 */
public final class OnnxExport {
  /** The entry of the metadata that lists what is trained, a name a line. */
  static final String TRAINED = "adjoint.parameters";

  private final Part part;
  private final List<Input> inputs;
  private final Function<List<Tensor>, List<Tensor>> function;

  /**
   * A tensor that the network takes.
   *
   * @param name what the file calls it
   * @param type the type of one example, if {@code batched}, else that of the tensor
   * @param batched whether an axis for examples stands in front
   */
  public record Input(String name, Type type, boolean batched) {
    /**
     * Returns an input with a leading axis for any number of examples.
     *
     * @param dims the shape of one example
     */
    public static Input of(String name, DType dtype, long... dims) {
      return new Input(name, new Type(dtype, Shape.of(dims)), true);
    }

    /**
     * Returns an input of a fixed shape.
     *
     * @param dims the whole shape
     */
    public static Input fixed(String name, DType dtype, long... dims) {
      return new Input(name, new Type(dtype, Shape.of(dims)), false);
    }

    private Type with(long examples) {
      if (!batched) {
        return type;
      }
      long[] dims = new long[type.shape().rank() + 1];
      dims[0] = examples;
      System.arraycopy(type.shape().dims(), 0, dims, 1, dims.length - 1);
      return new Type(type.dtype(), Shape.of(dims));
    }
  }

  private OnnxExport(Part part, List<Input> inputs, Function<List<Tensor>, List<Tensor>> function) {
    this.part = part;
    this.inputs = List.copyOf(inputs);
    this.function = function;
  }

  /** Returns the export of a layer; the file calls its output {@code y}. */
  public static OnnxExport of(Layer layer, Input input) {
    return of(layer, List.of(input), in -> List.of(layer.apply(in.get(0))));
  }

  /**
   * Returns the export of a function of several tensors, or with several results, which the file
   * calls {@code y}, {@code y1}, {@code y2} …
   *
   * @param part what has the parameters: they are called by their paths in it
   * @param inputs what the function takes
   * @param function called a few times on stand-ins without values, with other sizes of the batch
   */
  public static OnnxExport of(
      Part part, List<Input> inputs, Function<List<Tensor>, List<Tensor>> function) {
    return new OnnxExport(part, inputs, function);
  }

  /**
   * Writes the file, whole or not at all.
   *
   * @throws IllegalArgumentException naming the operation that operator set 17 has no form for, or
   *     that depends on the batch in another way than growing with it
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public void write(Path file) {
    byte[] bytes = bytes();
    AtomicFile.write(file, out -> out.write(bytes));
  }

  /**
   * Returns the bytes of the file.
   *
   * @throws IllegalArgumentException as {@link #write}
   */
  public byte[] bytes() {
    return ModelWriter.bytes(model());
  }

  private Model model() {
    boolean batched = inputs.stream().anyMatch(Input::batched);
    List<Long> batches = batched ? Pairing.EXAMPLES : Pairing.EXAMPLES.subList(0, 1);
    List<Tracing> tracings = new ArrayList<>();
    for (long examples : batches) {
      List<Type> types = inputs.stream().map(input -> input.with(examples)).toList();
      tracings.add(Tracing.of(types, function, FunctionWriter::hasRule));
    }
    Pairing pairing = new Pairing(tracings);
    GraphBuilder builder = new GraphBuilder();
    List<String> arguments = inputs.stream().map(input -> builder.reserve(input.name())).toList();
    for (int i = 0; i < inputs.size() && batched; i++) {
      if (inputs.get(i).batched()) {
        builder.batch(arguments.get(i), 0);
        break;
      }
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < pairing.results().size(); i++) {
      names.add(builder.reserve(i == 0 ? "y" : "y" + i));
    }
    StringJoiner trained = new StringJoiner("\n");
    List<String> computed =
        new FunctionWriter(builder, pairing, parameters(builder, trained)).write(arguments);
    List<ValueInfo> takes = new ArrayList<>();
    List<ValueInfo> gives = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      takes.add(FunctionWriter.info(arguments.get(i), pairing.steps().get(i).types().get(0)));
    }
    for (int i = 0; i < names.size(); i++) {
      builder.alias(computed.get(i), names.get(i));
      Value value = pairing.results().get(i);
      Step step = pairing.steps().get(value.vertex());
      gives.add(FunctionWriter.info(names.get(i), step.types().get(value.output())));
    }
    List<Node> nodes = builder.nodes(names);
    Graph graph = new Graph("network", nodes, builder.initializers(nodes, names), takes, gives);
    return new Model(Onnx.OPSET, graph, Map.of(TRAINED, trained.toString()));
  }

  /** Returns what gives each parameter that is met its name, and puts its value into the file. */
  private Function<ParameterState, String> parameters(GraphBuilder builder, StringJoiner trained) {
    Map<ParameterState, Map.Entry<String, Parameter>> known = new HashMap<>();
    part.named()
        .forEach(
            (path, parameter) -> known.put(Access.state(parameter), Map.entry(path, parameter)));
    Map<ParameterState, String> names = new LinkedHashMap<>();
    return state ->
        names.computeIfAbsent(
            state,
            key -> {
              Map.Entry<String, Parameter> entry = known.get(state);
              if (entry == null) {
                throw new IllegalArgumentException(
                    "onnx: parameter '"
                        + state.name()
                        + "' is read, but is none of the part's: own() or children() must name it");
              }
              if (entry.getValue().isTrainable() || entry.getValue().isFrozen()) {
                trained.add(entry.getKey());
              }
              return builder.initializer(entry.getKey(), Elements.data(entry.getValue()));
            });
  }
}

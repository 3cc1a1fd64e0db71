package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.nn.onnx.Call.Rule;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.ElementType;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.ValueInfo;
import org.adjoint.nn.onnx.Pairing.Dims;
import org.adjoint.nn.onnx.Pairing.Step;
import org.adjoint.nn.onnx.Tracing.Kind;
import org.adjoint.nn.onnx.Tracing.Value;
import org.adjoint.op.Custom;
import org.adjoint.op.LoopOp;
import org.adjoint.op.Op;
import org.adjoint.op.ShapeOps;

/**
 * Writes one function into a {@link GraphBuilder}: each operation by its {@link Rule}, loops as
 * Scan or Loop. To export another operation, add a rule to one of the tables.
 */
final class FunctionWriter {
  private static final Map<Op, Rule> RULES = rules();

  private final GraphBuilder graph;
  private final Pairing function;
  private final Function<ParameterState, String> parameters;

  /** By vertex the names of its outputs; empty where there are none yet. */
  private final List<List<String>> names = new ArrayList<>();

  /** The vertices that depend neither on arguments nor on parameters, nor on the batch. */
  private final BitSet constant = new BitSet();

  private static Map<Op, Rule> rules() {
    Map<Op, Rule> all = new HashMap<>(ElementwiseRules.all());
    all.putAll(ShapeRules.all());
    all.putAll(WindowRules.all());
    all.putAll(ReductionRules.all());
    return Map.copyOf(all);
  }

  /**
   * Starts to write a function.
   *
   * @param parameters names the value of a parameter
   */
  FunctionWriter(
      GraphBuilder graph, Pairing function, Function<ParameterState, String> parameters) {
    this.graph = graph;
    this.function = function;
    this.parameters = parameters;
  }

  /** Returns whether an operation has a rule of its own. */
  static boolean hasRule(Op op) {
    return RULES.containsKey(op);
  }

  /**
   * Writes the function.
   *
   * @param arguments the names of the arguments
   * @return the names of the results
   * @throws IllegalArgumentException naming an operation that has no form in files
   */
  List<String> write(List<String> arguments) {
    List<Step> steps = function.steps();
    BitSet read = read();
    int argument = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      names.add(List.of());
      if (step.vertex().kind() == Kind.ARGUMENT) {
        names.set(i, List.of(arguments.get(argument++)));
      } else if (isConstant(step)) {
        constant.set(i);
      } else if (read.get(i)) {
        names.set(i, names(step));
      }
    }
    return function.results().stream().map(this::name).toList();
  }

  /** Returns the vertices that results depend on; a pool does not read the places of its maxima. */
  private BitSet read() {
    List<Step> steps = function.steps();
    BitSet read = new BitSet();
    function.results().forEach(value -> read.set(value.vertex()));
    for (int i = steps.size() - 1; i >= 0; i--) {
      if (read.get(i)) {
        boolean pool = WindowRules.maxima(steps, steps.get(i)).isPresent();
        List<Value> inputs = steps.get(i).inputs();
        inputs.subList(0, pool ? 1 : inputs.size()).forEach(value -> read.set(value.vertex()));
      }
    }
    return read;
  }

  /**
   * Returns whether a value is written as its elements. What is only repeated is not: its elements
   * would be many.
   */
  private boolean isConstant(Step step) {
    return switch (step.vertex().kind()) {
      case ARGUMENT, PARAMETER -> false;
      case VALUE, NUMBER -> true;
      case OP ->
          step.isFixed()
              && step.op() != ShapeOps.BROADCAST_TO
              && step.inputs().stream().allMatch(value -> constant.get(value.vertex()));
    };
  }

  private String name(Value value) {
    Step step = function.steps().get(value.vertex());
    if (constant.get(value.vertex())) {
      return constant(step, value.output());
    }
    List<String> outputs = names.get(value.vertex());
    if (value.output() >= outputs.size()) {
      throw new IllegalArgumentException(
          "onnx: cannot export '"
              + step.op()
              + "': its output "
              + value.output()
              + " has no form in operator set "
              + Onnx.OPSET);
    }
    return outputs.get(value.output());
  }

  private String constant(Step step, int output) {
    if (step.vertex().isLive()) {
      throw new IllegalArgumentException(
          "onnx: cannot export a number that a supplier gives anew in each run; use a Java number");
    }
    return graph.constant(
        step.vertex().kind() == Kind.NUMBER
            ? Elements.scalar(step.types().get(0).dtype(), step.vertex().word())
            : Elements.data(step.vertex().tensor(output)));
  }

  private List<String> names(Step step) {
    if (step.vertex().kind() == Kind.PARAMETER) {
      return List.of(parameters.apply(step.vertex().parameter()));
    }
    List<String> in = step.inputs().stream().map(this::inputName).toList();
    if (step.op() instanceof LoopOp) {
      return loop(step, in);
    }
    if (step.op() instanceof Custom) {
      return in.subList(0, step.types().size());
    }
    Call call = new Call(graph, function.steps(), step, in);
    Rule rule = RULES.get(step.op());
    if (rule == null) {
      throw call.refused("it has no form in operator set " + Onnx.OPSET);
    }
    return rule.write(call);
  }

  /** Returns the name of an input, an empty one for what {@link #read} leaves out. */
  private String inputName(Value value) {
    boolean written = constant.get(value.vertex()) || !names.get(value.vertex()).isEmpty();
    return written || function.steps().get(value.vertex()).op() != ShapeOps.RESHAPE
        ? name(value)
        : "";
  }

  // ---- loops ----

  /**
   * Writes a loop: Scan where it reads or stacks sequences, else Loop. The body sees what does not
   * change from turn to turn by the names around it.
   */
  private List<String> loop(Step step, List<String> in) {
    LoopOp loop = step.vertex().loop();
    Pairing body = step.body().orElseThrow();
    int carries = loop.carries();
    int sequences = loop.sequences();
    int stacks = step.types().size() - carries;
    GraphBuilder inner = graph.within();
    List<String> arguments = new ArrayList<>();
    List<ValueInfo> inputs = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      if (i >= carries + sequences) {
        arguments.add(in.get(i));
        continue;
      }
      String name = graph.fresh();
      arguments.add(name);
      inputs.add(info(name, body.steps().get(i).types().get(0)));
    }
    List<String> computed = new FunctionWriter(inner, body, parameters).write(arguments);
    List<String> results = new ArrayList<>();
    List<ValueInfo> outputs = new ArrayList<>();
    for (int i = 0; i < computed.size(); i++) {
      String name = graph.fresh();
      inner.alias(computed.get(i), name);
      results.add(name);
      Value value = body.results().get(i);
      outputs.add(info(name, body.steps().get(value.vertex()).types().get(value.output())));
    }
    if (sequences == 0 && stacks > 0) {
      throw new IllegalArgumentException(
          "onnx: cannot export a Scan that stacks results and reads no sequence");
    }
    if (sequences == 0) {
      return turns(step, in.subList(0, carries), inner, inputs, outputs);
    }
    Graph turn = new Graph("turn", inner.nodes(results), Map.of(), inputs, outputs);
    long[] from = new long[sequences];
    long[] to = new long[stacks];
    long direction = step.vertex().isReverse() ? 1 : 0;
    Arrays.fill(from, direction);
    Arrays.fill(to, direction);
    Map<String, Attribute> attributes =
        Map.of(
            "body",
            new Attribute.Sub(turn),
            "num_scan_inputs",
            Call.whole(sequences),
            "scan_input_directions",
            Call.ints(from),
            "scan_output_directions",
            Call.ints(to));
    return graph.add("Scan", computed.size(), attributes, in.subList(0, carries + sequences));
  }

  /**
   * Writes a loop without sequences; one that ends by itself runs while its first carry is true.
   */
  private List<String> turns(
      Step step,
      List<String> carries,
      GraphBuilder inner,
      List<ValueInfo> inputs,
      List<ValueInfo> outputs) {
    boolean ends = step.vertex().isWhile();
    ValueInfo turn = info(graph.fresh(), new Dims(DType.I64, List.of()));
    ValueInfo on = info(graph.fresh(), new Dims(DType.BOOL, List.of()));
    ValueInfo next = info(graph.fresh(), new Dims(DType.BOOL, List.of()));
    inner.alias(ends ? outputs.get(0).name() : on.name(), next.name());
    List<ValueInfo> takes = new ArrayList<>(List.of(turn, on));
    takes.addAll(inputs);
    List<ValueInfo> gives = new ArrayList<>(List.of(next));
    gives.addAll(outputs);
    List<String> wanted = gives.stream().map(ValueInfo::name).toList();
    Graph body = new Graph("turn", inner.nodes(wanted), Map.of(), takes, gives);
    List<String> in = new ArrayList<>();
    in.add(graph.constant(Elements.scalar(DType.I64, step.vertex().turns())));
    in.add(ends ? carries.get(0) : "");
    in.addAll(carries);
    return graph.add("Loop", carries.size(), Map.of("body", new Attribute.Sub(body)), in);
  }

  /** Returns how a graph declares a value. */
  static ValueInfo info(String name, Dims type) {
    return new ValueInfo(
        name,
        Optional.of(ElementType.of(type.dtype())),
        Optional.of(type.sizes().stream().map(Size::dim).toList()));
  }
}

package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Graphs;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.NodeTable;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.PostOrder;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Loop;
import org.adjoint.op.Fused;
import org.adjoint.op.LoopOp;
import org.adjoint.op.Op;

/**
 * What a function computes, read off the graph that it builds: vertices in an order in which each
 * stands after its inputs. All that this package knows of core's nodes it knows through this class.
 */
final class Tracing {
  private static final Node[] NONE = {};

  private final List<Vertex> vertices = new ArrayList<>();
  private final NodeMap places = new NodeMap();
  private final List<Value> results = new ArrayList<>();

  /** What a vertex is. */
  enum Kind {
    /** An input of the function. */
    ARGUMENT,
    /** The present value of a parameter or buffer. */
    PARAMETER,
    /** A value from outside. */
    VALUE,
    /** A Java number. */
    NUMBER,
    /** An operation. */
    OP
  }

  /** An output of a vertex. */
  record Value(int vertex, int output) {}

  /**
   * A node as it was read.
   *
   * @param node the node
   * @param inputs what an operation reads; none for all else
   * @param body what a loop does in a turn; empty for all else
   */
  record Vertex(Kind kind, Node node, List<Value> inputs, Optional<Tracing> body) {
    /** Returns the operation. */
    Op op() {
      return node.op();
    }

    /** Returns what an operation is told beside its inputs. */
    long[] attrs() {
      return node.attrs();
    }

    /** Returns the type of an output. */
    Type type(int output) {
      return node.type(output);
    }

    /** Returns how many outputs there are. */
    int outputs() {
      return node.outputs();
    }

    /** Returns an output as a tensor. */
    Tensor tensor(int output) {
      return Access.tensor(node, output);
    }

    /** Returns the parameter that this is the value of. */
    ParameterState parameter() {
      return ((Version) node).parameter();
    }

    /** Returns whether this is a Java number that changes from run to run. */
    boolean isLive() {
      return kind == Kind.NUMBER && node.isLive();
    }

    /** Returns the bits of a Java number. */
    long word() {
      return node.word();
    }

    /** Returns the loop that the operation is. */
    LoopOp loop() {
      return (LoopOp) node.op();
    }

    /** Returns whether the operation is a loop that runs backwards along its sequences. */
    boolean isReverse() {
      return attrs()[Loop.REVERSE] != 0;
    }

    /** Returns whether the operation is a loop that ends by itself. */
    boolean isWhile() {
      return attrs()[Loop.WHILE] != 0;
    }

    /** Returns how many turns the loop has. */
    long turns() {
      return attrs()[Loop.TURNS];
    }
  }

  /**
   * Calls a function once on stand-ins, and reads what it builds.
   *
   * @param types those of the arguments
   * @param known tells which fused operations stay whole; the others are expanded
   */
  static Tracing of(List<Type> types, Function<List<Tensor>, List<Tensor>> f, Predicate<Op> known) {
    List<Tensor> arguments = types.stream().map(Access::argument).toList();
    List<Tensor> results = ThreadState.get().writing("OnnxExport", () -> f.apply(arguments));
    return new Tracing(arguments, results.stream().map(Access::fixed).toList(), known);
  }

  private Tracing(List<Tensor> arguments, List<Tensor> results, Predicate<Op> known) {
    for (Tensor argument : arguments) {
      add(Access.node(argument), known, NONE);
    }
    for (Tensor result : expanded(results, known)) {
      PostOrder.walk(
          Access.node(result),
          Tracing::inputs,
          node -> places.get(node) != NodeMap.ABSENT,
          (node, inputs) -> add(node, known, inputs));
      this.results.add(new Value(places.get(Access.node(result)), Access.index(result)));
    }
  }

  /** Returns the vertices; the arguments come first. */
  List<Vertex> vertices() {
    return vertices;
  }

  /** Returns what the function returned. */
  List<Value> results() {
    return results;
  }

  private static Node[] inputs(Node node) {
    return node instanceof Version ? NONE : node.inputs();
  }

  private void add(Node node, Predicate<Op> known, Node... inputs) {
    if (places.get(node) != NodeMap.ABSENT) {
      return;
    }
    Kind kind =
        switch (node.kind()) {
          case ARGUMENT -> Kind.ARGUMENT;
          case SCALAR -> Kind.NUMBER;
          case VALUE -> Kind.VALUE;
          case OP ->
              node instanceof Version
                  ? Kind.PARAMETER
                  : inputs.length == 0 && node.isEvaluated() ? Kind.VALUE : Kind.OP;
        };
    List<Value> from = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      from.add(new Value(places.get(inputs[i]), node.index(i)));
    }
    Optional<Tracing> body = Optional.empty();
    if (kind == Kind.OP && node.op() instanceof LoopOp loop) {
      body = Optional.of(new Tracing(loop.body().arguments(), loop.body().results(), known));
    }
    places.put(node, vertices.size());
    vertices.add(new Vertex(kind, node, from, body));
  }

  /** Returns the tensors over graphs in which unknown fused operations are expanded. */
  private static List<Tensor> expanded(List<Tensor> roots, Predicate<Op> known) {
    List<Tensor> current = roots;
    while (true) {
      NodeTable<List<Tensor>> built = new NodeTable<>();
      boolean[] changed = {false};
      for (Tensor root : current) {
        PostOrder.walk(
            Access.node(root),
            Tracing::inputs,
            built::has,
            (node, inputs) -> {
              if (!built.has(node)) {
                built.put(node, rebuilt(node, inputs, built, known, changed));
              }
            });
      }
      if (!changed[0]) {
        return current;
      }
      current =
          current.stream()
              .map(y -> built.get(Access.node(y)).orElseThrow().get(Access.index(y)))
              .toList();
    }
  }

  private static List<Tensor> rebuilt(
      Node node,
      Node[] inputs,
      NodeTable<List<Tensor>> built,
      Predicate<Op> known,
      boolean[] changed) {
    Tensor[] mapped = new Tensor[inputs.length];
    boolean same = true;
    for (int i = 0; i < inputs.length; i++) {
      mapped[i] = built.get(inputs[i]).orElseThrow().get(node.index(i));
      same &= Access.node(mapped[i]) == inputs[i];
    }
    if (inputs.length > 0 && node.op() instanceof Fused fused && !known.test(fused)) {
      changed[0] = true;
      return fused.expand(Arrays.asList(mapped), node.attrs());
    }
    return same ? Access.outputs(node) : Graphs.apply(node.op(), node.attrs(), mapped);
  }
}

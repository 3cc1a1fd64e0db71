package org.adjoint.nn.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.internal.ir.Words;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Pairing.Dims;
import org.adjoint.nn.onnx.Pairing.Step;
import org.adjoint.nn.onnx.Tracing.Kind;
import org.adjoint.nn.onnx.Tracing.Value;
import org.adjoint.op.Op;

/**
 * One operation that is being written to a file, as its {@link Rule} sees it.
 *
 * @param graph where nodes go
 * @param steps the whole function, in which inputs are looked up
 * @param step the operation
 * @param in the names of the inputs
 */
record Call(GraphBuilder graph, List<Step> steps, Step step, List<String> in) {

  /** How an operation is written. */
  @FunctionalInterface
  interface Rule {
    /** Adds nodes; returns the names of the outputs, of the first ones if others are never read. */
    List<String> write(Call call);

    /** Returns the rule of an operation with one output. */
    static Rule one(Function<Call, String> rule) {
      return call -> List.of(rule.apply(call));
    }

    /** Returns the rule of an operation that is the same one in files. */
    static Rule same(String op) {
      return call -> call.graph.add(op, 1, Map.of(), call.in);
    }
  }

  /** Returns the name of an input. */
  String x(int input) {
    return in.get(input);
  }

  /** Returns the name of the first input. */
  String x() {
    return in.get(0);
  }

  /** Returns the type of an input. */
  Dims type(int input) {
    Value value = step.inputs().get(input);
    return steps.get(value.vertex()).types().get(value.output());
  }

  /** Returns the type of the first output. */
  Dims result() {
    return step.types().get(0);
  }

  /** Returns the dtype of the first input. */
  DType dtype() {
    return type(0).dtype();
  }

  /** Returns the attributes, none of which may depend on the batch. */
  long[] attrs() {
    for (Size size : step.attrs()) {
      if (!size.isFixed()) {
        throw refused("its attributes grow with the batch");
      }
    }
    return step.attrs().stream().mapToLong(Size::base).toArray();
  }

  /** Returns the operation that an input comes from, if it comes from one. */
  Optional<Step> source(int input) {
    Step source = steps.get(step.inputs().get(input).vertex());
    return source.vertex().kind() == Kind.OP ? Optional.of(source) : Optional.empty();
  }

  /** Returns whether an input comes from this operation. */
  boolean comesFrom(int input, Op op) {
    return source(input).filter(source -> source.op() == op).isPresent();
  }

  /** Returns the Java number that an input is, if it is one. */
  OptionalDouble given(int input) {
    Step source = steps.get(step.inputs().get(input).vertex());
    if (source.vertex().kind() != Kind.NUMBER || !type(input).dtype().isFloating()) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(Words.number(type(input).dtype(), source.vertex().word()));
  }

  /** Adds a node without attributes; returns its output. */
  String add(String op, String... inputs) {
    return graph.add(op, inputs);
  }

  /** Returns the name of a number of the first input's dtype. */
  String number(double value) {
    return graph.number(value, dtype());
  }

  /** Returns the error that this operation has no form in files. */
  IllegalArgumentException refused(String why) {
    return new IllegalArgumentException("onnx: cannot export '" + step.op() + "': " + why);
  }

  /** Returns an attribute of whole numbers. */
  static Attribute ints(long... values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  /** Returns an attribute of one whole number. */
  static Attribute whole(long value) {
    return new Attribute.Int(value);
  }
}

package org.adjoint.nn.onnx;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;

/**
 * One node of a file on the tensors that it reads, as its {@link Meaning} sees it. Attributes are
 * asked for by name, with what holds where they are absent.
 *
 * @param node the node
 * @param in what the node reads; empty where an input is absent
 * @param opset the version of the operators
 * @param run applies branches and bodies, and knows the constants of the file
 */
record Op(Node node, List<Optional<Tensor>> in, long opset, Evaluation run) {

  /** What an operator computes. */
  @FunctionalInterface
  interface Meaning {
    /** Returns the outputs, of which a node may read fewer. */
    List<Tensor> of(Op op);

    /** Returns the meaning of an operator with one output. */
    static Meaning one(Function<Op, Tensor> meaning) {
      return op -> List.of(meaning.apply(op));
    }
  }

  /** Returns an input that must be there. */
  Tensor x(int input) {
    return maybe(input).orElseThrow(() -> error("input " + input + " is missing"));
  }

  /** Returns the first input. */
  Tensor x() {
    return x(0);
  }

  /** Returns an input that may be absent. */
  Optional<Tensor> maybe(int input) {
    return input < in.size() ? in.get(input) : Optional.empty();
  }

  /** Returns an input's elements as whole numbers; they must not depend on what the file is fed. */
  long[] longs(int input) {
    return numbers(x(input));
  }

  /** Returns a tensor's elements as whole numbers. */
  long[] numbers(Tensor x) {
    try {
      return x.cast(DType.I64).toLongArray();
    } catch (IllegalStateException e) {
      throw new IllegalArgumentException(
          "onnx: "
              + node.label()
              + ": a shape or choice depends on an input's values; bind the input by with(name,"
              + " value)",
          e);
    }
  }

  /**
   * Returns whole numbers that older operator sets have as an attribute, newer ones as an input.
   */
  Optional<long[]> longs(String attribute, int input) {
    Optional<long[]> given = ints(attribute);
    return given.isPresent() ? given : maybe(input).map(this::numbers);
  }

  /** Returns axes counted from the front. */
  int[] axes(long[] axes, int rank) {
    int[] normal = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      normal[i] = axis(axes[i], rank);
    }
    return normal;
  }

  /** Returns an axis counted from the front. */
  int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw error("axis " + axis + " is none of " + rank);
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  // ---- attributes ----

  /** Returns whole numbers, if the attribute is there. */
  Optional<long[]> ints(String name) {
    return attribute(name, Attribute.Ints.class)
        .map(a -> a.values().stream().mapToLong(Long::longValue).toArray());
  }

  /** Returns a whole number, or {@code otherwise}. */
  long number(String name, long otherwise) {
    return attribute(name, Attribute.Int.class).map(Attribute.Int::value).orElse(otherwise);
  }

  /** Returns a float, or {@code otherwise}. */
  double real(String name, double otherwise) {
    return attribute(name, Attribute.Real.class).map(a -> (double) a.value()).orElse(otherwise);
  }

  /** Returns a text, or {@code otherwise}. */
  String text(String name, String otherwise) {
    return attribute(name, Attribute.Text.class).map(Attribute.Text::value).orElse(otherwise);
  }

  /** Returns a tensor, if the attribute is there. */
  Optional<TensorData> data(String name) {
    return attribute(name, Attribute.Data.class).map(Attribute.Data::value);
  }

  /** Returns a branch or body. */
  Graph graph(String name) {
    return attribute(name, Attribute.Sub.class)
        .map(Attribute.Sub::value)
        .orElseThrow(() -> error("its graph '" + name + "' is missing"));
  }

  /** Refuses an attribute that has another value than the only one that is known. */
  void only(String name, long value) {
    if (number(name, value) != value) {
      throw error(name + " = " + number(name, value) + " is not read, only " + value);
    }
  }

  /** Returns whether there is an attribute of this name. */
  boolean has(String name) {
    return node.attributes().containsKey(name);
  }

  private <A extends Attribute> Optional<A> attribute(String name, Class<A> kind) {
    Map<String, Attribute> all = node.attributes();
    Attribute value = all.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!kind.isInstance(value)) {
      throw error(
          "attribute '"
              + name
              + "' is a "
              + value.getClass().getSimpleName()
              + ", expected a "
              + kind.getSimpleName());
    }
    return Optional.of(kind.cast(value));
  }

  /** Returns an error that names the node. */
  IllegalArgumentException error(String problem) {
    return new IllegalArgumentException("onnx: " + node.label() + ": " + problem);
  }
}

package org.adjoint.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.nn.onnx.Tracing.Kind;
import org.adjoint.nn.onnx.Tracing.Value;
import org.adjoint.nn.onnx.Tracing.Vertex;
import org.adjoint.op.Op;

/**
 * One function traced with three sizes of the batch, laid over each other: where the graphs differ
 * in nothing but numbers that grow with the batch, they are one graph for any batch.
 */
final class Pairing {
  /** Sizes that a network hardly has by itself, so that a dim of 1 is none of the batch. */
  static final List<Long> EXAMPLES = List.of(3L, 5L, 11L);

  private final List<Tracing> tracings;
  private final List<Step> steps = new ArrayList<>();

  /**
   * A vertex of all tracings.
   *
   * @param vertex that of the first one
   * @param attrs what an operation is told beside its inputs
   * @param types of the outputs
   * @param body of a loop
   */
  record Step(Vertex vertex, List<Size> attrs, List<Dims> types, Optional<Pairing> body) {
    /** Returns the operation. */
    Op op() {
      return vertex.op();
    }

    /** Returns what the operation reads. */
    List<Value> inputs() {
      return vertex.inputs();
    }

    /** Returns whether attributes or shapes depend on the batch. */
    boolean isFixed() {
      return attrs.stream().allMatch(Size::isFixed) && types.stream().allMatch(Dims::isFixed);
    }
  }

  /** A type whose sizes may depend on the batch. */
  record Dims(DType dtype, List<Size> sizes) {
    boolean isFixed() {
      return sizes.stream().allMatch(Size::isFixed);
    }

    int rank() {
      return sizes.size();
    }
  }

  /**
   * Lays tracings over each other, all of them of one function.
   *
   * @throws IllegalArgumentException naming the operation, if they are not the same graph
   */
  Pairing(List<Tracing> tracings) {
    this.tracings = tracings;
    Tracing first = tracings.get(0);
    for (Tracing other : tracings) {
      if (other.vertices().size() != first.vertices().size()
          || !other.results().equals(first.results())) {
        throw differ("the number of operations", "");
      }
    }
    for (int i = 0; i < first.vertices().size(); i++) {
      int at = i;
      steps.add(step(tracings.stream().map(tracing -> tracing.vertices().get(at)).toList()));
    }
  }

  /** Returns the vertices; the arguments come first. */
  List<Step> steps() {
    return steps;
  }

  /** Returns what the function returned. */
  List<Value> results() {
    return tracings.get(0).results();
  }

  private static IllegalArgumentException differ(String what, String where) {
    return new IllegalArgumentException(
        "onnx: "
            + what
            + where
            + " depends on the batch in another way than growing with it; export with inputs of a"
            + " fixed size (Input.fixed)");
  }

  private static Step step(List<Vertex> all) {
    Vertex first = all.get(0);
    for (Vertex other : all) {
      boolean same = other.kind() == first.kind() && other.inputs().equals(first.inputs());
      same = same && other.outputs() == first.outputs();
      if (!same || !sameMeaning(first, other)) {
        throw differ("what is computed", first.kind() == Kind.OP ? " by " + first.op() : "");
      }
    }
    List<Size> attrs = List.of();
    Optional<Pairing> body = Optional.empty();
    if (first.kind() == Kind.OP) {
      attrs = sizes(all.stream().map(Vertex::attrs).toList(), first);
      if (first.body().isPresent()) {
        body = Optional.of(new Pairing(all.stream().map(v -> v.body().orElseThrow()).toList()));
      }
    }
    List<Dims> types = new ArrayList<>();
    for (int output = 0; output < first.outputs(); output++) {
      int at = output;
      List<Type> each = all.stream().map(v -> v.type(at)).toList();
      types.add(
          new Dims(
              each.get(0).dtype(),
              sizes(each.stream().map(type -> type.shape().dims()).toList(), first)));
    }
    return new Step(first, attrs, types, body);
  }

  private static boolean sameMeaning(Vertex a, Vertex b) {
    return switch (a.kind()) {
      case ARGUMENT -> true;
      case PARAMETER -> a.parameter() == b.parameter();
      case NUMBER -> a.word() == b.word() && a.type(0).equals(b.type(0));
      case OP -> a.body().isPresent() ? b.body().isPresent() : a.op().name().equals(b.op().name());
      case VALUE -> a.node() == b.node() || sameValues(a, b);
    };
  }

  private static boolean sameValues(Vertex a, Vertex b) {
    for (int output = 0; output < a.outputs(); output++) {
      Tensor x = a.tensor(output);
      Tensor y = b.tensor(output);
      if (!x.type().equals(y.type()) || !Elements.bytes(x).equals(Elements.bytes(y))) {
        return false;
      }
    }
    return true;
  }

  private static List<Size> sizes(List<long[]> all, Vertex vertex) {
    long[] first = all.get(0);
    List<Size> sizes = new ArrayList<>(first.length);
    for (long[] other : all) {
      if (other.length != first.length) {
        throw differ("a number of axes", " of " + vertex.op());
      }
    }
    for (int i = 0; i < first.length; i++) {
      if (all.size() == 1) {
        sizes.add(Size.of(first[i]));
        continue;
      }
      Size size = Size.between(EXAMPLES.get(0), first[i], EXAMPLES.get(1), all.get(1)[i]);
      for (int j = 0; j < all.size(); j++) {
        if (size.at(EXAMPLES.get(j)) != all.get(j)[i]) {
          throw differ(
              "a number",
              (vertex.kind() == Kind.OP ? " of " + vertex.op() : "")
                  + ", "
                  + Arrays.toString(all.stream().mapToLong(a -> a[0]).toArray()));
        }
      }
      sizes.add(size);
    }
    return List.copyOf(sizes);
  }
}

package org.adjoint.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Graph;
import org.adjoint.internal.ir.Loop;
import org.adjoint.internal.ir.Primitive;

/**
 * The kind of ops that run a body turn by turn. Inputs: the carries of the first turn, the
 * sequences, stacked along a leading axis, the invariants. Outputs: the carries behind the last
 * turn, then what each turn gives, stacked. Attributes: how many turns there are, 1 to go from the
 * last element to the first, 1 to run only while the first carry is true. As every loop has a body
 * of its own, there is no row of it; what derivatives know of a body is a {@link Body}.
 */
public final class LoopOp extends Op {
  /** A body as the rules of a loop see it. */
  public interface Body {
    /** Returns whether outputs of the loop depend differentiably on an input of it. */
    boolean isDifferentiable(int input);

    /** Returns the tangents of the outputs, zeros where nothing moves. */
    List<Tensor> push(Call call, List<Optional<Tensor>> tangents);

    /** Returns the cotangents of some inputs; those of outputs are empty where they are zero. */
    List<Tensor> pull(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents);

    /** Returns the outputs for a whole batch, each with the leading axis. */
    List<Tensor> batch(Batch batch);

    /** Returns the outputs without a loop: the body built again for each turn. */
    List<Tensor> unroll(List<Tensor> inputs, long[] attrs);

    /** Returns whether a turn calls a fused op that there is no kernel for. */
    boolean lacks(Predicate<String> supported);

    /** Returns the outputs of the loop with such ops expanded, unrolled if nothing runs loops. */
    List<Tensor> expand(List<Tensor> inputs, long[] attrs, Predicate<String> supported);

    /** Returns the stand-ins of a turn's inputs: carries, elements, invariants. */
    List<Tensor> arguments();

    /** Returns what a turn computes of its stand-ins: carries of the next turn, elements. */
    List<Tensor> results();
  }

  private final Loop loop;
  private final Body body;

  private LoopOp(Primitive primitive, Body body) {
    super(primitive);
    this.loop = primitive.loop().orElseThrow();
    this.body = body;
  }

  /** Returns the primitive of a body that no other loop has. */
  @SuppressWarnings("exports") // for what makes loops; users have no business with it
  public static Primitive primitive(Loop loop) {
    return Primitive.of(nextId(), loop);
  }

  /** Returns the loop of a body. */
  @SuppressWarnings("exports")
  public static LoopOp of(Primitive primitive, Body body) {
    return new LoopOp(primitive, body);
  }

  /** Returns the body. */
  public Body body() {
    return body;
  }

  /** Returns how many carries there are: the first inputs, and the first outputs. */
  public int carries() {
    return loop.carries();
  }

  /** Returns how many sequences there are: the inputs behind the carries. */
  public int sequences() {
    return loop.sequences();
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    Graph graph = loop.body();
    boolean stops = attrs.length > Loop.WHILE && attrs[Loop.WHILE] != 0;
    if (stops && (sequences() > 0 || loop.stacks() > 0 || !isFlag(graph.leaves()))) {
      throw new IllegalArgumentException(
          "loop: one that ends by itself needs a first carry BOOL[] and no sequences or stacks");
    }
    expect(inputs, graph.leaves().size());
    long turns = attrs[Loop.TURNS];
    if (attrs.length != Loop.ATTRIBUTES || turns < 0) {
      throw new IllegalArgumentException("loop: cannot run " + turns + " turns");
    }
    for (int i = 0; i < inputs.size(); i++) {
      Type leaf = graph.leaves().get(i);
      boolean sequence = i >= carries() && i < carries() + sequences();
      Type wanted = sequence ? stacked(turns, leaf) : leaf;
      if (!inputs.get(i).equals(wanted)) {
        throw new IllegalArgumentException(
            "loop: input " + i + " is " + inputs.get(i) + ", its body takes " + wanted);
      }
    }
    Type[] types = graph.types();
    List<Type> outputs = new ArrayList<>();
    for (int i = 0; i < graph.roots().length; i++) {
      Type root = types[graph.roots()[i]];
      outputs.add(i < carries() ? root : stacked(turns, root));
    }
    return outputs;
  }

  /** Returns elements of one type along a new leading axis. */
  public static Tensor stacked(Type element, Tensor... rows) {
    return rows.length > 0
        ? Tensor.stack(0, rows)
        : Tensor.zeros(element.dtype(), Batch.before(0, element.shape().dims()));
  }

  private boolean isFlag(List<Type> leaves) {
    return carries() > 0 && leaves.get(0).equals(new Type(DType.BOOL, Shape.SCALAR));
  }

  private static Type stacked(long turns, Type element) {
    return new Type(element.dtype(), Shape.of(Batch.before(turns, element.shape().dims())));
  }

  @Override
  public boolean isDifferentiable(int input) {
    return body.isDifferentiable(input);
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return vjps(call, List.of(input), cotangents).get(0);
  }

  @Override
  public List<Tensor> vjps(Call call, List<Integer> inputs, List<Tensor> cotangents) {
    return body.pull(call, inputs, cotangents.stream().map(Optional::of).toList());
  }

  @Override
  public List<Tensor> pull(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    return body.pull(call, inputs, cotangents);
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    return body.push(call, tangents);
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    return body.batch(batch);
  }
}

package org.adjoint.op;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Primitive;

/**
 * The kind of ops that are linear in each of their value inputs while the others are held: views,
 * casts, products, gather and scatter. A row states its transpose; the op itself carries tangents
 * forward. Rows stand in {@link ShapeOps}, {@link ProductOps} and {@link IndexOps}.
 */
public final class Linear extends Op {
  /** The transpose of an op in one input: takes the output's cotangent to the input's. */
  @FunctionalInterface
  public interface Transpose {
    /** Returns the cotangent of input {@code input}, linear in {@code g}. */
    Tensor pull(Call call, int input, Tensor g);
  }

  /** How a tangent of one input moves the output, where that is not the op on the tangent. */
  @FunctionalInterface
  public interface Push {
    /** Returns the tangent of the output as input {@code input} moves along {@code t}. */
    Tensor push(Call call, int input, Tensor t);
  }

  /**
   * What the inputs of a row are.
   *
   * @param arity how many there are, {@link #ANY} for as many as the rule takes
   * @param first the first that the row is linear in
   * @param values how many follow that it is linear in
   * @param joint whether it is linear in all of them together and not in each
   * @param indexed whether another input is of indices, which may be out of range
   */
  private record Inputs(int arity, int first, int values, boolean joint, boolean indexed) {
    static final int ANY = -1;
    static final Inputs ONE = new Inputs(1, 0, 1, false, false);
    static final Inputs ONE_AND_A_TIE = new Inputs(2, 0, 1, false, false);
    static final Inputs EACH = new Inputs(ANY, 0, Integer.MAX_VALUE, false, false);
    static final Inputs TOGETHER = new Inputs(ANY, 0, Integer.MAX_VALUE, true, false);

    boolean isValue(int input) {
      return input >= first && input - first < values;
    }
  }

  private final Inputs inputs;
  private final BiFunction<List<Type>, long[], Type> rule;
  private final Transpose transpose;
  private final Optional<Push> push;
  private final Function<Batch, Tensor> batching;

  private Linear(
      String name,
      Kernel kernel,
      Inputs inputs,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Optional<Push> push,
      Function<Batch, Tensor> batching) {
    super(name, inputs.indexed, kernel, lowering);
    this.inputs = inputs;
    this.rule = rule;
    this.transpose = transpose;
    this.push = push;
    this.batching = batching;
  }

  /** Returns a row that looks at the memory of its one input in another way. */
  static Linear view(
      String name,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    return new Linear(
        name,
        Primitive.NO_KERNEL,
        Inputs.ONE,
        rule,
        lowering,
        transpose,
        Optional.empty(),
        batching);
  }

  /**
   * Returns a row that looks at the memory of its first input once its second has been computed.
   */
  static Linear tied(
      String name,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    return new Linear(
        name,
        Primitive.NO_KERNEL,
        Inputs.ONE_AND_A_TIE,
        rule,
        lowering,
        transpose,
        Optional.empty(),
        batching);
  }

  /** Returns a row that is linear in each of all its inputs. */
  static Linear of(
      String name,
      Kernel kernel,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    return new Linear(
        name, kernel, Inputs.EACH, rule, lowering, transpose, Optional.empty(), batching);
  }

  /** Returns a row that is linear in all its inputs together, as concat is. */
  static Linear jointly(
      String name,
      Kernel kernel,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    return new Linear(
        name, kernel, Inputs.TOGETHER, rule, lowering, transpose, Optional.empty(), batching);
  }

  /**
   * Returns a row that is linear in each of all its inputs, and whose tangents are not of its
   * values' dtypes.
   */
  static Linear of(
      String name,
      Kernel kernel,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Push push,
      Function<Batch, Tensor> batching) {
    return new Linear(
        name, kernel, Inputs.EACH, rule, lowering, transpose, Optional.of(push), batching);
  }

  /**
   * Returns a row that is linear in input {@code value} and reads indices, which may be out of
   * range, from the other.
   */
  static Linear indexed(
      String name,
      Kernel kernel,
      int value,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    Inputs inputs = new Inputs(2, value, 1, false, true);
    return new Linear(name, kernel, inputs, rule, lowering, transpose, Optional.empty(), batching);
  }

  /** Returns whether it is linear in all its inputs together, not in each of them. */
  public boolean isJoint() {
    return inputs.joint;
  }

  @Override
  public List<Type> infer(List<Type> types, long[] attrs) {
    if (inputs.arity != Inputs.ANY) {
      expect(types, inputs.arity);
    }
    return List.of(rule.apply(types, attrs));
  }

  @Override
  public boolean isDifferentiable(int input) {
    return inputs.isValue(input);
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    return List.of(inputs.joint ? jointly(call, tangents) : oneByOne(call, tangents));
  }

  /** The op itself on the tangents: it is linear in all its values together. */
  private Tensor jointly(Call call, List<Optional<Tensor>> tangents) {
    Tensor[] tensors = new Tensor[tangents.size()];
    for (int i = 0; i < tensors.length; i++) {
      Tensor x = call.x(i);
      tensors[i] =
          tangents.get(i).orElseGet(() -> Tensor.zeros(x.dtype().tangent(), x.shape().dims()));
    }
    return Tensor.apply(this, call.attrs(), tensors).get(0);
  }

  /** The product rule: one term a tangent, with the other inputs held. */
  private Tensor oneByOne(Call call, List<Optional<Tensor>> tangents) {
    Optional<Tensor> sum = Optional.empty();
    for (int i = 0; i < tangents.size(); i++) {
      if (tangents.get(i).isPresent()) {
        Tensor t = tangents.get(i).get();
        Tensor term = push.isPresent() ? push.get().push(call, i, t) : held(call, i, t);
        sum = Optional.of(sum.isPresent() ? sum.get().plus(term) : term);
      }
    }
    return sum.orElseThrow();
  }

  /** The op itself with a tangent in the place of one input. */
  private Tensor held(Call call, int input, Tensor t) {
    Tensor[] tensors = call.inputs().toArray(new Tensor[0]);
    tensors[input] = t;
    return Tensor.apply(this, call.attrs(), tensors).get(0);
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    return List.of(batching.apply(batch));
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return transpose.pull(call, input, cotangents.get(0));
  }
}

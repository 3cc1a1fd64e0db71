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

  private static final int ANY = -1;

  private final int arity;
  private final int firstValue;
  private final int values;
  private final boolean joint;
  private final BiFunction<List<Type>, long[], Type> rule;
  private final Transpose transpose;
  private final Optional<Push> push;
  private final Function<Batch, Tensor> batching;

  private Linear(
      String name,
      boolean fallible,
      Kernel kernel,
      int arity,
      int firstValue,
      int values,
      boolean joint,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Optional<Push> push,
      Function<Batch, Tensor> batching) {
    super(name, fallible, kernel, lowering);
    this.arity = arity;
    this.firstValue = firstValue;
    this.values = values;
    this.joint = joint;
    this.rule = rule;
    this.transpose = transpose;
    this.push = push;
    this.batching = batching;
  }

  private Linear(
      String name,
      boolean fallible,
      Kernel kernel,
      int arity,
      int firstValue,
      int values,
      boolean joint,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    this(
        name,
        fallible,
        kernel,
        arity,
        firstValue,
        values,
        joint,
        rule,
        lowering,
        transpose,
        Optional.empty(),
        batching);
  }

  /** Returns a row that looks at the memory of its one input in another way. */
  static Linear view(
      String name,
      BiFunction<List<Type>, long[], Type> rule,
      Lowering lowering,
      Transpose transpose,
      Function<Batch, Tensor> batching) {
    return new Linear(
        name, false, Primitive.NO_KERNEL, 1, 0, 1, false, rule, lowering, transpose, batching);
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
        name, false, Primitive.NO_KERNEL, 2, 0, 1, false, rule, lowering, transpose, batching);
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
        name, false, kernel, ANY, 0, Integer.MAX_VALUE, false, rule, lowering, transpose, batching);
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
        name, false, kernel, ANY, 0, Integer.MAX_VALUE, true, rule, lowering, transpose, batching);
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
        name,
        false,
        kernel,
        ANY,
        0,
        Integer.MAX_VALUE,
        false,
        rule,
        lowering,
        transpose,
        Optional.of(push),
        batching);
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
    return new Linear(name, true, kernel, 2, value, 1, false, rule, lowering, transpose, batching);
  }

  /** Returns whether it is linear in all its inputs together, not in each of them. */
  public boolean isJoint() {
    return joint;
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    if (arity != ANY) {
      expect(inputs, arity);
    }
    return List.of(rule.apply(inputs, attrs));
  }

  @Override
  public boolean isDifferentiable(int input) {
    return input >= firstValue && input - firstValue < values;
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    return List.of(joint ? jointly(call, tangents) : oneByOne(call, tangents));
  }

  /** The op itself on the tangents: it is linear in all its values together. */
  private Tensor jointly(Call call, List<Optional<Tensor>> tangents) {
    Tensor[] inputs = new Tensor[tangents.size()];
    for (int i = 0; i < inputs.length; i++) {
      Tensor x = call.x(i);
      inputs[i] =
          tangents.get(i).orElseGet(() -> Tensor.zeros(x.dtype().tangent(), x.shape().dims()));
    }
    return Tensor.apply(this, call.attrs(), inputs).get(0);
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
    Tensor[] inputs = call.inputs().toArray(new Tensor[0]);
    inputs[input] = t;
    return Tensor.apply(this, call.attrs(), inputs).get(0);
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

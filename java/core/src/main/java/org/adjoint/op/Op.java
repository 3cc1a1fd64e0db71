package org.adjoint.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Primitive;

/**
 * One row of the op table: a name, the types of its outputs, its derivative as a graph, and how it
 * becomes kernel calls. The kind (a subclass) supplies everything that its rows share.
 */
public abstract sealed class Op
    permits Elementwise, Linear, Reduction, Scan, NonDifferentiable, Fused, Custom, LoopOp {
  private static final AtomicInteger NEXT_ID = new AtomicInteger();

  private final Primitive primitive;

  Op(String name, boolean fallible, Kernel kernel, Lowering lowering) {
    this(primitive(name, fallible, kernel, lowering));
  }

  private final Inferred inferred = new Inferred();

  Op(Primitive primitive) {
    this.primitive = primitive;
  }

  static Primitive primitive(String name, boolean fallible, Kernel kernel, Lowering lowering) {
    return new Primitive(nextId(), name, fallible, kernel, lowering);
  }

  static int nextId() {
    return NEXT_ID.getAndIncrement();
  }

  /** A derivative of a function of one tensor, as its author states it. */
  @FunctionalInterface
  public interface Pullback {
    /**
     * Returns the cotangent of x, of x's type: linear in {@code g}, the cotangent of y = f(x), and
     * made of tensor operations, so that it can be differentiated again.
     */
    Tensor pull(Tensor x, Tensor y, Tensor g);
  }

  /** A derivative of a function of several tensors, as its author states it. */
  @FunctionalInterface
  public interface ListPullback {
    /**
     * Returns the cotangents of the floating ones among {@code xs}, in their order and of their
     * types: linear in {@code gs}, the cotangents of {@code ys}, and made of tensor operations.
     */
    List<Tensor> pull(List<Tensor> xs, List<Tensor> ys, List<Tensor> gs);
  }

  /**
   * Returns {@code forward} as a function whose derivative is {@code vjp} instead of that of the
   * operations it is made of: for an implicit function, a better-conditioned formula, a
   * straight-through estimator. Forward mode is the transpose of {@code vjp}, further derivatives
   * are those of its graph, and it composes with every transformation. Only the dependence through
   * the argument is differentiated: what {@code forward} captures counts as constant. The rule may
   * use its arguments (x, y, g) and constants only: when a transformation applies the rule to other
   * tensors, tensors that the rule captured stay the same.
   *
   * @param name how errors call it
   */
  public static UnaryOperator<Tensor> custom(
      String name, UnaryOperator<Tensor> forward, Pullback vjp) {
    Function<List<Tensor>, List<Tensor>> f =
        customList(
            name,
            xs -> List.of(forward.apply(xs.get(0))),
            (xs, ys, gs) -> List.of(vjp.pull(xs.get(0), ys.get(0), gs.get(0))));
    return x -> f.apply(List.of(x)).get(0);
  }

  /** Returns the like of {@link #custom} for a function of several tensors with several results. */
  public static Function<List<Tensor>, List<Tensor>> customList(
      String name, Function<List<Tensor>, List<Tensor>> forward, ListPullback vjp) {
    return xs -> Custom.of(name, forward.apply(xs), xs, vjp::pull);
  }

  /** Returns the name, as in error messages and of the kernel. */
  public final String name() {
    return primitive.name();
  }

  /** Returns what the compiler knows of this op. */
  @SuppressWarnings("exports") // for the evaluator; users have no business with it
  public final Primitive primitive() {
    return primitive;
  }

  /**
   * Returns the types of the outputs.
   *
   * @param inputs the types of the inputs
   * @param attrs the attributes
   * @throws IllegalArgumentException naming the op and what does not fit
   */
  public abstract List<Type> infer(List<Type> inputs, long[] attrs);

  /**
   * Returns as {@link #infer}, often without inferring anew.
   *
   * @param inputs the types of the inputs, kept: not to be changed any more
   * @param attrs the attributes
   * @return an array that others share
   */
  public final Type[] types(Type[] inputs, long[] attrs) {
    return inferred.types(this, inputs, attrs);
  }

  /**
   * Returns the cotangent of one input, of the input's shape or, for elementwise ops, of the
   * output's: un-broadcasting is the driver's. Written with public tensor operations only, so that
   * it can be differentiated again.
   *
   * @param call the node: its inputs, outputs and attributes
   * @param input which input; {@link #isDifferentiable} holds for it
   * @param cotangents one an output
   */
  public abstract Tensor vjp(Call call, int input, List<Tensor> cotangents);

  /**
   * Returns the cotangents of several inputs, in their order, as {@link #vjp} gives them one by
   * one. Rows whose inputs share the work override it.
   */
  public List<Tensor> vjps(Call call, List<Integer> inputs, List<Tensor> cotangents) {
    List<Tensor> pulled = new ArrayList<>(inputs.size());
    for (int input : inputs) {
      pulled.add(vjp(call, input, cotangents));
    }
    return pulled;
  }

  /**
   * Returns as {@link #vjps}, given the cotangents that are not zero. Kinds for which a cotangent
   * that is known to be zero is less work override it.
   *
   * @param cotangents one an output, empty for zero; at least one is present
   */
  public List<Tensor> pull(Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    if (cotangents.size() == 1) {
      return vjps(call, inputs, List.of(cotangents.get(0).orElseThrow()));
    }
    List<Tensor> all = new ArrayList<>(cotangents.size());
    for (int i = 0; i < cotangents.size(); i++) {
      Type type = call.outputs().get(i).type().tangent();
      all.add(cotangents.get(i).orElseGet(() -> Tensor.zeros(type.dtype(), type.shape().dims())));
    }
    return vjps(call, inputs, all);
  }

  /**
   * Returns the tangents of the outputs. Written with public tensor operations only, so that it can
   * be differentiated again.
   *
   * @param call the node: its inputs, outputs and attributes
   * @param tangents by input its tangent, empty for zero; at least one tangent is present, and only
   *     inputs for which {@link #isDifferentiable} holds have one
   */
  public abstract List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents);

  /**
   * Returns the outputs for a whole batch, each with the leading axis: the same numbers as a loop
   * over the examples. Written with public tensor operations only.
   */
  public abstract List<Tensor> batch(Batch batch);

  /**
   * Returns whether outputs depend differentiably on this input; where not, its cotangent is zero.
   */
  public abstract boolean isDifferentiable(int input);

  /** Returns a new node of this op, one tensor an output. */
  public final List<Tensor> apply(long[] attrs, Tensor... inputs) {
    return Tensor.apply(this, attrs, inputs);
  }

  /** Returns the only output of a new node of this op without attributes. */
  public final Tensor apply(Tensor... inputs) {
    return Tensor.apply(this, NO_ATTRS, inputs).get(0);
  }

  static final long[] NO_ATTRS = {};

  @Override
  public final String toString() {
    return name();
  }

  /** Checks the number of inputs. */
  final void expect(List<Type> inputs, int count) {
    if (inputs.size() != count) {
      throw new IllegalArgumentException(
          name() + ": takes " + count + " inputs, got " + inputs.size());
    }
  }

  /** Returns the common dtype of inputs {@code from} … {@code to − 1}. */
  final void sameDType(List<Type> inputs, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      if (inputs.get(i).dtype() != inputs.get(from).dtype()) {
        throw new IllegalArgumentException(
            name()
                + ": dtypes differ: "
                + inputs.get(from)
                + " and "
                + inputs.get(i)
                + cure(inputs.get(from), inputs.get(i)));
      }
    }
  }

  /** Says what to do about two dtypes; of a scalar, most likely one written as such, more. */
  private static String cure(Type a, Type b) {
    boolean scalar = a.shape().rank() == 0 || b.shape().rank() == 0;
    return scalar
        ? "; cast one of them, write a Java number (x.times(2)), which adapts, or x.scalarLike(2)"
        : "; cast one of them";
  }

  /** Checks that an input is F32 or F64. */
  final void floating(Type type) {
    arithmetic(type);
    if (!type.dtype().isFloating()) {
      throw new IllegalArgumentException(name() + ": needs F32 or F64, got " + type + "; cast it");
    }
  }

  /** Checks that an input is F32, F64, I32 or I64. */
  final void numeric(Type type) {
    arithmetic(type);
    if (type.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          name() + ": needs numbers, got " + type + "; cast it, or use and, or, xor, not");
    }
  }

  /** Checks that an input is I32, I64 or BOOL. */
  final void bits(Type type) {
    if (type.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name() + ": needs BOOL, I32 or I64, got " + type + "; compare or cast it");
    }
  }

  /** Checks that an input is not BF16, in which nothing is computed but matrix products. */
  final void arithmetic(Type type) {
    if (type.dtype() == DType.BF16) {
      throw new IllegalArgumentException(
          name() + ": got " + type + "; BF16 is for storage and matmul, cast it to F32");
    }
  }

  /** Checks that an input is I32 or I64. */
  final void integer(String what, Type type) {
    if (!type.dtype().isInteger()) {
      throw new IllegalArgumentException(name() + ": " + what + " must be I32 or I64, got " + type);
    }
  }
}

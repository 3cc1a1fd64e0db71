package org.adjoint.op;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Primitive;

/**
 * One row of the op table: a name, the types of its outputs, its derivative as a graph, and how it
 * becomes kernel calls. The kind (a subclass) supplies what rows of that kind share, so that a row
 * states only what is its own.
 */
public abstract sealed class Op
    permits Elementwise, Linear, Reduction, Scan, NonDifferentiable, Fused {
  private static final AtomicInteger NEXT_ID = new AtomicInteger();

  private final Primitive primitive;

  Op(String name, boolean fallible, Kernel kernel, Lowering lowering) {
    this.primitive = new Primitive(NEXT_ID.getAndIncrement(), name, fallible, kernel, lowering);
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
   * Returns the tangents of the outputs. Written with public tensor operations only, so that it can
   * be differentiated again.
   *
   * @param call the node: its inputs, outputs and attributes
   * @param tangents one an input, empty where it is zero; at least one is present, and only for
   *     inputs for which {@link #isDifferentiable} holds
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
                + "; cast one of them");
      }
    }
  }

  /** Checks that an input is F32 or F64. */
  final void floating(Type type) {
    if (!type.dtype().isFloating()) {
      throw new IllegalArgumentException(name() + ": needs F32 or F64, got " + type + "; cast it");
    }
  }

  /** Checks that an input is I32 or I64. */
  final void integer(String what, Type type) {
    if (!type.dtype().isInteger()) {
      throw new IllegalArgumentException(name() + ": " + what + " must be I32 or I64, got " + type);
    }
  }
}

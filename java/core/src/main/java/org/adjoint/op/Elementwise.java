package org.adjoint.op;

import java.util.List;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The kind of ops that work on each element alone, with NumPy's broadcasting. A row states a scalar
 * function, which is the reference kernel too, and one partial derivative an input; because the
 * Jacobian is diagonal, the same partial carries tangents forward and cotangents back. The rows
 * stand in {@link ElementwiseOps}, {@link TrigonometricOps}, {@link SpecialOps} and {@link
 * ActivationOps}.
 */
public final class Elementwise extends Op {
  /**
   * How an input's (co)tangent passes the op: linear in {@code g}, made of public tensor
   * operations.
   */
  @FunctionalInterface
  public interface Partial {
    /** Returns {@code g} times the partial derivative at the call. */
    Tensor pull(Call call, Tensor g);
  }

  /** Which dtypes a row takes and gives. */
  enum Signature {
    /** Floating in, the same out. */
    FLOATING,
    /** Floating or integer in, the same out. */
    NUMERIC,
    /** Integer in, the same out. */
    WHOLE,
    /** Integer or BOOL in, the same out, bit by bit. */
    BITS,
    /** Floating in, the same out; the first is a parameter without derivative. */
    PARAMETRIC,
    /** Floating in, the same out; constant between its steps. */
    STEP,
    /** Two alike of any type in, BOOL out. */
    COMPARISON,
    /** A BOOL, then two alike of any type. */
    SELECT
  }

  private final int arity;
  private final Signature signature;
  private final List<Partial> partials;

  private Elementwise(
      String name, int arity, Signature signature, ScalarFunction scalar, Partial... partials) {
    this(name, arity, signature, kernel(name, signature, scalar), partials);
  }

  private Elementwise(
      String name, int arity, Signature signature, Kernel kernel, Partial... partials) {
    super(name, false, kernel, lowering(kernel));
    this.arity = arity;
    this.signature = signature;
    this.partials = List.of(partials);
  }

  private static Kernel kernel(String name, Signature signature, ScalarFunction scalar) {
    return signature == Signature.COMPARISON
        ? new Kernel(name, scalar, -1)
        : new Kernel(name, scalar, Kernel.ANY);
  }

  private static Lowering lowering(Kernel kernel) {
    return (emitter, attrs, inputs, outputs) -> {
      Ref[] views = new Ref[inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        views[i] = inputs[i].broadcast(outputs[0].shape());
      }
      Ref[] out = {emitter.allocate(outputs[0])};
      emitter.call(kernel, NO_ATTRS, views, out);
      return out;
    };
  }

  /** Returns a row of one floating input. */
  static Elementwise unary(String name, DoubleUnaryOperator f, Partial dx) {
    return new Elementwise(name, 1, Signature.FLOATING, new ScalarFunction.Unary(f), dx);
  }

  /** Returns a row of two floating inputs. */
  static Elementwise binary(String name, DoubleBinaryOperator f, Partial da, Partial db) {
    return new Elementwise(name, 2, Signature.FLOATING, new ScalarFunction.Binary(f), da, db);
  }

  /** Returns a row of one floating or integer input. */
  static Elementwise numeric(String name, DoubleUnaryOperator f, LongUnaryOperator l, Partial dx) {
    return new Elementwise(name, 1, Signature.NUMERIC, new ScalarFunction.Unary(f, l), dx);
  }

  /** Returns a row of two floating or integer inputs. */
  static Elementwise numeric(
      String name, DoubleBinaryOperator f, LongBinaryOperator l, Partial da, Partial db) {
    ScalarFunction scalar = new ScalarFunction.Binary(f, (a, b, bits) -> l.applyAsLong(a, b));
    return new Elementwise(name, 2, Signature.NUMERIC, scalar, da, db);
  }

  /** Returns a row of two integer inputs. */
  static Elementwise whole(String name, ScalarFunction.WholeFunction l) {
    return new Elementwise(name, 2, Signature.WHOLE, integers(l));
  }

  /** Returns a row of two integer or BOOL inputs. */
  static Elementwise bits(String name, ScalarFunction.WholeFunction l) {
    return new Elementwise(name, 2, Signature.BITS, integers(l));
  }

  /** Returns a row of one integer or BOOL input. */
  static Elementwise bits(String name, LongUnaryOperator l) {
    DoubleUnaryOperator none = x -> Double.NaN;
    return new Elementwise(name, 1, Signature.BITS, new ScalarFunction.Unary(none, l));
  }

  private static ScalarFunction integers(ScalarFunction.WholeFunction l) {
    return new ScalarFunction.Binary((a, b) -> Double.NaN, l);
  }

  /** Returns a row of a parameter that has no derivative, and one floating input. */
  static Elementwise parametric(String name, DoubleBinaryOperator f, Partial dx) {
    Partial none = (c, g) -> g;
    return new Elementwise(name, 2, Signature.PARAMETRIC, new ScalarFunction.Binary(f), none, dx);
  }

  /**
   * Returns a row of one floating input that is constant between its steps; its derivative is 0.
   */
  static Elementwise step(String name, DoubleUnaryOperator f) {
    return new Elementwise(name, 1, Signature.STEP, new ScalarFunction.Unary(f));
  }

  /** Returns a row that compares two inputs; its derivative is zero. */
  static Elementwise comparison(
      String name, ScalarFunction.DoubleRelation f, ScalarFunction.LongRelation l) {
    return new Elementwise(name, 2, Signature.COMPARISON, new ScalarFunction.Comparison(f, l));
  }

  /** Returns the row that picks between two inputs by a BOOL one. */
  static Elementwise select(String name, Partial da, Partial db) {
    Partial none = (c, g) -> g;
    return new Elementwise(name, 3, Signature.SELECT, new ScalarFunction.Select(), none, da, db);
  }

  /**
   * Returns the partial that multiplies by {@code derivative}. Where nothing flows the product is 0
   * even if the derivative is infinite or NaN: a branch not taken stays silent, at any order. Where
   * the derivative is 0 so is the product, whatever flows: x·√x has the derivative 0 at 0 in
   * forward mode, in which √x moves infinitely fast, as in reverse mode.
   */
  static Partial product(Function<Call, Tensor> derivative) {
    return (call, g) -> g.scale(derivative.apply(call));
  }

  /** Returns how many inputs the op takes. */
  public int arity() {
    return arity;
  }

  /** Returns whether the op takes floating inputs: all do but those of integers and bits. */
  public boolean takesFloating() {
    return signature != Signature.WHOLE && signature != Signature.BITS;
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    expect(inputs, arity);
    int from = signature == Signature.SELECT ? 1 : 0;
    sameDType(inputs, from, arity);
    switch (signature) {
      case FLOATING, PARAMETRIC, STEP -> floating(inputs.get(0));
      case NUMERIC -> numeric(inputs.get(0));
      case WHOLE -> integer("input 0", inputs.get(0));
      case BITS -> bits(inputs.get(0));
      case COMPARISON -> arithmetic(inputs.get(0));
      case SELECT -> {}
    }
    if (signature == Signature.SELECT && inputs.get(0).dtype() != DType.BOOL) {
      throw new IllegalArgumentException(
          name() + ": the condition must be BOOL, got " + inputs.get(0));
    }
    Shape shape = inputs.get(0).shape();
    for (int i = 1; i < arity; i++) {
      shape = Shape.broadcast(name(), shape, inputs.get(i).shape());
    }
    return List.of(
        new Type(signature == Signature.COMPARISON ? DType.BOOL : inputs.get(from).dtype(), shape));
  }

  @Override
  public boolean isDifferentiable(int input) {
    return switch (signature) {
      case FLOATING, NUMERIC -> true;
      case COMPARISON, STEP, WHOLE, BITS -> false;
      case SELECT, PARAMETRIC -> input > 0;
    };
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    Optional<Tensor> sum = Optional.empty();
    for (int i = 0; i < arity; i++) {
      if (tangents.get(i).isPresent()) {
        Tensor term = partials.get(i).pull(call, tangents.get(i).get());
        sum = Optional.of(sum.isPresent() ? sum.get().plus(term) : term);
      }
    }
    return List.of(sum.orElseThrow().broadcastTo(call.y().shape().dims()));
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    return Tensor.apply(this, batch.attrs(), batch.allAligned());
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return partials.get(input).pull(call, cotangents.get(0));
  }
}

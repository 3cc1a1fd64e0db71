package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The kind of ops that run along one axis and carry a state from each element to the next. All
 * inputs and the output have one type. Attributes: the axis, and 1 to run from its end. A row
 * states how a cotangent goes back and how tangents go forward. Rows stand in {@link ScanOps}.
 */
public final class Scan extends Op {
  /** How a cotangent goes back. */
  @FunctionalInterface
  interface Pull {
    /** Returns the cotangent of input {@code input}. */
    Tensor pull(Call call, int input, Tensor g);
  }

  /** How tangents go forward. */
  @FunctionalInterface
  interface Push {
    /** Returns the tangent of the output; at least one tangent is present. */
    Tensor push(Call call, List<Optional<Tensor>> tangents);
  }

  private final int arity;
  private final boolean whole;
  private final Pull pull;
  private final Push push;

  private Scan(String name, Kernel kernel, int arity, boolean whole, Pull pull, Push push) {
    super(name, false, kernel, lowering(kernel));
    this.arity = arity;
    this.whole = whole;
    this.pull = pull;
    this.push = push;
  }

  /** Returns a row of that many floating inputs. */
  static Scan of(String name, int arity, Pull pull, Push push) {
    Kernel kernel = new Kernel(name, ScalarFunction.NONE, -1);
    return new Scan(name, kernel, arity, false, pull, push);
  }

  /** Returns a row of that many floating or integer inputs. */
  static Scan numeric(String name, int arity, Pull pull, Push push) {
    Kernel kernel = new Kernel(name, ScalarFunction.NONE, -1);
    return new Scan(name, kernel, arity, true, pull, push);
  }

  private static Lowering lowering(Kernel kernel) {
    return (emitter, attrs, in, out) -> {
      Ref[] inputs = new Ref[in.length];
      for (int i = 0; i < in.length; i++) {
        inputs[i] = collapsed(emitter.contiguous(in[i]), attrs);
      }
      Ref y = emitter.allocate(out[0]);
      emitter.call(kernel, new long[] {attrs[1]}, inputs, new Ref[] {collapsed(y, attrs)});
      return new Ref[] {y};
    };
  }

  /** Returns a contiguous view as [outer, n, inner]. */
  private static Ref collapsed(Ref x, long[] attrs) {
    long[] dims = {1, 1, 1};
    for (int i = 0; i < x.rank(); i++) {
      dims[i < attrs[0] ? 0 : i == attrs[0] ? 1 : 2] *= x.dims()[i];
    }
    return x.as(dims);
  }

  /** Checks that attributes are an axis of the shape and a flag. */
  static void checkAttrs(String op, Shape shape, long[] attrs) {
    boolean fits =
        attrs.length == 2
            && attrs[0] >= 0
            && attrs[0] < shape.rank()
            && (attrs[1] == 0 || attrs[1] == 1);
    if (!fits) {
      throw new IllegalArgumentException(
          op + ": " + Arrays.toString(attrs) + " is not an axis of " + shape + " and a flag");
    }
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    expect(inputs, arity);
    Type x = inputs.get(0);
    if (whole) {
      numeric(x);
    } else {
      floating(x);
    }
    sameDType(inputs, 0, arity);
    Shape shape = x.shape();
    for (Type other : inputs) {
      if (!other.shape().equals(shape)) {
        throw new IllegalArgumentException(
            name() + ": shapes differ: " + shape + " and " + other.shape());
      }
    }
    checkAttrs(name(), shape, attrs);
    return List.of(x);
  }

  @Override
  public boolean isDifferentiable(int input) {
    return true;
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    return List.of(push.push(call, tangents));
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    long[] attrs = {batch.attrs()[0] + 1, batch.attrs()[1]};
    return Tensor.apply(this, attrs, batch.allWide());
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    return pull.pull(call, input, cotangents.get(0));
  }
}

package org.adjoint.op;

import java.util.List;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;

/**
 * The kind of ops that fold whole axes into one value. Attributes are the folded axes, ascending;
 * the result has the other axes in order. A row states how a cotangent goes back. Rows stand in
 * {@link ReductionOps}.
 */
public final class Reduction extends Op {
  /** How the cotangent of a folded value goes back to the elements; works on each alone. */
  @FunctionalInterface
  public interface Pull {
    /**
     * Returns the cotangent of the input.
     *
     * @param y the output, with the folded axes kept at size 1
     * @param g its cotangent, likewise
     */
    Tensor pull(Call call, Tensor y, Tensor g);
  }

  private final boolean needsElements;
  private final Pull pull;

  private Reduction(String name, Kernel kernel, boolean needsElements, Pull pull) {
    super(name, false, kernel, lowering(kernel));
    this.needsElements = needsElements;
    this.pull = pull;
  }

  /**
   * Returns a row.
   *
   * @param needsElements whether folding no elements at all is an error
   */
  static Reduction of(String name, boolean needsElements, Pull pull) {
    Kernel kernel = new Kernel(name, ReductionOps.NO_SCALAR, -1);
    return new Reduction(name, kernel, needsElements, pull);
  }

  /**
   * Returns x folded over exactly these axes, which ascend: over none if there are none, where
   * Tensor's methods take no axes for all. Code that has computed its axes folds by this method.
   */
  public Tensor over(long[] axes, Tensor x) {
    return apply(axes, x).get(0);
  }

  static Lowering lowering(Kernel kernel) {
    return (emitter, attrs, inputs, outputs) -> {
      Ref x = inputs[0];
      int kept = 0;
      int folded = x.rank() - attrs.length;
      int[] axes = new int[x.rank()];
      for (int axis = 0; axis < x.rank(); axis++) {
        axes[contains(attrs, axis) ? folded++ : kept++] = axis;
      }
      Ref[] out = {emitter.allocate(outputs[0])};
      emitter.call(kernel, new long[] {attrs.length}, new Ref[] {x.permute(axes)}, out);
      return out;
    };
  }

  static boolean contains(long[] axes, int axis) {
    for (long a : axes) {
      if (a == axis) {
        return true;
      }
    }
    return false;
  }

  /** Returns {@code shape} without the folded axes, or with size 1 there. */
  static Shape fold(Shape shape, long[] axes, boolean keep) {
    long[] dims = new long[keep ? shape.rank() : shape.rank() - axes.length];
    int at = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (!contains(axes, axis)) {
        dims[at++] = shape.dim(axis);
      } else if (keep) {
        dims[at++] = 1;
      }
    }
    return Shape.of(dims);
  }

  /** Checks that no kept result would be folded from no elements. */
  static void needElements(String name, Type x, long[] axes) {
    for (long axis : axes) {
      if (x.shape().dim((int) axis) == 0 && fold(x.shape(), axes, false).size() > 0) {
        throw new IllegalArgumentException(
            name + ": axis " + axis + " of " + x + " has no elements");
      }
    }
  }

  @Override
  public List<Type> infer(List<Type> inputs, long[] attrs) {
    expect(inputs, 1);
    Type x = inputs.get(0);
    numeric(x);
    if (needsElements) {
      needElements(name(), x, attrs);
    }
    return List.of(new Type(x.dtype(), fold(x.shape(), attrs, false)));
  }

  @Override
  public boolean isDifferentiable(int input) {
    return true;
  }

  @Override
  public List<Tensor> jvp(Call call, List<Optional<Tensor>> tangents) {
    // The pull works on each element alone, so the same weights carry tangents to the fold.
    Tensor y = call.y().reshape(fold(call.x().shape(), call.attrs(), true).dims());
    Tensor weighted = pull.pull(call, y, tangents.get(0).orElseThrow());
    return Tensor.apply(ReductionOps.SUM, call.attrs(), weighted);
  }

  @Override
  public List<Tensor> batch(Batch batch) {
    return Tensor.apply(this, batch.shiftedAxes(), batch.x(0));
  }

  @Override
  public Tensor vjp(Call call, int input, List<Tensor> cotangents) {
    long[] kept = fold(call.x().shape(), call.attrs(), true).dims();
    return pull.pull(call, call.y().reshape(kept), cotangents.get(0).reshape(kept));
  }
}

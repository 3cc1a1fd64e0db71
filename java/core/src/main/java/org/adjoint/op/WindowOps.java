package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Where the maximum of each window over the last axes of an image is. What stands there is picked
 * by gather, so a pool has gather's derivatives; means of windows are convolutions.
 */
public final class WindowOps {
  private static final int KERNEL_AXES = 3;
  private static final int WORDS = 5;
  private static final Kernel ARGMAX_KERNEL = new Kernel("windowArgmax", ScalarFunction.NONE, -1);

  /**
   * x [lead…, image…] to I32 [lead…, result…]: the place, in the image's axes taken as one, of the
   * first maximum of each window; the first NaN counts as the maximum. Attributes: 1 if windows
   * adapt to the sizes, else 0; by axis the result's size, then, 0 where windows adapt, the
   * window's size, stride, how far the first begins before the image, and dilation. An adapting
   * window i takes elements ⌊i·image / result⌋ … ⌈(i + 1)·image / result⌉ − 1.
   */
  public static final NonDifferentiable WINDOW_ARGMAX =
      new NonDifferentiable(
          "windowArgmax",
          ARGMAX_KERNEL,
          WindowOps::argmaxType,
          WindowOps::lowerArgmax,
          b -> WindowOps.argmax().apply(b.attrs(), b.x(0)).get(0));

  /** All rows. */
  public static final List<Op> ALL = List.of(WINDOW_ARGMAX);

  private WindowOps() {}

  /** Returns {@link #WINDOW_ARGMAX}; a rule in its own row cannot name it. */
  private static NonDifferentiable argmax() {
    return WINDOW_ARGMAX;
  }

  private static Type argmaxType(NonDifferentiable op, List<Type> in, long[] attrs) {
    op.expect(in, 1);
    op.floating(in.get(0));
    Shape x = in.get(0).shape();
    int axes = attrs.length / WORDS;
    if (attrs.length % WORDS != 1 || axes < 1 || axes > KERNEL_AXES || x.rank() < axes) {
      throw new IllegalArgumentException(
          op.name() + ": attributes " + Arrays.toString(attrs) + " for " + x);
    }
    long[] dims = x.dims();
    long places = 1;
    for (int i = 0; i < axes; i++) {
      int axis = dims.length - axes + i;
      places = Math.multiplyExact(places, Math.max(1, dims[axis]));
      dims[axis] = attrs[1 + WORDS * i];
    }
    if (places > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          op.name() + ": the last " + axes + " axes of " + x + " have more than 2^31-1 elements");
    }
    return new Type(DType.I32, Shape.of(dims));
  }

  private static Ref[] lowerArgmax(Lowering.Emitter emitter, long[] attrs, Ref[] in, Type[] out) {
    int axes = attrs.length / WORDS;
    Ref x = emitter.contiguous(in[0]);
    Ref y = emitter.allocate(out[0]);
    long[] ints = new long[1 + (WORDS - 1) * KERNEL_AXES];
    ints[0] = attrs[0];
    for (int i = 0; i < KERNEL_AXES; i++) {
      int given = i - (KERNEL_AXES - axes);
      for (int word = 0; word < WORDS - 1; word++) {
        long absent = word == 2 ? 0 : 1; // of the numbers, only the padding is none
        ints[1 + word * KERNEL_AXES + i] =
            attrs[0] == 1 ? 0 : given < 0 ? absent : attrs[1 + WORDS * given + 1 + word];
      }
    }
    emitter.call(ARGMAX_KERNEL, ints, new Ref[] {spatial(x, axes)}, new Ref[] {spatial(y, axes)});
    return new Ref[] {y};
  }

  /** Returns a contiguous view as [lead, three axes]. */
  private static Ref spatial(Ref x, int axes) {
    long[] dims = x.dims();
    long[] wide = {1, 1, 1, 1};
    for (int i = 0; i < dims.length - axes; i++) {
      wide[0] *= dims[i];
    }
    System.arraycopy(dims, dims.length - axes, wide, wide.length - axes, axes);
    return x.as(wide);
  }
}

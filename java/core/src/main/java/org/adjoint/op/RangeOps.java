package org.adjoint.op;

import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/** The row of the op table that makes numbers from none, of which all ranges are made. */
public final class RangeOps {
  private static final Kernel IOTA_KERNEL = new Kernel("iota", ScalarFunction.NONE, -1);

  /**
   * The whole numbers start + i·step along one axis, computed as 64-bit integers and converted. No
   * inputs; attributes: the dtype's code, the size, start, step.
   */
  public static final NonDifferentiable IOTA =
      new NonDifferentiable(
          "iota",
          IOTA_KERNEL,
          (op, in, attrs) -> {
            op.expect(in, 0);
            return new Type(dtype(attrs[0]), Shape.of(attrs[1]));
          },
          (emitter, attrs, in, out) -> {
            Ref[] y = {emitter.allocate(out[0])};
            emitter.call(IOTA_KERNEL, new long[] {attrs[2], attrs[3]}, in, y);
            return y;
          },
          b -> {
            throw new IllegalStateException("iota: has no input that could be batched");
          });

  /** All rows. */
  public static final List<Op> ALL = List.of(IOTA);

  private RangeOps() {}

  private static DType dtype(long code) {
    DType dtype = DType.ofCode(code);
    if (dtype.isArithmetic() || dtype.isInteger()) {
      return dtype;
    }
    throw new IllegalArgumentException("iota: needs a dtype of numbers, got " + dtype);
  }
}

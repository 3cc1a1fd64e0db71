package org.adjoint.op;

import static org.adjoint.op.Elementwise.bits;
import static org.adjoint.op.Elementwise.product;
import static org.adjoint.op.Elementwise.whole;

import java.util.List;
import org.adjoint.Tensor;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The rows of the op table for integers, bits and truth, and the remainder. What integers share
 * with floating types stands in {@link ElementwiseOps} and {@link ReductionOps}. Results wrap
 * around as Java's do. Kernels of quotients take 0 for what a division by zero gives: whoever
 * divides by data looks at it with {@link #NON_ZERO} first.
 */
public final class IntegerOps {
  /**
   * a − ⌊a/b⌋·b, of the sign of b, as Knuth's mod (The Art of Computer Programming 1, 1.2.4): of
   * floating types NaN for b = 0, of integers 0. The derivative by b is −⌊a/b⌋.
   */
  public static final Elementwise REMAINDER =
      Elementwise.numeric(
          "remainder",
          IntegerOps::remainder,
          (a, b) -> b == 0 ? 0 : Math.floorMod(a, b),
          (c, g) -> g,
          product(c -> c.x(0).minus(c.y()).div(c.x(1)).round().neg()));

  /** ⌊a/b⌋ of integers; 0 for b = 0. */
  public static final Elementwise FLOOR_DIV =
      whole("floorDiv", (a, b, bits) -> b == 0 ? 0 : Math.floorDiv(a, b));

  /** a·2ᵇ, bits beyond the dtype lost; of b the low five or six bits count, as in Java. */
  public static final Elementwise SHIFT_LEFT =
      whole("shiftLeft", (a, b, bits) -> a << (b & (bits - 1)));

  /** ⌊a/2ᵇ⌋; of b the low five or six bits count. */
  public static final Elementwise SHIFT_RIGHT =
      whole("shiftRight", (a, b, bits) -> a >> (b & (bits - 1)));

  /** a shifted down with zeros from above; of b the low five or six bits count. */
  public static final Elementwise SHIFT_RIGHT_UNSIGNED =
      whole(
          "shiftRightUnsigned",
          (a, b, bits) -> (bits == 32 ? a & 0xFFFFFFFFL : a) >>> (b & (bits - 1)));

  /** Bits, or truth values, that both have. */
  public static final Elementwise AND = bits("and", (a, b, bits) -> a & b);

  /** Bits, or truth values, that either has. */
  public static final Elementwise OR = bits("or", (a, b, bits) -> a | b);

  /** Bits, or truth values, that one of the two has. */
  public static final Elementwise XOR = bits("xor", (a, b, bits) -> a ^ b);

  /** All bits the other way: −x − 1. */
  public static final Elementwise NOT = bits("not", x -> ~x);

  private static final Kernel NON_ZERO_KERNEL =
      new Kernel("nonZero", ScalarFunction.NONE, Kernel.NONE);

  /** The integers themselves; an ArithmeticException that names the position if one is 0. */
  public static final NonDifferentiable NON_ZERO =
      NonDifferentiable.fallible(
          "nonZero",
          NON_ZERO_KERNEL,
          (op, in, attrs) -> {
            op.expect(in, 1);
            op.integer("input 0", in.get(0));
            return in.get(0);
          },
          (emitter, attrs, in, out) -> {
            Ref x = emitter.contiguous(in[0]);
            Ref y = emitter.allocate(out[0]);
            long n = out[0].shape().size();
            emitter.call(NON_ZERO_KERNEL, Op.NO_ATTRS, new Ref[] {x.as(n)}, new Ref[] {y.as(n)});
            return new Ref[] {y};
          },
          b -> IntegerOps.nonZero(b.x(0)));

  /** All rows. */
  public static final List<Op> ALL =
      List.of(
          REMAINDER,
          FLOOR_DIV,
          SHIFT_LEFT,
          SHIFT_RIGHT,
          SHIFT_RIGHT_UNSIGNED,
          AND,
          OR,
          XOR,
          NOT,
          NON_ZERO);

  private IntegerOps() {}

  /** Returns the integers themselves, none of which is 0 when this has run. */
  public static Tensor nonZero(Tensor x) {
    return NON_ZERO.apply(x);
  }

  private static double remainder(double a, double b) {
    double r = a % b;
    if (r == 0) {
      return Math.copySign(0, b);
    }
    return (r < 0) != (b < 0) ? r + b : r;
  }
}

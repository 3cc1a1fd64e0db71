package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Random draws as ops: the bits are a function of a key and a counter alone (Philox 4x32-10;
 * Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), the same on
 * every backend and thread count. The key is an I64 tensor; each of its elements draws a block of
 * its own, so a batched key equals a loop. Attributes: the dtype's code, then the dims that one key
 * draws.
 */
public final class RandomOps {
  /** 32 random bits an element, as I32. */
  public static final NonDifferentiable BITS = draw("randomBits");

  /** Uniform in [0, 1). */
  public static final NonDifferentiable UNIFORM = draw("randomUniform");

  /** Standard normal, by the inverse of its distribution function (Wichura 1988, AS 241). */
  public static final NonDifferentiable NORMAL = draw("randomNormal");

  /** New keys: attributes as for a draw of I64. */
  public static final NonDifferentiable SPLIT = draw("randomSplit");

  private static final Kernel FOLD_KERNEL = kernel("randomFold");

  /** A new key from a key and data, both I64; their shapes broadcast. */
  public static final NonDifferentiable FOLD =
      new NonDifferentiable(
          "randomFold",
          FOLD_KERNEL,
          (op, in, attrs) -> {
            for (Type type : in) {
              key(op, type);
            }
            return new Type(
                DType.I64, Shape.broadcast("randomFold", in.get(0).shape(), in.get(1).shape()));
          },
          (emitter, attrs, in, out) -> {
            Ref y = emitter.allocate(out[0]);
            Ref key = emitter.contiguous(in[0].broadcast(out[0].shape()));
            Ref data = emitter.contiguous(in[1].broadcast(out[0].shape()));
            emitter.call(
                FOLD_KERNEL,
                Op.NO_ATTRS,
                new Ref[] {key.flat(), data.flat()},
                new Ref[] {y.flat()});
            return new Ref[] {y};
          },
          b -> RandomOps.fold().apply(b.allAligned()));

  /** All rows. */
  public static final List<Op> ALL = List.of(BITS, UNIFORM, NORMAL, SPLIT, FOLD);

  private RandomOps() {}

  /** Returns {@link #FOLD}; a rule in its own row cannot name it. */
  private static NonDifferentiable fold() {
    return FOLD;
  }

  /** Returns the row of a draw by its name. */
  private static Op row(String name) {
    return ALL.stream().filter(op -> op.name().equals(name)).findFirst().orElseThrow();
  }

  private static Kernel kernel(String name) {
    return new Kernel(name, ScalarFunction.NONE, -1);
  }

  private static void key(NonDifferentiable op, Type type) {
    if (type.dtype() != DType.I64) {
      throw new IllegalArgumentException(op.name() + ": a key must be I64, got " + type);
    }
  }

  private static NonDifferentiable draw(String name) {
    Kernel kernel = kernel(name);
    return new NonDifferentiable(
        name,
        kernel,
        (op, in, attrs) -> {
          key(op, in.get(0));
          long[] keys = in.get(0).shape().dims();
          long[] dims = Arrays.copyOf(keys, keys.length + attrs.length - 1);
          System.arraycopy(attrs, 1, dims, keys.length, attrs.length - 1);
          return new Type(dtype(name, attrs[0]), Shape.of(dims));
        },
        (emitter, attrs, in, out) -> {
          Ref key = emitter.contiguous(in[0]);
          Ref y = emitter.allocate(out[0]);
          long[] dims = {key.size(), Shape.of(Arrays.copyOfRange(attrs, 1, attrs.length)).size()};
          Ref table = y.as(dims);
          emitter.call(kernel, Op.NO_ATTRS, new Ref[] {key.flat()}, new Ref[] {table});
          return new Ref[] {y};
        },
        b -> Tensor.apply(RandomOps.row(name), b.attrs(), b.x(0)).get(0));
  }

  private static DType dtype(String name, long code) {
    DType dtype = DType.ofCode(code);
    boolean fits =
        switch (name) {
          case "randomBits" -> dtype == DType.I32;
          case "randomSplit" -> dtype == DType.I64;
          default -> dtype.isArithmetic();
        };
    if (fits) {
      return dtype;
    }
    throw new IllegalArgumentException(name + ": cannot draw " + dtype);
  }
}

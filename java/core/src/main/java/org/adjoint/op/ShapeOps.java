package org.adjoint.op;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Axes;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Primitive;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * The rows of the op table that move elements without changing them, and cast. Most become views
 * and cost nothing. Attributes are normalised before they come here: axes count from the front,
 * sizes are known.
 */
public final class ShapeOps {
  private static final Kernel CAST_KERNEL = new Kernel("cast", ScalarFunction.NONE, -1);

  /** The same elements in row-major order under the dims in the attributes. */
  public static final Linear RESHAPE =
      Linear.view(
          "reshape",
          (in, attrs) -> {
            Type x = in.get(0);
            Shape to = Shape.of(attrs);
            if (to.size() != x.shape().size()) {
              throw new IllegalArgumentException(
                  "reshape: "
                      + x.shape()
                      + " has "
                      + x.shape().size()
                      + " elements, "
                      + to
                      + " has "
                      + to.size());
            }
            return new Type(x.dtype(), to);
          },
          (emitter, attrs, in, out) ->
              new Ref[] {
                in[0]
                    .reshape(attrs)
                    .orElseGet(() -> emitter.contiguous(in[0]).reshape(attrs).orElseThrow())
              },
          (c, i, g) -> g.reshape(c.x().shape().dims()),
          b -> b.x(0).reshape(Batch.before(b.size(), b.attrs())));

  /**
   * Repeats along axes of size 1 and new leading axes until the dims are those in the attributes.
   */
  public static final Linear BROADCAST_TO =
      Linear.view(
          "broadcastTo",
          (in, attrs) -> {
            Type x = in.get(0);
            Shape to = Shape.of(attrs);
            if (!x.shape().broadcastsTo(to)) {
              throw new IllegalArgumentException(
                  "broadcastTo: " + x.shape() + " does not broadcast to " + to);
            }
            return new Type(x.dtype(), to);
          },
          (emitter, attrs, in, out) -> new Ref[] {in[0].broadcast(Shape.of(attrs))},
          (c, i, g) -> g.sumTo(c.x().shape()),
          b -> b.aligned(0, b.attrs().length).broadcastTo(Batch.before(b.size(), b.attrs())));

  /** Axis i of the result is axis attrs[i] of the input. */
  public static final Linear PERMUTE =
      Linear.view(
          "permute",
          (in, attrs) -> {
            Shape x = in.get(0).shape();
            long[] dims = new long[attrs.length];
            for (int i = 0; i < attrs.length; i++) {
              dims[i] = x.dim((int) attrs[i]);
            }
            return new Type(in.get(0).dtype(), Shape.of(dims));
          },
          (emitter, attrs, in, out) -> new Ref[] {in[0].permute(ints(attrs))},
          (c, i, g) -> g.permute(Axes.inverse(ints(c.attrs()))),
          b -> b.x(0).permute(ints(Batch.before(0, b.shiftedAxes()))));

  /** Attributes: for each axis its start, then for each its step ≥ 1, then for each its size. */
  public static final Linear SLICE =
      Linear.view(
          "slice",
          (in, attrs) -> {
            checkSlice("slice", attrs, in.get(0).shape().dims(), third(attrs, 2));
            return new Type(in.get(0).dtype(), Shape.of(third(attrs, 2)));
          },
          (emitter, attrs, in, out) ->
              new Ref[] {in[0].slice(third(attrs, 0), third(attrs, 1), third(attrs, 2))},
          (c, i, g) -> {
            long[] attrs = c.attrs().clone();
            int rank = attrs.length / 3;
            System.arraycopy(c.x().shape().dims(), 0, attrs, 2 * rank, rank);
            return Tensor.apply(ShapeOps.unslice(), attrs, g).get(0);
          },
          b -> Tensor.apply(ShapeOps.slice(), wholeBatch(b), b.x(0)).get(0));

  /**
   * The transpose of slice: zeros of the size in the attributes with the input at the strided
   * places.
   */
  public static final Linear UNSLICE =
      Linear.of(
          "unslice",
          Primitive.NO_KERNEL,
          (in, attrs) -> {
            checkSlice("unslice", attrs, third(attrs, 2), in.get(0).shape().dims());
            return new Type(in.get(0).dtype(), Shape.of(third(attrs, 2)));
          },
          (emitter, attrs, in, out) -> {
            Ref y = emitter.allocate(out[0]);
            emitter.copy(emitter.constant(out[0].dtype(), 0).broadcast(out[0].shape()), y);
            emitter.copy(in[0], y.slice(third(attrs, 0), third(attrs, 1), in[0].dims()));
            return new Ref[] {y};
          },
          (c, i, g) -> {
            long[] attrs = c.attrs().clone();
            int rank = attrs.length / 3;
            System.arraycopy(c.x().shape().dims(), 0, attrs, 2 * rank, rank);
            return Tensor.apply(SLICE, attrs, g).get(0);
          },
          b -> Tensor.apply(ShapeOps.unslice(), wholeBatch(b), b.x(0)).get(0));

  /** Joins its inputs along the axis in the attribute. */
  public static final Linear CONCAT =
      Linear.jointly(
          "concat",
          Primitive.NO_KERNEL,
          ShapeOps::concatType,
          (emitter, attrs, in, out) -> {
            int axis = (int) attrs[0];
            Ref y = emitter.allocate(out[0]);
            long[] starts = new long[y.rank()];
            long[] steps = new long[y.rank()];
            Arrays.fill(steps, 1);
            for (Ref x : in) {
              emitter.copy(x, y.slice(starts, steps, x.dims()));
              starts[axis] += x.dims()[axis];
            }
            return new Ref[] {y};
          },
          (c, i, g) -> {
            int axis = (int) c.attrs()[0];
            long from = 0;
            for (int before = 0; before < i; before++) {
              from += c.x(before).dim(axis);
            }
            return g.slice(axis, from, from + c.x(i).dim(axis));
          },
          b -> Tensor.concat((int) b.attrs()[0] + 1, b.allWide()));

  /**
   * Converts to the dtype whose code is the attribute; see native/src/kernels/README.md for the
   * rounding.
   */
  public static final Linear CAST =
      Linear.of(
          "cast",
          CAST_KERNEL,
          (in, attrs) -> new Type(DType.ofCode(attrs[0]), in.get(0).shape()),
          (emitter, attrs, in, out) -> {
            Ref[] y = {emitter.allocate(out[0])};
            emitter.call(CAST_KERNEL, Op.NO_ATTRS, new Ref[] {in[0]}, y);
            return y;
          },
          (c, i, g) -> g.cast(c.x().dtype().tangent()),
          (c, i, t) -> t.cast(c.y().dtype().tangent()),
          b -> b.x(0).cast(DType.ofCode(b.attrs()[0])));

  /** The same value; what differentiation sees of it is a constant. */
  public static final NonDifferentiable DETACH =
      new NonDifferentiable(
          "detach",
          Primitive.NO_KERNEL,
          (op, in, attrs) -> in.get(0),
          (emitter, attrs, in, out) -> in,
          b -> b.x(0).detach());

  /**
   * The first input, available only when the second is computed, and never merged with the first
   * input by common subexpressions: ops over a barrier are computed again. The attribute numbers
   * the region; barriers of one region over equal inputs are equal.
   */
  public static final Linear BARRIER =
      Linear.tied(
          "barrier",
          (in, attrs) -> in.get(0),
          (emitter, attrs, in, out) -> new Ref[] {in[0]},
          (c, i, g) -> g,
          b -> barrier(b.attrs()[0], b.wide(0), b.x(1)));

  /** All rows. */
  public static final List<Op> ALL =
      List.of(RESHAPE, BROADCAST_TO, PERMUTE, SLICE, UNSLICE, CONCAT, CAST, DETACH, BARRIER);

  private ShapeOps() {}

  /** Returns the same value as a node of its own, at no cost: a view. */
  public static Tensor renamed(Tensor x) {
    return RESHAPE.apply(x.shape().dims(), x).get(0);
  }

  /** Returns zeros of size n along {@code axis} with {@code part} from place {@code from} on. */
  public static Tensor placed(Tensor part, int axis, long from, long n) {
    int rank = part.rank();
    long[] attrs = new long[3 * rank];
    Arrays.fill(attrs, rank, 2 * rank, 1);
    System.arraycopy(part.shape().dims(), 0, attrs, 2 * rank, rank);
    attrs[axis] = from;
    attrs[2 * rank + axis] = n;
    return UNSLICE.apply(attrs, part).get(0);
  }

  /** Returns {@code x}, computed after {@code tie}, as the input of a region computed again. */
  public static Tensor barrier(long region, Tensor x, Tensor tie) {
    return BARRIER.apply(new long[] {region}, x, tie).get(0);
  }

  /** Returns {@link #SLICE}; a rule in its own row cannot name it. */
  private static Linear slice() {
    return SLICE;
  }

  /** Returns the attributes of a slice that takes the leading axis whole. */
  private static long[] wholeBatch(Batch b) {
    int rank = b.attrs().length / 3;
    long[] attrs = new long[3 * (rank + 1)];
    long[] leading = {0, 1, b.size()};
    for (int part = 0; part < leading.length; part++) {
      attrs[part * (rank + 1)] = leading[part];
      System.arraycopy(b.attrs(), part * rank, attrs, part * (rank + 1) + 1, rank);
    }
    return attrs;
  }

  /** Returns {@link #UNSLICE}; a rule above its row cannot name it. */
  private static Linear unslice() {
    return UNSLICE;
  }

  /** Checks that {@code sizes} elements from the starts in the steps lie inside {@code whole}. */
  private static void checkSlice(String op, long[] attrs, long[] whole, long[] sizes) {
    boolean fits = attrs.length == 3 * whole.length && sizes.length == whole.length;
    for (int i = 0; fits && i < whole.length; i++) {
      long start = attrs[i];
      long step = attrs[whole.length + i];
      fits =
          start >= 0
              && step >= 1
              && sizes[i] >= 0
              && (sizes[i] == 0
                  || (start < whole[i] && sizes[i] - 1 <= (whole[i] - 1 - start) / step));
    }
    if (!fits) {
      throw new IllegalArgumentException(
          op
              + ": starts, steps and sizes "
              + Arrays.toString(attrs)
              + " do not fit "
              + Arrays.toString(whole));
    }
  }

  private static Type concatType(List<Type> in, long[] attrs) {
    int axis = (int) attrs[0];
    Type first = in.get(0);
    long[] dims = first.shape().dims();
    List<Shape> shapes = new ArrayList<>();
    for (Type type : in) {
      shapes.add(type.shape());
    }
    for (Type type : in.subList(1, in.size())) {
      if (type.dtype() != first.dtype()) {
        throw new IllegalArgumentException(
            "concat: dtypes differ: " + first + " and " + type + "; cast one of them");
      }
      for (int i = 0; i < Math.max(dims.length, type.shape().rank()); i++) {
        boolean fits =
            type.shape().rank() == dims.length && (i == axis || type.shape().dim(i) == dims[i]);
        if (!fits) {
          throw new IllegalArgumentException(
              "concat: shapes differ beside axis " + axis + ": " + shapes);
        }
      }
      dims[axis] = Math.addExact(dims[axis], type.shape().dim(axis));
    }
    return new Type(first.dtype(), Shape.of(dims));
  }

  private static long[] third(long[] attrs, int part) {
    int rank = attrs.length / 3;
    return Arrays.copyOfRange(attrs, part * rank, (part + 1) * rank);
  }

  private static int[] ints(long[] values) {
    int[] ints = new int[values.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) values[i];
    }
    return ints;
  }
}

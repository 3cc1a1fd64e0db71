package org.adjoint.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Lowering;
import org.adjoint.internal.ir.Ref;
import org.adjoint.internal.ir.ScalarFunction;

/**
 * Scaled dot-product attention, softmax(scale·q·kᵀ + bias)·v over the keys that a query may see,
 * and its gradient: each one op. Kernels work on tiles of queries and keys and keep a logSumExp a
 * query (Dao, "FlashAttention-2: faster attention with better parallelism and work partitioning",
 * ICLR 2024), so no matrix of queries by keys is stored. The expansions store it: so do tangents,
 * second derivatives and the gradient of a bias, which is such a matrix.
 *
 * <p>Shapes: q [b, h, n, d], k [b, hkv, m, d], v [b, hkv, m, dv], where hkv divides h and
 * neighbouring h/hkv query heads share a head of keys; a bias and a BOOL mask have 1 or the full
 * size on each axis of [b, h, n, m]. A query that sees no key gets 0, and nothing flows back.
 */
public final class AttentionOps {
  private static final Kernel KERNEL =
      new Kernel("attention", ScalarFunction.NONE, Kernel.NONE, Kernel.NONE);
  private static final Kernel GRAD_KERNEL =
      new Kernel("attentionGrad", ScalarFunction.NONE, Kernel.NONE, Kernel.NONE, Kernel.NONE);

  private static final int[] QUERY = {0, 1, 2};

  /**
   * What an op of this table is asked for, as attributes say it.
   *
   * @param bias whether an additive mask follows
   * @param mask whether a BOOL mask follows
   * @param causal whether query i sees keys up to i + offset only
   * @param offset how far ahead of its own place a query sees; 0 if not causal
   * @param scale what q·kᵀ is multiplied by
   */
  public record Form(boolean bias, boolean mask, boolean causal, long offset, double scale) {
    static Form of(long[] attrs) {
      double scale = Double.longBitsToDouble(attrs[4]);
      return new Form(attrs[0] == 1, attrs[1] == 1, attrs[2] == 1, attrs[3], scale);
    }

    /** Returns the attributes, which are the ints of the kernels too. */
    public long[] attrs() {
      long bits = Double.doubleToRawLongBits(scale);
      return new long[] {bias ? 1 : 0, mask ? 1 : 0, causal ? 1 : 0, offset, bits};
    }

    private int masks() {
      return (bias ? 1 : 0) + (mask ? 1 : 0);
    }
  }

  /**
   * Inputs q, k, v, the cotangent g of the attention, the attention and the logSumExps themselves,
   * then the bias and the mask, if any; outputs the cotangents of q, k, v. What the attention gave
   * is there to save work: the outputs are a function of the other inputs.
   */
  public static final Fused ATTENTION_GRAD =
      Fused.of(
          GRAD_KERNEL,
          (op, in, attrs) -> gradTypes(op, in, Form.of(attrs)),
          (emitter, attrs, in, out) -> lower(GRAD_KERNEL, 6, emitter, attrs, in, out),
          AttentionOps::expandGrad,
          input -> input != 4 && input != 5,
          (op, b) -> batch(op, b, 6));

  /** Inputs q, k, v, then the bias and the mask, if any; outputs the attention and logSumExps. */
  public static final Fused ATTENTION =
      Fused.of(
          KERNEL,
          (op, in, attrs) -> types(op, in, Form.of(attrs)),
          (emitter, attrs, in, out) -> lower(KERNEL, 3, emitter, attrs, in, out),
          (in, attrs) -> expand(in, Form.of(attrs)),
          input -> true,
          AttentionOps::pull,
          (op, b) -> batch(op, b, 3));

  /** All rows. */
  public static final List<Op> ALL = List.of(ATTENTION, ATTENTION_GRAD);

  private AttentionOps() {}

  private static Fused attention() {
    return ATTENTION;
  }

  // ---- types ----

  private static List<Type> types(Fused op, List<Type> in, Form form) {
    op.expect(in, 3 + form.masks());
    return checked(op, in, 3, form);
  }

  private static List<Type> gradTypes(Fused op, List<Type> in, Form form) {
    op.expect(in, 6 + form.masks());
    List<Type> forward = checked(op, in, 6, form);
    for (int i = 3; i < 6; i++) {
      Type expected = forward.get(i == 5 ? 1 : 0);
      if (!in.get(i).equals(expected)) {
        throw new IllegalArgumentException(
            op.name() + ": input " + i + " should be " + expected + ", got " + in.get(i));
      }
    }
    return in.subList(0, 3);
  }

  /** Checks q, k, v and the masks from an input on; returns the types of the attention. */
  private static List<Type> checked(Fused op, List<Type> in, int masks, Form form) {
    Shape q = in.get(0).shape();
    Shape k = in.get(1).shape();
    Shape v = in.get(2).shape();
    op.floating(in.get(0));
    op.sameDType(in, 0, 3);
    boolean fits = q.rank() == 4 && k.rank() == 4 && v.rank() == 4;
    fits = fits && q.dim(0) == k.dim(0) && q.dim(0) == v.dim(0) && k.dim(1) == v.dim(1);
    fits = fits && q.dim(3) == k.dim(3) && k.dim(2) == v.dim(2);
    fits = fits && (k.dim(1) == 0 ? q.dim(1) == 0 : q.dim(1) % k.dim(1) == 0);
    if (!fits) {
      throw new IllegalArgumentException(
          op.name()
              + ": queries "
              + q
              + ", keys "
              + k
              + " and values "
              + v
              + " do not go together");
    }
    Shape scores = Shape.of(q.dim(0), q.dim(1), q.dim(2), k.dim(2));
    for (int i = 0; i < form.masks(); i++) {
      boolean additive = i == 0 && form.bias;
      Type mask = in.get(masks + i);
      DType expected = additive ? in.get(0).dtype() : DType.BOOL;
      boolean spans = mask.dtype() == expected && mask.shape().rank() == 4;
      for (int axis = 0; axis < 4 && spans; axis++) {
        long dim = mask.shape().dim(axis);
        spans = dim == 1 || dim == scores.dim(axis);
      }
      if (!spans) {
        throw new IllegalArgumentException(
            op.name()
                + ": a mask of scores "
                + scores
                + " should be "
                + expected
                + ", got "
                + mask);
      }
    }
    return List.of(
        new Type(in.get(0).dtype(), Shape.of(q.dim(0), q.dim(1), q.dim(2), v.dim(3))),
        new Type(in.get(0).dtype(), Shape.of(q.dim(0), q.dim(1), q.dim(2))));
  }

  // ---- meaning ----

  private static List<Tensor> expand(List<Tensor> in, Form form) {
    Tensor q = in.get(0);
    Tensor k = in.get(1);
    Tensor v = in.get(2);
    long b = q.dim(0);
    long h = q.dim(1);
    long n = q.dim(2);
    long m = k.dim(2);
    long heads = k.dim(1);
    long group = heads == 0 ? 1 : h / heads;
    Tensor queries = q.times(form.scale).reshape(b, heads, group, n, q.dim(3));
    Tensor keys = k.reshape(b, heads, 1, m, k.dim(3));
    Tensor scores = queries.matmul(keys.transpose()).reshape(b, h, n, m);
    if (form.bias) {
      scores = scores.plus(in.get(3));
    }
    Tensor hidden = Tensor.scalar(Double.NEGATIVE_INFINITY, q.dtype());
    if (form.mask) {
      scores = Tensor.where(in.get(in.size() - 1), scores, hidden);
    }
    if (form.causal) {
      Tensor last = Tensor.arange(form.offset, form.offset + n, 1).reshape(n, 1);
      scores = Tensor.where(Tensor.arange(m).le(last), scores, hidden);
    }
    Tensor share = scores.softmax(-1).reshape(b, heads, group, n, m);
    Tensor y = share.matmul(v.reshape(b, heads, 1, m, v.dim(3)));
    return List.of(y.reshape(b, h, n, v.dim(3)), scores.logSumExp(-1));
  }

  private static List<Tensor> expandGrad(List<Tensor> in, long[] attrs) {
    List<Tensor> own = new ArrayList<>();
    for (int i : QUERY) {
      own.add(ShapeOps.renamed(in.get(i)));
    }
    own.addAll(in.subList(6, in.size()));
    List<Tensor> y = expand(own, Form.of(attrs)).subList(0, 1);
    return Grad.vjpWithin(y, List.of(in.get(3)), own, own.subList(0, 3));
  }

  // ---- derivative and batches ----

  private static List<Tensor> pull(
      Call call, List<Integer> inputs, List<Optional<Tensor>> cotangents) {
    if (cotangents.get(1).isPresent()) {
      return attention().pullExpanded(call, inputs, cotangents);
    }
    List<Tensor> in = new ArrayList<>(call.inputs().subList(0, 3));
    in.add(cotangents.get(0).orElseThrow());
    in.addAll(call.outputs());
    in.addAll(call.inputs().subList(3, call.inputs().size()));
    List<Tensor> slopes = ATTENTION_GRAD.apply(call.attrs(), in.toArray(new Tensor[0]));
    List<Tensor> pulled = new ArrayList<>();
    for (int i : inputs) {
      pulled.add(
          i < 3 ? slopes.get(i) : attention().pullExpanded(call, List.of(i), cotangents).get(0));
    }
    return pulled;
  }

  /** The leading axis joins b. */
  private static List<Tensor> batch(Fused op, Batch batch, int masks) {
    long b = batch.x(0).dim(batch.isBatched(0) ? 1 : 0);
    Tensor[] in = new Tensor[batch.inputs().size()];
    for (int i = 0; i < in.length; i++) {
      boolean shared = i >= masks && !batch.isBatched(i) && batch.x(i).dim(0) == 1;
      in[i] = shared ? batch.x(i) : joined(batch.wide(i), b);
    }
    List<Tensor> out = new ArrayList<>();
    for (Tensor y : op.apply(batch.attrs(), in)) {
      long[] dims = Batch.before(batch.size(), y.shape().dims());
      dims[1] = b;
      out.add(y.reshape(dims));
    }
    return out;
  }

  /** Returns x [size, 1 or b, …] as [size·b, …]. */
  private static Tensor joined(Tensor x, long b) {
    long[] dims = x.shape().dims();
    dims[1] = b;
    Tensor wide = x.broadcastTo(dims);
    long[] joined = new long[dims.length - 1];
    System.arraycopy(dims, 1, joined, 0, joined.length);
    joined[0] = dims[0] * b;
    return wide.reshape(joined);
  }

  // ---- kernels ----

  /** Operands have no gaps, but masks, which are views over the whole matrix of scores. */
  private static Ref[] lower(
      Kernel kernel, int masks, Lowering.Emitter emitter, long[] attrs, Ref[] in, Type[] out) {
    long[] q = in[0].dims();
    Shape scores = Shape.of(q[0], q[1], q[2], in[1].dims()[2]);
    Ref[] operands = new Ref[in.length];
    for (int i = 0; i < in.length; i++) {
      operands[i] = i < masks ? emitter.contiguous(in[i]) : in[i].broadcast(scores);
    }
    Ref[] results = new Ref[out.length];
    for (int i = 0; i < out.length; i++) {
      results[i] = emitter.allocate(out[i]);
    }
    emitter.call(kernel, attrs, operands, results);
    return results;
  }
}

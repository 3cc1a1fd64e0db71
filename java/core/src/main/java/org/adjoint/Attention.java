package org.adjoint;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.adjoint.op.AttentionOps;
import org.adjoint.op.AttentionOps.Form;

/**
 * Scaled dot-product attention: each query's mean of the values, weighted by softmax(scale·q·kᵀ)
 * over the keys (Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1). One op,
 * forward and backward: on the native backend neither stores a matrix of queries by keys, so memory
 * is linear in both. Forward mode, second derivatives and the gradient of an additive mask do store
 * it.
 *
 * <pre>{@code
 * Tensor y = Attention.of(q, k, v).causal().output();   // q, k, v: [batch…, heads, tokens, size]
 * }</pre>
 *
 * <p>Immutable: each method returns another attention. A query that sees no key, be it for its mask
 * or because there is none, gets 0, and nothing flows back through it. A key that is hidden has
 * weight 0, but 0 times an infinity or NaN among its values is NaN.
 */
public final class Attention {
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final double scale;
  private final Optional<Long> offset;
  private final Optional<Tensor> bias;
  private final Optional<Tensor> mask;

  private Attention(
      Tensor q,
      Tensor k,
      Tensor v,
      double scale,
      Optional<Long> offset,
      Optional<Tensor> bias,
      Optional<Tensor> mask) {
    this.q = q;
    this.k = k;
    this.v = v;
    this.scale = scale;
    this.offset = offset;
    this.bias = bias;
    this.mask = mask;
  }

  /**
   * Returns the attention of queries to keys and their values, with scale 1/√d and every key seen.
   * Heads may share keys: if h is a multiple of hkv, query heads 0 … h/hkv − 1 look at head 0 of
   * the keys, and so on (Ainslie et al., "GQA: training generalized multi-query transformer models
   * from multi-head checkpoints", EMNLP 2023).
   *
   * @param q [batch…, h, n, d], F32 or F64
   * @param k [batch…, hkv, m, d], of the same dtype
   * @param v [batch…, hkv, m, dv], of the same dtype
   * @throws IllegalArgumentException naming all three, if their shapes or dtypes do not go together
   */
  public static Attention of(Tensor q, Tensor k, Tensor v) {
    int rank = q.rank();
    boolean fits =
        rank >= 3
            && k.rank() == rank
            && v.rank() == rank
            && Arrays.equals(batch(q), batch(k))
            && Arrays.equals(batch(q), batch(v))
            && k.dim(-3) == v.dim(-3)
            && k.dim(-2) == v.dim(-2)
            && q.dim(-1) == k.dim(-1)
            && q.dim(-1) > 0
            && (k.dim(-3) == 0 ? q.dim(-3) == 0 : q.dim(-3) % k.dim(-3) == 0);
    boolean floating = q.dtype() == DType.F32 || q.dtype() == DType.F64;
    if (!fits || !floating || k.dtype() != q.dtype() || v.dtype() != q.dtype()) {
      throw new IllegalArgumentException(
          "attention: q "
              + q
              + ", k "
              + k
              + ", v "
              + v
              + "; needs [batch..., h, n, d], [batch..., hkv, m, d], [batch..., hkv, m, dv] with"
              + " d > 0 and hkv a divisor of h, all F32 or all F64");
    }
    Optional<Tensor> none = Optional.empty();
    return new Attention(q, k, v, 1 / Math.sqrt(q.dim(-1)), Optional.empty(), none, none);
  }

  private static long[] batch(Tensor x) {
    return Arrays.copyOf(x.shape().dims(), x.rank() - 3);
  }

  /**
   * Returns the same with q·kᵀ multiplied by {@code scale}.
   *
   * @throws IllegalArgumentException if it is infinite or NaN
   */
  public Attention scale(double scale) {
    if (!Double.isFinite(scale)) {
      throw new IllegalArgumentException("attention: scale " + scale + " is not finite");
    }
    return new Attention(q, k, v, scale, offset, bias, mask);
  }

  /**
   * Returns the same with keys hidden that come after their query, where the last query and the
   * last key have the same place: query i sees keys 0 … i + m − n. Queries that continue a sequence
   * whose keys are kept see all of it. As FlashAttention since 2.1; PyTorch's {@code
   * scaled_dot_product_attention} counts places from the first instead, which differs where n ≠ m
   * and is {@code causal(0)}.
   */
  public Attention causal() {
    return causal(k.dim(-2) - q.dim(-2));
  }

  /** Returns the same with query i seeing keys 0 … i + {@code offset} only. */
  public Attention causal(long offset) {
    return new Attention(q, k, v, scale, Optional.of(offset), bias, mask);
  }

  /**
   * Returns the same with another mask, which broadcasts to [batch…, h, n, m]. BOOL: true where a
   * query sees a key, as PyTorch's {@code attn_mask}; with several such masks, where all are true.
   * Floating, of q's dtype: added to the scaled scores, and differentiable; several are added up.
   *
   * @throws IllegalArgumentException if the shape does not broadcast or the dtype is another
   */
  public Attention mask(Tensor other) {
    Shape scores = scores();
    boolean allows = other.dtype() == DType.BOOL;
    if (!other.shape().broadcastsTo(scores) || (!allows && other.dtype() != q.dtype())) {
      throw new IllegalArgumentException(
          "attention: mask "
              + other
              + " of scores "
              + scores
              + "; needs BOOL or "
              + q.dtype()
              + ", and a shape that broadcasts to the scores");
    }
    return allows
        ? new Attention(
            q, k, v, scale, offset, bias, Optional.of(mask.map(other::and).orElse(other)))
        : new Attention(
            q, k, v, scale, offset, Optional.of(bias.map(other::plus).orElse(other)), mask);
  }

  /**
   * Returns the same with only the first keys of each sequence seen: those behind are padding.
   *
   * @param lengths how many, [batch…], I32 or I64; 0 hides all keys
   * @throws IllegalArgumentException if the shape or the dtype is another
   */
  public Attention lengths(Tensor lengths) {
    if (!lengths.dtype().isInteger() || !Arrays.equals(lengths.shape().dims(), batch(q))) {
      throw new IllegalArgumentException(
          "attention: lengths " + lengths + " of q " + q + "; needs I32 or I64, one a sequence");
    }
    long[] dims = Arrays.copyOf(batch(q), q.rank());
    Arrays.fill(dims, q.rank() - 3, q.rank(), 1);
    Tensor places = Tensor.arange(k.dim(-2));
    return mask(places.lt(lengths.cast(DType.I64).reshape(dims)));
  }

  /** Returns the attention as a tensor [batch…, h, n, dv]. */
  public Tensor output() {
    Form form =
        new Form(bias.isPresent(), mask.isPresent(), offset.isPresent(), offset.orElse(0L), scale);
    Tensor[] in =
        Stream.of(List.of(flat(q), flat(k), flat(v)), flatMask(bias), flatMask(mask))
            .flatMap(List::stream)
            .toArray(Tensor[]::new);
    long[] dims = q.shape().dims();
    dims[dims.length - 1] = v.dim(-1);
    return AttentionOps.ATTENTION.apply(form.attrs(), in).get(0).reshape(dims);
  }

  private Shape scores() {
    long[] dims = q.shape().dims();
    dims[dims.length - 1] = k.dim(-2);
    return Shape.of(dims);
  }

  /** Returns x with its batch axes as one. */
  private static Tensor flat(Tensor x) {
    long batches = Shape.of(batch(x)).size();
    return x.reshape(batches, x.dim(-3), x.dim(-2), x.dim(-1));
  }

  /** Returns a mask with four axes: its batch axes as one, unless it is the same for all. */
  private List<Tensor> flatMask(Optional<Tensor> given) {
    if (given.isEmpty()) {
      return List.of();
    }
    long[] dims = new long[q.rank()];
    Arrays.fill(dims, 1);
    long[] own = given.get().shape().dims();
    System.arraycopy(own, 0, dims, dims.length - own.length, own.length);
    Tensor whole = given.get().reshape(dims);
    if (Shape.of(batch(whole)).size() != 1) {
      System.arraycopy(batch(q), 0, dims, 0, q.rank() - 3);
      whole = whole.broadcastTo(dims);
    }
    return List.of(flat(whole));
  }
}

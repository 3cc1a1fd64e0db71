package org.adjoint;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.op.Op;
import org.adjoint.op.RandomOps;

/**
 * A source of random draws: 64 bits, or a batch of such keys. The same key draws the same bits on
 * every backend and thread count, and drawing does not change it: split it, or fold a number in,
 * for other bits. Seed 0 is a seed like any other.
 */
public final class Key {
  private final Tensor bits;

  private Key(Tensor bits) {
    this.bits = bits;
  }

  /** Returns the key of a seed. */
  public static Key of(long seed) {
    return new Key(Tensor.scalar(seed));
  }

  /**
   * Returns the keys that are the elements of an I64 tensor; draws from it have its shape in front.
   *
   * @throws IllegalArgumentException if it is not I64
   */
  public static Key of(Tensor bits) {
    if (bits.dtype() != DType.I64) {
      throw new IllegalArgumentException("key: needs an I64 tensor, got " + bits.type());
    }
    return new Key(bits);
  }

  /** Returns this key's bits, as I64. */
  public Tensor bits() {
    return bits;
  }

  /**
   * Returns {@code n} new keys, independent of each other and of this one.
   *
   * @throws IllegalArgumentException if n is negative
   */
  public List<Key> split(int n) {
    if (n < 0) {
      throw new IllegalArgumentException("split: cannot make " + n + " keys");
    }
    Tensor all = draw(RandomOps.SPLIT, DType.I64, n);
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Tensor one = all.slice(-1, i, i + 1).reshape(bits.shape().dims());
      keys.add(new Key(one));
    }
    return keys;
  }

  /** Returns a new key made of this one and a number, such as a step count. */
  public Key fold(long data) {
    return fold(Tensor.scalar(data));
  }

  /** Returns new keys made of this one and I64 numbers; the shapes broadcast. */
  public Key fold(Tensor data) {
    return new Key(RandomOps.FOLD.apply(new long[0], bits, data).get(0));
  }

  /** Returns 32 random bits an element, as I32 of these dims. */
  public Tensor bits(long... dims) {
    return draw(RandomOps.BITS, DType.I32, dims);
  }

  /** Returns draws from the uniform distribution on [0, 1): 24 random bits in F32, 53 in F64. */
  public Tensor uniform(DType dtype, long... dims) {
    return draw(RandomOps.UNIFORM, dtype, dims);
  }

  /**
   * Returns draws from the standard normal distribution, at most 6.4σ away in F32 and 8.2σ in F64.
   */
  public Tensor normal(DType dtype, long... dims) {
    return draw(RandomOps.NORMAL, dtype, dims);
  }

  private Tensor draw(Op op, DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    long[] attrs = new long[1 + shape.rank()];
    attrs[0] = dtype.code();
    System.arraycopy(dims, 0, attrs, 1, shape.rank());
    return op.apply(attrs, bits).get(0);
  }
}

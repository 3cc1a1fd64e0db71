package org.adjoint;

import java.util.Arrays;

/**
 * Rotary position embedding (Su et al., "RoFormer: enhanced transformer with rotary position
 * embedding", Neurocomputing 568, 2024, equation 34): two features at a time are the coordinates of
 * a point, which is turned by an angle that grows with the position, so that the product of a query
 * and a key depends on their distance. Apply it to queries and keys, not to values.
 *
 * <pre>{@code
 * Rotary rotary = Rotary.of(10000);
 * Tensor y = Attention.of(rotary.apply(q), rotary.apply(k), v).causal().output();
 * }</pre>
 *
 * @param base pair j of d/2 turns by {@code base^(−2j/d)} from a position to the next
 * @param pairs which features are a pair
 */
public record Rotary(double base, Pairs pairs) {
  /** Which features are the coordinates of one point. */
  public enum Pairs {
    /** j and j + d/2, as GPT-NeoX and Llama have it. */
    HALVES,
    /** 2j and 2j + 1, as in the paper. */
    NEIGHBOURS
  }

  /**
   * Makes an embedding.
   *
   * @throws IllegalArgumentException if the base is not positive and finite
   */
  public Rotary {
    if (!(base > 0 && base < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("rotary: base " + base + " is not in (0, inf)");
    }
  }

  /**
   * Returns the embedding with pairs of halves; the usual base is 10000.
   *
   * @throws IllegalArgumentException if the base is not positive and finite
   */
  public static Rotary of(double base) {
    return new Rotary(base, Pairs.HALVES);
  }

  /**
   * Returns x [..., n, d] with its rows at positions 0 … n − 1.
   *
   * @throws IllegalArgumentException as {@link #apply(Tensor, Tensor)} does
   */
  public Tensor apply(Tensor x) {
    check(x);
    return apply(x, Tensor.arange(x.dim(-2)));
  }

  /**
   * Returns x [..., n, d], F32 or F64, with its rows at the given positions. Angles are taken in
   * F64, so that large positions keep their digits.
   *
   * @param positions I32 or I64, of a shape that broadcasts to [..., n]
   * @throws IllegalArgumentException if x has fewer than two axes, an odd d or another dtype, or
   *     the positions do not broadcast or are no integers
   */
  public Tensor apply(Tensor x, Tensor positions) {
    check(x);
    Shape rows = Shape.of(Arrays.copyOf(x.shape().dims(), x.rank() - 1));
    if (!positions.dtype().isInteger() || !positions.shape().broadcastsTo(rows)) {
      throw new IllegalArgumentException(
          "rotary: positions "
              + positions
              + " of x "
              + x
              + "; needs I32 or I64 that broadcast to "
              + rows);
    }
    long half = x.dim(-1) / 2;
    Tensor exponents = Tensor.arange(0, half, 1).cast(DType.F64).times(-1.0 / half);
    Tensor speeds = exponents.times(Math.log(base)).exp();
    Tensor angles = positions.cast(DType.F64).unsqueeze(-1).times(speeds);
    Tensor cos = angles.cos().cast(x.dtype());
    Tensor sin = angles.sin().cast(x.dtype());
    boolean halves = pairs == Pairs.HALVES;
    long[] dims = x.shape().dims();
    long[] paired = Arrays.copyOf(dims, dims.length + 1);
    paired[dims.length - 1] = halves ? 2 : half;
    paired[dims.length] = halves ? half : 2;
    int axis = halves ? -2 : -1;
    Tensor points = x.reshape(paired);
    Tensor a = points.slice(axis, 0, 1).squeeze(axis);
    Tensor b = points.slice(axis, 1, 2).squeeze(axis);
    Tensor turnedA = a.times(cos).minus(b.times(sin));
    Tensor turnedB = b.times(cos).plus(a.times(sin));
    return Tensor.stack(halves ? -2 : -1, turnedA, turnedB).reshape(dims);
  }

  private static void check(Tensor x) {
    boolean floating = x.dtype() == DType.F32 || x.dtype() == DType.F64;
    if (x.rank() < 2 || x.dim(-1) % 2 != 0 || !floating) {
      throw new IllegalArgumentException(
          "rotary: x " + x + "; needs [..., n, d], F32 or F64, with an even d");
    }
  }
}

package org.adjoint.nn;

import java.util.List;
import java.util.OptionalLong;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * A table of vectors that are looked up by their number, as {@code torch.nn.Embedding}. There is no
 * largest norm: PyTorch's changes the weights whenever they are read, which is no function of them.
 *
 * @param weight the table, of shape [count, size]
 * @param padding a number whose vector is never trained, such as that of filled-up places: no
 *     gradient passes from there; empty for none
 */
public record Embedding(Parameter weight, OptionalLong padding) implements Layer {

  /**
   * Makes the layer from a table that exists.
   *
   * @throws IllegalArgumentException naming shape or number, if the weight is no table or the
   *     padding not in it
   */
  public Embedding {
    if (weight.rank() != 2) {
      throw new IllegalArgumentException(
          "embedding: weight " + weight.shape() + " is not [count, size]");
    }
    if (padding.isPresent() && (padding.getAsLong() < 0 || padding.getAsLong() >= weight.dim(0))) {
      throw new IllegalArgumentException(
          "embedding: padding "
              + padding.getAsLong()
              + " is not among the "
              + weight.dim(0)
              + " numbers of weight "
              + weight.shape());
    }
  }

  /** Returns a layer of {@code count} fresh vectors from N(0, 1) unless the origin says how. */
  public static Embedding of(Origin origin, long count, long size) {
    return new Embedding(
        origin.weight("weight", Init.normal(1), count, size), OptionalLong.empty());
  }

  /** Returns this layer with the vector of one number at zero, where it stays. */
  public static Embedding padded(Origin origin, long count, long size, long padding) {
    Tensor zero = Tensor.arange(count).eq(padding).unsqueeze(1);
    Tensor weight = origin.sample("weight", Init.normal(1), count, size).maskedFill(zero, 0);
    return new Embedding(origin.parameter("weight", weight), OptionalLong.of(padding));
  }

  /**
   * Returns the vectors, of shape [..., size].
   *
   * @param x numbers 0 … count − 1, I32 or I64, of shape [...]
   * @throws IllegalArgumentException if {@code x} is of another dtype
   * @throws IndexOutOfBoundsException when it runs, naming the position, if a number is not in the
   *     table
   */
  @Override
  public Tensor apply(Tensor x) {
    Tensor rows = weight.embedding(x);
    if (padding.isEmpty()) {
      return rows;
    }
    return Tensor.where(x.eq(padding.getAsLong()).unsqueeze(-1), rows.detach(), rows);
  }

  @Override
  public List<Parameter> own() {
    return List.of(weight);
  }
}

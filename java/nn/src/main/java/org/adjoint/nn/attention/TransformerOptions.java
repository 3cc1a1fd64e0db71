package org.adjoint.nn.attention;

import org.adjoint.nn.Activation;

/**
 * How the layers of a transformer are made; the methods return changed copies.
 *
 * @param attention how tokens look at each other; it also says how wide they are
 * @param hidden the width between the two linear layers
 * @param activation what stands between these
 * @param dropout how likely an element of a branch is dropped in training
 * @param preNorm whether each branch begins with its normalisation; else its sum ends with it
 */
public record TransformerOptions(
    MultiHeadAttention.Options attention,
    long hidden,
    Activation activation,
    double dropout,
    boolean preNorm) {

  /** Returns {@code torch.nn.TransformerEncoderLayer}'s options: ReLU, dropout 0.1, post-norm. */
  public static TransformerOptions of(MultiHeadAttention.Options attention, long hidden) {
    return new TransformerOptions(attention, hidden, Activation.RELU, 0.1, false);
  }

  /** Returns a copy with another function between the linear layers. */
  public TransformerOptions activation(Activation other) {
    return new TransformerOptions(attention, hidden, other, dropout, preNorm);
  }

  /** Returns a copy with another dropout. */
  public TransformerOptions dropout(double probability) {
    return new TransformerOptions(attention, hidden, activation, probability, preNorm);
  }

  /** Returns a copy whose branches begin with their normalisation. */
  public TransformerOptions normFirst() {
    return new TransformerOptions(attention, hidden, activation, dropout, true);
  }
}

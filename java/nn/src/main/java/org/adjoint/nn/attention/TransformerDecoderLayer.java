package org.adjoint.nn.attention;

import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Attention;
import org.adjoint.Tensor;
import org.adjoint.nn.Dropout;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Part;
import org.adjoint.nn.Training;
import org.adjoint.nn.norm.LayerNorm;

/**
 * Self-attention, attention to an encoder's output, and two linear layers, each a branch beside the
 * identity: {@code torch.nn.TransformerDecoderLayer} with the batch first.
 *
 * @param options how it was made
 * @param attention what the tokens make of each other
 * @param cross what they make of the encoder's
 * @param linear1 from the width to the hidden one
 * @param linear2 and back
 * @param norms the normalisations of the three branches
 */
public record TransformerDecoderLayer(
    TransformerOptions options,
    MultiHeadAttention attention,
    MultiHeadAttention cross,
    Linear linear1,
    Linear linear2,
    List<LayerNorm> norms)
    implements Part {

  /** Makes the part; the list is copied. */
  public TransformerDecoderLayer {
    norms = List.copyOf(norms);
  }

  /**
   * Returns a part with fresh parameters. Attention to the encoder's output is neither causal nor
   * turned by places, whatever the options say of the tokens' own.
   */
  public static TransformerDecoderLayer of(Origin origin, TransformerOptions options) {
    MultiHeadAttention.Options own = options.attention();
    MultiHeadAttention.Options across =
        MultiHeadAttention.Options.of(own.width(), own.heads()).keyHeads(own.keyHeads());
    return new TransformerDecoderLayer(
        options,
        MultiHeadAttention.of(origin.at("self_attn"), own),
        MultiHeadAttention.of(
            origin.at("multihead_attn"), own.biased() ? across : across.unbiased()),
        Linear.of(origin.at("linear1"), own.width(), options.hidden()),
        Linear.of(origin.at("linear2"), options.hidden(), own.width()),
        List.of(
            LayerNorm.of(origin.at("norm1"), own.width()),
            LayerNorm.of(origin.at("norm2"), own.width()),
            LayerNorm.of(origin.at("norm3"), own.width())));
  }

  @Override
  public List<Child> children() {
    return List.of(
        new Child("self_attn", attention),
        new Child("multihead_attn", cross),
        new Child("linear1", linear1),
        new Child("linear2", linear2),
        new Child("norm1", norms.get(0)),
        new Child("norm2", norms.get(1)),
        new Child("norm3", norms.get(2)));
  }

  /**
   * Returns the part's output, of shape [n, tokens, width].
   *
   * @param x of shape [n, tokens, width]
   * @param memory the encoder's output, of shape [n, others, width]
   * @param masks says which tokens a token sees, beside what the options say
   * @param memoryMasks says which of the encoder's a token sees
   * @throws IllegalArgumentException naming the path and the shapes, if they do not fit
   */
  public Tensor apply(
      Tensor x,
      Tensor memory,
      UnaryOperator<Attention> masks,
      UnaryOperator<Attention> memoryMasks,
      Training training) {
    Branch branch = new Branch(options, training);
    Tensor y =
        branch.add(
            1,
            norms.get(0),
            x,
            (in, t) -> t.call("self_attn", inner -> attention.apply(in, in, masks, inner)));
    Tensor z =
        branch.add(
            2,
            norms.get(1),
            y,
            (in, t) ->
                t.call("multihead_attn", inner -> cross.apply(in, memory, memoryMasks, inner)));
    return branch.add(3, norms.get(2), z, this::feedForward);
  }

  private Tensor feedForward(Tensor x, Training training) {
    Tensor inner = options.activation().apply(training.apply("linear1", linear1, x));
    inner = training.apply("dropout", Dropout.of(options.dropout()), inner);
    return training.apply("linear2", linear2, inner);
  }
}

package org.adjoint.nn.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Attention;
import org.adjoint.Tensor;
import org.adjoint.nn.Dropout;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Training;
import org.adjoint.nn.norm.LayerNorm;

/**
 * Self-attention and two linear layers, each a branch beside the identity, over tokens [n, tokens,
 * width]: {@code torch.nn.TransformerEncoderLayer} with the batch first. With causal attention it
 * is a layer of a language model.
 *
 * @param options how it was made
 * @param attention what the tokens make of each other
 * @param linear1 from the width to the hidden one
 * @param linear2 and back
 * @param norm1 the attention's normalisation
 * @param norm2 that of the linear layers
 */
public record TransformerEncoderLayer(
    TransformerOptions options,
    MultiHeadAttention attention,
    Linear linear1,
    Linear linear2,
    LayerNorm norm1,
    LayerNorm norm2)
    implements Layer {

  /** Returns a layer with fresh parameters. */
  public static TransformerEncoderLayer of(Origin origin, TransformerOptions options) {
    long width = options.attention().width();
    return new TransformerEncoderLayer(
        options,
        MultiHeadAttention.of(origin.at("self_attn"), options.attention()),
        Linear.of(origin.at("linear1"), width, options.hidden()),
        Linear.of(origin.at("linear2"), options.hidden(), width),
        LayerNorm.of(origin.at("norm1"), width),
        LayerNorm.of(origin.at("norm2"), width));
  }

  @Override
  public List<Child> children() {
    return List.of(
        new Child("self_attn", attention),
        new Child("linear1", linear1),
        new Child("linear2", linear2),
        new Child("norm1", norm1),
        new Child("norm2", norm2));
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    return apply(x, UnaryOperator.identity(), training);
  }

  /**
   * Returns the layer's output, of the input's shape.
   *
   * @param x of shape [n, tokens, width]
   * @param masks says which keys a query sees, beside what the options say
   * @throws IllegalArgumentException naming the path and the shapes, if they do not fit
   */
  public Tensor apply(Tensor x, UnaryOperator<Attention> masks, Training training) {
    Branch branch = new Branch(options, training);
    Tensor y =
        branch.add(
            1,
            norm1,
            x,
            (in, t) ->
                t.apply(
                    "self_attn", attention, in, inner -> attention.apply(in, in, masks, inner)));
    return branch.add(2, norm2, y, this::feedForward);
  }

  /**
   * Returns the layer's output for the next tokens of sequences, each seeing the tokens up to its
   * own place, as in evaluation: what a causal layer makes of the whole sequences, a piece at a
   * time.
   *
   * @param x the next tokens, of shape [n, tokens, width]
   * @param cache what {@link MultiHeadAttention#cache} of the attention or the step before gave
   * @throws IllegalArgumentException naming the shapes or numbers, if they do not fit, or the cache
   *     has no room for the tokens
   */
  public MultiHeadAttention.Step step(Tensor x, MultiHeadAttention.Cache cache) {
    Branch branch = new Branch(options, Training.OFF);
    List<MultiHeadAttention.Cache> next = new ArrayList<>(1);
    Tensor y =
        branch.add(
            1,
            norm1,
            x,
            (in, t) -> {
              MultiHeadAttention.Step step = attention.step(in, cache);
              next.add(step.cache());
              return step.output();
            });
    return new MultiHeadAttention.Step(branch.add(2, norm2, y, this::feedForward), next.get(0));
  }

  private Tensor feedForward(Tensor x, Training training) {
    Tensor inner = options.activation().apply(training.apply("linear1", linear1, x));
    inner = training.apply("dropout", Dropout.of(options.dropout()), inner);
    return training.apply("linear2", linear2, inner);
  }
}

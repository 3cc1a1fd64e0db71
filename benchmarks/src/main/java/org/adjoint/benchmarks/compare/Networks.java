package org.adjoint.benchmarks.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The networks of the rows, as data. */
public final class Networks {
  private static final int CLASSES = 10;

  private Networks() {}

  /**
   * Returns two convolutions 5×5 with pools and three dense layers for digits of 28×28, like LeNet
   * (Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86,
   * 1998) with relu.
   */
  public static Network lenet(int batch) {
    Stage relu = new Stage.Relu();
    return new Network(
        List.of(
            new Stage.Conv(1, 16, 5, 0, 1, true),
            relu,
            new Stage.MaxPool(),
            new Stage.Conv(16, 32, 5, 0, 1, true),
            relu,
            new Stage.MaxPool(),
            new Stage.Flatten(),
            new Stage.Dense(512, 128),
            relu,
            new Stage.Dense(128, CLASSES)),
        List.of(batch, 1, 28, 28),
        Network.Loss.CROSS_ENTROPY);
  }

  /**
   * Returns the basic block of a residual network: two convolutions 3×3 with batch normalisation
   * beside the identity (K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016).
   */
  public static Network residualBlock(int batch, int channels, int size) {
    Stage conv = new Stage.Conv(channels, channels, 3, 1, 1, false);
    Stage norm = new Stage.BatchNorm(channels);
    Stage relu = new Stage.Relu();
    return new Network(
        List.of(new Stage.Residual(List.of(conv, norm, relu, conv, norm)), relu),
        List.of(batch, channels, size, size),
        Network.Loss.MEAN_SQUARES);
  }

  /**
   * Returns a block of depthwise and pointwise convolutions (A. Howard et al., "MobileNets", 2017,
   * figure 3).
   */
  public static Network mobileBlock(int batch, int channels, int size) {
    Stage norm = new Stage.BatchNorm(channels);
    Stage relu = new Stage.Relu();
    return new Network(
        List.of(
            new Stage.Conv(channels, channels, 3, 1, channels, false),
            norm,
            relu,
            new Stage.Conv(channels, channels, 1, 0, 1, false),
            norm,
            relu),
        List.of(batch, channels, size, size),
        Network.Loss.MEAN_SQUARES);
  }

  /** Returns layers of LSTM and a dense one behind the last place. */
  public static Network lstm(int batch, int length, int hidden, int layers) {
    return sequence(
        new Stage.Recurrent(Stage.Recurrent.LSTM, hidden, hidden, layers), batch, length);
  }

  /** Returns one layer of GRU and a dense one behind the last place. */
  public static Network gru(int batch, int length, int hidden) {
    return sequence(new Stage.Recurrent(Stage.Recurrent.GRU, hidden, hidden, 1), batch, length);
  }

  private static Network sequence(Stage.Recurrent stage, int batch, int length) {
    return new Network(
        List.of(stage, new Stage.Last(), new Stage.Dense(stage.hidden(), CLASSES)),
        List.of(batch, length, stage.in()),
        Network.Loss.CROSS_ENTROPY);
  }

  /**
   * Returns a language model: an embedding, causal layers with four times the width inside, and a
   * dense layer to the vocabulary; no places are added to the tokens.
   */
  public static Network transformer(
      int batch, int tokens, int layers, int width, int heads, int vocabulary) {
    List<Stage> stages = new ArrayList<>(List.of(new Stage.Embedding(vocabulary, width)));
    stages.addAll(Collections.nCopies(layers, new Stage.Transformer(width, heads, 4 * width)));
    stages.add(new Stage.Dense(width, vocabulary));
    return new Network(stages, List.of(batch, tokens), Network.Loss.CROSS_ENTROPY);
  }
}

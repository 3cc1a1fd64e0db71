package org.adjoint.cli.example;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Residual;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.Training;
import org.adjoint.nn.data.Batches;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.norm.BatchNorm;

/**
 * Why deep networks of sigmoids did not learn, and what made them: each of twenty layers multiplies
 * the gradient by σ′ ≤ ¼, so the first layer's is nothing. A ReLU with He's weights keeps its size;
 * so does a way past each layer, or a batch norm in front of each sigmoid.
 */
public record VanishingExample() implements Example {
  private static final int DEPTH = 20;
  private static final int ROWS = 128;

  /**
   * A way to build the network.
   *
   * @param title what the output calls it
   * @param activation what stands behind each linear layer
   * @param init how the weights start
   * @param normed whether a batch norm stands between the two
   * @param residual whether the input of each layer is added to its output
   */
  public record Recipe(
      String title, Activation activation, Init init, boolean normed, boolean residual) {}

  /** The network that does not learn. */
  public static final Recipe SIGMOID =
      new Recipe("sigmoid, Xavier weights", Activation.SIGMOID, Init::xavierNormal, false, false);

  /** The cure of the activation. */
  public static final Recipe RELU =
      new Recipe("ReLU, He weights", Activation.RELU, Init::heNormal, false, false);

  /** The cure of the way past each layer. */
  public static final Recipe RESIDUAL =
      new Recipe("sigmoid, residual", Activation.SIGMOID, Init::xavierNormal, false, true);

  /** The cure of the normalisation. */
  public static final Recipe NORMED =
      new Recipe("sigmoid, batch norm", Activation.SIGMOID, Init::xavierNormal, true, false);

  /**
   * The norms of the loss' gradient by weights.
   *
   * @param first those of the first layer
   * @param last those of the last but the output
   */
  public record Norms(double first, double last) {
    /** Returns by how much the gradient shrinks on its way. */
    public double ratio() {
      return first / last;
    }
  }

  @Override
  public String name() {
    return "vanishing";
  }

  @Override
  public String summary() {
    return "the first layer's gradient in a network of 20 layers, and what keeps it alive";
  }

  /**
   * Returns the gradient's norms before any training, on handwritten digits.
   *
   * @param recipe how to build the network
   * @param seed what the weights are drawn from
   */
  @SuppressWarnings("try") // a scope works by being open
  public static Norms norms(Recipe recipe, long seed) {
    try (Scope scope = Scope.open()) {
      Dataset.Batch batch =
          new Batches(Digits.split(Digits.load()).train(), ROWS, Key.of(0)).epoch(1).batch(0);
      Origin origin = Origin.of(Key.of(seed)).init(recipe.init);
      long width = batch.features().dim(1);
      Sequential network = Sequential.of();
      for (int i = 1; i <= DEPTH; i++) {
        Origin here = origin.at("layer" + i);
        network = network.then("layer" + i, layer(recipe, here, width));
      }
      network = network.then("head", Linear.of(origin.at("head"), width, Digits.CLASSES));
      Tensor logits = network.apply(batch.features(), Training.of(Key.of(seed)));
      Tensor loss = Losses.softmaxCrossEntropy(logits, batch.labels());
      List<Tensor> gradients = Grad.grad(loss, weight(network, 0), weight(network, DEPTH - 1));
      List<Tensor> norms = gradients.stream().map(g -> g.norm(2)).toList();
      Tensor.evalAll(norms);
      return new Norms(norms.get(0).item(), norms.get(1).item());
    }
  }

  private static Layer layer(Recipe recipe, Origin origin, long width) {
    Origin inner = recipe.residual ? origin.at("body") : origin;
    Sequential layer = Sequential.of().then("linear", Linear.of(inner.at("linear"), width, width));
    if (recipe.normed) {
      layer = layer.then("norm", BatchNorm.of(inner.at("norm"), width));
    }
    layer = layer.then("activation", recipe.activation);
    return recipe.residual ? Residual.of(layer) : layer;
  }

  private static Parameter weight(Sequential network, int layer) {
    return network.layers().get(layer).parameters().get(0);
  }

  @Override
  public void run(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "Gradient norms of the first and the last of %d layers, before training%n",
        DEPTH);
    for (Recipe recipe : List.of(SIGMOID, RELU, RESIDUAL, NORMED)) {
      Norms norms = norms(recipe, 0);
      out.printf(
          Locale.ROOT,
          "%-24s first %.1e  last %.1e  ratio %.1e%n",
          recipe.title,
          norms.first,
          norms.last,
          norms.ratio());
    }
  }
}

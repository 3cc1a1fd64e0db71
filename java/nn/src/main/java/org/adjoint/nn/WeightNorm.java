package org.adjoint.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Shape;
import org.adjoint.Tensor;

/**
 * A layer whose weight is learnt as length and direction: w = g · v / ‖v‖, the norm taken over all
 * axes but one. The layer's own weight is no parameter any more; {@code weight_g} and {@code
 * weight_v} are, as in {@code torch.nn.utils.weight_norm}.
 *
 * <p>Source: T. Salimans, D. P. Kingma, "Weight Normalization", NIPS 2016, equation 2.
 *
 * @param layer what uses the weight
 * @param weight the parameter of the layer that is made of the others
 * @param g the lengths, of the weight's rank, with size 1 along all axes that the norm is taken
 *     over
 * @param v the directions, of the weight's shape
 */
public record WeightNorm(Layer layer, Parameter weight, Parameter g, Parameter v) implements Layer {

  /**
   * Returns a layer with the same values, learnt as length and direction.
   *
   * @param layer a layer with a parameter of its own called {@code weight}
   * @param axis the axis that has a length for each index: that of a layer's outputs, 1 for {@link
   *     Linear}
   * @throws IllegalArgumentException if the layer has no such parameter, or that no such axis
   */
  public static WeightNorm of(Layer layer, int axis) {
    Parameter weight =
        layer.own().stream()
            .filter(p -> p.name().equals("weight") || p.name().endsWith(".weight"))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "weightNorm: " + layer.own() + " has no parameter called weight"));
    int kept = weight.shape().axis(axis);
    int[] axes = new int[weight.rank() - 1];
    for (int i = 0, next = 0; i < weight.rank(); i++) {
      if (i != kept) {
        axes[next++] = i;
      }
    }
    Tensor start = weight.detach();
    return new WeightNorm(
        layer,
        weight,
        Parameter.of(start.norm(2, true, axes), weight.name() + "_g"),
        Parameter.of(start, weight.name() + "_v"));
  }

  @Override
  public List<Child> children() {
    return layer.children();
  }

  /** Returns the layer's own parameters, with length and direction in the place of the weight. */
  @Override
  public List<Parameter> own() {
    List<Parameter> own = new ArrayList<>();
    for (Parameter parameter : layer.own()) {
      if (parameter == weight) {
        own.add(g);
        own.add(v);
      } else {
        own.add(parameter);
      }
    }
    return own;
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    return Parameters.with(Map.of(weight, composed()), () -> layer.apply(x, training));
  }

  private Tensor composed() {
    List<Integer> summed = new ArrayList<>();
    for (int i = 0; i < v.rank(); i++) {
      if (g.dim(i) == 1) {
        summed.add(i);
      }
    }
    int[] axes = summed.stream().mapToInt(Integer::intValue).toArray();
    Tensor length = axes.length == 0 ? v.abs() : v.norm(2, true, axes);
    return v.times(g.div(length));
  }

  @Override
  public long multiplyAdds(Shape x, Shape y) {
    return layer.multiplyAdds(x, y);
  }
}

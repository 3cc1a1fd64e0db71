package org.adjoint.nn;

import java.util.List;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * Layers one after another: each gets what the one before returned.
 *
 * @param layers the layers, first applied first; none is the identity
 */
public record Sequential(List<Layer> layers) implements Layer {

  /** Makes the sequence; the list is copied. */
  public Sequential {
    layers = List.copyOf(layers);
  }

  /** Returns these layers one after another. */
  public static Sequential of(Layer... layers) {
    return new Sequential(List.of(layers));
  }

  @Override
  public Tensor apply(Tensor x) {
    Tensor y = x;
    for (Layer layer : layers) {
      y = layer.apply(y);
    }
    return y;
  }

  /** Returns the parameters of all layers, in their order. */
  @Override
  public List<Parameter> parameters() {
    return layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
  }
}

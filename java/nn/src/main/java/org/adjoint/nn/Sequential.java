package org.adjoint.nn;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.Tensor;

/** Layers one after another: each gets what the one before returned. None is the identity. */
public final class Sequential implements Layer {
  private final List<String> names;
  private final List<Layer> layers;

  private Sequential(List<String> names, List<Layer> layers) {
    this.names = List.copyOf(names);
    this.layers = List.copyOf(layers);
  }

  /** Returns these layers one after another, called 0, 1, 2 and so on. */
  public static Sequential of(Layer... layers) {
    return of(List.of(layers));
  }

  /** Returns these layers one after another, called 0, 1, 2 and so on. */
  public static Sequential of(List<? extends Layer> layers) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      names.add(Integer.toString(i));
    }
    return new Sequential(names, List.copyOf(layers));
  }

  /**
   * Returns these layers with another one behind them.
   *
   * @param name what the layer is called, once in the sequence
   * @throws IllegalArgumentException if another layer is called so, or the name is empty or has a
   *     dot in it
   */
  public Sequential then(String name, Layer layer) {
    if (names.contains(name)) {
      throw new IllegalArgumentException("sequential: '" + name + "' is among " + names);
    }
    List<String> moreNames = new ArrayList<>(names);
    List<Layer> moreLayers = new ArrayList<>(layers);
    moreNames.add(new Child(name, layer).name());
    moreLayers.add(layer);
    return new Sequential(moreNames, moreLayers);
  }

  /** Returns the layers, first applied first. */
  public List<Layer> layers() {
    return layers;
  }

  @Override
  public List<Child> children() {
    List<Child> children = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      children.add(new Child(names.get(i), layers.get(i)));
    }
    return children;
  }

  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  @Override
  public Tensor apply(Tensor x, Training training) {
    Tensor y = x;
    for (int i = 0; i < layers.size(); i++) {
      y = training.apply(names.get(i), layers.get(i), y);
    }
    return y;
  }
}

package org.adjoint.nn;

import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.internal.Paths;

/**
 * Where a fresh layer's parameters come from: the path that their names begin with, the key that
 * they are drawn from, their dtype, and how weights start. A layer that is made of layers gives
 * each of them {@link #at} its name, so that no two draw the same and every parameter is called by
 * its path.
 *
 * @param path what the names begin with; empty at the root
 * @param key what the layer draws its parameters from
 * @param dtype the parameters' dtype, F32 or F64
 * @param init how weights start; empty for what each kind of layer usually does
 */
public record Origin(String path, Key key, DType dtype, Optional<Init> init) {

  /** Returns the origin of a network in F32, with weights as each kind of layer starts them. */
  public static Origin of(Key key) {
    return new Origin("", key, DType.F32, Optional.empty());
  }

  /** Returns the origin of what is called {@code name} here. */
  public Origin at(String name) {
    return new Origin(Paths.join(path, name), Paths.fold(key, name), dtype, init);
  }

  /** Returns this origin for parameters of another dtype. */
  public Origin dtype(DType other) {
    return new Origin(path, key, other, init);
  }

  /** Returns this origin with weights that start by {@code scheme}; biases and gains do not. */
  public Origin init(Init scheme) {
    return new Origin(path, key, dtype, Optional.of(scheme));
  }

  /**
   * Returns a fresh weight, drawn in the layout [field …, in, out] that {@link Init} knows.
   *
   * @param usual how it starts if this origin does not say
   */
  public Parameter weight(String name, Init usual, long... dims) {
    return parameter(name, sample(name, usual, dims));
  }

  /**
   * Returns what a fresh weight starts as, for a layer that stores it in another layout than {@link
   * Init} draws it in.
   *
   * @param usual how it starts if this origin does not say
   */
  public Tensor sample(String name, Init usual, long... dims) {
    return init.orElse(usual).sample(Paths.fold(key, name), dims);
  }

  /** Returns a fresh parameter of one number, such as a bias of zeros. */
  public Parameter constant(String name, double value, long... dims) {
    return parameter(name, Tensor.full(value, dtype, dims));
  }

  /** Returns a fresh parameter that starts as {@code value}, cast to this origin's dtype. */
  public Parameter parameter(String name, Tensor value) {
    return Parameter.of(value.cast(dtype), Paths.join(path, name));
  }

  /** Returns a fresh buffer that starts as {@code value}. */
  public Parameter buffer(String name, Tensor value) {
    return Parameter.buffer(value, Paths.join(path, name));
  }
}

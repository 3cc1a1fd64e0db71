package org.adjoint.benchmarks.compare;

import java.util.List;

/**
 * How a library makes the layers of a {@link Network}: one method for each kind of {@link Stage}.
 * What it does not override it has not got, and the report says so. A layer with weights is told
 * what their names begin with.
 *
 * @param <L> what a layer is there
 */
public interface Layers<L> {
  /** Returns a convolution. */
  default L conv(Stage.Conv stage, String path) {
    throw new Absent("has no convolution");
  }

  /** Returns a batch normalisation in training. */
  default L batchNorm(Stage.BatchNorm stage, String path) {
    throw new Absent("has no batch normalisation");
  }

  /** Returns max(x, 0). */
  L relu();

  /** Returns the largest of 2×2 elements. */
  default L maxPool() {
    throw new Absent("has no pooling");
  }

  /** Returns all axes of an example as one. */
  L flatten();

  /** Returns an affine function of the last axis. */
  L dense(Stage.Dense stage, String path);

  /** Returns an LSTM or a GRU. */
  default L recurrent(Stage.Recurrent stage, String path) {
    throw new Absent("has no recurrent layer over weights that are given");
  }

  /** Returns the last place of each sequence. */
  default L last() {
    throw new Absent("has no recurrent layer over weights that are given");
  }

  /** Returns vectors by their number. */
  default L embedding(Stage.Embedding stage, String path) {
    throw new Absent("has no embedding");
  }

  /** Returns a layer of a transformer. */
  default L transformer(Stage.Transformer stage, String path) {
    throw new Absent("has no attention");
  }

  /** Returns layers beside the identity. */
  L residual(List<L> body);
}

package org.adjoint.nn.norm;

import java.util.Arrays;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Standardized;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Training;

/**
 * Brings each channel of a batch to mean 0 and variance 1, then scales and shifts it: {@code
 * torch.nn.BatchNorm1d}, {@code 2d} and {@code 3d}. In training the batch's own mean and variance
 * are used, and the running ones move towards them: r ← (1 − momentum)·r + momentum·batch, with the
 * variance divided by count − 1. In evaluation the running ones are used.
 *
 * <p>The running statistics are assigned when the layer is applied, and computed with whatever is
 * evaluated next. Where nothing can be assigned, train {@link Training#still}.
 *
 * <p>Source: S. Ioffe, C. Szegedy, "Batch Normalization", ICML 2015, algorithms 1 and 2.
 *
 * @param weight the scales, of shape [channels]
 * @param bias the shifts, of shape [channels]
 * @param mean the running means, a buffer called {@code running_mean}
 * @param variance the running variances, a buffer called {@code running_var}
 * @param momentum how far the running statistics move
 * @param epsilon what is added to the variance
 */
public record BatchNorm(
    Parameter weight,
    Parameter bias,
    Parameter mean,
    Parameter variance,
    double momentum,
    double epsilon)
    implements Layer {
  private static final double MOMENTUM = 0.1;
  private static final double EPSILON = 1e-5;

  /**
   * Returns a layer with scales 1, shifts 0, running means 0 and variances 1, momentum 0.1 and ε =
   * 10⁻⁵.
   */
  public static BatchNorm of(Origin origin, long channels) {
    DType dtype = origin.dtype();
    return new BatchNorm(
        origin.constant("weight", 1, channels),
        origin.constant("bias", 0, channels),
        origin.buffer("running_mean", Tensor.zeros(dtype, channels)),
        origin.buffer("running_var", Tensor.ones(dtype, channels)),
        MOMENTUM,
        EPSILON);
  }

  /** Returns the layer over the same parameters with another momentum, in [0, 1]. */
  public BatchNorm momentum(double share) {
    return new BatchNorm(weight, bias, mean, variance, share, epsilon);
  }

  /**
   * Returns the input normalised by the running statistics, of the same shape.
   *
   * @param x of shape [n, channels, ...]
   * @throws IllegalArgumentException naming both, if axis 1 has another size
   */
  @Override
  public Tensor apply(Tensor x) {
    check(x);
    Tensor scale = weight.times(variance.plus(epsilon).rsqrt());
    Tensor y = x.minus(channelwise(mean, x)).times(channelwise(scale, x));
    return y.plus(channelwise(bias, x));
  }

  /**
   * Returns the input normalised by its own statistics, of the same shape, and moves the running
   * ones if the training says so.
   *
   * @param x of shape [n, channels, ...]
   * @throws IllegalArgumentException naming both, if axis 1 has another size; or if a channel has
   *     fewer than two elements, which have no variance
   */
  @Override
  public Tensor apply(Tensor x, Training training) {
    if (!training.isOn()) {
      return apply(x);
    }
    check(x);
    long count = x.dim(0);
    int[] axes = new int[x.rank() - 1];
    for (int axis = 2; axis < x.rank(); axis++) {
      count *= x.dim(axis);
      axes[axis - 1] = axis;
    }
    if (count < 2) {
      throw new IllegalArgumentException(
          "batchNorm: input "
              + x.shape()
              + " has "
              + count
              + " elements a channel, and training needs two or more for a variance");
    }
    Standardized batch = x.standardize(axes, weight, bias, epsilon);
    if (training.movesStatistics()) {
      double unbiased = (double) count / (count - 1);
      move(mean, batch.mean());
      move(variance, batch.variance().times(unbiased));
    }
    return batch.y();
  }

  private void move(Parameter running, Tensor batch) {
    running.assign(running.times(1 - momentum).plus(batch.detach().times(momentum)));
  }

  private void check(Tensor x) {
    if (x.rank() < 2 || x.dim(1) != weight.dim(0)) {
      throw new IllegalArgumentException(
          "batchNorm: input " + x.shape() + " is not [n, " + weight.dim(0) + ", ...]");
    }
  }

  private static Tensor channelwise(Tensor vector, Tensor x) {
    long[] dims = new long[x.rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = vector.dim(0);
    return vector.reshape(dims);
  }

  /** Returns scales and shifts, then the running means and variances. */
  @Override
  public List<Parameter> own() {
    return List.of(weight, bias, mean, variance);
  }
}

package org.adjoint.nn.data;

import java.util.Arrays;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Tensor;

/**
 * Random views of images: each mirrored left to right or not, each cut out of its padded self at a
 * place of its own, and all normalised channel by channel. What is drawn is a function of the key
 * and the image's place in the batch; the views are part of the step's own program.
 *
 * <pre>{@code
 * ImageAugmentation views = ImageAugmentation.none().flip(0.5).crop(4).normalise(means, deviations);
 * Tensor logits = network.apply(views.apply(images, keys.next()), training);
 * Tensor judged = network.apply(views.normalised(images));
 * }</pre>
 *
 * <p>Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", CVPR
 * 2016, section 4.2, for flips and padded crops.
 */
public final class ImageAugmentation {
  private final double flip;
  private final int padding;
  private final float[] means;
  private final float[] deviations;

  private ImageAugmentation(double flip, int padding, float[] means, float[] deviations) {
    this.flip = flip;
    this.padding = padding;
    this.means = means;
    this.deviations = deviations;
  }

  /** Returns the augmentation that changes nothing. */
  public static ImageAugmentation none() {
    return new ImageAugmentation(0, 0, new float[0], new float[0]);
  }

  /**
   * Mirrors each image left to right with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public ImageAugmentation flip(double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("augmentation: flip " + probability + " is not in [0, 1]");
    }
    return new ImageAugmentation(probability, padding, means, deviations);
  }

  /**
   * Pads each image by zeros on all four sides, and cuts the old size out at a random place.
   *
   * @param pixels the padding of a side
   * @throws IllegalArgumentException if it is negative
   */
  public ImageAugmentation crop(int pixels) {
    if (pixels < 0) {
      throw new IllegalArgumentException("augmentation: cannot pad by " + pixels + " pixels");
    }
    return new ImageAugmentation(flip, pixels, means, deviations);
  }

  /**
   * Makes (x − mean) / deviation of each channel, behind flips and crops.
   *
   * @param means one a channel
   * @param deviations one a channel, &gt; 0
   * @throws IllegalArgumentException if there are not as many of both, or a deviation is not above
   *     0
   */
  public ImageAugmentation normalise(float[] means, float[] deviations) {
    boolean positive = true;
    for (float deviation : deviations) {
      positive &= deviation > 0;
    }
    if (means.length != deviations.length || means.length == 0 || !positive) {
      throw new IllegalArgumentException(
          "augmentation: means "
              + Arrays.toString(means)
              + " and deviations "
              + Arrays.toString(deviations)
              + " are not one a channel, or one is not above 0");
    }
    return new ImageAugmentation(flip, padding, means.clone(), deviations.clone());
  }

  /**
   * Returns a random view of each image, of the images' shape.
   *
   * @param images floating, of shape [n, channels, height, width]
   * @param key where the draws come from; a key of its own for every step
   * @throws IllegalArgumentException if the images are no such tensor, or their channels are not
   *     those of {@link #normalise}
   */
  public Tensor apply(Tensor images, Key key) {
    require(images);
    Tensor views = images;
    if (flip > 0) {
      Tensor mirrored = draw(key.fold(0), images).lt(flip);
      views = Tensor.where(mirrored, views.flip(3), views);
    }
    if (padding > 0) {
      views = views.pad(2, padding, padding, 0).pad(3, padding, padding, 0);
      views = cut(views, 2, images.dim(2), draw(key.fold(1), images));
      views = cut(views, 3, images.dim(3), draw(key.fold(2), images));
    }
    return normalised(views);
  }

  /**
   * Returns the images normalised and otherwise as they are: what a network is judged by.
   *
   * @param images floating, of shape [n, channels, height, width]
   * @throws IllegalArgumentException if the images are no such tensor, or their channels are not
   *     those of {@link #normalise}
   */
  public Tensor normalised(Tensor images) {
    require(images);
    if (means.length == 0) {
      return images;
    }
    return images.minus(channels(means, images)).div(channels(deviations, images));
  }

  private static Tensor channels(float[] values, Tensor images) {
    return Tensor.of(values, values.length, 1, 1).cast(images.dtype());
  }

  private void require(Tensor images) {
    boolean isBatch = images.rank() == 4 && images.dtype().isFloating();
    if (!isBatch || means.length > 0 && images.dim(1) != means.length) {
      throw new IllegalArgumentException(
          "augmentation: images are "
              + images.type()
              + ", expected floating [n, "
              + (means.length > 0 ? means.length : "channels")
              + ", height, width]");
    }
  }

  /** Returns a number in [0, 1) an image, of shape [n, 1, 1, 1]. */
  private static Tensor draw(Key key, Tensor images) {
    return key.uniform(DType.F32, images.dim(0), 1, 1, 1);
  }

  /** Returns {@code size} places of an axis, from a place of the image's own on. */
  private Tensor cut(Tensor padded, int axis, long size, Tensor draws) {
    long[] dims = {1, 1, 1, 1};
    dims[axis] = size;
    Tensor from = draws.times(2 * padding + 1).floor().cast(DType.I64);
    return padded.takeAlongAxis(axis, from.plus(Tensor.arange(size).reshape(dims)));
  }
}

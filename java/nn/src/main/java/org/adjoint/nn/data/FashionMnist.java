package org.adjoint.nn.data;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Fashion-MNIST: 60 000 images of clothes for training and 10 000 for the test, 28×28 grey values,
 * ten classes. The files do not travel with this library; MNIST itself, and anything else with the
 * same four file names and sizes, reads as well.
 *
 * <p>Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
 * Machine Learning Algorithms", 2017; MIT licence.
 */
public final class FashionMnist {
  /** The features of an image: 28 × 28 pixels. */
  public static final int COLUMNS = 784;

  /** How many classes there are. */
  public static final int CLASSES = 10;

  private FashionMnist() {}

  /**
   * Returns the published split.
   *
   * @param folder the folder of {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte},
   *     {@code t10k-images-idx3-ubyte} and {@code t10k-labels-idx1-ubyte}, each with or without
   *     {@code .gz} behind its name
   * @throws DataException naming the file, the place and the values, if one is missing or not what
   *     it claims to be
   */
  public static Split load(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder, "is not a folder");
    }
    return new Split(part(folder, "train"), part(folder, "t10k"));
  }

  private static Dataset part(Path folder, String part) {
    Path images = Idx.find(folder, part + "-images-idx3-ubyte");
    Path labels = Idx.find(folder, part + "-labels-idx1-ubyte");
    Dataset data = Idx.read("fashion-mnist", images, labels, CLASSES);
    if (data.columns() != COLUMNS) {
      throw new DataException(
          images, "images of " + data.columns() + " pixels, expected " + COLUMNS + " (28 x 28)");
    }
    return data;
  }
}

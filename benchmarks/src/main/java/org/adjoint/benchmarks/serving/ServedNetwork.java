package org.adjoint.benchmarks.serving;

import java.util.List;
import org.adjoint.Convolution;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Flatten;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.image.Conv;
import org.adjoint.nn.image.Pool;
import org.adjoint.nn.onnx.OnnxExport;

/**
 * The networks of {@code Compare}'s rows of the same names, for single digits of 28×28.
 *
 * @param name the row
 * @param layer the network
 * @param dims the shape of one example
 */
record ServedNetwork(String name, Layer layer, List<Long> dims) {
  static final String MLP = "mlp-mnist";
  static final String LENET = "cnn-lenet";
  static final int PIXELS = 784;
  private static final long SEED = 1;

  static ServedNetwork named(String name) {
    return switch (name) {
      case MLP -> new ServedNetwork(MLP, mlp(), List.of((long) PIXELS));
      case LENET -> new ServedNetwork(LENET, lenet(), List.of(1L, 28L, 28L));
      default -> throw new IllegalArgumentException(name + " is none of " + List.of(MLP, LENET));
    };
  }

  private static Layer mlp() {
    List<Integer> sizes = List.of(PIXELS, 256, 128, 10);
    return Mlp.of(sizes, Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(SEED));
  }

  private static Layer lenet() {
    Origin origin = Origin.of(Key.of(SEED));
    Convolution two = Convolution.of(2);
    return Sequential.of()
        .then("conv1", Conv.of(origin.at("conv1"), 1, 16, two, 5))
        .then("relu1", Activation.RELU)
        .then("pool1", Pool.max(2, 2))
        .then("conv2", Conv.of(origin.at("conv2"), 16, 32, two, 5))
        .then("relu2", Activation.RELU)
        .then("pool2", Pool.max(2, 2))
        .then("flatten", new Flatten())
        .then("fc1", org.adjoint.nn.Linear.of(origin.at("fc1"), 512, 128))
        .then("relu3", Activation.RELU)
        .then("fc2", org.adjoint.nn.Linear.of(origin.at("fc2"), 128, 10));
  }

  long[] shape() {
    return dims.stream().mapToLong(Long::longValue).toArray();
  }

  byte[] onnx() {
    return OnnxExport.of(layer, OnnxExport.Input.of("x", DType.F32, shape())).bytes();
  }

  /** Returns an example. */
  static float[] example(int seed) {
    float[] pixels = new float[PIXELS];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (0.5 + 0.5 * Math.sin(seed + 0.37 * i));
    }
    return pixels;
  }
}

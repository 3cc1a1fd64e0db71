package org.adjoint.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * A folder in the layout of Fashion-MNIST with a few easy images: a bright bar whose height tells
 * the class.
 */
final class Idx {
  private Idx() {}

  static void write(Path folder, int train, int test) throws IOException {
    part(folder, "train", train, 1, ".gz");
    part(folder, "t10k", test, 2, "");
  }

  private static void part(Path folder, String name, int count, long seed, String suffix)
      throws IOException {
    Random random = new Random(seed);
    ByteBuffer images = ByteBuffer.allocate(16 + 784 * count);
    images.putInt(0x803).putInt(count).putInt(28).putInt(28);
    ByteBuffer labels = ByteBuffer.allocate(8 + count);
    labels.putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      int label = i % 10;
      labels.put((byte) label);
      for (int pixel = 0; pixel < 784; pixel++) {
        boolean bar = pixel / 28 / 2 == label + 2;
        images.put((byte) (random.nextInt(60) + (bar ? 180 : 0)));
      }
    }
    write(folder.resolve(name + "-images-idx3-ubyte" + suffix), images.array());
    write(folder.resolve(name + "-labels-idx1-ubyte" + suffix), labels.array());
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (OutputStream raw = Files.newOutputStream(file);
        OutputStream out = file.toString().endsWith(".gz") ? new GZIPOutputStream(raw) : raw) {
      out.write(bytes);
    }
  }
}

package org.adjoint.nn.data;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.adjoint.nn.internal.Heap;

/**
 * Images and labels in the IDX layout of MNIST and its successors, plain or gzip'd: a big-endian
 * magic number, the sizes, then unsigned bytes. Two kinds of file are read, images (magic
 * 0x00000803) and labels (0x00000801); others are refused. A header's promises are held against the
 * size of the file before anything is allocated.
 *
 * <p>Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section
 * "File formats".
 */
public final class Idx {
  private static final int IMAGES = 0x00000803;
  private static final int LABELS = 0x00000801;
  private static final int MOST_VALUES = Integer.MAX_VALUE - 8;
  private static final int CHUNK = 1 << 16;

  private Idx() {}

  /**
   * Returns the examples of a pair of files, with pixels divided by 255.
   *
   * @param name what messages call the data set
   * @param images an IDX file of images; all have the same size
   * @param labels an IDX file of as many labels
   * @param classes how many classes there are; every label is below it
   * @throws DataException naming the file, the place and the values, if one is not what its header
   *     says, or the two do not belong together
   */
  public static Dataset read(String name, Path images, Path labels, int classes) {
    Images pixels = readImages(images);
    int[] classNumbers = readLabels(labels, classes);
    if (pixels.count != classNumbers.length) {
      throw new DataException(
          labels, classNumbers.length + " labels for the " + pixels.count + " images of " + images);
    }
    return Dataset.of(
        name,
        pixels.values,
        classNumbers,
        Math.multiplyExact(pixels.height, pixels.width),
        classes);
  }

  /**
   * Returns the path of an IDX file in a folder, with or without {@code .gz} behind its name.
   *
   * @throws DataException naming both, if neither exists
   */
  public static Path find(Path folder, String name) {
    Path plain = folder.resolve(name);
    Path packed = folder.resolve(name + ".gz");
    if (Files.exists(plain)) {
      return plain;
    }
    if (!Files.exists(packed)) {
      throw new DataException(folder, "has neither " + name + " nor " + name + ".gz");
    }
    return packed;
  }

  private record Images(int count, int height, int width, float[] values) {}

  private static Images readImages(Path file) {
    try (Source source = Source.open(file)) {
      int[] header = header(source, IMAGES, "images", 4);
      int count = size(source, header, 1, "images");
      int height = size(source, header, 2, "rows");
      int width = size(source, header, 3, "columns");
      if ((long) height * width > MOST_VALUES || (long) count * height * width > MOST_VALUES) {
        throw source.error(
            String.format(
                Locale.ROOT,
                "%d images of %d x %d are more than the %d values that fit",
                count,
                height,
                width,
                MOST_VALUES));
      }
      int total = count * height * width;
      int most = (int) Math.min(total, source.most());
      float[] values =
          Heap.array(
              source.name(),
              count + " images of " + height + " x " + width,
              most,
              Float.BYTES,
              float[]::new);
      byte[] chunk = new byte[Math.min(most, CHUNK)];
      for (int done = 0; done < total; ) {
        int got = source.read(chunk, Math.min(chunk.length, most - done));
        if (got == 0) {
          throw source.error(ends(done, total));
        }
        for (int i = 0; i < got; i++) {
          values[done + i] = (chunk[i] & 0xff) / 255f;
        }
        done += got;
      }
      requireEnd(source, 16L + total);
      return new Images(count, height, width, values);
    }
  }

  private static int[] readLabels(Path file, int classes) {
    try (Source source = Source.open(file)) {
      int total = size(source, header(source, LABELS, "labels", 2), 1, "labels");
      int most = (int) Math.min(total, source.most());
      int[] labels = Heap.array(source.name(), total + " labels", most, Integer.BYTES, int[]::new);
      byte[] chunk = new byte[Math.min(most, CHUNK)];
      for (int done = 0; done < total; ) {
        int got = source.read(chunk, Math.min(chunk.length, most - done));
        if (got == 0) {
          throw source.error(ends(done, total));
        }
        for (int i = 0; i < got; i++) {
          int label = chunk[i] & 0xff;
          if (label >= classes) {
            throw source.error(
                "label "
                    + (done + i)
                    + " (byte "
                    + (8L + done + i)
                    + ") is "
                    + label
                    + ", not in 0.."
                    + (classes - 1));
          }
          labels[done + i] = label;
        }
        done += got;
      }
      requireEnd(source, 8L + total);
      return labels;
    }
  }

  private static String ends(int done, int total) {
    return "ends after " + done + " of the " + total + " bytes that its header promises";
  }

  private static int[] header(Source source, int magic, String what, int words) {
    byte[] bytes = new byte[4 * words];
    int got = source.read(bytes, bytes.length);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    if (got >= 4 && buffer.getInt(0) != magic) {
      throw source.error(
          String.format(
              Locale.ROOT,
              "magic number 0x%08x at byte 0, expected 0x%08x (%s)",
              buffer.getInt(0),
              magic,
              what));
    }
    if (got < bytes.length) {
      throw source.error("ends after " + got + " of the " + bytes.length + " bytes of its header");
    }
    int[] header = new int[words];
    buffer.asIntBuffer().get(header);
    return header;
  }

  private static int size(Source source, int[] header, int word, String what) {
    long size = Integer.toUnsignedLong(header[word]);
    if (size < 1 || size > MOST_VALUES) {
      throw source.error(
          "the header counts "
              + size
              + " "
              + what
              + " (byte "
              + 4 * word
              + "), expected 1.."
              + MOST_VALUES);
    }
    return (int) size;
  }

  private static void requireEnd(Source source, long expected) {
    if (source.read(new byte[1], 1) != 0) {
      throw source.error("goes on after byte " + expected + ", where its header says that it ends");
    }
  }
}

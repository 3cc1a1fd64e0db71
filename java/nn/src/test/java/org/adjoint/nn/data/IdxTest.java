package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdxTest {
  private static final byte[] PIXELS = {0, (byte) 255, 51, 1, 2, 3, 4, 5, 6, 7, 8, (byte) 128};
  private static final byte[] IMAGES = Bytes.idx(PIXELS, 0x803, 2, 2, 3);
  private static final byte[] LABELS = Bytes.idx(new byte[] {3, 0}, 0x801, 2);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void imagesAndLabelsAreReadPlainOrPacked(boolean packed) {
    Path images = Bytes.write(folder, "i", packed ? Bytes.gzip(IMAGES) : IMAGES);
    Path labels = Bytes.write(folder, "l", packed ? Bytes.gzip(LABELS) : LABELS);
    Dataset data = Idx.read("pair", images, labels, 4);
    assertEquals(2, data.rows());
    assertEquals(6, data.columns());
    assertEquals(4, data.classes());
    assertEquals(3, data.label(0));
    assertEquals(0, data.label(1));
    assertEquals(1f, data.feature(0, 1));
    assertEquals(51 / 255f, data.feature(0, 2));
    assertEquals(128 / 255f, data.feature(1, 5));
  }

  @Test
  void manyImagesAreReadInPieces() {
    byte[] pixels = new byte[3000 * 784];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 251);
    }
    Path images = Bytes.write(folder, "i", Bytes.gzip(Bytes.idx(pixels, 0x803, 3000, 28, 28)));
    Path labels = Bytes.write(folder, "l", Bytes.idx(new byte[3000], 0x801, 3000));
    Dataset data = Idx.read("many", images, labels, 10);
    for (int row = 0; row < 3000; row += 7) {
      for (int column = 0; column < 784; column += 5) {
        assertEquals((row * 784 + column) % 251 / 255f, data.feature(row, column));
      }
    }
  }

  static Stream<Arguments> wrongImages() {
    byte[] packed = Bytes.gzip(IMAGES);
    return Stream.of(
        Arguments.of("magic", "0x00000802 at byte 0, expected 0x00000803", with(0, 0x802)),
        Arguments.of("labels", "0x00000801 at byte 0, expected 0x00000803", LABELS),
        Arguments.of("empty", "ends after 0 of the 16 bytes", new byte[0]),
        Arguments.of("cut header", "ends after 9 of the 16 bytes", Bytes.cut(IMAGES, 9)),
        Arguments.of("cut data", "ends after 11 of the 12 bytes", Bytes.cut(IMAGES, 27)),
        Arguments.of("more images than data", "ends after 12 of the 18 bytes", with(1, 3)),
        Arguments.of("too much data", "goes on after byte 22", with(1, 1)),
        Arguments.of("no images", "counts 0 images (byte 4)", with(1, 0)),
        Arguments.of("no rows", "counts 0 rows (byte 8)", with(2, 0)),
        Arguments.of("no columns", "counts 0 columns (byte 12)", with(3, 0)),
        Arguments.of("negative", "counts 4294967295 images", with(1, -1)),
        Arguments.of("huge", "more than", with(1, Integer.MAX_VALUE - 8)),
        Arguments.of("overflow", "more than", Bytes.idx(PIXELS, 0x803, 2, 1 << 30, 1 << 30)),
        Arguments.of(
            "promises 2 GB",
            "ends after 12 of the 2147483639",
            Bytes.idx(PIXELS, 0x803, Integer.MAX_VALUE - 8, 1, 1)),
        Arguments.of("cut gzip", "truncated", Bytes.cut(packed, packed.length - 9)),
        Arguments.of("cut gzip trailer", "truncated", Bytes.cut(packed, packed.length - 3)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongImages")
  void wrongImagesAreRefusedInOneLine(String kind, String part, byte[] bytes) {
    Path images = Bytes.write(folder, "images", bytes);
    Path labels = Bytes.write(folder, "labels", LABELS);
    assertRefused(images, labels, images, part);
  }

  static Stream<Arguments> wrongLabels() {
    return Stream.of(
        Arguments.of("range", "label 1 (byte 9) is 4, not in 0..3", labels(3, 4)),
        Arguments.of("255", "label 0 (byte 8) is 255, not in 0..3", labels(255, 0)),
        Arguments.of("too few", "1 labels for the 2 images", labels(1)),
        Arguments.of("too many", "3 labels for the 2 images", labels(1, 2, 3)),
        Arguments.of("magic", "0x00000803 at byte 0, expected 0x00000801", IMAGES),
        Arguments.of("cut", "ends after 1 of the 2 bytes", Bytes.cut(LABELS, 9)),
        Arguments.of("cut header", "ends after 5 of the 8 bytes", Bytes.cut(LABELS, 5)),
        Arguments.of("longer", "goes on after byte 10", Bytes.cut(LABELS, 11)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongLabels")
  void wrongLabelsAreRefusedInOneLine(String kind, String part, byte[] bytes) {
    Path images = Bytes.write(folder, "images", IMAGES);
    Path labels = Bytes.write(folder, "labels", bytes);
    assertRefused(images, labels, labels, part);
  }

  @Test
  void fashionMnistNeedsItsFourFiles() {
    String message =
        assertThrows(DataException.class, () -> FashionMnist.load(folder)).getMessage();
    assertEquals(
        folder + ": has neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz", message);
    Path none = folder.resolve("none");
    assertEquals(
        none + ": is not a folder",
        assertThrows(DataException.class, () -> FashionMnist.load(none)).getMessage());
  }

  @Test
  void fashionMnistHasImagesOf28By28() {
    Bytes.write(folder, "train-images-idx3-ubyte", IMAGES);
    Bytes.write(folder, "train-labels-idx1-ubyte", LABELS);
    String message =
        assertThrows(DataException.class, () -> FashionMnist.load(folder)).getMessage();
    assertTrue(message.contains("images of 6 pixels, expected 784"), message);
  }

  private void assertRefused(Path images, Path labels, Path culprit, String part) {
    String message =
        assertThrows(DataException.class, () -> Idx.read("pair", images, labels, 4)).getMessage();
    assertTrue(message.startsWith(culprit + ": ") && message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static byte[] with(int word, int value) {
    int[] header = {0x803, 2, 2, 3};
    header[word] = value;
    return Bytes.idx(PIXELS, header);
  }

  private static byte[] labels(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return Bytes.idx(bytes, 0x801, values.length);
  }
}

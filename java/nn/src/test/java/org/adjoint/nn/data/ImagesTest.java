package org.adjoint.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
  @TempDir private Path folder;

  private void write(String name, int width, int height, int... pixels) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, width, height, pixels, 0, width);
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    assertTrue(ImageIO.write(image, "png", file.toFile()));
  }

  @Test
  void foldersAreClasses() throws IOException {
    write("dog/b.png", 2, 1, 0xff0000, 0x0000ff);
    write("cat/z.PNG", 2, 1, 0x00ff00, 0x333333);
    write(
        "dog/a.png",
        4,
        2,
        0x666666,
        0x666666,
        0x666666,
        0x666666,
        0x666666,
        0x666666,
        0x666666,
        0x666666);
    Files.writeString(folder.resolve("dog/notes.txt"), "no image");
    Files.createDirectory(folder.resolve("empty"));
    ImageFolder images = ImageFolder.of(folder, 3, 1, 2);
    assertEquals(List.of("cat", "dog"), images.classes().words());
    assertArrayEquals(new int[] {0, 1, 1}, images.labels());
    assertEquals(folder.resolve("dog/a.png"), images.file(1));
    try (DataLoader loader = DataLoader.of(images).batch(3).open()) {
      Minibatch batch = loader.next();
      assertArrayEquals(new int[] {0, 1, 1}, batch.get("label").toIntArray());
      assertArrayEquals(new long[] {3, 3, 1, 2}, batch.get("image").shape().dims());
      float[] expected = {0, .2f, 1, .2f, 0, .2f, .4f, .4f, .4f, .4f, .4f, .4f, 1, 0, 0, 0, 0, 1};
      assertArrayEquals(expected, batch.get("image").toArray(), 1e-6f);
    }
    try (DataLoader loader = DataLoader.of(ImageFolder.of(folder, 1, 1, 2)).batch(1).open()) {
      assertArrayEquals(new float[] {.587f, .2f}, loader.next().get("image").toArray(), 1e-6f);
    }
  }

  @Test
  void whatIsNoImageIsNamed() throws IOException {
    assertThrows(DataException.class, () -> ImageFolder.of(folder, 3, 1, 2));
    assertThrows(DataException.class, () -> ImageFolder.of(folder.resolve("none"), 3, 1, 2));
    assertThrows(IllegalArgumentException.class, () -> ImageFolder.of(folder, 2, 1, 2));
    write("a/a.png", 2, 1, 0, 0);
    byte[] good = Files.readAllBytes(folder.resolve("a/a.png"));
    byte[] vast = good.clone();
    Arrays.fill(
        vast, 17, 20, (byte) 0x7f); // the width, without its checksum, which nobody asks for
    Arrays.fill(vast, 21, 24, (byte) 0x7f);
    for (byte[] bytes : List.of(new byte[10], Arrays.copyOf(good, 40), vast)) {
      Files.write(folder.resolve("a/a.png"), bytes);
      try (DataLoader loader = DataLoader.of(ImageFolder.of(folder, 3, 1, 2)).open()) {
        String message = assertThrows(DataException.class, loader::next).getMessage();
        assertTrue(message.startsWith(folder.resolve("a/a.png") + ": "), message);
      }
    }
  }

  /** Two images of 3 x 3 whose pixels are 1 … 9. */
  private static Tensor images(int n) {
    float[] pixels = new float[9 * n];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 9 + 1;
    }
    return Tensor.of(pixels, n, 1, 3, 3);
  }

  @Test
  void viewsAreFunctionsOfTheKey() {
    ImageAugmentation views = ImageAugmentation.none().flip(0.5).crop(1);
    float[] first = views.apply(images(64), Key.of(1)).toArray();
    assertArrayEquals(first, views.apply(images(64), Key.of(1)).toArray());
    assertFalse(Arrays.equals(first, views.apply(images(64), Key.of(2)).toArray()));
    // each view is one of 2 mirrorings at 9 places, and all of these come
    Set<String> all = new HashSet<>();
    for (int flip = 0; flip < 2; flip++) {
      for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
          all.add(Arrays.toString(view(flip == 1, dy, dx)));
        }
      }
    }
    Set<String> seen = new HashSet<>();
    float[] many = views.apply(images(1000), Key.of(3)).toArray();
    for (int i = 0; i < 1000; i++) {
      seen.add(Arrays.toString(Arrays.copyOfRange(many, 9 * i, 9 * i + 9)));
    }
    assertEquals(18, all.size());
    assertEquals(all, seen);
  }

  private static float[] view(boolean flip, int dy, int dx) {
    float[] view = new float[9];
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 3; x++) {
        int fromY = y + dy;
        int fromX = x + dx;
        if (fromY >= 0 && fromY < 3 && fromX >= 0 && fromX < 3) {
          view[3 * y + x] = 3 * fromY + (flip ? 2 - fromX : fromX) + 1;
        }
      }
    }
    return view;
  }

  @Test
  void channelsAreNormalised() {
    ImageAugmentation views =
        ImageAugmentation.none().normalise(new float[] {1, 2}, new float[] {2, 4});
    Tensor images = Tensor.of(new float[] {3, 10}, 1, 2, 1, 1);
    assertArrayEquals(new float[] {1, 2}, views.normalised(images).toArray());
    assertArrayEquals(new float[] {1, 2}, views.apply(images, Key.of(1)).toArray());
    assertThrows(IllegalArgumentException.class, () -> views.normalised(images(1)));
    assertThrows(IllegalArgumentException.class, () -> ImageAugmentation.none().flip(2));
    assertThrows(IllegalArgumentException.class, () -> ImageAugmentation.none().crop(-1));
    assertThrows(
        IllegalArgumentException.class,
        () -> ImageAugmentation.none().normalise(new float[1], new float[1]));
  }
}

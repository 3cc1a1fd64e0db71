package org.adjoint.nn.data;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.nn.internal.Heap;

/**
 * Images in a folder of folders, one a class, which is called by its folder's name. Names are
 * sorted, so numbers of rows and classes are the same everywhere. An image is decoded when its row
 * is read, and scaled to one size.
 *
 * <p>The fields are {@code image}, F32 [channels, height, width] with values from 0 to 1, and
 * {@code label}, I32 [].
 */
public final class ImageFolder implements Rows {
  private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "gif", "bmp");

  /** What a decoded image may have: a few bytes must not become gigabytes. */
  private static final long MOST_PIXELS = 1L << 26;

  private final List<Path> files;
  private final int[] labels;
  private final Vocabulary classes;
  private final int channels;
  private final int height;
  private final int width;

  private ImageFolder(
      List<Path> files, int[] labels, Vocabulary classes, int channels, int height, int width) {
    this.files = files;
    this.labels = labels;
    this.classes = classes;
    this.channels = channels;
    this.height = height;
    this.width = width;
  }

  /**
   * Returns the images of a folder's folders: all files that end in png, jpg, jpeg, gif or bmp.
   *
   * @param folder where the classes' folders are
   * @param channels 1 for grey, 3 for red, green and blue
   * @param height of a row's image
   * @param width of a row's image
   * @throws IllegalArgumentException if a size is none
   * @throws DataException naming the folder, if it has no images in folders or cannot be listed
   */
  public static ImageFolder of(Path folder, int channels, int height, int width) {
    if (channels != 1 && channels != 3 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "images: "
              + channels
              + " channels of "
              + height
              + " x "
              + width
              + "; 1 or 3 channels of at least 1 x 1");
    }
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    List<String> classes = new ArrayList<>();
    for (Path child : sorted(folder)) {
      if (!Files.isDirectory(child)) {
        continue;
      }
      List<Path> images = sorted(child).stream().filter(ImageFolder::isImage).toList();
      if (!images.isEmpty()) {
        images.forEach(image -> labels.add(classes.size()));
        files.addAll(images);
        classes.add(child.getFileName().toString());
      }
    }
    if (files.isEmpty()) {
      throw new DataException(folder, "has no folder with images that end in " + ENDINGS);
    }
    int[] numbers = labels.stream().mapToInt(Integer::intValue).toArray();
    return new ImageFolder(
        List.copyOf(files), numbers, Vocabulary.of(classes), channels, height, width);
  }

  private static List<Path> sorted(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children.sorted().toList();
    } catch (IOException e) {
      throw new DataException(folder, "cannot be listed: " + e.getMessage(), e);
    }
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1)) && Files.isRegularFile(file);
  }

  /** Returns the classes' names. */
  public Vocabulary classes() {
    return classes;
  }

  /** Returns the class of each row, as a {@link Sampler} takes them. */
  public int[] labels() {
    return labels.clone();
  }

  /** Returns the file of a row. */
  public Path file(int row) {
    return files.get(row);
  }

  @Override
  public int count() {
    return files.size();
  }

  @Override
  public List<Field> fields() {
    return List.of(
        new Field("image", DType.F32, Shape.of(channels, height, width)),
        new Field("label", DType.I32, Shape.SCALAR));
  }

  @Override
  public void read(int row, int field, ByteBuffer into) {
    if (field == 1) {
      into.putInt(labels[row]);
      return;
    }
    int[] pixels = pixels(files.get(row));
    for (int channel = 0; channel < channels; channel++) {
      for (int pixel : pixels) {
        into.putFloat(value(pixel, channel) / 255);
      }
    }
  }

  /** Returns a channel's value, from 0 to 255; grey by the weights of ITU-R BT.601. */
  private float value(int pixel, int channel) {
    int red = pixel >> 16 & 255;
    int green = pixel >> 8 & 255;
    int blue = pixel & 255;
    if (channels == 1) {
      boolean grey = red == green && green == blue;
      return grey ? red : 0.299f * red + 0.587f * green + 0.114f * blue;
    }
    return channel == 0 ? red : channel == 1 ? green : blue;
  }

  private int[] pixels(Path file) {
    try {
      BufferedImage image = decoded(file);
      if (image.getWidth() != width || image.getHeight() != height) {
        BufferedImage scaled = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = scaled.createGraphics();
        graphics.setRenderingHint(
            RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.drawImage(image, 0, 0, width, height, null);
        graphics.dispose();
        image = scaled;
      }
      return image.getRGB(0, 0, width, height, null, 0, width);
    } catch (IOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw Heap.full(file, "its pixels");
    } catch (RuntimeException e) {
      if (e instanceof DataException) {
        throw e;
      }
      throw new DataException(file, "is damaged: " + e, e); // decoders throw all kinds
    }
  }

  private static BufferedImage decoded(Path file) throws IOException {
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers =
          in == null ? List.<ImageReader>of().iterator() : ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new DataException(file, "is no image that javax.imageio knows");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new DataException(
              file,
              reader.getWidth(0)
                  + " x "
                  + reader.getHeight(0)
                  + " pixels are more than "
                  + MOST_PIXELS);
        }
        return reader.read(0);
      } finally {
        reader.dispose();
      }
    }
  }
}

package org.adjoint.lens.report;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.adjoint.nn.train.History;

/**
 * Grey images as PNG (W3C, Portable Network Graphics, second edition, 2003), without java.desktop.
 */
final class Png {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int BITS = 8;

  private Png() {}

  /** Returns an image as the address of an img element. */
  static String address(History.Image image) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes(image));
  }

  static byte[] bytes(History.Image image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(SIGNATURE);
      ByteArrayOutputStream header = new ByteArrayOutputStream();
      DataOutputStream fields = new DataOutputStream(header);
      fields.writeInt(image.width());
      fields.writeInt(image.height());
      // depth, then grey, deflate, the five filters, not interlaced
      fields.write(new byte[] {BITS, 0, 0, 0, 0});
      chunk(out, "IHDR", header.toByteArray());
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
        byte[] shades = image.bytes();
        for (int y = 0; y < image.height(); y++) {
          deflater.write(0); // this line is not filtered
          deflater.write(shades, y * image.width(), image.width());
        }
      }
      chunk(out, "IDAT", packed.toByteArray());
      chunk(out, "IEND", new byte[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // an array in memory cannot fail to be written
    }
    return bytes.toByteArray();
  }

  private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 sum = new CRC32();
    sum.update(name);
    sum.update(data);
    out.writeInt(data.length);
    out.write(name);
    out.write(data);
    out.writeInt((int) sum.getValue());
  }
}

package org.adjoint.lens.chart;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/**
 * Small colour images as URLs that hold the image itself. Source of the format: W3C, "Portable
 * Network Graphics (PNG) Specification", second edition, 2003.
 */
public final class Png {
  private static final byte[] SIGNATURE = {(byte) 137, 'P', 'N', 'G', 13, 10, 26, 10};
  private static final int BITS = 8;
  private static final int TRUE_COLOUR = 2;

  private Png() {}

  /**
   * Returns an image.
   *
   * @param rgb by row from the top, then by column: 0xRRGGBB
   */
  public static String url(int[][] rgb) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes(rgb));
  }

  static byte[] bytes(int[][] rgb) {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(header);
        DeflaterOutputStream rows = new DeflaterOutputStream(pixels)) {
      out.writeInt(rgb[0].length);
      out.writeInt(rgb.length);
      out.write(new byte[] {BITS, TRUE_COLOUR, 0, 0, 0});
      for (int[] row : rgb) {
        rows.write(0); // no filter
        for (int pixel : row) {
          rows.write(new byte[] {(byte) (pixel >> 16), (byte) (pixel >> 8), (byte) pixel});
        }
      }
      rows.finish();
      file.write(SIGNATURE);
      chunk(file, "IHDR", header.toByteArray());
      chunk(file, "IDAT", pixels.toByteArray());
      chunk(file, "IEND", new byte[0]);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return file.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream file, String name, byte[] data)
      throws IOException {
    CRC32 sum = new CRC32();
    byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
    sum.update(letters);
    sum.update(data);
    DataOutputStream out = new DataOutputStream(file);
    out.writeInt(data.length);
    out.write(letters);
    out.write(data);
    out.writeInt((int) sum.getValue());
  }
}

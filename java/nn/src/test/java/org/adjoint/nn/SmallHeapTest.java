package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.data.Idx;
import org.adjoint.nn.format.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that hold more than the heap does are refused by name, and files that only promise much
 * take little: each is read in a JVM whose heap is small.
 */
class SmallHeapTest {
  private static final int MB = 1 << 20;
  private static final String ROW = "0,".repeat(64) + "7\n";

  @TempDir private Path folder;

  /** What a child JVM runs: it reads one file and prints how that ended. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] arguments) {
      Path file = Path.of(arguments[1]);
      try {
        switch (arguments[0]) {
          case "digits" -> System.out.println(Digits.read(file).rows() + " rows");
          case "images" -> System.out.println(Idx.read("images", file, file, 10).rows() + " rows");
          case "labels" -> {
            Path images = Files.write(file.resolveSibling("one"), header(0x803, 1, 1, 1, 0));
            System.out.println(Idx.read("labels", images, file, 10).rows() + " rows");
          }
          case "safetensors" ->
              System.out.println(Safetensors.read(file).tensors().size() + " tensors");
          default -> throw new AssertionError(arguments[0]);
        }
      } catch (DataException e) {
        System.out.println(e.getMessage());
      } catch (IOException e) {
        System.out.println(e);
      }
    }
  }

  @Test
  void aSmallFileOfManyDigitsIsRefused() throws Exception {
    Path file =
        gzip("digits.csv.gz", new byte[0], ROW.getBytes(StandardCharsets.US_ASCII), 300_000);
    assertTrue(Files.size(file) < MB, "packed to " + Files.size(file));
    assertRefused(read("digits", file, 32), file, "row ", "room for ", "more than the heap of ");
  }

  @Test
  void anEndlessRowOfDigitsIsRefused() throws Exception {
    Path file = gzip("digits.csv.gz", new byte[0], new byte[] {'1', ','}, 50_000_000);
    assertRefused(read("digits", file, 32), file, "row 1: is not CSV");
  }

  @Test
  void aFieldOfDigitsWithoutAnEndIsRefused() throws Exception {
    Path file = gzip("digits.csv.gz", new byte[] {'"'}, new byte[] {'1', '1'}, 50_000_000);
    assertRefused(read("digits", file, 32), file, "row 1: is not CSV");
  }

  @Test
  void aSmallFileOfManyImagesIsRefused() throws Exception {
    byte[] header = header(0x803, 50 * MB, 1, 1);
    Path file = gzip("images.gz", header, new byte[1024], 50 * 1024);
    assertTrue(Files.size(file) < MB, "packed to " + Files.size(file));
    String images = 50 * MB + " images of 1 x 1: ";
    assertRefused(read("images", file, 32), file, images, "more than the heap of ");
  }

  @Test
  void aSmallFileOfManyLabelsIsRefused() throws Exception {
    Path file = gzip("labels.gz", header(0x801, 50 * MB), new byte[1024], 50 * 1024);
    assertRefused(read("labels", file, 32), file, 50 * MB + " labels: ");
  }

  /** Far more is promised than either file has room for, even unpacked. */
  @Test
  void aPromiseTakesNoMemory() throws Exception {
    int most = Integer.MAX_VALUE - 8;
    byte[] images = header(0x803, most, 1, 1, 1, 2, 3);
    Path plain = Files.write(folder.resolve("images"), images);
    Path packed = gzip("images.gz", images, new byte[0], 0);
    for (Path file : List.of(plain, packed)) {
      assertRefused(read("images", file, 5), file, "ends after 3 of the " + most + " bytes");
    }
    Path labels = gzip("labels.gz", header(0x801, most), new byte[1], 3);
    assertRefused(read("labels", labels, 5), labels, "ends after 3 of the " + most + " bytes");
  }

  @Test
  void aTensorLargerThanTheHeapIsRefused() throws Exception {
    int size = 64 * MB;
    String json =
        "{\"w\":{\"dtype\":\"BOOL\",\"shape\":[" + size + "],\"data_offsets\":[0," + size + "]}}";
    Path file = safetensors(json, size);
    assertRefused(read("safetensors", file, 32), file, "tensor 'w' BOOL [" + size + "]: " + size);
  }

  /** 50 000 entries are 3 MB of text; each takes a few small objects and no native memory. */
  @Test
  void aLongHeaderIsReadOrRefused() throws Exception {
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      entries.add("\"t" + i + "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    Path file = safetensors("{" + String.join(",", entries) + "}", 0);
    assertEquals("50000 tensors", read("safetensors", file, 48));
    for (int megabytes : new int[] {8, 24}) {
      String refused = read("safetensors", file, megabytes);
      String size = "the tensors of a file of " + Files.size(file) + " bytes, ";
      assertRefused(refused, file, size + "more than the heap of ");
    }
  }

  private static void assertRefused(String line, Path file, String... parts) {
    assertTrue(line.startsWith(file + ": "), line);
    for (String part : parts) {
      assertTrue(line.contains(part), line);
    }
  }

  private static String read(String kind, Path file, int megabytes) throws Exception {
    List<String> options =
        List.of("-Xmx" + megabytes + "m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    Process child = Children.start(options, Reader.class, kind, file.toString());
    String text = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, child.waitFor(), text);
    return text.strip();
  }

  private Path gzip(String name, byte[] start, byte[] repeated, int times) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file), 1 << 16)) {
      out.write(start);
      int block = Math.max(1, Math.min(times, (1 << 16) / Math.max(1, repeated.length)));
      byte[] blocks = new byte[block * repeated.length];
      for (int at = 0; at < blocks.length; at += repeated.length) {
        System.arraycopy(repeated, 0, blocks, at, repeated.length);
      }
      for (int done = 0; done < times; done += block) {
        out.write(blocks, 0, Math.min(block, times - done) * repeated.length);
      }
    }
    return file;
  }

  /** A sparse file: its data are zeros. */
  private Path safetensors(String json, long data) throws IOException {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("large.safetensors");
    ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(file, start.putLong(header.length).put(header).array());
    try (RandomAccessFile raf = new RandomAccessFile(file.toFile(), "rw")) {
      raf.setLength(8 + header.length + data);
    }
    return file;
  }

  /** Words of 4 bytes as long as they are sizes, then bytes. */
  private static byte[] header(int magic, int... rest) {
    int words = (magic & 0xff) + 1;
    ByteBuffer buffer = ByteBuffer.allocate(4 * words + rest.length - (words - 1)).putInt(magic);
    for (int i = 0; i < rest.length; i++) {
      if (i < words - 1) {
        buffer.putInt(rest[i]);
      } else {
        buffer.put((byte) rest[i]);
      }
    }
    return buffer.array();
  }
}

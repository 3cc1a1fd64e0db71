package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NpyTest {
  @TempDir private Path folder;

  static Path resource(String name) throws URISyntaxException {
    return Path.of(NpyTest.class.getResource("/org/adjoint/nn/format/" + name).toURI());
  }

  /** The arrays that NumPy 2.4.6 wrote: see numpy.README.md beside the file. */
  @Test
  void whatNumpyWroteIsRead() throws URISyntaxException {
    Map<String, Tensor> arrays = Npz.read(resource("numpy-packed.npz"));
    assertEquals(24, arrays.size());
    Map<String, DType> dtypes = new LinkedHashMap<>();
    for (String wide : List.of("f8", "f4", "i8", "i4")) {
      DType dtype = DType.valueOf(Element.ofNumpy(wide).orElseThrow().name());
      dtypes.put("cl" + wide, dtype);
      dtypes.put("cb" + wide, dtype);
    }
    dtypes.putAll(Map.of("clf2", DType.F32, "cbf2", DType.F32));
    dtypes.putAll(Map.of("cli2", DType.I32, "cbi2", DType.I32, "cni1", DType.I32));
    dtypes.forEach((name, dtype) -> assertValues(arrays.get(name), dtype, -3, -2, -1, 0, 1, 2));
    assertValues(arrays.get("cnu1"), DType.I32, 253, 254, 255, 0, 1, 2);
    for (String name : List.of("clu2", "cbu2")) {
      assertValues(arrays.get(name), DType.I32, 65533, 65534, 65535, 0, 1, 2);
    }
    for (String name : List.of("clu4", "cbu4")) {
      assertValues(arrays.get(name), DType.I64, 4294967293L, 4294967294L, 4294967295L, 0, 1, 2);
    }
    assertArrayEquals(new boolean[] {true, false, true}, arrays.get("b").toBooleanArray());
    assertArrayEquals(new long[] {2, 3, 4}, arrays.get("f").shape().dims());
    float[] rising = new float[24];
    for (int i = 0; i < 24; i++) {
      rising[i] = i;
    }
    assertArrayEquals(rising, arrays.get("f").toArray());
    assertEquals(2.5, arrays.get("scalar").item());
    assertEquals(0, arrays.get("scalar").rank());
    assertArrayEquals(new long[] {0, 3}, arrays.get("empty").shape().dims());
    assertArrayEquals(new long[] {3, 0, 2}, arrays.get("emptyf").shape().dims());
    assertArrayEquals(new int[] {0, 1, 2}, arrays.get("one").toIntArray());
  }

  private static void assertValues(Tensor actual, DType dtype, long... values) {
    assertEquals(dtype, actual.dtype());
    assertArrayEquals(new long[] {2, 3}, actual.shape().dims());
    assertArrayEquals(values, actual.cast(DType.I64).toLongArray());
  }

  @Test
  void whatIsWrittenIsWhatNumpyWrites() throws Exception {
    Path file = folder.resolve("a.npy");
    Npy.write(file, Tensor.of(new int[] {0, 1, 2, 3, 4, 5}, 6).reshape(2, 3));
    String header = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
    ByteBuffer expected = ByteBuffer.allocate(152).order(ByteOrder.LITTLE_ENDIAN);
    expected.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) 118);
    expected.put((header + " ".repeat(117 - header.length()) + "\n").getBytes("US-ASCII"));
    for (int i = 0; i < 6; i++) {
      expected.putInt(i);
    }
    assertArrayEquals(expected.array(), Files.readAllBytes(file));
    // and an archive that NumPy wrote holds the same bytes an entry
    Path copy = folder.resolve("copy.npz");
    Map<String, Tensor> theirs = Npz.read(resource("numpy.npz"));
    Npz.write(copy, theirs);
    assertEquals(List.of("one", "f", "b"), List.copyOf(Npz.read(copy).keySet()));
  }

  @Test
  void everyDtypeComesBackBitForBit() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    float nan = Float.intBitsToFloat(0x7fc12345);
    tensors.put("f32", Tensor.of(new float[] {-0f, nan, 1e-45f}, 3));
    tensors.put("f64", Tensor.of(new double[] {Double.MIN_VALUE, -0.0}, 2, 1));
    tensors.put("bf16", Tensor.ofBfloat16(new short[] {(short) 0x8000, 0x7fc1, 0x3f80, 1}, 2, 2));
    tensors.put("i32", Tensor.of(new int[] {Integer.MIN_VALUE, -1}, 2));
    tensors.put("i64", Tensor.of(new long[] {Long.MIN_VALUE, 1}, 1, 2));
    tensors.put("bool", Tensor.of(new boolean[] {true, false}, 2));
    tensors.put("empty", Tensor.zeros(DType.F32, 0, 3));
    tensors.put("scalar", Tensor.scalar(3.5));
    tensors.put("deep", Tensor.zeros(DType.F32, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    tensors.put("a/ü.b", Tensor.scalar(1L));
    Path archive = folder.resolve("a.npz");
    Npz.write(archive, tensors);
    Map<String, Tensor> read = Npz.read(archive);
    assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.keySet()));
    tensors.forEach(
        (name, tensor) -> {
          assertSame(tensor, read.get(name));
          Path file = folder.resolve("one.npy");
          Npy.write(file, tensor);
          assertSame(tensor, Npy.read(file));
        });
  }

  private void assertSame(Tensor expected, Tensor actual) {
    assertEquals(expected.type(), actual.type());
    Path file = folder.resolve("bits");
    try {
      Npy.write(file, expected);
      byte[] bits = Files.readAllBytes(file);
      Npy.write(file, actual);
      assertArrayEquals(bits, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<Arguments> lies() {
    String good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    return Stream.of(
        lie("empty", "has 0 bytes", new byte[0]),
        lie("no magic", "byte 0 is 80, expected 147", "PKxxxxxxxxxxxx".getBytes()),
        lie("cut", "takes 8 bytes, but 7 follow", Arrays.copyOf(npy(good, 8), good.length() + 17)),
        lie("longer", "takes 8 bytes, but 9 follow", npy(good, 9)),
        lie("huge", "bytes, but 8 follow", npy(good.replace("2,", "1000000000,"), 8)),
        lie("overflow", "no such shape", npy(good.replace("2,", "4294967296, 4294967296"), 8)),
        lie(
            "beyond 64 bits",
            "a size below 2^63",
            npy(good.replace("2", "9223372036854775808"), 8)),
        lie("negative", "is '-', expected a size", npy(good.replace("2", "-2"), 8)),
        lie("no tuple", "is ')', expected ','", npy(good.replace("2,", "2"), 8)),
        lie("objects", "are code to be run", npy(good.replace("<f4", "|O"), 8)),
        lie("complex", "dtype '<c8' is not read; save", npy(good.replace("<f4", "<c8"), 8)),
        lie("no order", "has no byte order", npy(good.replace("<f4", "|f4"), 8)),
        lie("fields", "has fields", npy(good.replace("'<f4'", "[('a', '<f4')]"), 8)),
        lie("twice", "'shape' twice", npy(good.replace("fortran_order': False", "shape': ()"), 8)),
        lie("lacks", "has only", npy("{'descr': '<f4'}", 8)),
        lie("unknown", "unknown entry 'x'", npy(good.replace(" 'shape'", " 'x': 1, 'shape'"), 8)),
        lie("goes on", "goes on behind", npy(good + "x", 8)),
        lie("unclosed", "is the end, expected", npy(good.replace("}", ""), 8)),
        lie("truth", "expected True or False", npy(good.replace("False", "0"), 8)),
        lie("a boolean of 2", "element 0 is 2", npy(good.replace("<f4", "|b1"), 2, (byte) 2)),
        lie("rank 17", "more than 16 sizes", npy(good.replace("2,", "1,".repeat(17)), 4)),
        lie("version", "npy version 9", version(9)));
  }

  private static Arguments lie(String kind, String part, byte[] bytes) {
    return Arguments.of(kind, part, bytes);
  }

  private static byte[] version(int version) {
    byte[] bytes = npy("{}", 0);
    bytes[6] = (byte) version;
    return bytes;
  }

  static byte[] npy(String header, int data, byte... first) {
    ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + data);
    bytes.order(ByteOrder.LITTLE_ENDIAN).put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'});
    bytes.put((byte) 1).put((byte) 0).putShort((short) header.length());
    return bytes.put(header.getBytes(StandardCharsets.ISO_8859_1)).put(first).array();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void aLyingHeaderIsRefusedInOneLine(String kind, String part, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("lie.npy"), bytes);
    String message = assertThrows(DataException.class, () -> Npy.read(file)).getMessage();
    assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void versionsTwoAndThreeHaveALongerLength() throws IOException {
    byte[] one = npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }", 4, (byte) 7);
    for (byte version = 2; version <= 3; version++) {
      ByteBuffer bytes = ByteBuffer.allocate(one.length + 2).put(one, 0, 10).putShort((short) 0);
      byte[] longer = bytes.put(one, 10, one.length - 10).array();
      longer[6] = version;
      Path file = Files.write(folder.resolve("v.npy"), longer);
      assertEquals(7, Npy.read(file).longItem());
    }
  }

  @Test
  void aDamagedArchiveIsRefused() throws Exception {
    byte[] good = Files.readAllBytes(resource("numpy.npz"));
    Path file = folder.resolve("bad.npz");
    byte[] bad = good.clone();
    bad[150] ^= 1; // a number of the first array
    assertRefused(file, bad, "is damaged: its checksum");
    assertRefused(file, Arrays.copyOf(good, good.length - 1), "is no whole zip archive");
    assertRefused(file, new byte[10], "is no whole zip archive");
    assertThrows(DataException.class, () -> Npz.read(folder.resolve("none")));
    assertThrows(
        IllegalArgumentException.class, () -> Npz.write(file, Map.of("", Tensor.scalar(1f))));
  }

  @Test
  void aCommentThatIsNotUtf8IsRefused() throws IOException {
    Path file = folder.resolve("comment.npz");
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(file), StandardCharsets.ISO_8859_1)) {
      ZipEntry entry = new ZipEntry("a.npy");
      entry.setComment("\u00ff");
      zip.putNextEntry(entry);
    }
    assertRefused(file, Files.readAllBytes(file), "is not UTF-8 text");
  }

  private static void assertRefused(Path file, byte[] bytes, String part) throws IOException {
    Files.write(file, bytes);
    String message = assertThrows(DataException.class, () -> Npz.read(file)).getMessage();
    assertTrue(message.contains(file.toString()) && message.contains(part), message);
  }
}

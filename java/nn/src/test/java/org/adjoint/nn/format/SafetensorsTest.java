package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsTest {
  @TempDir private Path folder;

  @Test
  void everyTypeComesBackAsItWas() {
    float[] floats = {1.5f, -0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 3};
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("bool", Tensor.of(new boolean[] {true, false, true}, 3));
    tensors.put("f32", Tensor.of(floats, 2, 3));
    float[] brief = {1.5f, -0f, Float.NaN, Float.NEGATIVE_INFINITY, 0x1p-133f, 3.140625f};
    tensors.put("bf16", Tensor.of(brief, 3, 2).cast(DType.BF16));
    tensors.put("i32", Tensor.of(new int[] {Integer.MIN_VALUE, 7}, 2, 1));
    tensors.put("f64", Tensor.scalar(Math.PI));
    tensors.put("i64", Tensor.of(new long[] {Long.MIN_VALUE, Long.MAX_VALUE}, 2));
    tensors.put("empty", Tensor.zeros(DType.F32, 0, 5));
    tensors.put("ünï \"quoted\"\n", Tensor.scalar(1f));
    Map<String, String> metadata = Map.of("key", "value with \"quotes\", ünïcode and \n newline");
    Path file = folder.resolve("all.safetensors");
    new Safetensors(tensors, metadata).write(file);

    Safetensors read = Safetensors.read(file);
    assertEquals(metadata, read.metadata());
    assertEquals(tensors.keySet(), read.tensors().keySet());
    assertArrayEquals(
        new boolean[] {true, false, true}, read.tensors().get("bool").toBooleanArray());
    assertArrayEquals(floats, read.tensors().get("f32").toArray());
    assertEquals(Shape.of(2, 3), read.tensors().get("f32").shape());
    assertEquals("BF16[3, 2]", read.tensors().get("bf16").toString());
    assertArrayEquals(brief, read.tensors().get("bf16").toArray());
    assertArrayEquals(new int[] {Integer.MIN_VALUE, 7}, read.tensors().get("i32").toIntArray());
    assertEquals(Math.PI, read.tensors().get("f64").item());
    assertEquals(Shape.SCALAR, read.tensors().get("f64").shape());
    assertArrayEquals(
        new long[] {Long.MIN_VALUE, Long.MAX_VALUE}, read.tensors().get("i64").toLongArray());
    assertEquals(Shape.of(0, 5), read.tensors().get("empty").shape());
  }

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", Tensor.of(new boolean[] {true}, 1));
    tensors.put("h", Tensor.of(new float[] {1, -2}, 2).cast(DType.BF16));
    tensors.put("w", Tensor.of(new float[] {1, 2}, 1, 2));
    Path file = folder.resolve("golden.safetensors");
    new Safetensors(tensors, Map.of("a", "z")).write(file);
    String header =
        "{\"__metadata__\":{\"a\":\"z\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
            + "\"h\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[8,12]},"
            + "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[12,13]}}";
    header += " ".repeat((8 - header.length() % 8) % 8);
    byte[] data = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40, (byte) 0x80, 0x3f, 0, (byte) 0xc0, 1};
    assertArrayEquals(file(header, data), Files.readAllBytes(file));
  }

  @Test
  void largeTensorsAreWrittenInPieces() {
    double[] values = new double[300_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 0.5;
    }
    Path file = folder.resolve("large.safetensors");
    new Safetensors(Map.of("x", Tensor.of(values, values.length)), Map.of()).write(file);
    assertArrayEquals(values, Safetensors.read(file).tensors().get("x").toDoubleArray());
  }

  @Test
  void aFileWithoutTensorsIsAFile() {
    Path file = folder.resolve("none.safetensors");
    new Safetensors(Map.of(), Map.of("a", "b")).write(file);
    assertEquals(Map.of("a", "b"), Safetensors.read(file).metadata());
  }

  @Test
  void bitsOfBf16SurviveReadingAndWriting() throws IOException {
    String header = "{\"a\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]}}         ";
    byte[] data = {(byte) 0x81, 0x7f, 1, (byte) 0xff, 1, 0, 0, (byte) 0x80}; // NaNs, 9e-41, −0
    Path file = Files.write(folder.resolve("a.safetensors"), file(header, data));
    Path again = folder.resolve("again.safetensors");
    new Safetensors(Safetensors.read(file).tensors(), Map.of()).write(again);
    byte[] bytes = Files.readAllBytes(again);
    assertArrayEquals(data, Arrays.copyOfRange(bytes, bytes.length - data.length, bytes.length));
  }

  @Test
  void halfOfASurrogatePairIsNoText() {
    Tensor x = Tensor.scalar(1f);
    for (String text : List.of("\ud800", "a\udc00", "\ud800b")) {
      for (Runnable write :
          List.<Runnable>of(
              () -> new Safetensors(Map.of(text, x), Map.of()),
              () -> new Safetensors(Map.of(), Map.of(text, "z")),
              () -> new Safetensors(Map.of(), Map.of("a", text)))) {
        String message = assertThrows(IllegalArgumentException.class, write::run).getMessage();
        assertTrue(message.contains("half of a surrogate pair"), message);
      }
    }
    new Safetensors(Map.of("\ud83d\ude00", x), Map.of());
  }

  @Test
  void anInterruptedThreadReadsAndWritesAndStaysInterrupted() {
    Path file = folder.resolve("interrupted.safetensors");
    Tensor x = Tensor.of(new float[] {1, 2}, 2);
    Thread.currentThread().interrupt();
    new Safetensors(Map.of("a", x), Map.of()).write(file);
    assertTrue(Thread.currentThread().isInterrupted());
    Map<String, Tensor> tensors = Safetensors.read(file).tensors();
    assertTrue(Thread.interrupted());
    assertArrayEquals(new float[] {1, 2}, tensors.get("a").toArray());
  }

  @Test
  void theReservedNameIsNoTensor() {
    Map<String, Tensor> tensors = Map.of("__metadata__", Tensor.scalar(1f));
    assertThrows(IllegalArgumentException.class, () -> new Safetensors(tensors, Map.of()));
  }

  @Test
  void narrowNumbersAreReadAsTheNextDtype() throws IOException {
    String header =
        "{\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
            + "\"u\":{\"dtype\":\"U32\",\"shape\":[1],\"data_offsets\":[4,8]},"
            + "\"i\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
    byte[] data = {0, 0x3c, 1, (byte) 0x80, -1, -1, -1, -1, -128};
    Path file = Files.write(folder.resolve("narrow.safetensors"), file(header, data));
    Map<String, Tensor> tensors = Safetensors.read(file).tensors();
    assertArrayEquals(new float[] {1, -0x1p-24f}, tensors.get("h").toArray());
    assertArrayEquals(new long[] {0xffffffffL}, tensors.get("u").toLongArray());
    assertArrayEquals(new int[] {-128}, tensors.get("i").toIntArray());
  }

  static Stream<Arguments> lies() {
    String w = "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
    String max = "9223372036854775807";
    return Stream.of(
        lie("empty file", "has 0 bytes", new byte[0]),
        lie("seven bytes", "has 7 bytes", new byte[7]),
        lie("length 0", "length at byte 0 is 0", length(0, "{}")),
        lie("length 1", "length at byte 0 is 1", length(1, "{}")),
        lie("beyond the file", "is 3, expected 2..2 in a file of 10 bytes", length(3, "{}")),
        lie("2^63", "is 9223372036854775808", length(Long.MIN_VALUE, "{}")),
        lie("2^64-1", "is 18446744073709551615", length(-1, "{}")),
        lie("beyond the limit", "is 100000001", length(100_000_001, "{}")),
        lie("no object", "does not start with '{'", file("[]", 0)),
        lie("space first", "does not start with '{'", file(" {}", 0)),
        lie("text", "does not start with '{'", file("hello, world", 0)),
        lie("not UTF-8", "not UTF-8", file(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, 0)),
        lie("half a pair", "half of a surrogate pair", file("{\"\\ud800\":{}}", 0)),
        lie("half a pair", "half of a surrogate pair", metadata("{\"a\":\"\\udc00\"}")),
        lie("unclosed", "malformed", file("{" + w, 8)),
        lie("no JSON", "malformed at character", file("{w}", 8)),
        lie("NUL padding", "malformed", file("{" + w + "}\0\0", 8)),
        lie("goes on", "goes on behind its closing brace", file("{" + w + "}{}", 8)),
        lie("duplicate tensor", "Duplicate field 'w'", file("{" + w + "," + w + "}", 8)),
        lie(
            "duplicate metadata",
            "Duplicate field",
            file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0)),
        lie(
            "duplicate dtype",
            "Duplicate field 'dtype'",
            tensor("\"dtype\":\"F64\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]")),
        lie("deep nesting", "__metadata__ a: found an array", file(nested(5000), 0)),
        lie("metadata number", "found a whole number where a string", metadata("{\"a\":1}")),
        lie("metadata null", "found null where a string", metadata("{\"a\":null}")),
        lie("metadata list", "found an array where an object", metadata("[]")),
        lie("tensor is a list", "tensor 'w': found an array", file("{\"w\":[1]}", 8)),
        lie("no dtype", "lacks one of", tensor("\"shape\":[2],\"data_offsets\":[0,8]")),
        lie("no shape", "lacks one of", tensor("\"dtype\":\"F32\",\"data_offsets\":[0,8]")),
        lie("no offsets", "lacks one of", tensor("\"dtype\":\"F32\",\"shape\":[2]")),
        lie("unknown field", "unknown field 'x'", tensor("\"x\":1")),
        lie("unknown dtype", "dtype 'F8_E4M3' is not one of", entry("F8_E4M3", "[8]", "[0,8]")),
        lie("lower-case dtype", "dtype 'f32'", entry("f32", "[2]", "[0,8]")),
        lie("dtype number", "dtype: found a whole number", tensor("\"dtype\":32")),
        lie("shape number", "shape: found a whole number", tensor("\"shape\":2")),
        lie("shape of strings", "shape: found a string", entry("F32", "[\"2\"]", "[0,8]")),
        lie("shape of fractions", "shape: found a fraction", entry("F32", "[2.0]", "[0,8]")),
        lie("exponent", "shape: found a fraction", entry("F32", "[2e0]", "[0,8]")),
        lie("negative size", "negative number -2", entry("F32", "[-2]", "[0,8]")),
        lie("negative zero sizes", "negative number -1", entry("F32", "[-1,-2]", "[0,8]")),
        lie("size beyond 64 bits", "malformed", entry("F32", "[" + max + "0]", "[0,8]")),
        lie("product overflows", "no such shape", entry("F32", "[" + max + ",2]", "[0,8]")),
        lie(
            "product wraps to 2",
            "no such shape",
            entry("F32", "[4294967296,4294967296,2]", "[0,8]")),
        lie("bytes overflow", "no such shape", entry("F64", "[" + max + "]", "[0,8]")),
        lie("rank 17", "no such shape", entry("F32", "[1" + ",1".repeat(16) + "]", "[0,4]")),
        lie("rank 1000", "more than 16", entry("F32", "[1" + ",1".repeat(999) + "]", "[0,4]")),
        lie("one offset", "not [begin, end]", entry("F32", "[2]", "[8]")),
        lie("three offsets", "not [begin, end]", entry("F32", "[2]", "[0,8,8]")),
        lie("reversed offsets", "not [begin, end]", entry("F32", "[2]", "[8,0]")),
        lie("negative offset", "negative number -8", entry("F32", "[0]", "[-8,-8]")),
        lie("too few bytes", "F32 [2] takes 8 bytes", entry("F32", "[2]", "[0,4]")),
        lie("too many bytes", "F32 [1] takes 4 bytes", entry("F32", "[1]", "[0,8]")),
        lie("beyond the data", "reach beyond the 8 bytes", entry("F32", "[3]", "[0,12]")),
        lie(
            "far beyond the data",
            "reach beyond the 8 bytes",
            entry("BOOL", "[0]", "[" + max + "," + max + "]")),
        lie("gap at the start", "leave a gap behind the header", entry("F32", "[1]", "[4,8]")),
        lie("hole at the end", "cover 4 of the 8 bytes", entry("F32", "[1]", "[0,4]")),
        lie("gap between", "leave a gap behind tensor 'a'", two("[1]", "[0,4]", "[5,9]", 9)),
        lie("overlap", "overlap tensor 'a'", two("[1]", "[0,4]", "[2,6]", 6)),
        lie("the same bytes", "overlap tensor 'a'", two("[1]", "[0,4]", "[0,4]", 4)),
        lie("no tensors, some data", "cover 0 of the 8 bytes", file("{}", 8)),
        lie(
            "a boolean of 2",
            "tensor 'w': element 1 is 2",
            file(
                "{\"w\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[0,2]}}",
                new byte[] {1, 2})));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void aLyingHeaderIsRefusedInOneLine(String kind, String part, byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("lie.safetensors"), bytes);
    String message = assertThrows(DataException.class, () -> Safetensors.read(file)).getMessage();
    assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
    assertArrayEquals(bytes, Files.readAllBytes(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }

  @Test
  void aMissingFileAndAFolderAreRefused() {
    Path none = folder.resolve("none");
    assertEquals(
        none + ": no such file",
        assertThrows(DataException.class, () -> Safetensors.read(none)).getMessage());
    assertThrows(DataException.class, () -> Safetensors.read(folder));
  }

  @Test
  void tensorsMayStandInAnyOrderInTheHeader() throws IOException {
    String header =
        "{\"b\":{\"shape\":[1],\"data_offsets\":[4,8],\"dtype\":\"F32\"},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}\n ";
    byte[] data = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40};
    Path file = Files.write(folder.resolve("order.safetensors"), file(header, data));
    Map<String, Tensor> tensors = Safetensors.read(file).tensors();
    assertEquals(1, tensors.get("a").item());
    assertEquals(2, tensors.get("b").item());
  }

  private static Arguments lie(String kind, String part, byte[] bytes) {
    return Arguments.of(kind, part, bytes);
  }

  private static byte[] entry(String dtype, String shape, String offsets) {
    return tensor(
        "\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets);
  }

  private static byte[] tensor(String fields) {
    return file("{\"w\":{" + fields + "}}", 8);
  }

  private static byte[] two(String shape, String a, String b, int data) {
    String fields = ":{\"dtype\":\"F32\",\"shape\":" + shape + ",\"data_offsets\":";
    return file("{\"a\"" + fields + a + "},\"b\"" + fields + b + "}}", data);
  }

  private static byte[] metadata(String value) {
    return file("{\"__metadata__\":" + value + "}", 0);
  }

  private static String nested(int depth) {
    return "{\"__metadata__\":{\"a\":" + "[".repeat(depth) + "]".repeat(depth) + "}}";
  }

  private static byte[] length(long length, String header) {
    byte[] bytes = file(header, 0);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    return bytes;
  }

  private static byte[] file(String header, int data) {
    return file(header, new byte[data]);
  }

  private static byte[] file(String header, byte[] data) {
    return file(header.getBytes(StandardCharsets.UTF_8), data);
  }

  private static byte[] file(byte[] header, int data) {
    return file(header, new byte[data]);
  }

  private static byte[] file(byte[] header, byte[] data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .put(data)
        .array();
  }
}

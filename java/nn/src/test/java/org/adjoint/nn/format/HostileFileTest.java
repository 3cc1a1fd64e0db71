package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.Csv;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.data.Dataset;
import org.adjoint.nn.data.Digits;
import org.adjoint.nn.data.Idx;
import org.adjoint.nn.data.Table;
import org.adjoint.nn.onnx.OnnxLayer;
import org.adjoint.nn.onnx.SmallFiles;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Damaged files, drawn by a seed, for every reader of this module: each is refused by a {@link
 * DataException} of one line or read, and what is read is no larger than its file. Reading never
 * allocates more than four times the file beside the reader's own buffers. A new reader is a row of
 * {@link #readers}. {@code mvn -Pfuzz} tries a million damages a reader.
 */
class HostileFileTest {
  private static final int INPUTS = Boolean.getBoolean("adjoint.fuzz") ? 1_000_000 : 2_500;

  /** What a reader of an empty file allocates: decoders, parsers, the message of an error. */
  private static final long OWN = 1 << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir private static Path folder;

  /** Reads a file and returns how many numbers or characters were in it. */
  private interface Reader {
    long read(Path file);
  }

  static Stream<Arguments> readers() throws Exception {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    tensors.put("b", Tensor.of(new boolean[] {true, false}, 2));
    tensors.put("c", Tensor.ofBfloat16(new short[] {1, 2}, 2, 1));
    tensors.put("d", Tensor.zeros(DType.I64, 0, 3));
    new Safetensors(tensors, Map.of("k", "v")).write(folder.resolve("shard"));
    byte[] safetensors = Files.readAllBytes(folder.resolve("shard"));
    String index =
        "{\"weight_map\":{\"a\":\"shard\",\"b\":\"shard\",\"c\":\"shard\",\"d\":\"shard\"}}";
    byte[] npy = NpyTest.npy("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 2), }", 24);
    byte[] stored = Files.readAllBytes(NpyTest.resource("numpy.npz"));
    byte[] packed = Files.readAllBytes(NpyTest.resource("numpy-packed.npz"));
    Path model = folder.resolve("model");
    Mlp mlp =
        Mlp.of(List.of(2, 2), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));
    new MlpFile(mlp, "none").write(model);
    byte[] mlpFile = Files.readAllBytes(model);
    HistoryFile.write(HistoryFileTest.history(), folder.resolve("history"));
    byte[] history = Files.readAllBytes(folder.resolve("history"));
    byte[] csv = ("0,".repeat(64) + "7\n").repeat(2).getBytes(StandardCharsets.US_ASCII);
    byte[] table = "x,y\n1,a\n\"2\",NA\n".getBytes(StandardCharsets.US_ASCII);
    byte[][] onnx = SmallFiles.all().toArray(byte[][]::new);
    byte[] images = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4};
    byte[] labels = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    Path goodImages = Files.write(folder.resolve("images"), images);
    Path goodLabels = Files.write(folder.resolve("labels"), labels);
    return Stream.of(
        row("safetensors", file -> sizes(Safetensors.read(file).tensors()), safetensors),
        row("index", file -> sizes(Safetensors.readSharded(file).tensors()), index.getBytes()),
        row("npy", file -> Npy.read(file).size(), npy),
        row("npz", file -> sizes(Npz.read(file)), stored, packed),
        row("model", file -> sizes(MlpFile.read(file).model().parameters()), mlpFile),
        row("history", file -> HistoryFile.read(file).steps().size(), history),
        row("digits", file -> size(Digits.read(file)), csv, gzip(csv)),
        row("table", file -> size(Csv.standard().read(file)), table, gzip(table)),
        row("images", file -> size(Idx.read("i", file, goodLabels, 2)), images, gzip(images)),
        row("labels", file -> size(Idx.read("l", goodImages, file, 2)), labels, gzip(labels)),
        row("onnx", file -> sizes(OnnxLayer.read(file).parameters()), onnx));
  }

  private static Arguments row(String name, Reader reader, byte[]... good) {
    return Arguments.of(name, reader, List.of(good));
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private static long sizes(Map<String, Tensor> tensors) {
    return sizes(tensors.values());
  }

  private static long sizes(Collection<? extends Tensor> tensors) {
    return tensors.stream().mapToLong(Tensor::size).sum();
  }

  private static long size(Dataset data) {
    return (long) data.rows() * data.columns();
  }

  private static long size(Table table) {
    return (long) table.rows() * table.columns().size();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("readers")
  @Timeout(3600)
  void aDamagedFileIsRefusedOrRead(String name, Reader reader, List<byte[]> good)
      throws IOException {
    Path file = folder.resolve(name + ".damaged");
    for (byte[] whole : good) {
      Files.write(file, whole);
      reader.read(file);
    }
    long longest = good.stream().mapToInt(whole -> whole.length).max().orElseThrow();
    int read = 0;
    Mutations mutations = new Mutations(1);
    for (int i = 0; i < INPUTS; i++) {
      byte[] bytes = mutations.of(good.get(i % good.size()));
      overwrite(file, bytes);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      try {
        long size = read(reader, file);
        read++;
        assertTrue(size <= longest + bytes.length, name + " " + i + ": " + size);
      } catch (DataException e) {
        assertTrue(e.getMessage().lines().count() == 1, e.getMessage());
      } catch (Throwable e) {
        throw new AssertionError(name + ", damage " + i + ": " + e, e);
      }
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertTrue(
          allocated <= 4L * bytes.length + OWN,
          () -> name + ": " + bytes.length + " bytes, allocated are " + allocated);
    }
    assertTrue(read > 0 && read < INPUTS, name + ": " + read + " of " + INPUTS + " were read");
  }

  /** Writes without emptying the file before, which some file systems force to the disk. */
  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(bytes);
      out.setLength(bytes.length);
    }
  }

  @SuppressWarnings("try") // a scope works by being open
  private static long read(Reader reader, Path file) {
    try (Scope scope = Scope.open()) {
      return reader.read(file);
    }
  }
}

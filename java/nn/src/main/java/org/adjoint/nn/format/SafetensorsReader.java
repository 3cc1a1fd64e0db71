package org.adjoint.nn.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.format.SafetensorsHeader.Entry;
import org.adjoint.nn.internal.Heap;

/**
 * Reads a {@link Safetensors} file and believes nothing: lengths are compared with the file before
 * anything is allocated, and the header as a whole before any tensor is read. What the header says
 * is {@link SafetensorsHeader}'s business.
 */
final class SafetensorsReader {
  private static final int CHUNK = 1 << 20;

  private final Path file;

  /** No channel: an interrupt of this thread would close a channel. */
  private final RandomAccessFile in;

  private SafetensorsReader(Path file, RandomAccessFile in) {
    this.file = file;
    this.in = in;
  }

  static Safetensors read(Path file) {
    if (!Files.exists(file)) {
      throw new DataException(file, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new DataException(file, "is not a regular file");
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      return new SafetensorsReader(file, in).read();
    } catch (EOFException e) {
      throw new DataException(file, "became shorter while it was read", e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private Safetensors read() throws IOException {
    long size = in.length();
    try {
      return read(size);
    } catch (OutOfMemoryError e) {
      // whatever ran out: nothing that was read is kept
      throw Heap.full(file, "the tensors of a file of " + size + " bytes");
    }
  }

  private Safetensors read(long size) throws IOException {
    if (size < 8) {
      throw error("has " + size + " bytes, fewer than the 8 that hold the length of the header");
    }
    long length = bytes(0, 8).getLong(0);
    if (length < 2 || length > Safetensors.MAX_HEADER || length > size - 8) {
      throw error(
          "the header's length at byte 0 is "
              + Long.toUnsignedString(length)
              + ", expected 2.."
              + Math.min(Safetensors.MAX_HEADER, size - 8)
              + " in a file of "
              + size
              + " bytes");
    }
    ByteBuffer bytes = bytes(8, (int) length);
    if (bytes.get(0) != '{') {
      throw error("the header at byte 8 does not start with '{': this is no safetensors file");
    }
    SafetensorsHeader header = SafetensorsHeader.parse(file, bytes.array());
    requireCover(header.entries(), size - 8 - length);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Entry entry : header.entries()) {
      tensors.put(entry.name(), tensor(entry, 8 + length + entry.begin()));
    }
    return new Safetensors(tensors, header.metadata());
  }

  /**
   * Checks that the tensors' bytes, in the order of their offsets, follow each other from 0 to
   * {@code length}.
   */
  private void requireCover(List<Entry> entries, long length) {
    long end = 0;
    String before = "the header";
    List<Entry> ordered =
        entries.stream()
            .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
            .toList();
    for (Entry entry : ordered) {
      if (entry.end() > length) {
        throw error(
            entry.label()
                + ": data_offsets "
                + entry.offsets()
                + " reach beyond the "
                + length
                + " bytes of data in the file");
      }
      if (entry.begin() != end) {
        throw error(
            entry.label()
                + ": data_offsets "
                + entry.offsets()
                + (entry.begin() < end ? " overlap " : " leave a gap behind ")
                + before
                + ", which ends at "
                + end);
      }
      end = entry.end();
      before = entry.label();
    }
    if (end != length) {
      throw error(
          "the tensors cover " + end + " of the " + length + " bytes of data behind the header");
    }
  }

  private Tensor tensor(Entry entry, long position) throws IOException {
    long size = entry.shape().size();
    String what = entry.label() + " " + entry.dtype() + " " + entry.shape();
    long[] dims = entry.shape().dims();
    int bytes = entry.dtype().bytes();
    switch (entry.dtype()) {
      case F32 -> {
        float[] values = Heap.array(file, what, size, Float.BYTES, float[]::new);
        chunks(position, values.length, bytes, (b, at, k) -> b.asFloatBuffer().get(values, at, k));
        return Tensor.of(values, dims);
      }
      case F64 -> {
        double[] values = Heap.array(file, what, size, Double.BYTES, double[]::new);
        chunks(position, values.length, bytes, (b, at, k) -> b.asDoubleBuffer().get(values, at, k));
        return Tensor.of(values, dims);
      }
      case BF16 -> {
        short[] values = Heap.array(file, what, size, Short.BYTES, short[]::new);
        chunks(position, values.length, bytes, (b, at, k) -> b.asShortBuffer().get(values, at, k));
        return Tensor.ofBfloat16(values, dims);
      }
      case I32 -> {
        int[] values = Heap.array(file, what, size, Integer.BYTES, int[]::new);
        chunks(position, values.length, bytes, (b, at, k) -> b.asIntBuffer().get(values, at, k));
        return Tensor.of(values, dims);
      }
      case I64 -> {
        long[] values = Heap.array(file, what, size, Long.BYTES, long[]::new);
        chunks(position, values.length, bytes, (b, at, k) -> b.asLongBuffer().get(values, at, k));
        return Tensor.of(values, dims);
      }
      case BOOL -> {
        boolean[] values = Heap.array(file, what, size, 1, boolean[]::new);
        chunks(position, values.length, bytes, (b, at, k) -> booleans(entry, b, values, at, k));
        return Tensor.of(values, dims);
      }
      default -> throw new AssertionError(entry.dtype());
    }
  }

  private void booleans(Entry entry, ByteBuffer buffer, boolean[] into, int at, int count) {
    for (int i = 0; i < count; i++) {
      byte value = buffer.get(i);
      if (value != 0 && value != 1) {
        throw error(
            entry.label() + ": element " + (at + i) + " is " + (value & 0xff) + ", not 0 or 1");
      }
      into[at + i] = value == 1;
    }
  }

  private interface Take {
    void take(ByteBuffer buffer, int at, int count);
  }

  private void chunks(long position, int length, int bytes, Take take) throws IOException {
    int most = CHUNK / bytes;
    for (int at = 0; at < length; at += most) {
      int count = Math.min(most, length - at);
      take.take(bytes(position + (long) at * bytes, count * bytes), at, count);
    }
  }

  private ByteBuffer bytes(long position, int count) throws IOException {
    byte[] bytes = new byte[count];
    in.seek(position);
    in.readFully(bytes);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private DataException error(String problem) {
    return new DataException(file, problem);
  }
}

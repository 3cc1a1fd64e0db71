package org.adjoint.nn.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.internal.Heap;

/**
 * The numbers of one tensor as the bytes of a file, both ways, a piece at a time. It knows no
 * header: element, shape and byte order are the caller's to have checked against the file.
 */
final class Elements {
  private static final int CHUNK = 1 << 20;

  private Elements() {}

  /** Where bytes come from, in their order. */
  @FunctionalInterface
  interface Input {
    /** Fills the first {@code count} bytes of {@code into}, or throws. */
    void read(byte[] into, int count) throws IOException;
  }

  /** What messages call a tensor: its file, its name there, and its type. */
  record Label(Object file, String tensor, String type) {
    private <A> A array(long length, int bytes, IntFunction<A> make) {
      return Heap.array(file, tensor + " " + type, length, bytes, make);
    }
  }

  /**
   * Returns the tensor that the next bytes of {@code in} hold, row by row.
   *
   * @throws DataException if a truth value is neither 0 nor 1, or the heap has no room
   */
  static Tensor read(Label label, Element element, Shape shape, ByteOrder order, Input in)
      throws IOException {
    Reader reader = new Reader(label, element, shape.size(), order, in);
    long[] dims = shape.dims();
    return switch (element.dtype()) {
      case F32 -> Tensor.of(reader.floats(), dims);
      case F64 -> Tensor.of(reader.doubles(), dims);
      case BF16 -> Tensor.ofBfloat16(reader.shorts(), dims);
      case I32 -> Tensor.of(reader.ints(), dims);
      case I64 -> Tensor.of(reader.longs(), dims);
      case BOOL -> Tensor.of(reader.booleans(), dims);
    };
  }

  private record Reader(Label label, Element element, long size, ByteOrder order, Input in) {

    float[] floats() throws IOException {
      float[] values = label.array(size, Float.BYTES, float[]::new);
      if (element == Element.F32) {
        chunks(values.length, (b, at, n) -> b.asFloatBuffer().get(values, at, n));
      } else {
        each(values.length, (b, i, at) -> values[at] = Half.toFloat(b.getShort(2 * i)));
      }
      return values;
    }

    double[] doubles() throws IOException {
      double[] values = label.array(size, Double.BYTES, double[]::new);
      chunks(values.length, (b, at, n) -> b.asDoubleBuffer().get(values, at, n));
      return values;
    }

    short[] shorts() throws IOException {
      short[] values = label.array(size, Short.BYTES, short[]::new);
      chunks(values.length, (b, at, n) -> b.asShortBuffer().get(values, at, n));
      return values;
    }

    int[] ints() throws IOException {
      int[] values = label.array(size, Integer.BYTES, int[]::new);
      switch (element) {
        case I16 -> each(values.length, (b, i, at) -> values[at] = b.getShort(2 * i));
        case U16 -> each(values.length, (b, i, at) -> values[at] = b.getShort(2 * i) & 0xffff);
        case I8 -> each(values.length, (b, i, at) -> values[at] = b.get(i));
        case U8 -> each(values.length, (b, i, at) -> values[at] = b.get(i) & 0xff);
        default -> chunks(values.length, (b, at, n) -> b.asIntBuffer().get(values, at, n));
      }
      return values;
    }

    long[] longs() throws IOException {
      long[] values = label.array(size, Long.BYTES, long[]::new);
      if (element == Element.I64) {
        chunks(values.length, (b, at, n) -> b.asLongBuffer().get(values, at, n));
      } else {
        each(values.length, (b, i, at) -> values[at] = Integer.toUnsignedLong(b.getInt(4 * i)));
      }
      return values;
    }

    boolean[] booleans() throws IOException {
      boolean[] values = label.array(size, 1, boolean[]::new);
      each(
          values.length,
          (b, i, at) -> {
            byte value = b.get(i);
            if (value != 0 && value != 1) {
              throw new DataException(
                  label.file,
                  label.tensor + ": element " + at + " is " + (value & 0xff) + ", not 0 or 1");
            }
            values[at] = value == 1;
          });
      return values;
    }

    private void each(int length, Each each) throws IOException {
      chunks(
          length,
          (buffer, at, count) -> {
            for (int i = 0; i < count; i++) {
              each.take(buffer, i, at + i);
            }
          });
    }

    private void chunks(int length, Chunk take) throws IOException {
      int most = CHUNK / element.bytes();
      byte[] bytes = new byte[Math.min(most, length) * element.bytes()];
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
      for (int at = 0; at < length; at += most) {
        int count = Math.min(most, length - at);
        in.read(bytes, count * element.bytes());
        take.move(buffer, at, count);
      }
    }
  }

  /** Writes a tensor that has a value, row by row, each number as {@link Element#of} its dtype. */
  static void write(OutputStream out, Tensor tensor) throws IOException {
    Writer writer = new Writer(out, tensor.dtype().bytes());
    switch (tensor.dtype()) {
      case F32 -> {
        float[] values = tensor.toArray();
        writer.chunks(values.length, (b, at, n) -> b.asFloatBuffer().put(values, at, n));
      }
      case F64 -> {
        double[] values = tensor.toDoubleArray();
        writer.chunks(values.length, (b, at, n) -> b.asDoubleBuffer().put(values, at, n));
      }
      case BF16 -> {
        short[] values = tensor.toBfloat16Array();
        writer.chunks(values.length, (b, at, n) -> b.asShortBuffer().put(values, at, n));
      }
      case I32 -> {
        int[] values = tensor.toIntArray();
        writer.chunks(values.length, (b, at, n) -> b.asIntBuffer().put(values, at, n));
      }
      case I64 -> {
        long[] values = tensor.toLongArray();
        writer.chunks(values.length, (b, at, n) -> b.asLongBuffer().put(values, at, n));
      }
      case BOOL -> {
        boolean[] values = tensor.toBooleanArray();
        writer.chunks(
            values.length,
            (b, at, n) -> {
              for (int i = 0; i < n; i++) {
                b.put(i, (byte) (values[at + i] ? 1 : 0));
              }
            });
      }
    }
  }

  private record Writer(OutputStream out, int width) {
    void chunks(int length, Chunk fill) throws IOException {
      int most = CHUNK / width;
      ByteBuffer buffer =
          ByteBuffer.allocate(Math.min(most, length) * width).order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at < length; at += most) {
        int count = Math.min(most, length - at);
        fill.move(buffer, at, count);
        out.write(buffer.array(), 0, count * width);
      }
    }
  }

  /** Moves {@code count} numbers between a buffer and the values from {@code at} on. */
  private interface Chunk {
    void move(ByteBuffer buffer, int at, int count);
  }

  /** Takes the {@code i}-th number of a buffer as value {@code at}. */
  private interface Each {
    void take(ByteBuffer buffer, int i, int at);
  }
}

package org.adjoint.arrow;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;

/**
 * A vector's numbers as a tensor that reads Arrow's memory in place. The memory is retained until
 * this is closed, whatever becomes of the vector meanwhile; it must not be written until then.
 *
 * <p>Float4 is F32, Float8 is F64, Int is I32 and BigInt is I64, of shape [rows]; a fixed-size list
 * of k of these has the shape [rows, k]. A slice is as good as a whole vector. Other types are
 * refused by the column's name: no tensor has their bytes.
 *
 * <pre>{@code
 * try (ArrowTensor ages = ArrowTensor.of(root.getVector("age"))) {
 *   Tensor mean = ages.tensor().mean().eval();
 * }
 * }</pre>
 *
 * <p>Source: Arrow's documentation, "Arrow Columnar Format", sections "Validity bitmaps" and
 * "Fixed-size Primitive Layout".
 */
public final class ArrowTensor implements AutoCloseable {
  private final Tensor tensor;
  private final Tensor valid;
  private final ArrowBuf memory;
  private boolean closed;

  private ArrowTensor(Tensor tensor, Tensor valid, ArrowBuf memory) {
    this.tensor = tensor;
    this.valid = valid;
    this.memory = memory;
  }

  /**
   * Returns the tensor of a vector all of whose values are there.
   *
   * @throws IllegalArgumentException naming the column, if its type is none of these, if a value is
   *     null (with the row), or it has more bytes than a buffer of Java's
   */
  public static ArrowTensor of(ValueVector vector) {
    Values values = values(vector);
    requireNoNull(vector, vector.getName(), 1);
    return wrap(values, vector);
  }

  /**
   * Returns the tensor of a vector some of whose values may be null; {@link #valid} says which. The
   * numbers in their places are whatever Arrow's memory holds there: choose by {@code
   * Tensor.where(x.valid(), x.tensor(), other)}.
   *
   * @throws IllegalArgumentException naming the column, if its type is none of these, if a number
   *     inside a list is null, or it has more bytes than a buffer of Java's
   */
  public static ArrowTensor masked(ValueVector vector) {
    return wrap(values(vector), vector);
  }

  /** Returns the numbers, of shape [rows] or [rows, k]; valid until this is closed. */
  public Tensor tensor() {
    return tensor;
  }

  /**
   * Returns which rows have a value, BOOL of shape [rows], a copy: Arrow keeps a bit for each. It
   * outlives this.
   */
  public Tensor valid() {
    return valid;
  }

  /**
   * Ends the tensor, waits for runs that read it, and gives the memory back to Arrow. Graphs that
   * are not evaluated by then can no longer be.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      tensor.release();
      memory.getReferenceManager().release();
    }
  }

  /** Where the numbers of a vector lie: {@code width} a row, one after the other. */
  private record Values(DType dtype, ArrowBuf memory, long width, long[] dims) {}

  private static Values values(ValueVector vector) {
    long rows = vector.getValueCount();
    if (vector instanceof FixedSizeListVector list) {
      FieldVector numbers = list.getDataVector();
      long width = list.getListSize();
      requireNoNull(list, numbers);
      return new Values(
          dtype(vector, numbers), numbers.getDataBuffer(), width, new long[] {rows, width});
    }
    DType dtype = dtype(vector, vector);
    return new Values(dtype, vector.getDataBuffer(), 1, new long[] {rows});
  }

  private static DType dtype(ValueVector column, ValueVector numbers) {
    if (numbers instanceof Float4Vector) {
      return DType.F32;
    }
    if (numbers instanceof Float8Vector) {
      return DType.F64;
    }
    if (numbers instanceof IntVector) {
      return DType.I32;
    }
    if (numbers instanceof BigIntVector) {
      return DType.I64;
    }
    throw new IllegalArgumentException(
        "arrow: column '"
            + column.getName()
            + "' is "
            + column.getField().getType()
            + (column == numbers ? "" : " of " + numbers.getField().getType())
            + ", not one of "
            + List.of("Float4", "Float8", "Int", "BigInt")
            + " or a fixed-size list of these; cast it before");
  }

  /** Refuses a null in a vector, whose {@code width} elements are one row of the column. */
  private static void requireNoNull(ValueVector vector, String column, int width) {
    if (vector.getNullCount() == 0) {
      return;
    }
    for (int i = 0; i < vector.getValueCount(); i++) {
      if (vector.isNull(i)) {
        throw nullAt(column, i / width);
      }
    }
  }

  /** Refuses a null inside the lists that are there; a list that is null may hold anything. */
  private static void requireNoNull(FixedSizeListVector lists, ValueVector numbers) {
    if (numbers.getNullCount() == 0) {
      return;
    }
    int width = lists.getListSize();
    for (int i = 0; i < lists.getValueCount() * width; i++) {
      if (numbers.isNull(i) && !lists.isNull(i / width)) {
        throw nullAt(lists.getName(), i / width);
      }
    }
  }

  private static IllegalArgumentException nullAt(String column, int row) {
    return new IllegalArgumentException(
        "arrow: column '"
            + column
            + "' is null in row "
            + row
            + "; take ArrowTensor.masked and choose by valid(), or leave the row out");
  }

  private static ArrowTensor wrap(Values values, ValueVector vector) {
    boolean[] there = new boolean[vector.getValueCount()];
    for (int i = 0; i < there.length; i++) {
      there[i] = !vector.isNull(i);
    }
    long count = there.length * values.width;
    long bytes = count * values.dtype.bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "arrow: column '"
              + vector.getName()
              + "' has "
              + bytes
              + " bytes, more than a buffer's "
              + Integer.MAX_VALUE
              + "; take slices of it");
    }
    values.memory.getReferenceManager().retain();
    try {
      Tensor tensor =
          count == 0
              ? Tensor.zeros(values.dtype, values.dims)
              : Tensor.wrap(typed(values, (int) bytes), values.dims);
      return new ArrowTensor(tensor, Tensor.of(there, there.length), values.memory);
    } catch (RuntimeException | Error e) {
      values.memory.getReferenceManager().release();
      throw e;
    }
  }

  private static Buffer typed(Values values, int bytes) {
    ByteBuffer buffer = values.memory.nioBuffer(0, bytes).order(ByteOrder.nativeOrder());
    return switch (values.dtype) {
      case F32 -> buffer.asFloatBuffer();
      case F64 -> buffer.asDoubleBuffer();
      case I32 -> buffer.asIntBuffer();
      case I64 -> buffer.asLongBuffer();
      default -> throw new AssertionError(values.dtype);
    };
  }
}

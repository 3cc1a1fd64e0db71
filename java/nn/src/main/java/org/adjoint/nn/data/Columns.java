package org.adjoint.nn.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.adjoint.DType;
import org.adjoint.Shape;

/**
 * Rows that lie in arrays, one array a field. Immutable by agreement: arrays are kept, not copied,
 * and must not change afterwards.
 *
 * <pre>{@code
 * Rows rows = Columns.of().with("x", pixels, 28, 28).with("y", labels);
 * }</pre>
 */
public final class Columns implements Rows {
  private final int count;
  private final List<Field> fields;
  private final List<Copy> copies;

  /** Copies numbers of an array. */
  private interface Copy {
    void copy(int from, int count, ByteBuffer into);
  }

  private Columns(int count, List<Field> fields, List<Copy> copies) {
    this.count = count;
    this.fields = List.copyOf(fields);
    this.copies = List.copyOf(copies);
  }

  /** Returns columns without a field, and so without a row. */
  public static Columns of() {
    return new Columns(0, List.of(), List.of());
  }

  /** Returns a data set's {@code features}, F32 [columns], and {@code labels}, I32 []. */
  public static Columns of(Dataset data) {
    return data.columns("features", "labels");
  }

  /**
   * Returns these columns and an F32 field of rows of shape {@code dims}.
   *
   * @throws IllegalArgumentException if the values are not as many rows as there are, or the name
   *     is taken; all {@code with} alike
   */
  public Columns with(String name, float[] values, long... dims) {
    return with(
        name,
        DType.F32,
        values.length,
        dims,
        (from, n, into) -> {
          into.asFloatBuffer().put(values, from, n);
        });
  }

  /**
   * Returns these columns and an F64 field.
   *
   * @throws IllegalArgumentException if the values are not as many rows, or the name is taken
   */
  public Columns with(String name, double[] values, long... dims) {
    return with(
        name,
        DType.F64,
        values.length,
        dims,
        (from, n, into) -> {
          into.asDoubleBuffer().put(values, from, n);
        });
  }

  /**
   * Returns these columns and an I32 field.
   *
   * @throws IllegalArgumentException if the values are not as many rows, or the name is taken
   */
  public Columns with(String name, int[] values, long... dims) {
    return with(
        name,
        DType.I32,
        values.length,
        dims,
        (from, n, into) -> {
          into.asIntBuffer().put(values, from, n);
        });
  }

  /**
   * Returns these columns and an I64 field.
   *
   * @throws IllegalArgumentException if the values are not as many rows, or the name is taken
   */
  public Columns with(String name, long[] values, long... dims) {
    return with(
        name,
        DType.I64,
        values.length,
        dims,
        (from, n, into) -> {
          into.asLongBuffer().put(values, from, n);
        });
  }

  /**
   * Returns these columns and a BOOL field.
   *
   * @throws IllegalArgumentException if the values are not as many rows, or the name is taken
   */
  public Columns with(String name, boolean[] values, long... dims) {
    return with(
        name,
        DType.BOOL,
        values.length,
        dims,
        (from, n, into) -> {
          for (int i = 0; i < n; i++) {
            into.put(into.position() + i, (byte) (values[from + i] ? 1 : 0));
          }
        });
  }

  private Columns with(String name, DType dtype, int length, long[] dims, Copy copy) {
    Field field = new Field(name, dtype, Shape.of(dims));
    long width = field.shape().size();
    boolean whole = width > 0 && length % width == 0;
    if (!whole || !fields.isEmpty() && length / width != count) {
      throw new IllegalArgumentException(
          "columns: "
              + length
              + " values of '"
              + name
              + "' are no rows of "
              + field.shape()
              + (fields.isEmpty() ? "" : " as many as the others' " + count));
    }
    if (fields.stream().anyMatch(other -> other.name().equals(name))) {
      throw new IllegalArgumentException("columns: there is a field '" + name + "' already");
    }
    List<Field> allFields = new ArrayList<>(fields);
    allFields.add(field);
    List<Copy> allCopies = new ArrayList<>(copies);
    allCopies.add(copy);
    return new Columns((int) (length / width), allFields, allCopies);
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public List<Field> fields() {
    return fields;
  }

  @Override
  public void read(int row, int field, ByteBuffer into) {
    Objects.checkIndex(row, count);
    Field read = fields.get(field);
    int width = (int) read.shape().size();
    copies.get(field).copy(row * width, width, into);
    into.position(into.position() + (int) read.bytes());
  }
}

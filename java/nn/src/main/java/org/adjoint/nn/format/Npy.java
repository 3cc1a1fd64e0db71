package org.adjoint.nn.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;

/**
 * NumPy's files of one array. Numbers of either byte order and either memory order are read: f8,
 * f4, i8, i4 and b1 as the dtype of the same width, f2 as F32, i2, i1, u2 and u1 as I32, u4 as I64,
 * each value exactly. NumPy has no name for BF16; an array of 2-byte voids ({@code V2}) is read and
 * written as BF16, as Python's package ml_dtypes does. Arrays of Python objects are refused:
 * reading those runs code.
 *
 * <p>Source: NumPy's documentation, "numpy.lib.format".
 */
public final class Npy {
  private Npy() {}

  /**
   * Returns the array of a file. The header is held against the size of the file before anything
   * else is read.
   *
   * @throws DataException naming the file, the place and the values, if the file is missing or
   *     contradicts itself, or its array is none of numbers
   */
  public static Tensor read(Path file) {
    return FileBytes.read(file, bytes -> read(file, bytes.size(), bytes::read));
  }

  /**
   * Writes a tensor as an array, whole or not at all ({@link AtomicFile}): little-endian, in
   * row-major order. A tensor that is not evaluated yet is.
   *
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public static void write(Path file, Tensor tensor) {
    tensor.eval();
    AtomicFile.write(file, out -> write(out, tensor));
  }

  /** Returns the array whose {@code size} bytes, header included, {@code in} gives. */
  static Tensor read(Object name, long size, Elements.Input in) throws IOException {
    NpyHeader header = NpyHeader.read(name, size, in);
    Elements.Label label = new Elements.Label(name, "the array", header.describe());
    if (!header.fortran()) {
      return Elements.read(label, header.element(), header.shape(), header.order(), in);
    }
    int rank = header.shape().rank();
    int[] reversed = IntStream.range(0, rank).map(axis -> rank - 1 - axis).toArray();
    long[] dims = header.shape().dims();
    Shape shape = Shape.of(IntStream.of(reversed).mapToLong(axis -> dims[axis]).toArray());
    Tensor transposed = Elements.read(label, header.element(), shape, header.order(), in);
    return rank < 2 ? transposed : transposed.permute(reversed).eval();
  }

  /** Writes a tensor that has a value. */
  static void write(OutputStream out, Tensor tensor) throws IOException {
    out.write(NpyHeader.of(tensor));
    Elements.write(out, tensor);
  }
}

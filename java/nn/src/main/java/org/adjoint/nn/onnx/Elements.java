package org.adjoint.nn.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.internal.Heap;
import org.adjoint.nn.onnx.Onnx.ElementType;
import org.adjoint.nn.onnx.Onnx.TensorData;

/** The elements of tensors as files hold them: little-endian, row-major. */
final class Elements {
  private Elements() {}

  /** Returns a tensor as a file holds it. */
  static TensorData data(Tensor x) {
    return new TensorData(ElementType.of(x.dtype()), x.shape(), bytes(x));
  }

  /** Returns the elements of a tensor. */
  static ByteBuffer bytes(Tensor x) {
    int size = Math.toIntExact(Math.multiplyExact(x.size(), x.dtype().bytes()));
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    switch (x.dtype()) {
      case F32 -> bytes.asFloatBuffer().put(x.toArray());
      case F64 -> bytes.asDoubleBuffer().put(x.toDoubleArray());
      case BF16 -> bytes.asShortBuffer().put(x.toBfloat16Array());
      case I32 -> bytes.asIntBuffer().put(x.toIntArray());
      case I64 -> bytes.asLongBuffer().put(x.toLongArray());
      case BOOL -> {
        boolean[] values = x.toBooleanArray();
        for (int i = 0; i < values.length; i++) {
          bytes.put(i, (byte) (values[i] ? 1 : 0));
        }
      }
    }
    return bytes;
  }

  /** Returns the elements that the bits of a Java number stand for. */
  static TensorData scalar(DType dtype, long word) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(0, word);
    return new TensorData(ElementType.of(dtype), Shape.SCALAR, bytes.slice(0, dtype.bytes()));
  }

  /**
   * Returns a tensor with the elements of a file.
   *
   * @param source the file, as its user knows it
   * @param name what the file calls the tensor
   * @throws IllegalArgumentException if there is no such dtype here
   */
  static Tensor tensor(Object source, String name, TensorData data) {
    String what = "tensor '" + name + "' " + data.type() + " " + data.shape();
    DType dtype =
        data.type()
            .dtype()
            .orElseThrow(
                () -> new IllegalArgumentException(what + ": there is no such dtype here"));
    long[] dims = data.shape().dims();
    long size = data.shape().size();
    ByteBuffer bytes = data.bytes().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    switch (dtype) {
      case F32 -> {
        float[] values = Heap.array(source, what, size, Float.BYTES, float[]::new);
        bytes.asFloatBuffer().get(values);
        return Tensor.of(values, dims);
      }
      case F64 -> {
        double[] values = Heap.array(source, what, size, Double.BYTES, double[]::new);
        bytes.asDoubleBuffer().get(values);
        return Tensor.of(values, dims);
      }
      case BF16 -> {
        short[] values = Heap.array(source, what, size, Short.BYTES, short[]::new);
        bytes.asShortBuffer().get(values);
        return Tensor.ofBfloat16(values, dims);
      }
      case I32 -> {
        int[] values = Heap.array(source, what, size, Integer.BYTES, int[]::new);
        bytes.asIntBuffer().get(values);
        return Tensor.of(values, dims);
      }
      case I64 -> {
        long[] values = Heap.array(source, what, size, Long.BYTES, long[]::new);
        bytes.asLongBuffer().get(values);
        return Tensor.of(values, dims);
      }
      case BOOL -> {
        boolean[] values = Heap.array(source, what, size, 1, boolean[]::new);
        for (int i = 0; i < values.length; i++) {
          values[i] = bytes.get() != 0;
        }
        return Tensor.of(values, dims);
      }
      default -> throw new AssertionError(dtype);
    }
  }
}

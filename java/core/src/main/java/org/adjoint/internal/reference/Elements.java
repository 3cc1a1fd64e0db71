package org.adjoint.internal.reference;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.adjoint.Bfloat16;
import org.adjoint.DType;
import org.adjoint.internal.ir.Operand;

/**
 * An operand as dense Java arrays: read whole in row-major order of its view, written whole.
 * Floating types are doubles and the others longs, so that no kernel has a case for each type.
 */
final class Elements {
  private final Operand operand;
  private final ByteBuffer memory;
  private final int size;

  private Elements(Operand operand, ByteBuffer memory) {
    this.operand = operand;
    this.memory = memory;
    this.size = Math.toIntExact(operand.size());
  }

  static Elements of(Operand operand, ByteBuffer[] bindings) {
    return new Elements(operand, bindings[operand.binding()]);
  }

  DType dtype() {
    return operand.dtype();
  }

  int size() {
    return size;
  }

  int dim(int axis) {
    return (int) operand.dims()[axis];
  }

  int rank() {
    return operand.dims().length;
  }

  /** Returns the elements of a floating operand. */
  double[] doubles() {
    double[] out = new double[size];
    int[] at = positions();
    switch (operand.dtype()) {
      case F32 -> Arrays.setAll(out, i -> memory.getFloat(at[i]));
      case F64 -> Arrays.setAll(out, i -> memory.getDouble(at[i]));
      case BF16 -> Arrays.setAll(out, i -> Bfloat16.widen(memory.getShort(at[i])));
      default -> {
        long[] whole = longs();
        Arrays.setAll(out, i -> whole[i]);
      }
    }
    return out;
  }

  /** Returns the elements of an integer or boolean operand. */
  long[] longs() {
    long[] out = new long[size];
    int[] at = positions();
    switch (operand.dtype()) {
      case I32 -> Arrays.setAll(out, i -> memory.getInt(at[i]));
      case I64 -> Arrays.setAll(out, i -> memory.getLong(at[i]));
      case BOOL -> Arrays.setAll(out, i -> memory.get(at[i]));
      default -> throw new IllegalStateException("not whole numbers: " + operand);
    }
    return out;
  }

  /** Writes a floating operand, rounding to its type. */
  void put(double[] values) {
    int[] at = positions();
    for (int i = 0; i < size; i++) {
      switch (operand.dtype()) {
        case F32 -> memory.putFloat(at[i], (float) values[i]);
        case BF16 -> memory.putShort(at[i], Bfloat16.of(values[i]));
        default -> memory.putDouble(at[i], values[i]);
      }
    }
  }

  /** Writes an integer or boolean operand, keeping the low bits. */
  void put(long[] values) {
    int[] at = positions();
    for (int i = 0; i < size; i++) {
      switch (operand.dtype()) {
        case I32 -> memory.putInt(at[i], (int) values[i]);
        case I64 -> memory.putLong(at[i], values[i]);
        case BOOL -> memory.put(at[i], (byte) values[i]);
        default -> throw new IllegalStateException("not whole numbers: " + operand);
      }
    }
  }

  /** Returns where each element of the view stands, in bytes. */
  private int[] positions() {
    int[] at = new int[size];
    long[] dims = operand.dims();
    long[] strides = operand.strides();
    int width = operand.dtype().bytes();
    long[] index = new long[dims.length];
    long place = operand.offset();
    for (int i = 0; i < size; i++) {
      at[i] = (int) place;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        place += strides[axis] * width;
        if (++index[axis] < dims[axis]) {
          break;
        }
        place -= strides[axis] * dims[axis] * width;
        index[axis] = 0;
      }
    }
    return at;
  }
}

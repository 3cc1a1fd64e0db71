package org.adjoint.nn.data;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;

/**
 * Off-heap memory for one batch, filled again and again. Tensors wrap the memory where it is; they
 * are released before the next filling.
 */
final class Slot {
  private final List<Field> fields;
  private final List<ByteBuffer> buffers = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();

  /**
   * Allocates the memory.
   *
   * @throws IllegalArgumentException naming the field, if its rows are more than a buffer holds
   */
  Slot(List<Field> fields, int rows) {
    this.fields = fields;
    for (Field field : fields) {
      long bytes = Math.multiplyExact(field.bytes(), (long) rows);
      if (bytes > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "loader: "
                + rows
                + " rows of '"
                + field.name()
                + "' take "
                + bytes
                + " bytes, more than a buffer's "
                + Integer.MAX_VALUE
                + "; use smaller batches");
      }
      buffers.add(ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder()));
    }
  }

  /** Returns the emptied buffers, one a field. */
  List<ByteBuffer> clear() {
    buffers.forEach(ByteBuffer::clear);
    return buffers;
  }

  /** Returns the first {@code rows} rows as tensors. */
  Minibatch batch(int rows) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < fields.size(); i++) {
      Field field = fields.get(i);
      long[] sizes = field.shape().dims();
      long[] dims = new long[sizes.length + 1];
      dims[0] = rows;
      System.arraycopy(sizes, 0, dims, 1, sizes.length);
      ByteBuffer bytes = buffers.get(i).clear().limit((int) (rows * field.bytes()));
      Tensor tensor = Tensor.wrap(typed(field, bytes), dims);
      tensors.add(tensor);
      named.put(field.name(), tensor);
    }
    return new Minibatch(named, rows);
  }

  private static Buffer typed(Field field, ByteBuffer bytes) {
    return switch (field.dtype()) {
      case F32 -> bytes.asFloatBuffer();
      case F64 -> bytes.asDoubleBuffer();
      case BF16 -> bytes.asShortBuffer();
      case I32 -> bytes.asIntBuffer();
      case I64 -> bytes.asLongBuffer();
      case BOOL -> bytes;
    };
  }

  /** Ends the tensors of the last batch; a run that reads them is waited for. */
  void release() {
    tensors.forEach(Tensor::release);
    tensors.clear();
  }
}

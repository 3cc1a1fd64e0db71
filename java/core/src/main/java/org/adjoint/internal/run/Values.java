package org.adjoint.internal.run;

import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import org.adjoint.Bfloat16;
import org.adjoint.DType;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.Version;

/**
 * Carries elements between Java and off-heap memory, in windows of at most {@link #WINDOW} bytes.
 */
public final class Values {
  private static final int WINDOW = 1 << 26;

  private Values() {}

  /** Moves the elements [from, from + count) of an array through a window. */
  private interface Mover {
    void move(ByteBuffer window, int from, int count);
  }

  /** Returns a tensor with a copy of an array of the dtype's Java type. */
  public static Tensor copyOf(DType dtype, Object data, int length, long... dims) {
    Type type = new Type(dtype, checked(length, dims));
    Storage storage = Backends.current().allocate(type.bytes());
    Mover writer = writer(data);
    each(
        dtype,
        length,
        (from, count) ->
            storage.fill(
                (long) from * dtype.bytes(),
                count * dtype.bytes(),
                window -> writer.move(window, from, count)));
    return Access.register(Access.tensor(Node.value(type, storage), 0));
  }

  /** Returns a scalar as a value of this moment, with memory; any other tensor as it is. */
  public static Tensor materialised(Tensor x) {
    Node node = Access.node(x);
    if (node.kind() != Node.Kind.SCALAR || node.isEvaluated()) {
      return x; // a scalar has a value only if it was released
    }
    DType dtype = x.dtype();
    Storage storage = Backends.current().allocate(dtype.bytes());
    ByteBuffer word =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(0, node.word());
    boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    int from = little ? 0 : Long.BYTES - dtype.bytes();
    storage.fill(0, dtype.bytes(), to -> to.put(0, word, from, dtype.bytes()));
    return Access.tensor(Node.value(x.type(), storage), 0);
  }

  private static Shape checked(long length, long... dims) {
    Shape shape = Shape.of(dims);
    if (shape.size() != length) {
      throw new IllegalArgumentException(
          "tensor: " + length + " elements do not fill shape " + shape + " of " + shape.size());
    }
    return shape;
  }

  private static Mover writer(Object data) {
    if (data instanceof float[] a) {
      return (w, from, n) -> w.asFloatBuffer().put(a, from, n);
    } else if (data instanceof double[] a) {
      return (w, from, n) -> w.asDoubleBuffer().put(a, from, n);
    } else if (data instanceof int[] a) {
      return (w, from, n) -> w.asIntBuffer().put(a, from, n);
    } else if (data instanceof long[] a) {
      return (w, from, n) -> w.asLongBuffer().put(a, from, n);
    } else if (data instanceof short[] a) {
      return (w, from, n) -> w.asShortBuffer().put(a, from, n);
    } else if (data instanceof boolean[] a) {
      return (w, from, n) -> {
        for (int i = 0; i < n; i++) {
          w.put(i, (byte) (a[from + i] ? 1 : 0));
        }
      };
    }
    throw new IllegalArgumentException("tensor: cannot copy a " + data.getClass());
  }

  /** What is done with the elements [from, from + count). */
  private interface Part {
    void take(int from, int count);
  }

  private static void each(DType dtype, int length, Part part) {
    int most = WINDOW / dtype.bytes();
    for (long from = 0; from < length; from += most) {
      part.take((int) from, (int) Math.min(most, length - from));
    }
  }

  /**
   * Returns a tensor that reads a direct buffer in place.
   *
   * @throws IllegalArgumentException if the buffer is on the heap, of a foreign byte order or of
   *     another size than the shape
   */
  public static Tensor wrap(Buffer buffer, long... dims) {
    DType dtype;
    ByteOrder order;
    if (buffer instanceof FloatBuffer b) {
      dtype = DType.F32;
      order = b.order();
    } else if (buffer instanceof DoubleBuffer b) {
      dtype = DType.F64;
      order = b.order();
    } else if (buffer instanceof IntBuffer b) {
      dtype = DType.I32;
      order = b.order();
    } else if (buffer instanceof LongBuffer b) {
      dtype = DType.I64;
      order = b.order();
    } else if (buffer instanceof ShortBuffer b) {
      dtype = DType.BF16;
      order = b.order();
    } else if (buffer instanceof ByteBuffer) {
      dtype = DType.BOOL;
      order = ByteOrder.nativeOrder();
    } else {
      throw new IllegalArgumentException(
          "wrap: cannot read a "
              + buffer.getClass().getSimpleName()
              + "; use a Float-, Double-, Short- (BF16), Int-, Long- or ByteBuffer");
    }
    if (!buffer.isDirect() || order != ByteOrder.nativeOrder()) {
      String what = buffer.isDirect() ? "a buffer in " + order + " byte order" : "a heap buffer";
      throw new IllegalArgumentException(
          "wrap: "
              + what
              + " cannot be read in place; use ByteBuffer.allocateDirect(n).order(ByteOrder.nativeOrder()),"
              + " or Tensor.of, which copies");
    }
    Type type = new Type(dtype, checked(buffer.remaining(), dims));
    Storage storage = Backends.current().wrap(buffer);
    return Access.tensor(Node.value(type, storage), 0);
  }

  /** Gives up a tensor's value; returns when no run reads a wrapped buffer any more. */
  public static void release(Tensor tensor) {
    Node node = Access.node(tensor);
    if (node instanceof Version) {
      throw new IllegalStateException("release: " + tensor + " is a parameter; it owns its value");
    }
    int index = Access.index(tensor);
    Storage value = node.valueOrNull(index);
    node.close(index);
    while (value != null && value.isExternal() && value.isPinned()) {
      Evaluator.pause(); // another thread's run still reads the buffer
    }
  }

  /** Returns the bits of the one element of a tensor, after computing it. */
  public static long one(Tensor tensor, String method, DType dtype) {
    Type type = tensor.type();
    if (type.shape().size() != 1) {
      throw new IllegalStateException(
          method + "(): " + type + " has " + type.shape().size() + " elements, not one");
    }
    need(type, method, dtype);
    Node node = Access.node(tensor);
    if (node.kind() == Node.Kind.SCALAR && !node.isEvaluated()) {
      return node.word();
    }
    Storage storage = Evaluator.read(tensor);
    try {
      return storage.word(dtype.bytes());
    } finally {
      Reference.reachabilityFence(storage);
      storage.unpin();
    }
  }

  private static void need(Type type, String method, DType dtype) {
    if (type.dtype() != dtype) {
      throw new IllegalStateException(
          method
              + "(): the tensor is "
              + type
              + ", not "
              + dtype
              + "; use the method of that type or cast()");
    }
  }

  private static int length(Tensor tensor, String method, DType dtype) {
    need(tensor.type(), method, dtype);
    long size = tensor.size();
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalStateException(
          method + "(): " + tensor + " has more elements than a Java array; slice it");
    }
    return (int) size;
  }

  private static void read(Tensor tensor, DType dtype, int length, Mover mover) {
    Node node = Access.node(tensor);
    if (node.kind() == Node.Kind.SCALAR && !node.isEvaluated()) {
      ByteBuffer word =
          ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(0, node.word());
      mover.move(word, 0, 1);
      return;
    }
    Storage storage = Evaluator.read(tensor);
    try {
      int bytes = dtype.bytes();
      each(
          dtype,
          length,
          (from, count) ->
              mover.move(storage.contents((long) from * bytes, count * bytes), from, count));
    } finally {
      Reference.reachabilityFence(storage);
      storage.unpin();
    }
  }

  /** Returns the one element of an F32, BF16 or F64 tensor. */
  public static double item(Tensor tensor) {
    return switch (tensor.dtype()) {
      case BF16 -> Bfloat16.widen((short) one(tensor, "item", DType.BF16));
      case F32 -> Float.intBitsToFloat((int) one(tensor, "item", DType.F32));
      default -> Double.longBitsToDouble(one(tensor, "item", DType.F64));
    };
  }

  /** Returns a copy of the elements of an F32 or BF16 tensor. */
  public static float[] floats(Tensor tensor) {
    if (tensor.dtype() == DType.BF16) {
      float[] wide = new float[length(tensor, "toArray", DType.BF16)];
      read(
          tensor,
          DType.BF16,
          wide.length,
          (w, from, n) -> {
            for (int i = 0; i < n; i++) {
              wide[from + i] = Bfloat16.widen(w.getShort(2 * i));
            }
          });
      return wide;
    }
    float[] out = new float[length(tensor, "toArray", DType.F32)];
    read(tensor, DType.F32, out.length, (w, from, n) -> w.asFloatBuffer().get(out, from, n));
    return out;
  }

  /** Returns the bits of the elements of a BF16 tensor. */
  public static short[] shorts(Tensor tensor) {
    short[] out = new short[length(tensor, "toBfloat16Array", DType.BF16)];
    read(tensor, DType.BF16, out.length, (w, from, n) -> w.asShortBuffer().get(out, from, n));
    return out;
  }

  /** Returns a copy of the elements of a floating tensor. */
  public static double[] doubles(Tensor tensor) {
    if (tensor.dtype() == DType.F32 || tensor.dtype() == DType.BF16) {
      float[] narrow = floats(tensor);
      double[] out = new double[narrow.length];
      Arrays.setAll(out, i -> narrow[i]);
      return out;
    }
    double[] out = new double[length(tensor, "toDoubleArray", DType.F64)];
    read(tensor, DType.F64, out.length, (w, from, n) -> w.asDoubleBuffer().get(out, from, n));
    return out;
  }

  /** Returns a copy of the elements of an I32 tensor. */
  public static int[] ints(Tensor tensor) {
    int[] out = new int[length(tensor, "toIntArray", DType.I32)];
    read(tensor, DType.I32, out.length, (w, from, n) -> w.asIntBuffer().get(out, from, n));
    return out;
  }

  /** Returns a copy of the elements of an I32 or I64 tensor. */
  public static long[] longs(Tensor tensor) {
    if (tensor.dtype() == DType.I32) {
      return Arrays.stream(ints(tensor)).asLongStream().toArray();
    }
    long[] out = new long[length(tensor, "toLongArray", DType.I64)];
    read(tensor, DType.I64, out.length, (w, from, n) -> w.asLongBuffer().get(out, from, n));
    return out;
  }

  /** Returns a copy of the elements of a BOOL tensor. */
  public static boolean[] booleans(Tensor tensor) {
    boolean[] out = new boolean[length(tensor, "toBooleanArray", DType.BOOL)];
    read(
        tensor,
        DType.BOOL,
        out.length,
        (w, from, n) -> {
          for (int i = 0; i < n; i++) {
            out[from + i] = w.get(i) != 0;
          }
        });
    return out;
  }
}

package org.adjoint.nativelib;

import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Storage;

/**
 * Memory with a known address: a block of a context's allocator, or a user's direct buffer read in
 * place.
 */
final class NativeStorage extends Storage {
  private final long address;

  /** The user's buffer, which must outlive this object; an owned block refers to nothing. */
  private final Object keptAlive;

  private NativeStorage(long bytes, long address, Object keptAlive, Runnable free) {
    super(bytes, free);
    this.address = address;
    this.keptAlive = keptAlive;
  }

  /** Returns fresh memory of a context. */
  static NativeStorage allocate(NativeContext context, long bytes, Runnable idle) {
    long buffer = context.allocate(bytes, idle);
    return new NativeStorage(
        bytes, context.bufferAddress(buffer), context, () -> context.free(buffer));
  }

  /** Returns a direct buffer's memory from its position to its limit. */
  static NativeStorage wrap(Buffer direct) {
    Layout layout = Layout.of(direct);
    if (!direct.isDirect() || layout.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "wrap: the buffer must be direct and of native byte order, as"
              + " ByteBuffer.allocateDirect(n).order(ByteOrder.nativeOrder()) makes it; got "
              + direct
              + " of order "
              + layout.order());
    }
    long bytes = (long) direct.remaining() * layout.elementBytes();
    return new NativeStorage(bytes, address(direct), direct, () -> {});
  }

  /** Returns the address of a direct buffer's element at its position. */
  static long address(Buffer direct) {
    long bytes = (long) direct.position() * Layout.of(direct).elementBytes();
    return Abi.adj_jni_address(direct) + bytes;
  }

  /** Returns how many bytes a buffer has from its position to its limit. */
  static long bytes(Buffer buffer) {
    return (long) buffer.remaining() * Layout.of(buffer).elementBytes();
  }

  /** What {@link Buffer} does not say of its elements. */
  private record Layout(int elementBytes, ByteOrder order) {
    static Layout of(Buffer buffer) {
      if (buffer instanceof ByteBuffer b) {
        return new Layout(Byte.BYTES, b.order());
      } else if (buffer instanceof FloatBuffer b) {
        return new Layout(Float.BYTES, b.order());
      } else if (buffer instanceof DoubleBuffer b) {
        return new Layout(Double.BYTES, b.order());
      } else if (buffer instanceof ShortBuffer b) {
        return new Layout(Short.BYTES, b.order());
      } else if (buffer instanceof IntBuffer b) {
        return new Layout(Integer.BYTES, b.order());
      } else if (buffer instanceof LongBuffer b) {
        return new Layout(Long.BYTES, b.order());
      }
      throw new IllegalArgumentException(
          "wrap: no element type is like "
              + buffer
              + "; give a Byte-, Short-, Float-, Double-, Int- or LongBuffer");
    }
  }

  /**
   * Returns the address of any storage's memory on the host; its owner keeps it open and reachable
   * meanwhile.
   */
  static long address(Storage storage) {
    if (storage instanceof NativeStorage own) {
      return own.address;
    }
    ByteBuffer window = storage.view(0, (int) Math.min(storage.bytes(), Integer.MAX_VALUE));
    if (!window.isDirect()) {
      throw new BackendException(
          "native backend: " + storage.getClass().getName() + " keeps its memory on the Java heap",
          null);
    }
    return Abi.adj_jni_address(window) + window.position();
  }

  @Override
  public boolean isExternal() {
    return keptAlive instanceof Buffer;
  }

  @Override
  public long word(int length) {
    if (length < 1 || length > Long.BYTES || length > bytes()) {
      throw new IndexOutOfBoundsException("storage word: length=" + length + " bytes=" + bytes());
    }
    long word = Abi.adj_jni_word(address, length);
    Reference.reachabilityFence(keptAlive);
    return word;
  }

  @Override
  public ByteBuffer view(long offset, int length) {
    if (offset < 0 || length < 0 || offset > bytes() - length) {
      throw new IndexOutOfBoundsException(
          "storage view: offset=" + offset + " length=" + length + " bytes=" + bytes());
    }
    if (length == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
    }
    ByteBuffer view = Abi.adj_jni_view(address + offset, length).order(ByteOrder.nativeOrder());
    Reference.reachabilityFence(keptAlive);
    return view;
  }
}

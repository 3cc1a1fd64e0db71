package org.adjoint.internal.reference;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import org.adjoint.internal.backend.Storage;

/**
 * A user's direct buffer. Java cannot look at a typed buffer as bytes, so each view copies what the
 * buffer holds at that moment; the native backend reads the memory itself.
 */
final class WrappedStorage extends Storage {
  private final Buffer buffer;
  private final int elementBytes;

  WrappedStorage(Buffer direct) {
    super((long) direct.remaining() * elementBytes(direct), () -> {});
    this.buffer = direct.slice();
    this.elementBytes = elementBytes(direct);
  }

  private static int elementBytes(Buffer buffer) {
    if (buffer instanceof FloatBuffer || buffer instanceof IntBuffer) {
      return 4;
    }
    if (buffer instanceof ShortBuffer) {
      return 2;
    }
    return buffer instanceof ByteBuffer ? 1 : 8;
  }

  @Override
  public boolean isExternal() {
    return true;
  }

  @Override
  public ByteBuffer view(long offset, int length) {
    ByteBuffer copy = ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
    int from = Math.toIntExact(offset / elementBytes);
    int count = length / elementBytes;
    if (buffer instanceof FloatBuffer b) {
      copy.asFloatBuffer().put(0, b, from, count);
    } else if (buffer instanceof DoubleBuffer b) {
      copy.asDoubleBuffer().put(0, b, from, count);
    } else if (buffer instanceof IntBuffer b) {
      copy.asIntBuffer().put(0, b, from, count);
    } else if (buffer instanceof LongBuffer b) {
      copy.asLongBuffer().put(0, b, from, count);
    } else if (buffer instanceof ShortBuffer b) {
      copy.asShortBuffer().put(0, b, from, count);
    } else if (buffer instanceof ByteBuffer b) {
      copy.put(0, b, from, count);
    }
    return copy;
  }
}

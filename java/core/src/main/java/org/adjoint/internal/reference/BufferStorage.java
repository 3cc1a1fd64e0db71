package org.adjoint.internal.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.adjoint.internal.backend.Storage;

/**
 * A storage that is a direct buffer; the JDK frees the memory when nothing refers to it any more.
 */
final class BufferStorage extends Storage {
  private final ByteBuffer memory;

  BufferStorage(ByteBuffer memory, Runnable freed) {
    super(memory.capacity(), freed);
    this.memory = memory;
  }

  @Override
  public ByteBuffer view(long offset, int length) {
    return memory.slice(Math.toIntExact(offset), length).order(ByteOrder.nativeOrder());
  }
}

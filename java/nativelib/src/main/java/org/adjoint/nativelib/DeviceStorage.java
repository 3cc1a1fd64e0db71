package org.adjoint.nativelib;

import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.adjoint.BackendException;
import org.adjoint.internal.backend.Storage;

/** Memory of a GPU, which the host reads and writes by copies. */
final class DeviceStorage extends Storage {
  private final NativeContext context;
  private final long address;
  private final boolean external;

  private DeviceStorage(NativeContext context, long bytes, long buffer, boolean external) {
    super(bytes, () -> context.free(buffer));
    this.context = context;
    this.address = context.bufferAddress(buffer);
    this.external = external;
  }

  /** Returns fresh memory of a context. */
  static DeviceStorage allocate(NativeContext context, long bytes, Runnable idle) {
    return new DeviceStorage(context, bytes, context.allocate(bytes, idle), false);
  }

  /**
   * Returns memory with the contents of a direct buffer, from its position to its limit, as they
   * are now. It counts as the user's: nothing is written there.
   */
  static DeviceStorage copyOf(Buffer direct, NativeContext context, Runnable idle) {
    long bytes = NativeStorage.bytes(direct);
    DeviceStorage storage = new DeviceStorage(context, bytes, context.allocate(bytes, idle), true);
    context.copy(storage.address, NativeStorage.address(direct), bytes);
    Reference.reachabilityFence(direct);
    return storage;
  }

  /** Returns the address of a storage's memory on the device of a context. */
  static long address(Storage storage, NativeContext context) {
    if (storage instanceof DeviceStorage own && own.context == context) {
      return own.address;
    }
    throw new BackendException(
        "cuda backend: an argument of "
            + storage.bytes()
            + " bytes was made by another backend, whose memory the GPU does not read; make the"
            + " tensor while 'cuda' is the backend in use",
        null);
  }

  @Override
  public boolean isExternal() {
    return external;
  }

  @Override
  public ByteBuffer view(long offset, int length) {
    throw new BackendException(
        "a value of "
            + bytes()
            + " bytes is in the memory of a GPU, where only the backend 'cuda' works on it; read it"
            + " and make a new tensor of it while another backend is in use",
        null);
  }

  @Override
  public ByteBuffer contents(long offset, int length) {
    ByteBuffer copy = staging(offset, length);
    context.copy(Abi.adj_jni_address(copy), address + offset, length);
    Reference.reachabilityFence(this);
    return copy;
  }

  @Override
  public void fill(long offset, int length, Consumer<ByteBuffer> writer) {
    ByteBuffer bytes = staging(offset, length);
    writer.accept(bytes);
    context.copy(address + offset, Abi.adj_jni_address(bytes), length);
    Reference.reachabilityFence(bytes);
    Reference.reachabilityFence(this);
  }

  private ByteBuffer staging(long offset, int length) {
    if (offset < 0 || length < 0 || offset > bytes() - length) {
      throw new IndexOutOfBoundsException(
          "storage: offset=" + offset + " length=" + length + " bytes=" + bytes());
    }
    return ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
  }
}

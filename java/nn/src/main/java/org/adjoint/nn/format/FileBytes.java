package org.adjoint.nn.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.internal.Heap;

/**
 * The bytes of a regular file, read at any place. Every way in which opening and reading fail
 * becomes a {@link DataException} that names the file.
 */
final class FileBytes {
  private final Path file;

  /** No channel: an interrupt of this thread would close a channel. */
  private final RandomAccessFile in;

  private final long size;

  private FileBytes(Path file, RandomAccessFile in) throws IOException {
    this.file = file;
    this.in = in;
    this.size = in.length();
  }

  /** What is made of the bytes of a file. */
  @FunctionalInterface
  interface Body<T> {
    T read(FileBytes bytes) throws IOException;
  }

  /**
   * Returns what {@code body} makes of a file, and closes the file.
   *
   * @throws DataException if there is no such file, if it cannot be read, or if the heap has no
   *     room for what {@code body} makes
   */
  static <T> T read(Path file, Body<T> body) {
    requireRegular(file);
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      FileBytes bytes = new FileBytes(file, in);
      try {
        return body.read(bytes);
      } catch (OutOfMemoryError e) {
        // whatever ran out: nothing that was read is kept
        throw Heap.full(file, "the tensors of a file of " + bytes.size + " bytes");
      }
    } catch (EOFException e) {
      throw new DataException(file, "became shorter while it was read", e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Checks that a file is there and no folder, pipe or device.
   *
   * @throws DataException if it is none of these
   */
  static void requireRegular(Path file) {
    if (!Files.exists(file)) {
      throw new DataException(file, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new DataException(file, "is not a regular file");
    }
  }

  /** Returns the file. */
  Path file() {
    return file;
  }

  /** Returns how many bytes the file had when it was opened. */
  long size() {
    return size;
  }

  /** Continues at {@code position}, counted from the file's start. */
  void seek(long position) throws IOException {
    in.seek(position);
  }

  /** Fills the first {@code count} bytes of {@code into} with the next of the file. */
  void read(byte[] into, int count) throws IOException {
    in.readFully(into, 0, count);
  }

  /** Returns the next {@code count} bytes, which the caller knows to be there. */
  byte[] read(int count) throws IOException {
    byte[] bytes = new byte[count];
    read(bytes, count);
    return bytes;
  }
}

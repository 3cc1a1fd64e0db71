package org.adjoint.nn.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Bytes to be parsed, and the name that messages give them. Gzip is recognised by its first two
 * bytes, not by a file name, and unpacked on the way. Every way in which reading can fail becomes a
 * {@link DataException}.
 */
final class Source implements AutoCloseable {
  /**
   * Deflate packs at most so many bytes into one: zlib's technical notes, "Maximum Compression".
   */
  private static final int MOST_PACKED = 1032;

  private final Object name;
  private final InputStream in;
  private final long most;

  private Source(Object name, InputStream in, long most) {
    this.name = name;
    this.in = in;
    this.most = most;
  }

  /** Opens a file. */
  static Source open(Path file) {
    if (!Files.exists(file)) {
      throw new DataException(file, "no such file");
    }
    if (!Files.isRegularFile(file)) {
      throw new DataException(file, "is not a regular file");
    }
    InputStream raw;
    long size;
    try {
      size = Files.size(file);
      raw = Files.newInputStream(file);
    } catch (NoSuchFileException e) {
      throw new DataException(file, "no such file", e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be opened: " + e.getClass().getSimpleName(), e);
    }
    return of(file, raw, size);
  }

  /**
   * Takes over an open stream; the stream is closed at once if its head is no gzip header though it
   * starts like one.
   *
   * @param size the bytes of the stream before they are unpacked
   */
  static Source of(Object name, InputStream raw, long size) {
    BufferedInputStream in = new BufferedInputStream(raw, 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return gzip
          ? new Source(name, new GZIPInputStream(in, 1 << 16), most(size))
          : new Source(name, in, size);
    } catch (IOException e) {
      try {
        in.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw failure(name, e);
    }
  }

  private static long most(long packed) {
    return packed > Long.MAX_VALUE / MOST_PACKED ? Long.MAX_VALUE : packed * MOST_PACKED;
  }

  /**
   * Returns a bound on the bytes that there are, unpacked: what a header promises beyond it is not
   * there, so that a few bytes never become a large array.
   */
  long most() {
    return most;
  }

  /** Returns what messages call these bytes. */
  Object name() {
    return name;
  }

  /** Returns the unpacked bytes; what they throw goes through {@link #failure(IOException)}. */
  InputStream stream() {
    return in;
  }

  /**
   * Reads until {@code length} bytes are there or nothing is left, and returns how many there are.
   */
  int read(byte[] into, int length) {
    try {
      return in.readNBytes(into, 0, length);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Returns an exception about these bytes. */
  DataException error(String problem) {
    return new DataException(name, problem);
  }

  /** Returns an exception about these bytes that says why they cannot be read. */
  DataException failure(IOException e) {
    return failure(name, e);
  }

  private static DataException failure(Object name, IOException e) {
    if (e instanceof EOFException) {
      return new DataException(name, "the gzip data ends early: the file is truncated", e);
    }
    if (e instanceof ZipException) {
      return new DataException(name, "the gzip data is damaged: " + e.getMessage(), e);
    }
    if (e instanceof CharacterCodingException) {
      return new DataException(name, "is not UTF-8 text", e);
    }
    return new DataException(name, "cannot be read: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw failure(e);
    }
  }
}

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
  private final Object name;
  private final InputStream in;

  private Source(Object name, InputStream in) {
    this.name = name;
    this.in = in;
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
    try {
      raw = Files.newInputStream(file);
    } catch (NoSuchFileException e) {
      throw new DataException(file, "no such file", e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be opened: " + e.getClass().getSimpleName(), e);
    }
    return of(file, raw);
  }

  /**
   * Takes over an open stream; it is closed at once if its head is no gzip header though it starts
   * like one.
   */
  static Source of(Object name, InputStream raw) {
    BufferedInputStream in = new BufferedInputStream(raw, 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return new Source(name, gzip ? new GZIPInputStream(in, 1 << 16) : in);
    } catch (IOException e) {
      try {
        in.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw failure(name, e);
    }
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

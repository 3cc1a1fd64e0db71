package org.adjoint.nn.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.internal.Heap;

/**
 * NumPy's files of named arrays: a zip archive of {@link Npy} arrays, stored ({@code numpy.savez})
 * or packed ({@code numpy.savez_compressed}). Both are read; stored ones are written.
 *
 * <p>An entry's bytes are counted and their checksum compared before room is made for its array, so
 * a packed file is unpacked twice, and what an archive only promises takes no memory.
 *
 * <p>Source: NumPy's documentation, "numpy.savez".
 */
public final class Npz {
  private static final String SUFFIX = ".npy";
  private static final int CHUNK = 1 << 14;

  /** Zip counts from here; an archive of the same arrays is the same bytes whenever written. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private Npz() {}

  /**
   * Returns the arrays of a file by their names, in the file's order.
   *
   * @throws DataException naming the file, the array and the values, if the file is missing or
   *     damaged, or an array is none that {@link Npy} reads
   */
  public static Map<String, Tensor> read(Path file) {
    FileBytes.requireRegular(file);
    try (ZipFile zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (ZipEntry entry : entries(file, zip)) {
        String name = entry.getName();
        if (!name.endsWith(SUFFIX)) {
          throw new DataException(file, "entry '" + name + "' is no array: not called *" + SUFFIX);
        }
        String array = name.substring(0, name.length() - SUFFIX.length());
        if (tensors.put(array, read(file, zip, entry)) != null) {
          throw new DataException(file, "has two arrays '" + array + "'");
        }
      }
      return tensors;
    } catch (ZipException e) {
      throw new DataException(file, "is no whole zip archive: " + e.getMessage(), e);
    } catch (EOFException e) {
      throw new DataException(file, "ends inside an array", e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    } catch (OutOfMemoryError e) {
      throw Heap.full(file, "its arrays");
    }
  }

  private static List<? extends ZipEntry> entries(Path file, ZipFile zip) {
    try {
      return zip.stream().toList();
    } catch (IllegalArgumentException e) {
      throw new DataException(file, "has an entry whose name or comment is not UTF-8 text", e);
    }
  }

  private static Tensor read(Path file, ZipFile zip, ZipEntry entry) throws IOException {
    String label = file + ": '" + entry.getName() + "'";
    long size = checkedSize(label, zip, entry);
    try (InputStream in = zip.getInputStream(entry)) {
      return Npy.read(label, size, (into, count) -> readFully(in, into, count));
    }
  }

  /** Returns how many bytes an entry has, which are those that it was packed from. */
  private static long checkedSize(String label, ZipFile zip, ZipEntry entry) throws IOException {
    CRC32 crc = new CRC32();
    long size = 0;
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc)) {
      byte[] chunk = new byte[CHUNK];
      for (int got = in.read(chunk); got >= 0; got = in.read(chunk)) {
        size += got;
      }
    }
    if (size != entry.getSize()) {
      throw new DataException(label, "has " + size + " bytes, the archive says " + entry.getSize());
    }
    if (crc.getValue() != entry.getCrc()) {
      throw new DataException(
          label,
          String.format(
              "is damaged: its checksum is %08x, the archive says %08x",
              crc.getValue(), entry.getCrc()));
    }
    return size;
  }

  private static void readFully(InputStream in, byte[] into, int count) throws IOException {
    if (in.readNBytes(into, 0, count) < count) {
      throw new EOFException();
    }
  }

  /**
   * Writes tensors as named arrays, whole or not at all ({@link AtomicFile}). Tensors that are not
   * evaluated yet are, in one program.
   *
   * @throws IllegalArgumentException if a name is empty or cannot be written in UTF-8
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public static void write(Path file, Map<String, Tensor> tensors) {
    for (String name : tensors.keySet()) {
      if (name.isEmpty() || Safetensors.loneSurrogate(name) >= 0) {
        throw new IllegalArgumentException(
            "npz: '" + name + "' is no name: it is empty or has half of a surrogate pair");
      }
    }
    Tensor.evalAll(List.copyOf(tensors.values()));
    AtomicFile.write(file, out -> write(out, tensors));
  }

  private static void write(OutputStream out, Map<String, Tensor> tensors) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
    for (Map.Entry<String, Tensor> named : tensors.entrySet()) {
      Tensor tensor = named.getValue();
      CRC32 crc = new CRC32(); // which stands before the bytes, so these are made twice
      Npy.write(new CheckedOutputStream(OutputStream.nullOutputStream(), crc), tensor);
      ZipEntry entry = new ZipEntry(named.getKey() + SUFFIX);
      entry.setTimeLocal(TIME);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(NpyHeader.of(tensor).length + tensor.size() * tensor.dtype().bytes());
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      Npy.write(zip, tensor);
      zip.closeEntry();
    }
    zip.finish();
  }
}

package org.adjoint.nn.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.format.SafetensorsHeader.Entry;

/**
 * Reads a {@link Safetensors} file and believes nothing: lengths are compared with the file before
 * anything is allocated, and the header as a whole before any tensor is read. What the header says
 * is {@link SafetensorsHeader}'s business.
 */
final class SafetensorsReader {
  private final FileBytes in;

  private SafetensorsReader(FileBytes in) {
    this.in = in;
  }

  static Safetensors read(Path file) {
    return FileBytes.read(file, bytes -> new SafetensorsReader(bytes).read(bytes.size()));
  }

  private Safetensors read(long size) throws IOException {
    if (size < 8) {
      throw error("has " + size + " bytes, fewer than the 8 that hold the length of the header");
    }
    long length = ByteBuffer.wrap(in.read(8)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > Safetensors.MAX_HEADER || length > size - 8) {
      throw error(
          "the header's length at byte 0 is "
              + Long.toUnsignedString(length)
              + ", expected 2.."
              + Math.min(Safetensors.MAX_HEADER, size - 8)
              + " in a file of "
              + size
              + " bytes");
    }
    byte[] text = in.read((int) length);
    if (text[0] != '{') {
      throw error("the header at byte 8 does not start with '{': this is no safetensors file");
    }
    SafetensorsHeader header = SafetensorsHeader.parse(in.file(), text);
    requireCover(header.entries(), size - 8 - length);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Entry entry : header.entries()) {
      tensors.put(entry.name(), tensor(entry, 8 + length + entry.begin()));
    }
    return new Safetensors(tensors, header.metadata());
  }

  /**
   * Checks that the tensors' bytes, in the order of their offsets, follow each other from 0 to
   * {@code length}.
   */
  private void requireCover(List<Entry> entries, long length) {
    long end = 0;
    String before = "the header";
    List<Entry> ordered =
        entries.stream()
            .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
            .toList();
    for (Entry entry : ordered) {
      if (entry.end() > length) {
        throw error(
            entry.label()
                + ": data_offsets "
                + entry.offsets()
                + " reach beyond the "
                + length
                + " bytes of data in the file");
      }
      if (entry.begin() != end) {
        throw error(
            entry.label()
                + ": data_offsets "
                + entry.offsets()
                + (entry.begin() < end ? " overlap " : " leave a gap behind ")
                + before
                + ", which ends at "
                + end);
      }
      end = entry.end();
      before = entry.label();
    }
    if (end != length) {
      throw error(
          "the tensors cover " + end + " of the " + length + " bytes of data behind the header");
    }
  }

  private Tensor tensor(Entry entry, long position) throws IOException {
    String type = entry.element() + " " + entry.shape();
    in.seek(position);
    return Elements.read(
        new Elements.Label(in.file(), entry.label(), type),
        entry.element(),
        entry.shape(),
        ByteOrder.LITTLE_ENDIAN,
        in::read);
  }

  private DataException error(String problem) {
    return new DataException(in.file(), problem);
  }
}

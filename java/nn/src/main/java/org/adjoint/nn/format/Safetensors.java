package org.adjoint.nn.format;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;

/**
 * A safetensors file: named tensors and a map of strings, in a layout that holds nothing
 * executable. The layout is 8 bytes with the little-endian length of a header, the header in JSON,
 * then the tensors' bytes, little-endian and row by row, without gaps. The types are {@link
 * DType}'s. Of others, F16 is read as F32, I16, I8, U16 and U8 as I32, and U32 as I64, each value
 * exactly; the rest is refused by name.
 *
 * <p>Source: the format's description at {@code https://github.com/huggingface/safetensors},
 * section "Format".
 *
 * @param tensors the tensors by name, in the file's order
 * @param metadata free text by name
 */
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {

  /** The name in the header that is no tensor's. */
  static final String METADATA = "__metadata__";

  /**
   * The most bytes that a header may have, as in the reference implementation: a lying length must
   * not become an allocation.
   */
  public static final int MAX_HEADER = 100_000_000;

  /**
   * Makes the contents of a file; both maps are copied and keep their order.
   *
   * @throws IllegalArgumentException if a tensor has the reserved name {@code __metadata__}, or a
   *     name or a text of the metadata is none that UTF-8 can write: it has half of a surrogate
   *     pair
   */
  public Safetensors {
    if (tensors.containsKey(METADATA)) {
      throw new IllegalArgumentException("safetensors: the name " + METADATA + " is reserved");
    }
    tensors.keySet().forEach(name -> requireText("tensor", name));
    metadata.forEach(
        (key, value) -> {
          requireText("metadata", key);
          requireText("metadata", value);
        });
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  private static void requireText(String what, String text) {
    int at = loneSurrogate(text);
    if (at >= 0) {
      throw new IllegalArgumentException(
          String.format(
              "safetensors: %s '%s': character %d is \\u%04x, half of a surrogate pair",
              what, text, at, (int) text.charAt(at)));
    }
  }

  /**
   * Returns the position of the first half of a surrogate pair that lacks the other, −1 if none.
   */
  static int loneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) {
        continue;
      }
      if (i + 1 == text.length()
          || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
        return i;
      }
      i++;
    }
    return -1;
  }

  /**
   * Writes a file, whole or not at all ({@link AtomicFile}). Tensors that are not evaluated yet
   * are, in one program. Wider types come first in the file, so that every tensor is aligned to its
   * elements.
   *
   * @param file the target; an existing regular file is replaced
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public void write(Path file) {
    SafetensorsWriter.write(file, this);
  }

  /**
   * Returns the contents of a file. Everything in the header is checked against the file before a
   * tensor is read: its length, the JSON (duplicate names included), types, shapes, and that the
   * tensors' bytes lie side by side, cover the file to its end, and are as many as type and shape
   * say.
   *
   * @param file what to read
   * @throws DataException naming the file, the place and the values, if it is missing or
   *     contradicts itself
   */
  public static Safetensors read(Path file) {
    return SafetensorsReader.read(file);
  }

  /**
   * Returns the contents of several files that an index, {@code *.safetensors.index.json}, puts
   * together: the tensors in the order of the index, the metadata of the files, of which the first
   * counts where two differ. The files lie in the index's folder.
   *
   * @param index the index
   * @throws DataException naming the file, the place and the values, if one is missing or
   *     contradicts itself, if a tensor is not where the index says, or a file has one that the
   *     index does not name
   */
  public static Safetensors readSharded(Path index) {
    return ShardedSafetensors.read(index);
  }
}

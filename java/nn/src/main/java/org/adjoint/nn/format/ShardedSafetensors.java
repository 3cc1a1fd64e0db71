package org.adjoint.nn.format;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;

/**
 * Tensors over several {@link Safetensors} files, and the index that says which is in which: JSON
 * with a {@code weight_map} from tensors to files beside the index. The index has to tell the whole
 * truth: each tensor is in its file, and no file has another.
 */
final class ShardedSafetensors {
  private ShardedSafetensors() {}

  static Safetensors read(Path index) {
    Map<String, String> places = JsonTree.parse(index, text(index)).get("weight_map").texts();
    Map<String, Safetensors> files = new LinkedHashMap<>();
    for (String name : new LinkedHashSet<>(places.values())) {
      files.put(name, Safetensors.read(beside(index, name)));
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    places.forEach(
        (tensor, file) -> {
          Tensor value = files.get(file).tensors().get(tensor);
          if (value == null) {
            throw new DataException(index, "'" + tensor + "' is not in " + file);
          }
          tensors.put(tensor, value);
        });
    Map<String, String> metadata = new LinkedHashMap<>();
    files.forEach(
        (name, contents) -> {
          Set<String> others = new LinkedHashSet<>(contents.tensors().keySet());
          others.removeIf(tensor -> name.equals(places.get(tensor)));
          if (!others.isEmpty()) {
            throw new DataException(index, "does not say that " + name + " has " + others);
          }
          contents.metadata().forEach(metadata::putIfAbsent);
        });
    return new Safetensors(tensors, metadata);
  }

  private static String text(Path index) {
    FileBytes.requireRegular(index);
    try {
      long size = Files.size(index);
      if (size > Safetensors.MAX_HEADER) {
        throw new DataException(
            index,
            "has " + size + " bytes, more than the " + Safetensors.MAX_HEADER + " of an index");
      }
      return Files.readString(index, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new DataException(index, "is not UTF-8 text", e);
    } catch (IOException e) {
      throw new DataException(index, "cannot be read: " + e.getMessage(), e);
    }
  }

  /** Returns a file of the index's folder, and of no other. */
  private static Path beside(Path index, String name) {
    boolean plain =
        !name.isEmpty()
            && name.chars().noneMatch(c -> c < ' ' || c == '/' || c == '\\' || c == ':')
            && !name.equals(".")
            && !name.equals("..");
    if (!plain || Safetensors.loneSurrogate(name) >= 0) {
      throw new DataException(index, "'" + name + "' is no name of a file beside the index");
    }
    return index.resolveSibling(name);
  }
}

package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.nn.data.DataException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardedSafetensorsTest {
  @TempDir private Path folder;
  private Path index;

  @BeforeEach
  void twoShards() {
    index = folder.resolve("model.safetensors.index.json");
    write("one", Map.of("a", Tensor.scalar(1f)));
    write("two", Map.of("b", Tensor.scalar(2f), "c", Tensor.scalar(3f)));
  }

  private void write(String name, Map<String, Tensor> tensors) {
    new Safetensors(tensors, Map.of("format", name)).write(folder.resolve(name));
  }

  private void index(String places) throws IOException {
    Files.writeString(index, "{\"metadata\":{\"total_size\":12},\"weight_map\":{" + places + "}}");
  }

  @Test
  void theIndexPutsItsFilesTogether() throws IOException {
    index("\"c\":\"two\",\"a\":\"one\",\"b\":\"two\"");
    Safetensors whole = Safetensors.readSharded(index);
    assertEquals(List.of("c", "a", "b"), List.copyOf(whole.tensors().keySet()));
    assertArrayEquals(
        new double[] {3, 1, 2},
        whole.tensors().values().stream().mapToDouble(Tensor::item).toArray());
    assertEquals(Map.of("format", "two"), whole.metadata());
  }

  @Test
  void anIndexThatLiesIsRefused() throws IOException {
    assertRefused("'a' is not in two", "\"a\":\"two\",\"b\":\"two\",\"c\":\"two\"");
    assertRefused("does not say that two has [c]", "\"a\":\"one\",\"b\":\"two\"");
    assertRefused("weight_map.a is 1, expected a string", "\"a\":1");
    for (String name : List.of("../two", "/etc/passwd", "..", "", "x\\\\y", "a\\u0000b")) {
      assertRefused("is no name of a file beside the index", "\"a\":\"" + name + "\"");
    }
    assertRefused("no such file", "\"a\":\"three\"");
  }

  private void assertRefused(String part, String places) throws IOException {
    index(places);
    String message =
        assertThrows(DataException.class, () -> Safetensors.readSharded(index)).getMessage();
    assertTrue(message.startsWith(folder.toString()) && message.contains(part), message);
  }
}

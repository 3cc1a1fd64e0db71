package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.DataException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MlpFileTest {
  private static final Mlp MODEL =
      Mlp.of(List.of(3, 5, 2), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() {
    file = folder.resolve("model.safetensors");
    new MlpFile(MODEL, "digits").write(file);
  }

  @Test
  void aModelComesBackBitForBit() {
    MlpFile read = MlpFile.read(file);
    assertEquals("digits", read.dataset());
    assertEquals("3-5-2 relu", read.model().toString());
    assertEquals(Activation.IDENTITY, read.model().output());
    for (int i = 0; i < MODEL.parameters().size(); i++) {
      assertArrayEquals(
          MODEL.parameters().get(i).toArray(), read.model().parameters().get(i).toArray());
      assertEquals(MODEL.parameters().get(i).name(), read.model().parameters().get(i).name());
    }
    Tensor x = Key.of(2).normal(DType.F32, 4, 3);
    assertArrayEquals(MODEL.apply(x).toArray(), read.model().apply(x).toArray());
  }

  @Test
  void whatDoesNotFitTheMetadataIsRefused() {
    assertRefused((t, m) -> m.remove("adjoint.model"), "adjoint.model is ''");
    assertRefused((t, m) -> m.put("adjoint.version", "2"), "adjoint.version is '2'");
    assertRefused((t, m) -> m.remove("sizes"), "'sizes' is missing");
    assertRefused((t, m) -> m.put("sizes", "3"), "fewer than two");
    assertRefused((t, m) -> m.put("sizes", "3,x,2"), "'3,x,2'");
    assertRefused((t, m) -> m.put("sizes", "3,99999999999,2"), "'3,99999999999,2'");
    assertRefused((t, m) -> m.put("sizes", "3,0,2"), "'3,0,2'");
    assertRefused((t, m) -> m.put("sizes", "4,5,2"), "F32 [3, 5], but the metadata sizes ask");
    assertRefused((t, m) -> m.put("sizes", "3,5"), "'fc2.weight' belongs to no layer");
    assertRefused((t, m) -> m.put("sizes", "3,5,2,2"), "'fc3.weight' is missing");
    assertRefused((t, m) -> m.put("hidden", "swish"), "'swish' is not one of");
    assertRefused((t, m) -> m.remove("dataset"), "'dataset' is missing");
    assertRefused((t, m) -> t.remove("fc2.bias"), "'fc2.bias' is missing");
    assertRefused((t, m) -> t.put("fc2.bias", Tensor.zeros(DType.F64, 2)), "is F64 [2]");
    assertRefused((t, m) -> t.put("more", Tensor.scalar(1f)), "'more' belongs to no layer");
  }

  @Test
  @SuppressWarnings("try") // a scope works by being open
  void aDamagedFileIsReadOrRefusedAndNothingElse() throws IOException {
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(1);
    Path damaged = folder.resolve("damaged.safetensors");
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      int length = random.nextInt(4) == 0 ? random.nextInt(good.length + 20) : good.length;
      byte[] bytes = Arrays.copyOf(good, length);
      for (int j = random.nextInt(4); j >= 0 && length > 0; j--) {
        bytes[random.nextInt(Math.min(length, 700))] = (byte) random.nextInt(256);
      }
      Files.write(damaged, bytes);
      try (Scope scope = Scope.open()) {
        MlpFile.read(damaged);
      } catch (DataException e) {
        refused++;
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
    assertTrue(refused > 2000, "only " + refused + " were refused");
  }

  private void assertRefused(
      BiConsumer<Map<String, Tensor>, Map<String, String>> change, String part) {
    Safetensors good = Safetensors.read(file);
    Map<String, Tensor> tensors = new LinkedHashMap<>(good.tensors());
    Map<String, String> metadata = new LinkedHashMap<>(good.metadata());
    change.accept(tensors, metadata);
    Path wrong = folder.resolve("wrong.safetensors");
    new Safetensors(tensors, metadata).write(wrong);
    String message = assertThrows(DataException.class, () -> MlpFile.read(wrong)).getMessage();
    assertTrue(message.startsWith(wrong + ": ") && message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }
}

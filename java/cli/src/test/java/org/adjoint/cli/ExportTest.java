package org.adjoint.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.format.MlpFile;
import org.adjoint.nn.onnx.OnnxLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code adjoint export}. */
class ExportTest {
  @TempDir private Path folder;

  @Test
  void whatIsExportedComputesTheSame() {
    Mlp mlp =
        Mlp.of(List.of(4, 5, 3), Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(1));
    Path model = folder.resolve("m.safetensors");
    Path onnx = folder.resolve("m.onnx");
    new MlpFile(mlp, "digits").write(model);
    Run run = Run.of("export", "--model", model.toString(), "--onnx", onnx.toString());
    assertEquals(0, run.status(), run.toString());
    assertEquals(onnx + ": x [batch, 4] to y [batch, 3], operator set 17", run.last());
    Tensor x = Key.of(2).normal(DType.F32, 6, 4).eval();
    float[] expected = mlp.apply(x).toArray();
    assertArrayEquals(expected, OnnxLayer.read(onnx).apply(x).toArray(), 1e-6f);
  }

  @Test
  void aFileThatIsNoModelIsRefused() throws Exception {
    Path model = Files.write(folder.resolve("m"), new byte[] {1, 2, 3});
    Path onnx = folder.resolve("m.onnx");
    Run run = Run.of("export", "--model", model.toString(), "--onnx", onnx.toString());
    assertEquals(2, run.status(), run.toString());
    assertFalse(Files.exists(onnx));
  }
}

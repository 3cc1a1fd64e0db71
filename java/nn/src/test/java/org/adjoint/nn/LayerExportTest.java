package org.adjoint.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Key;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.LayerCases.Row;
import org.adjoint.nn.format.Safetensors;
import org.adjoint.nn.onnx.OnnxExport;
import org.adjoint.nn.onnx.OnnxExport.Input;
import org.adjoint.nn.onnx.OnnxLayer;
import org.adjoint.nn.onnx.OnnxRuntime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every row of {@link LayerCases}, exported once, against what ONNX Runtime makes of the file, for
 * the batch of the row's reference and for others.
 */
class LayerExportTest {
  private static final double TOLERANCE = 1e-5;
  private static final Map<String, Tensor> REFERENCE = read();

  private static Map<String, Tensor> read() {
    try {
      Path file = Path.of(LayerExportTest.class.getResource("layers.safetensors").toURI());
      return Safetensors.read(file).tensors();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All rows but those whose lengths are constants of a batch of two; there is a test of these. */
  static List<Row<?>> rows() {
    return LayerCases.rows().stream().filter(row -> !row.name().endsWith("OfLengths")).toList();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void equalsOnnxRuntimeForAnyBatch(Row<?> row) {
    Scope.run(() -> check(row));
  }

  private static <P extends Part> void check(Row<P> row) {
    P part = row.make().apply(Origin.of(Key.of(7)).dtype(DType.F32));
    List<Tensor> inputs = new ArrayList<>();
    for (String name : List.of("x", "memory")) {
      Tensor x = REFERENCE.get(row.name() + "/" + name);
      if (x != null) {
        inputs.add(x.dtype().isFloating() ? x.cast(DType.F32).eval() : x);
      }
    }
    List<Input> types = new ArrayList<>();
    for (Tensor input : inputs) {
      long[] dims = input.shape().dims();
      types.add(
          Input.of("x" + types.size(), input.dtype(), Arrays.copyOfRange(dims, 1, dims.length)));
    }
    byte[] file =
        OnnxExport.of(part, types, in -> List.of(row.application().apply(part, in, Training.OFF)))
            .bytes();
    OnnxLayer read = OnnxLayer.of(row.name(), file);
    try (OnnxRuntime runtime = new OnnxRuntime(file)) {
      for (int examples : List.of(1, 2, 5)) {
        List<Tensor> batch = inputs.stream().map(x -> resized(x, examples)).toList();
        Tensor expected = row.application().apply(part, batch, Training.OFF);
        assertClose(expected, runtime.run(batch).get(0));
        assertClose(expected, read.apply(batch).get(0));
      }
    }
    assertSameGradients(part, row.application().apply(part, inputs, Training.OFF), read, inputs);
  }

  /** Read again, a file has the parameters that were written, and they learn the same. */
  private static void assertSameGradients(
      Part part, Tensor y, OnnxLayer read, List<Tensor> inputs) {
    Map<String, Parameter> mine = part.named();
    Map<String, Parameter> theirs = read.named();
    List<String> names = mine.keySet().stream().filter(n -> mine.get(n).isTrainable()).toList();
    assertEquals(Set.copyOf(part.parameters()).size(), names.size());
    assertEquals(Set.copyOf(names), names(read.parameters()));
    if (names.isEmpty()) {
      return;
    }
    Tensor[] before = names.stream().map(mine::get).toArray(Tensor[]::new);
    Tensor[] after = names.stream().map(theirs::get).toArray(Tensor[]::new);
    List<Tensor> expected = Grad.grad(y.square().sum(), before);
    List<Tensor> actual = Grad.grad(read.apply(inputs).get(0).square().sum(), after);
    for (int i = 0; i < expected.size(); i++) {
      assertClose(expected.get(i), actual.get(i));
    }
  }

  private static Set<String> names(List<Parameter> parameters) {
    return parameters.stream().map(Parameter::name).collect(Collectors.toSet());
  }

  /** Returns so many examples: rows again and again, each time another multiple of them. */
  private static Tensor resized(Tensor x, int examples) {
    Tensor[] rows = new Tensor[examples];
    for (int i = 0; i < examples; i++) {
      Tensor row = x.slice(0, i % x.dim(0), i % x.dim(0) + 1);
      rows[i] = x.dtype().isFloating() ? row.times(1 - 0.1 * i) : row;
    }
    return Tensor.concat(0, rows).eval();
  }

  private static void assertClose(Tensor expected, Tensor actual) {
    assertEquals(expected.shape(), actual.shape());
    float[] a = expected.toArray();
    float[] b = actual.toArray();
    for (int i = 0; i < a.length; i++) {
      double error = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]));
      assertTrue(error <= TOLERANCE, "element " + i + ": " + a[i] + " here, " + b[i] + " there");
    }
  }
}

package org.adjoint.nn.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.onnx.Onnx.Attribute;
import org.adjoint.nn.onnx.Onnx.Dim;
import org.adjoint.nn.onnx.Onnx.ElementType;
import org.adjoint.nn.onnx.Onnx.Graph;
import org.adjoint.nn.onnx.Onnx.Model;
import org.adjoint.nn.onnx.Onnx.Node;
import org.adjoint.nn.onnx.Onnx.TensorData;
import org.adjoint.nn.onnx.Onnx.ValueInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operators that files of others have and ours have not, a node a file, against ONNX Runtime.
 * Random tensors are the file's inputs, whole numbers its constants.
 */
class OperatorsTest {
  private static final double TOLERANCE = 1e-5;

  /**
   * A node.
   *
   * @param text the operator, then attributes such as {@code mode=linear}, {@code axis=1}, {@code
   *     pads=0,1,1,0}, {@code alpha=0.5f}
   * @param outputs how many outputs are compared
   * @param inputs dims of a random F32 tensor, or whole numbers; empty where an input is absent
   */
  record Row(String text, long opset, int outputs, List<Object> inputs) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Row row(String text, int outputs, Object... inputs) {
    return new Row(text, 13, outputs, List.of(inputs));
  }

  private static long[] f(long... dims) {
    return dims;
  }

  private static TensorData ints(long... values) {
    return TensorData.ofLongs(values);
  }

  static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    long[] image = f(2, 3, 5, 6);
    rows.add(row("Gemm alpha=0.5f beta=2f transA=1 transB=1", 1, f(4, 3), f(5, 4), f(5)));
    rows.add(row("Gemm", 1, f(3, 4), f(4, 5)));
    rows.add(row("Conv strides=2,1 pads=1,0,2,1 dilations=1,2", 1, image, f(4, 3, 3, 2), f(4)));
    rows.add(row("Conv auto_pad=SAME_UPPER strides=2,2 group=3", 1, image, f(3, 1, 2, 3)));
    rows.add(
        row("ConvTranspose strides=2,2 pads=1,0,0,1 output_padding=1,0", 1, image, f(3, 2, 3, 2)));
    rows.add(row("MaxPool kernel_shape=2,3 strides=2,1 pads=0,1,1,0", 1, image));
    rows.add(row("AveragePool kernel_shape=3,2 strides=2,2 pads=1,0,1,0", 1, image));
    rows.add(row("AveragePool kernel_shape=2,2 pads=0,1,1,0 count_include_pad=1", 1, image));
    rows.add(row("AveragePool kernel_shape=2,2 pads=0,1,1,0", 1, image));
    rows.add(row("GlobalAveragePool", 1, image));
    rows.add(row("GlobalMaxPool", 1, image));
    rows.add(row("BatchNormalization epsilon=0.5f", 1, image, f(3), f(3), f(3), "positive"));
    rows.add(row("InstanceNormalization", 1, image, f(3), f(3)));
    rows.add(row("HardSigmoid alpha=0.3f beta=0.4f", 1, f(7)));
    rows.add(row("Selu", 1, f(7)));
    rows.add(row("Celu alpha=0.7f", 1, f(7)));
    rows.add(row("PRelu", 1, f(2, 3), f(3)));
    rows.add(row("Softmax axis=1", 1, f(2, 3, 4)));
    rows.add(new Row("Softmax", 11, 1, List.of(f(2, 3, 4))));
    rows.add(row("LogSoftmax axis=0", 1, f(2, 3)));
    rows.add(row("ReduceMean axes=0,2 keepdims=0", 1, f(2, 3, 4)));
    rows.add(row("ReduceL2 axes=-1", 1, f(2, 3)));
    rows.add(row("ReduceLogSumExp axes=0,1", 1, f(2, 3)));
    rows.add(row("Flatten axis=2", 1, f(2, 3, 4)));
    rows.add(row("Transpose", 1, f(2, 3, 4)));
    rows.add(row("Slice", 1, f(5, 6), ints(-2, 4), ints(-100, 0), ints(0, 1), ints(-1, -3)));
    rows.add(row("Slice", 1, f(5, 6), ints(1, -3), ints(4, 1000)));
    rows.add(row("Pad mode=reflect", 1, f(4, 5), ints(1, 2, 0, 1)));
    rows.add(row("Pad mode=edge", 1, f(4, 5), ints(1, 2, 0, 1)));
    rows.add(row("Pad", 1, f(4, 5), ints(1, -2, 0, 1)));
    rows.add(row("Split axis=1", 2, f(2, 5), ints(2, 3)));
    rows.add(row("Gather axis=1", 1, f(2, 5), ints(-1, 0, 3)));
    rows.add(row("Tile", 1, f(2, 3), ints(2, 1)));
    rows.add(row("Expand", 1, f(2, 1), ints(3, 1, 4)));
    rows.add(row("Squeeze", 1, f(2, 1, 3), ints(1)));
    rows.add(row("Unsqueeze", 1, f(2, 3), ints(0, -1)));
    for (String mode : List.of("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")) {
      String more = " coordinate_transformation_mode=" + mode;
      rows.add(row("Resize mode=linear" + more, 1, image, "", "", ints(2, 3, 7, 4)));
      rows.add(row("Resize nearest_mode=floor" + more, 1, image, "", "", ints(2, 3, 10, 3)));
    }
    for (String direction : List.of("forward", "reverse", "bidirectional")) {
      long d = direction.equals("bidirectional") ? 2 : 1;
      String more = " hidden_size=3 direction=" + direction;
      long[] x = f(4, 2, 5);
      long[] h = f(d, 2, 3);
      rows.add(row("LSTM" + more, 3, x, f(d, 12, 5), f(d, 12, 3), f(d, 24), "", h, h));
      rows.add(row("RNN" + more, 2, x, f(d, 3, 5), f(d, 3, 3), f(d, 6), "", h));
      rows.add(row("GRU" + more, 2, x, f(d, 9, 5), f(d, 9, 3), f(d, 18)));
      rows.add(
          row("GRU linear_before_reset=1" + more, 2, x, f(d, 9, 5), f(d, 9, 3), f(d, 18), "", h));
    }
    return rows;
  }

  private static Attribute attribute(String value) {
    if (value.matches("-?[0-9]+(,-?[0-9]+)+|-?[0-9]+,?")) {
      List<Long> all = Arrays.stream(value.split(",")).map(Long::valueOf).toList();
      return all.size() > 1 ? new Attribute.Ints(all) : new Attribute.Int(all.get(0));
    }
    return value.matches("-?[0-9.]+f")
        ? new Attribute.Real(Float.parseFloat(value))
        : new Attribute.Text(value);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void equalsOnnxRuntime(Row row) {
    Scope.run(() -> check(row));
  }

  private static void check(Row row) {
    String[] words = row.text().split(" ");
    Map<String, Attribute> attributes = new HashMap<>();
    for (String word : Arrays.copyOfRange(words, 1, words.length)) {
      String[] pair = word.split("=");
      Attribute value = attribute(pair[1]);
      boolean list = pair[0].equals("axes") && value instanceof Attribute.Int;
      attributes.put(
          pair[0], list ? new Attribute.Ints(List.of(((Attribute.Int) value).value())) : value);
    }
    List<String> names = new ArrayList<>();
    List<ValueInfo> takes = new ArrayList<>();
    Map<String, TensorData> constants = new LinkedHashMap<>();
    List<Tensor> tensors = new ArrayList<>();
    for (Object input : row.inputs()) {
      String name = "x" + names.size();
      if (input instanceof TensorData data) {
        constants.put(name, data);
      } else if (input instanceof long[] dims) {
        tensors.add(Key.of(names.size()).normal(DType.F32, dims).eval());
      } else if (input.equals("positive")) {
        tensors.add(Key.of(names.size()).uniform(DType.F32, 3).eval());
      } else {
        names.add("");
        continue;
      }
      names.add(name);
      if (!constants.containsKey(name)) {
        List<Dim> dims = new ArrayList<>();
        for (long dim : tensors.get(tensors.size() - 1).shape().dims()) {
          dims.add(Dim.of(dim));
        }
        takes.add(new ValueInfo(name, Optional.of(ElementType.FLOAT), Optional.of(dims)));
      }
    }
    List<String> gives = new ArrayList<>();
    for (int i = 0; i < row.outputs(); i++) {
      gives.add("y" + i);
    }
    List<ValueInfo> outputs =
        gives.stream()
            .map(y -> new ValueInfo(y, Optional.of(ElementType.FLOAT), Optional.empty()))
            .toList();
    Node node = new Node(words[0], "", names, gives, attributes);
    Graph graph = new Graph("one", List.of(node), constants, takes, outputs);
    byte[] file = ModelWriter.bytes(new Model(row.opset(), graph, Map.of()));
    List<Tensor> actual = OnnxLayer.of(row.text(), file).apply(tensors);
    try (OnnxRuntime runtime = new OnnxRuntime(file)) {
      List<Tensor> expected = runtime.run(tensors);
      assertEquals(expected.size(), actual.size());
      for (int i = 0; i < actual.size(); i++) {
        assertClose(expected.get(i), actual.get(i));
      }
    }
  }

  private static void assertClose(Tensor expected, Tensor actual) {
    assertEquals(expected.shape(), actual.shape());
    float[] a = expected.toArray();
    float[] b = actual.toArray();
    for (int i = 0; i < a.length; i++) {
      double error = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]));
      assertTrue(error <= TOLERANCE, "element " + i + ": " + a[i] + " there, " + b[i] + " here");
    }
  }
}

package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Sequential;
import org.adjoint.nn.WeightNorm;
import org.adjoint.nn.attention.MultiHeadAttention;
import org.adjoint.nn.norm.BatchNorm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names and layouts between two libraries; that they are PyTorch's is seen in LayerCasesTest. */
class TorchWeightsTest {
  @TempDir private Path folder;

  private static Sequential network(long seed, DType dtype) {
    Origin origin = Origin.of(Key.of(seed)).dtype(dtype);
    return Sequential.of(
        Linear.of(origin.at("0"), 3, 4),
        BatchNorm.of(origin.at("1"), 4),
        Activation.RELU,
        WeightNorm.of(Linear.of(origin.at("3"), 4, 2), 1),
        x -> x.unsqueeze(1),
        MultiHeadAttention.of(origin.at("5"), MultiHeadAttention.Options.of(2, 1)));
  }

  @Test
  void aNetworkIsWrittenAndLoadedWhole() {
    Sequential network = network(1, DType.F32);
    Path file = folder.resolve("network.safetensors");
    new Safetensors(TorchWeights.of(network), Map.of()).write(file);
    Map<String, Tensor> tensors = Safetensors.read(file).tensors();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    TorchWeights.of(network).forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    Map<String, Shape> expected = new LinkedHashMap<>();
    expected.put("0.weight", Shape.of(4, 3));
    expected.put("0.bias", Shape.of(4));
    expected.put("1.weight", Shape.of(4));
    expected.put("1.bias", Shape.of(4));
    expected.put("1.running_mean", Shape.of(4));
    expected.put("1.running_var", Shape.of(4));
    expected.put("1.num_batches_tracked", Shape.of());
    expected.put("3.weight_g", Shape.of(2, 1));
    expected.put("3.weight_v", Shape.of(2, 4));
    expected.put("3.bias", Shape.of(2));
    expected.put("5.in_proj_weight", Shape.of(6, 2));
    expected.put("5.in_proj_bias", Shape.of(6));
    expected.put("5.out_proj.weight", Shape.of(2, 2));
    expected.put("5.out_proj.bias", Shape.of(2));
    assertEquals(List.copyOf(expected.entrySet()), List.copyOf(shapes.entrySet()));
    Tensor x = Key.of(9).normal(DType.F32, 5, 3);
    Sequential other = network(2, DType.F32);
    TorchWeights.load(other, tensors);
    assertArrayEquals(network.apply(x).toArray(), other.apply(x).toArray());
    Sequential wide = network(3, DType.F64);
    TorchWeights.load(wide, tensors);
    double[] y = wide.apply(x.cast(DType.F64)).toDoubleArray();
    assertArrayEquals(network.apply(x).toDoubleArray(), y, 1e-5);
  }

  @Test
  void whatDoesNotFitChangesNothing() {
    Sequential network = network(1, DType.F32);
    float[] before = network.parameters().get(0).toArray();
    Map<String, Tensor> tensors = new LinkedHashMap<>(TorchWeights.of(network(2, DType.F32)));
    tensors.put("5.out_proj.bias", Tensor.zeros(DType.F32, 3));
    assertEquals(
        "weights: '5.out_proj.bias' is F32[3], the network takes F32[2]", error(network, tensors));
    tensors.put("5.out_proj.bias", Tensor.zeros(DType.I32, 2));
    assertEquals(
        "weights: '5.out_proj.bias' is I32[2], the network takes F32[2]", error(network, tensors));
    tensors.remove("5.out_proj.bias");
    tensors.put("6.bias", Tensor.zeros(DType.F32, 2));
    assertEquals(
        "weights: the network has [5.out_proj.bias], which the tensors have not, and they have"
            + " [6.bias], which it has not",
        error(network, tensors));
    assertArrayEquals(before, network.parameters().get(0).toArray());
  }

  private static String error(Sequential network, Map<String, Tensor> tensors) {
    return assertThrows(IllegalArgumentException.class, () -> TorchWeights.load(network, tensors))
        .getMessage();
  }
}

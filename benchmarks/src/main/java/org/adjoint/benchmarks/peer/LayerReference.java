package org.adjoint.benchmarks.peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.adjoint.nn.format.Safetensors;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Writes what PyTorch makes of each row of {@link LayerReferenceCases}, in F64: the file that the
 * layers' tests in nn read. Of a row {@code c} there is
 *
 * <ul>
 *   <li>{@code c/x}: the input, and {@code c/memory} where there is another; {@code c/w/…}: the
 *       weights under PyTorch's names
 *   <li>{@code c/y}: the output; {@code c/after/…}: buffers that have moved
 *   <li>{@code c/r}: a cotangent; {@code c/d/…}: the gradients of ⟨r, y⟩ by input and weights
 *   <li>{@code c/dd/…}: the gradients of half the square of all those gradients together
 * </ul>
 *
 * <p>Numbers are sines of their places, so nothing depends on a generator. Run it with the peers'
 * jars on the path: {@code java -cp benchmarks.jar:peers/* …LayerReference file}.
 */
public final class LayerReference {
  private LayerReference() {}

  /**
   * A row of the table.
   *
   * @param inputs the shapes of inputs and weights by name; a name that begins with {@code w/} is a
   *     weight, one with {@code w/running_} a buffer
   * @param function what PyTorch computes of them
   */
  record Case(Map<String, long[]> inputs, Function<Map<String, Tensor>, Tensor> function) {}

  /** Writes the file that is the first argument. */
  public static void main(String[] arguments) {
    torch.set_num_threads(1);
    torch.globalContext().setSDPUseFlash(false); // it can be differentiated once only
    Map<String, org.adjoint.Tensor> out = new LinkedHashMap<>();
    LayerReferenceCases.all().forEach((name, row) -> write(name, row, out));
    new Safetensors(out, Map.of("source", "PyTorch by " + LayerReference.class.getName()))
        .write(Path.of(arguments[0]));
  }

  @SuppressWarnings("try") // a scope works by being open
  private static void write(String name, Case row, Map<String, org.adjoint.Tensor> out) {
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      List<String> by = new ArrayList<>();
      row.inputs()
          .forEach(
              (input, dims) -> {
                if (input.equals("index")) {
                  inputs.put(input, index(dims));
                  out.put(name + "/x", wide(inputs.get(input), dims));
                  return;
                }
                boolean buffer = input.startsWith("w/running_");
                double[] values = values(input, dims);
                Tensor x = Tensor.create(values, dims);
                inputs.put(input, buffer ? x : x.set_requires_grad(true));
                out.put(name + "/" + input, org.adjoint.Tensor.of(values, dims));
                if (!buffer) {
                  by.add(input);
                }
              });
      Tensor y = row.function().apply(inputs);
      put(out, name + "/y", y);
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        if (input.getKey().startsWith("w/running_")) {
          put(out, name + "/after/" + input.getKey().substring(2), input.getValue());
        }
      }
      long[] dims = y.sizes().vec().get();
      double[] r = values("r", dims);
      out.put(name + "/r", org.adjoint.Tensor.of(r, dims));
      Tensor first = y.mul(Tensor.create(r, dims)).sum();
      List<Tensor> gradients = gradients(first, by, inputs);
      Tensor square = Tensor.create(new double[] {0}, 1).sum();
      for (int i = 0; i < by.size(); i++) {
        put(out, name + "/d/" + by.get(i), gradients.get(i));
        square =
            square.add(gradients.get(i).square().sum().mul(new org.bytedeco.pytorch.Scalar(0.5)));
      }
      List<Tensor> second = gradients(square, by, inputs);
      for (int i = 0; i < by.size(); i++) {
        put(out, name + "/dd/" + by.get(i), second.get(i));
      }
    }
  }

  /** Returns gradients with a graph of their own, zeros where there is no way. */
  private static List<Tensor> gradients(Tensor y, List<String> by, Map<String, Tensor> inputs) {
    List<Tensor> xs = by.stream().map(inputs::get).toList();
    if (!y.requires_grad()) {
      return xs.stream().map(torch::zeros_like).toList();
    }
    TensorVector gradients =
        torch.grad(
            new TensorVector(y),
            new TensorVector(xs.toArray(new Tensor[0])),
            new TensorVector(),
            new BoolOptional(true),
            true,
            true);
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Tensor gradient = gradients.get(i);
      all.add(gradient.defined() ? gradient : torch.zeros_like(xs.get(i)));
    }
    return all;
  }

  /** Returns sines that differ from name to name; variances around 1, all others around 0. */
  private static double[] values(String name, long[] dims) {
    int size = size(dims);
    double[] values = new double[size];
    int phase = Math.floorMod(name.hashCode(), 100);
    boolean variance = name.endsWith("running_var");
    double scale = name.startsWith("w/") ? 0.5 : 1;
    for (int i = 0; i < size; i++) {
      double sine = StrictMath.sin(1 + phase + 0.7 * i);
      values[i] = variance ? 1 + 0.5 * sine : scale * sine;
    }
    return values;
  }

  private static Tensor index(long[] dims) {
    long[] values = new long[size(dims)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (3L * i + 2) % 5;
    }
    return Tensor.create(values, dims);
  }

  private static int size(long[] dims) {
    int size = 1;
    for (long dim : dims) {
      size = Math.toIntExact(size * dim);
    }
    return size;
  }

  private static org.adjoint.Tensor wide(Tensor index, long[] dims) {
    long[] values = new long[size(dims)];
    index.contiguous().data_ptr_long().get(values);
    return org.adjoint.Tensor.of(values, dims);
  }

  private static void put(Map<String, org.adjoint.Tensor> out, String name, Tensor tensor) {
    double[] values = new double[(int) tensor.numel()];
    try (DoublePointer memory = tensor.detach().contiguous().data_ptr_double()) {
      memory.get(values);
    }
    out.put(name, org.adjoint.Tensor.of(values, tensor.sizes().vec().get()));
  }
}

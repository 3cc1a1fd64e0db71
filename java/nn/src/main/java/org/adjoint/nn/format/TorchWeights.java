package org.adjoint.nn.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Part;
import org.adjoint.nn.WeightNorm;
import org.adjoint.nn.recurrent.Recurrent;

/**
 * Parameters and buffers under the names and in the layouts of PyTorch's {@code state_dict}, both
 * ways: what one library has saved as {@link Safetensors} is loaded by the other. The names are the
 * paths of {@link Part#named}; where a layer here stores a weight in another layout, the way
 * between the two stands in this class and nowhere else.
 *
 * <pre>{@code
 * new Safetensors(TorchWeights.of(network), Map.of()).write(file);
 * TorchWeights.load(network, Safetensors.read(file).tensors());
 * }</pre>
 */
public final class TorchWeights {
  private TorchWeights() {}

  /** A parameter and the ways from its layout to PyTorch's and back. */
  private record Entry(
      Parameter parameter, UnaryOperator<Tensor> there, UnaryOperator<Tensor> back) {
    Entry(Parameter parameter) {
      this(parameter, x -> x, x -> x);
    }

    /** Returns the entry of a matrix that PyTorch stores transposed. */
    static Entry transposed(Parameter parameter) {
      return new Entry(parameter, Tensor::transpose, Tensor::transpose);
    }

    Shape shape() {
      return there.apply(Tensor.zeros(parameter.dtype(), parameter.shape().dims())).shape();
    }
  }

  /** Returns everything that a network remembers, as PyTorch names and lays it out. */
  public static Map<String, Tensor> of(Part network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    entries(network)
        .forEach((name, entry) -> tensors.put(name, entry.there.apply(entry.parameter.detach())));
    return tensors;
  }

  /**
   * Gives a network the values of tensors that {@link #of} or PyTorch has named. Each name has to
   * be there, and no other; floating values are cast to the parameter's dtype. If anything does not
   * fit, nothing changes.
   *
   * @throws IllegalArgumentException naming the names that are missing or too many, or the name and
   *     both shapes of what does not fit
   */
  public static void load(Part network, Map<String, Tensor> tensors) {
    Map<String, Entry> entries = entries(network);
    Set<String> missing = new LinkedHashSet<>(entries.keySet());
    missing.removeAll(tensors.keySet());
    Set<String> tooMany = new LinkedHashSet<>(tensors.keySet());
    tooMany.removeAll(entries.keySet());
    if (!missing.isEmpty() || !tooMany.isEmpty()) {
      throw new IllegalArgumentException(
          "weights: the network has "
              + missing
              + ", which the tensors have not, and they have "
              + tooMany
              + ", which it has not");
    }
    entries.forEach(
        (name, entry) -> {
          Tensor value = tensors.get(name);
          boolean alike = value.dtype().isFloating() == entry.parameter.dtype().isFloating();
          if (!alike || !value.shape().equals(entry.shape())) {
            throw new IllegalArgumentException(
                "weights: '"
                    + name
                    + "' is "
                    + value.type()
                    + ", the network takes "
                    + entry.parameter.dtype()
                    + entry.shape());
          }
        });
    List<Parameter> assigned = new ArrayList<>();
    entries.forEach(
        (name, entry) -> {
          Tensor value = entry.back.apply(tensors.get(name));
          entry.parameter.assign(value.cast(entry.parameter.dtype()));
          assigned.add(entry.parameter);
        });
    Tensor.evalAll(assigned);
  }

  private static Map<String, Entry> entries(Part network) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Part.walk(
        network,
        "",
        (path, part) -> {
          for (Parameter parameter : part.own()) {
            String name = parameter.name().replaceFirst(".*\\.", "");
            entries.put(Part.join(path, name), entry(part, name, parameter));
          }
        });
    return entries;
  }

  private static Entry entry(Part part, String name, Parameter parameter) {
    boolean matrix = parameter.rank() == 2;
    if (matrix && (part instanceof Linear || part instanceof Recurrent)) {
      return Entry.transposed(parameter);
    }
    if (matrix && part instanceof WeightNorm normed && normed.layer() instanceof Linear) {
      return Entry.transposed(parameter);
    }
    return new Entry(parameter);
  }
}

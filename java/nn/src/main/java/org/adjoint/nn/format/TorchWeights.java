package org.adjoint.nn.format;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Part;
import org.adjoint.nn.WeightNorm;
import org.adjoint.nn.attention.MultiHeadAttention;
import org.adjoint.nn.internal.Paths;
import org.adjoint.nn.norm.BatchNorm;
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

  /** What PyTorch stores as one tensor, and the ways from our parameters to that and back. */
  private record Entry(
      List<Parameter> parameters,
      Type type,
      Function<List<Tensor>, Tensor> there,
      Function<Tensor, List<Tensor>> back) {

    /** Returns the entry of a parameter in the same layout. */
    static Entry same(Parameter parameter) {
      return new Entry(List.of(parameter), parameter.type(), xs -> xs.get(0), List::of);
    }

    /** Returns the entry of a matrix that PyTorch stores transposed. */
    static Entry transposed(Parameter parameter) {
      return new Entry(
          List.of(parameter),
          new Type(parameter.dtype(), Shape.of(parameter.dim(1), parameter.dim(0))),
          xs -> xs.get(0).transpose(),
          x -> List.of(x.transpose()));
    }

    /** Returns the entry of three weights or biases that PyTorch stores below each other. */
    static Entry packed(List<Parameter> parts) {
      long[] dims = parts.get(0).shape().dims();
      boolean matrix = dims.length == 2;
      long[] whole = matrix ? new long[] {dims[1] * 3, dims[0]} : new long[] {dims[0] * 3};
      return new Entry(
          parts,
          new Type(parts.get(0).dtype(), Shape.of(whole)),
          xs -> Tensor.concat(0, xs.stream().map(x -> matrix ? x.transpose() : x).toList()),
          x -> x.chunk(0, 3).stream().map(part -> matrix ? part.transpose() : part).toList());
    }

    /** Returns the entry of a count that PyTorch keeps and nothing here reads. */
    static Entry ignored() {
      return new Entry(
          List.of(), new Type(DType.I64, Shape.SCALAR), xs -> Tensor.scalar(0L), x -> List.of());
    }

    Tensor value() {
      return there.apply(parameters.stream().map(Tensor::detach).toList());
    }
  }

  /** Returns everything that a network remembers, as PyTorch names and lays it out. */
  public static Map<String, Tensor> of(Part network) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    entries(network).forEach((name, entry) -> tensors.put(name, entry.value()));
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
    Map<Parameter, Tensor> values = values(network, tensors);
    values.forEach(Parameter::assign);
    Tensor.evalAll(List.copyOf(values.keySet()));
  }

  /**
   * Returns what {@link #load} would assign, as graphs of the tensors: what {@code Parameters.with}
   * takes, to make a network a function of weights in PyTorch's layouts.
   *
   * @throws IllegalArgumentException naming the names that are missing or too many, or the name and
   *     both shapes of what does not fit
   */
  public static Map<Parameter, Tensor> values(Part network, Map<String, Tensor> tensors) {
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
    Map<Parameter, Tensor> values = new LinkedHashMap<>();
    entries.forEach(
        (name, entry) -> {
          Tensor tensor = tensors.get(name);
          boolean alike = tensor.dtype().isFloating() == entry.type.dtype().isFloating();
          if (!alike || !tensor.shape().equals(entry.type.shape())) {
            throw new IllegalArgumentException(
                "weights: '"
                    + name
                    + "' is "
                    + tensor.type()
                    + ", the network takes "
                    + entry.type);
          }
          List<Tensor> parts = entry.back.apply(tensor);
          for (int i = 0; i < parts.size(); i++) {
            values.put(entry.parameters.get(i), parts.get(i).cast(entry.type.dtype()));
          }
        });
    return values;
  }

  private static Map<String, Entry> entries(Part network) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    add("", network, entries);
    return entries;
  }

  private static void add(String path, Part part, Map<String, Entry> entries) {
    for (Parameter parameter : part.own()) {
      String name = Paths.last(parameter);
      boolean turned = parameter.rank() == 2 && isTransposed(part);
      entries.put(
          Paths.join(path, name), turned ? Entry.transposed(parameter) : Entry.same(parameter));
    }
    if (part instanceof BatchNorm) {
      entries.put(Paths.join(path, "num_batches_tracked"), Entry.ignored());
    }
    List<Part.Child> children = part.children();
    if (part instanceof MultiHeadAttention attention && isPacked(attention.options())) {
      List<Linear> in = children.subList(0, 3).stream().map(c -> (Linear) c.part()).toList();
      entries.put(
          Paths.join(path, "in_proj_weight"),
          Entry.packed(in.stream().map(Linear::weight).toList()));
      if (attention.options().biased()) {
        entries.put(
            Paths.join(path, "in_proj_bias"),
            Entry.packed(in.stream().map(linear -> linear.bias().orElseThrow()).toList()));
      }
      children = children.subList(3, 4);
    }
    for (Part.Child child : children) {
      add(Paths.join(path, child.name()), child.part(), entries);
    }
  }

  /** Returns whether PyTorch has the weights of a part the other way round. */
  private static boolean isTransposed(Part part) {
    return part instanceof Linear
        || part instanceof Recurrent
        || part instanceof WeightNorm normed && normed.layer() instanceof Linear;
  }

  /** Returns whether PyTorch knows such attention, which it stores in one piece. */
  private static boolean isPacked(MultiHeadAttention.Options options) {
    return options.heads() == options.keyHeads();
  }
}

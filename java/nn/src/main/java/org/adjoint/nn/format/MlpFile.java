package org.adjoint.nn.format;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.data.DataException;

/**
 * A trained {@link Mlp} in a {@link Safetensors} file: the weights under their parameters' names,
 * and in the metadata what is needed to use them again. It is no general store of models: each kind
 * of model gets a record like this one.
 *
 * @param model the network
 * @param dataset the name of the data that it was trained on, such as {@code digits}
 */
public record MlpFile(Mlp model, String dataset) {
  private static final String KIND = "mlp";
  private static final String VERSION = "1";

  /**
   * Writes the file, whole or not at all.
   *
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public void write(Path file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : model.parameters()) {
      tensors.put(parameter.name(), parameter);
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("adjoint.model", KIND);
    metadata.put("adjoint.version", VERSION);
    metadata.put("dataset", dataset);
    metadata.put(
        "sizes", model.sizes().stream().map(String::valueOf).collect(Collectors.joining(",")));
    metadata.put("hidden", model.hidden().name());
    metadata.put("output", model.output().name());
    new Safetensors(tensors, metadata).write(file);
  }

  /**
   * Returns the network of a file that {@link #write} made.
   *
   * @throws DataException naming the file and the values, if it is another file or its weights do
   *     not fit its metadata
   */
  public static MlpFile read(Path file) {
    Safetensors contents = Safetensors.read(file);
    Map<String, String> metadata = contents.metadata();
    String kind = metadata.getOrDefault("adjoint.model", "");
    if (!kind.equals(KIND)) {
      throw new DataException(
          file,
          "metadata adjoint.model is '"
              + kind
              + "', expected '"
              + KIND
              + "': not a model of 'adjoint train'");
    }
    String version = text(file, metadata, "adjoint.version");
    if (!version.equals(VERSION)) {
      throw new DataException(
          file,
          "metadata adjoint.version is '" + version + "', this program reads '" + VERSION + "'");
    }
    List<Integer> sizes = sizes(file, text(file, metadata, "sizes"));
    Activation hidden = activation(file, metadata, "hidden");
    Activation output = activation(file, metadata, "output");
    Map<String, Tensor> left = new LinkedHashMap<>(contents.tensors());
    List<Linear> linears = new ArrayList<>();
    for (int i = 1; i < sizes.size(); i++) {
      int in = sizes.get(i - 1);
      int out = sizes.get(i);
      linears.add(
          new Linear(
              parameter(file, left, "fc" + i + ".weight", Shape.of(in, out)),
              parameter(file, left, "fc" + i + ".bias", Shape.of(out))));
    }
    if (!left.isEmpty()) {
      throw new DataException(
          file,
          "tensor '" + left.keySet().iterator().next() + "' belongs to no layer of sizes " + sizes);
    }
    return new MlpFile(new Mlp(linears, hidden, output), text(file, metadata, "dataset"));
  }

  private static String text(Path file, Map<String, String> metadata, String key) {
    String value = metadata.getOrDefault(key, "");
    if (value.isEmpty()) {
      throw new DataException(file, "metadata '" + key + "' is missing");
    }
    return value;
  }

  private static List<Integer> sizes(Path file, String text) {
    List<Integer> sizes = new ArrayList<>();
    for (String size : text.split(",", -1)) {
      if (!size.matches("[1-9][0-9]{0,8}")) {
        throw new DataException(
            file, "metadata sizes '" + text + "' are not numbers like 64,128,10");
      }
      sizes.add(Integer.valueOf(size));
    }
    if (sizes.size() < 2) {
      throw new DataException(file, "metadata sizes '" + text + "' are fewer than two");
    }
    return sizes;
  }

  private static Activation activation(Path file, Map<String, String> metadata, String key) {
    try {
      return Activation.named(text(file, metadata, key));
    } catch (IllegalArgumentException e) {
      throw new DataException(file, "metadata " + key + ": " + e.getMessage(), e);
    }
  }

  private static Parameter parameter(
      Path file, Map<String, Tensor> left, String name, Shape shape) {
    Tensor value = left.remove(name);
    if (value == null) {
      throw new DataException(file, "tensor '" + name + "' is missing");
    }
    if (value.dtype() != DType.F32 || !value.shape().equals(shape)) {
      throw new DataException(
          file,
          "tensor '"
              + name
              + "' is "
              + value.dtype()
              + " "
              + value.shape()
              + ", but the metadata sizes ask for F32 "
              + shape);
    }
    return Parameter.of(value, name);
  }
}

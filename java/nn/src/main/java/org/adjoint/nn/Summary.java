package org.adjoint.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.adjoint.Parameter;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.nn.internal.Paths;

/**
 * What a network is made of, a row for each part: printed, it is a table.
 *
 * @param rows the parts, the root first, parents before their children
 */
public record Summary(List<Row> rows) {

  /**
   * A part of the network.
   *
   * @param path the names from the root to it; empty for the root
   * @param kind the simple name of its class
   * @param output the shape that it returned last, empty if nothing applied it
   * @param parameters how many numbers its own parameters have
   * @param bytes what its own parameters and buffers take
   * @param multiplyAdds see {@link Layer#multiplyAdds}; over all its applications
   */
  public record Row(
      String path,
      String kind,
      Optional<Shape> output,
      long parameters,
      long bytes,
      long multiplyAdds) {}

  /** Makes the summary; the list is copied. */
  public Summary {
    rows = List.copyOf(rows);
  }

  /**
   * Returns the summary of a layer for an input of a type. The layer is applied as in evaluation,
   * and nothing is computed.
   *
   * @throws IllegalArgumentException naming the layer's path and the shapes, if the type does not
   *     fit
   */
  public static Summary of(Layer layer, Type input) {
    Map<String, Shape> outputs = new LinkedHashMap<>();
    Map<String, Long> products = new LinkedHashMap<>();
    Training.Watcher watcher =
        (at, part, x, y) -> {
          outputs.put(at.path(), y.shape());
          products.merge(at.path(), part.multiplyAdds(x.shape(), y.shape()), Math::addExact);
        };
    Tensor x = Tensor.zeros(input.dtype(), input.shape().dims());
    Tensor y = layer.apply(x, Training.OFF.watched(watcher));
    watcher.applied(Training.OFF, layer, x, y);
    List<Row> rows = new ArrayList<>();
    Set<Parameter> counted = Collections.newSetFromMap(new IdentityHashMap<>());
    Paths.walk(
        layer,
        (path, part) -> {
          long parameters = 0;
          long bytes = 0;
          for (Parameter parameter : part.own()) {
            if (counted.add(parameter)) {
              boolean trained = parameter.isTrainable() || parameter.isFrozen();
              parameters += trained ? parameter.size() : 0;
              bytes += parameter.type().bytes();
            }
          }
          rows.add(
              new Row(
                  path,
                  kind(part),
                  Optional.ofNullable(outputs.get(path)),
                  parameters,
                  bytes,
                  products.getOrDefault(path, 0L)));
        });
    return new Summary(rows);
  }

  private static String kind(Part part) {
    String name = part instanceof Activation ? part.toString() : part.getClass().getSimpleName();
    return name.isEmpty() || part.getClass().isHidden() ? "lambda" : name;
  }

  /** Returns how many numbers the parameters have. */
  public long parameters() {
    return rows.stream().mapToLong(Row::parameters).sum();
  }

  /** Returns what parameters and buffers take. */
  public long bytes() {
    return rows.stream().mapToLong(Row::bytes).sum();
  }

  /** Returns how many products one application adds up. */
  public long multiplyAdds() {
    return rows.stream().mapToLong(Row::multiplyAdds).sum();
  }

  /** Returns the table, a line for each part and one for all of them. */
  @Override
  public String toString() {
    List<String[]> lines = new ArrayList<>();
    lines.add(new String[] {"layer", "kind", "output", "parameters", "bytes", "multiply-adds"});
    for (Row row : rows) {
      String name = row.path.isEmpty() ? "(whole)" : row.path;
      String shape = row.output.map(Shape::toString).orElse("");
      lines.add(line(name, row.kind, shape, row.parameters, row.bytes, row.multiplyAdds));
    }
    lines.add(line("total", "", "", parameters(), bytes(), multiplyAdds()));
    int[] widths = new int[lines.get(0).length];
    for (String[] line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    StringBuilder table = new StringBuilder();
    for (String[] line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String format = (i < 3 ? "%-" : "%") + widths[i] + "s  ";
        text.append(String.format(Locale.ROOT, format, line[i]));
      }
      table.append(text.toString().stripTrailing()).append('\n');
    }
    return table.toString();
  }

  private static String[] line(
      String path, String kind, String shape, long parameters, long bytes, long products) {
    return new String[] {path, kind, shape, grouped(parameters), grouped(bytes), grouped(products)};
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}

package org.adjoint.nn.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How rows of a table become a network's features: numbers scaled by what the training rows have
 * shown, categories as one-hot columns. It is fitted once, on the training rows, and saved with the
 * model as texts (a safetensors file's metadata), so that a row is encoded alike ever after.
 *
 * <p>A missing number is the mean of the training rows; a missing or unknown category is all zeros.
 */
public final class TableEncoder {
  private static final String PREFIX = "encoder.";

  private final List<Part> parts;

  private TableEncoder(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** How numbers are scaled. */
  public enum Scaling {
    /** As they are. */
    NONE,
    /**
     * To mean 0 and standard deviation 1 (of the population) over the training rows; a constant
     * column to 0.
     */
    STANDARD,
    /** To 0 for the smallest and 1 for the largest of the training rows; a constant column to 0. */
    MIN_MAX
  }

  private sealed interface Part permits Scaled, OneHot {
    String name();

    int width();

    void encode(Table.Column column, float[] into, int at, int stride);
  }

  /** x → (x − shift) / scale, a missing x as {@code mean}. */
  private record Scaled(String name, double shift, double scale, double mean) implements Part {
    @Override
    public int width() {
      return 1;
    }

    @Override
    public void encode(Table.Column column, float[] into, int at, int stride) {
      double[] values = ((Table.Numbers) column).values();
      for (int row = 0; row < values.length; row++) {
        double value = Double.isNaN(values[row]) ? mean : values[row];
        into[at + row * stride] = (float) ((value - shift) / scale);
      }
    }
  }

  private record OneHot(String name, Vocabulary texts) implements Part {
    @Override
    public int width() {
      return texts.size();
    }

    @Override
    public void encode(Table.Column column, float[] into, int at, int stride) {
      Table.Categories categories = (Table.Categories) column;
      int[] places =
          categories.texts().stream().mapToInt(text -> texts.find(text).orElse(-1)).toArray();
      for (int row = 0; row < categories.rows(); row++) {
        int code = categories.codes()[row];
        if (code >= 0 && places[code] >= 0) {
          into[at + row * stride + places[code]] = 1;
        }
      }
    }
  }

  /**
   * Returns an encoder of all columns of a table, in their order, fitted to its rows.
   *
   * @param train the rows to learn from, at least one
   * @param scaling how numbers are scaled
   * @throws DataException naming the column, if it has no value in any row
   */
  public static TableEncoder fit(Table train, Scaling scaling) {
    List<Part> parts = new ArrayList<>();
    for (Table.Column column : train.columns()) {
      if (column.missing() == column.rows()) {
        throw new DataException(
            train.name(),
            "column '"
                + column.name()
                + "' has no value in any of "
                + column.rows()
                + " rows; leave it out");
      }
      if (column instanceof Table.Numbers numbers) {
        parts.add(scaled(numbers, scaling));
      } else if (column instanceof Table.Categories categories) {
        parts.add(new OneHot(column.name(), Vocabulary.of(categories.texts())));
      }
    }
    return new TableEncoder(parts);
  }

  private static Scaled scaled(Table.Numbers column, Scaling scaling) {
    double sum = 0;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    int count = 0;
    for (double value : column.values()) {
      if (!Double.isNaN(value)) {
        sum += value;
        min = Math.min(min, value);
        max = Math.max(max, value);
        count++;
      }
    }
    double mean = sum / count;
    double squares = 0;
    for (double value : column.values()) {
      squares += Double.isNaN(value) ? 0 : (value - mean) * (value - mean);
    }
    double deviation = min == max ? 0 : Math.sqrt(squares / count);
    return switch (scaling) {
      case NONE -> new Scaled(column.name(), 0, 1, mean);
      case STANDARD -> new Scaled(column.name(), min == max ? min : mean, orOne(deviation), mean);
      case MIN_MAX -> new Scaled(column.name(), min, orOne(max - min), mean);
    };
  }

  private static double orOne(double scale) {
    return scale > 0 ? scale : 1;
  }

  /** Returns how many features a row has. */
  public int width() {
    return parts.stream().mapToInt(Part::width).sum();
  }

  /** Returns the features' names: a column's, or {@code column=text}. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (Part part : parts) {
      if (part instanceof OneHot oneHot) {
        oneHot.texts.words().forEach(text -> names.add(part.name() + "=" + text));
      } else {
        names.add(part.name());
      }
    }
    return names;
  }

  /**
   * Returns the features of a table's rows, row by row, {@link #width} each. Columns are found by
   * name; others than those fitted are left aside.
   *
   * @throws DataException naming the column, if there is none of that name or its kind is another
   */
  public float[] encode(Table table) {
    int width = width();
    float[] features = new float[Math.multiplyExact(table.rows(), width)];
    int at = 0;
    for (Part part : parts) {
      try {
        Table.Column column =
            part instanceof Scaled ? table.numbers(part.name()) : table.categories(part.name());
        part.encode(column, features, at, width);
      } catch (IllegalArgumentException e) {
        throw new DataException(table.name(), "does not fit the encoder: " + e.getMessage(), e);
      }
      at += part.width();
    }
    return features;
  }

  /** Returns the encoder as texts by names that begin with {@code encoder.}. */
  public Map<String, String> metadata() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(PREFIX + "columns", Integer.toString(parts.size()));
    for (int i = 0; i < parts.size(); i++) {
      String prefix = PREFIX + i + ".";
      texts.put(prefix + "name", parts.get(i).name());
      if (parts.get(i) instanceof Scaled scaled) {
        texts.put(prefix + "shift", Double.toString(scaled.shift));
        texts.put(prefix + "scale", Double.toString(scaled.scale));
        texts.put(prefix + "mean", Double.toString(scaled.mean));
      } else if (parts.get(i) instanceof OneHot oneHot) {
        texts.putAll(oneHot.texts.metadata(prefix));
      }
    }
    return texts;
  }

  /**
   * Returns the encoder that {@link #metadata} has written; other texts are left aside.
   *
   * @param source what messages call where the texts come from, such as the file
   * @throws DataException naming the text, if one is missing or no number
   */
  public static TableEncoder of(Object source, Map<String, String> metadata) {
    int columns = Vocabulary.count(source, metadata, PREFIX + "columns");
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      String prefix = PREFIX + i + ".";
      String name = Vocabulary.text(source, metadata, prefix + "name");
      Optional<Vocabulary> texts = Vocabulary.find(source, metadata, prefix);
      if (texts.isPresent()) {
        parts.add(new OneHot(name, texts.get()));
      } else {
        double scale = number(source, metadata, prefix + "scale");
        if (!(scale > 0)) {
          throw new DataException(source, "metadata '" + prefix + "scale' is not above 0");
        }
        parts.add(
            new Scaled(
                name,
                number(source, metadata, prefix + "shift"),
                scale,
                number(source, metadata, prefix + "mean")));
      }
    }
    return new TableEncoder(parts);
  }

  private static double number(Object source, Map<String, String> metadata, String key) {
    String text = Vocabulary.text(source, metadata, key);
    try {
      double number = Double.parseDouble(text);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new DataException(
        source, "metadata '" + key + "' is '" + text + "', not a finite number");
  }
}

package org.adjoint.nn.data;

import java.util.Objects;
import org.adjoint.Tensor;

/**
 * Labelled examples in memory: a matrix of features, one row an example, and one class number a
 * row. Immutable by agreement: the arrays are taken over, not copied, and must not change
 * afterwards. It reads no files and shuffles nothing; a source of examples is a function that
 * returns one of these.
 */
public final class Dataset {
  private final String name;
  private final float[] features;
  private final int[] labels;
  private final int columns;
  private final int classes;

  private Dataset(String name, float[] features, int[] labels, int columns, int classes) {
    this.name = name;
    this.features = features;
    this.labels = labels;
    this.columns = columns;
    this.classes = classes;
  }

  /**
   * Returns a data set over these arrays.
   *
   * @param name what messages call it
   * @param features rows × columns values, row by row; kept, not copied
   * @param labels one class number a row, each in [0, classes); kept, not copied
   * @param columns the features of a row, ≥ 1
   * @param classes how many classes there are, ≥ 1
   * @throws IllegalArgumentException if the lengths do not fit together or a label is out of range
   */
  public static Dataset of(String name, float[] features, int[] labels, int columns, int classes) {
    Objects.requireNonNull(name, "name");
    if (columns < 1 || classes < 1 || (long) labels.length * columns != features.length) {
      throw new IllegalArgumentException(
          "dataset "
              + name
              + ": "
              + features.length
              + " features are not "
              + labels.length
              + " rows of "
              + columns
              + " columns, with "
              + classes
              + " classes");
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "dataset "
                + name
                + ": row "
                + i
                + ": label "
                + labels[i]
                + " is not in 0.."
                + (classes - 1));
      }
    }
    return new Dataset(name, features, labels, columns, classes);
  }

  /** Returns what messages call this data set. */
  public String name() {
    return name;
  }

  /** Returns how many examples there are. */
  public int rows() {
    return labels.length;
  }

  /** Returns how many features an example has. */
  public int columns() {
    return columns;
  }

  /** Returns how many classes there are; labels are below it. */
  public int classes() {
    return classes;
  }

  /** Returns the class number of row {@code row}. */
  public int label(int row) {
    return labels[Objects.checkIndex(row, labels.length)];
  }

  /** Returns one feature of one row. */
  public float feature(int row, int column) {
    Objects.checkIndex(row, labels.length);
    return features[row * columns + Objects.checkIndex(column, columns)];
  }

  /** Returns how many rows each class has. */
  public int[] classCounts() {
    int[] counts = new int[classes];
    for (int label : labels) {
      counts[label]++;
    }
    return counts;
  }

  /**
   * Returns a data set of the named rows only, in the order given, copied.
   *
   * @param rows row numbers of this data set; one may come twice
   */
  public Dataset select(int... rows) {
    float[] selected = new float[Math.multiplyExact(rows.length, columns)];
    int[] selectedLabels = new int[rows.length];
    copy(rows, 0, rows.length, selected, selectedLabels);
    return new Dataset(name, selected, selectedLabels, columns, classes);
  }

  /**
   * Returns some rows as tensors.
   *
   * @param rows row numbers of this data set
   * @param from the first place in {@code rows} to take
   * @param to the place after the last to take
   */
  public Batch batch(int[] rows, int from, int to) {
    Objects.checkFromToIndex(from, to, rows.length);
    float[] selected = new float[Math.multiplyExact(to - from, columns)];
    int[] selectedLabels = new int[to - from];
    copy(rows, from, to, selected, selectedLabels);
    return new Batch(
        Tensor.of(selected, to - from, columns), Tensor.of(selectedLabels, to - from), to - from);
  }

  /** Returns the arrays as two fields, for a {@link DataLoader}. */
  Columns columns(String featuresName, String labelsName) {
    return Columns.of().with(featuresName, features, columns).with(labelsName, labels);
  }

  private void copy(int[] rows, int from, int to, float[] into, int[] labelsInto) {
    for (int i = from; i < to; i++) {
      int row = Objects.checkIndex(rows[i], labels.length);
      System.arraycopy(features, row * columns, into, (i - from) * columns, columns);
      labelsInto[i - from] = labels[row];
    }
  }

  /** Returns the name and the sizes. */
  @Override
  public String toString() {
    return name + ": " + rows() + " rows, " + columns + " columns, " + classes + " classes";
  }

  /**
   * Some examples as tensors.
   *
   * @param features F32 of shape [rows, columns]
   * @param labels I32 of shape [rows]
   * @param rows how many examples
   */
  public record Batch(Tensor features, Tensor labels, int rows) {}
}

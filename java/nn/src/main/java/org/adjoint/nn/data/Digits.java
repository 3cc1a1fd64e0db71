package org.adjoint.nn.data;

import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import org.adjoint.Key;
import org.adjoint.nn.internal.Heap;

/**
 * 1797 grey-scale 8×8 images of handwritten digits, which travel inside this jar; source and
 * licence (CC BY 4.0) stand beside them in {@code digits.README.md}. A row is 64 pixel values
 * 0..16, then the label 0..9; as features, pixels are divided by 16. It is not a general reader of
 * CSV files: every row is held to this layout.
 */
public final class Digits {
  /** The features of an image: 8 × 8 pixels. */
  public static final int COLUMNS = 64;

  /** How many classes there are. */
  public static final int CLASSES = 10;

  /** The largest pixel value. */
  public static final int WHITE = 16;

  /** No quoted field is buffered beyond so many characters, nor a row. */
  private static final int LONGEST_ROW = 1 << 16;

  /** Enough to say that a row has too many values, and how many. */
  private static final int MOST_FIELDS = 1 << 10;

  private static final int FIRST_ROWS = 2048;

  /** A row's values have a digit each, and something behind it. */
  private static final int SHORTEST_ROW = 2 * (COLUMNS + 1);

  private static final String RESOURCE = "digits.csv.gz";

  private Digits() {}

  /** Returns all 1797 images in their published order. */
  public static Dataset load() {
    InputStream resource = Digits.class.getResourceAsStream(RESOURCE);
    if (resource == null) {
      throw new DataException(RESOURCE, "is missing from the jar of org.adjoint.nn");
    }
    try (Source source = Source.of(RESOURCE, resource, Long.MAX_VALUE)) {
      return parse(source);
    }
  }

  /**
   * Returns the images of a file of the same layout, plain or gzip'd.
   *
   * @throws DataException naming the line, if a row has another width or a value out of range
   */
  public static Dataset read(Path file) {
    try (Source source = Source.open(file)) {
      return parse(source);
    }
  }

  /**
   * Returns the fixed split: stratified, drawn from key 0 whatever the seed of the training, one
   * image in five (rounded up) for the test. Of the 1797 images 1437 are for training and 360 for
   * the test.
   */
  public static Split split(Dataset digits) {
    return Split.stratified(digits, (digits.rows() + 4) / 5, Key.of(0));
  }

  private static Dataset parse(Source source) {
    Images images = new Images(source);
    new CsvRecords(',', false, MOST_FIELDS, LONGEST_ROW).each(source, images);
    return images.dataset();
  }

  /** The images read so far, in arrays that grow with them. */
  private static final class Images implements CsvRecords.Visitor {
    private final Source source;
    private float[] features;
    private int[] labels;
    private int rows;

    Images(Source source) {
      this.source = source;
      int room = (int) Math.min(FIRST_ROWS, source.most() / SHORTEST_ROW + 1);
      features = new float[room * COLUMNS];
      labels = new int[room];
    }

    @Override
    public void visit(CsvRecord row) {
      if (rows == labels.length) {
        features = copy(2L * rows);
        labels = Arrays.copyOf(labels, 2 * rows);
      }
      labels[rows] = parseRow(source, row, features, rows * COLUMNS);
      rows++;
    }

    Dataset dataset() {
      if (rows == 0) {
        throw source.error("has no rows");
      }
      return Dataset.of("digits", copy(rows), Arrays.copyOf(labels, rows), COLUMNS, CLASSES);
    }

    /** Returns the rows in an array for {@code room} rows. */
    private float[] copy(long room) {
      String what = "row " + rows + ": room for " + room + " rows";
      float[] copy = Heap.array(source.name(), what, room * COLUMNS, Float.BYTES, float[]::new);
      System.arraycopy(features, 0, copy, 0, rows * COLUMNS);
      return copy;
    }
  }

  private static int parseRow(Source source, CsvRecord row, float[] features, int offset) {
    if (row.getFieldCount() != COLUMNS + 1) {
      throw source.error(
          "line "
              + row.getStartingLineNumber()
              + ": "
              + row.getFieldCount()
              + " values, expected "
              + (COLUMNS + 1)
              + " (64 pixels and the label)");
    }
    for (int i = 0; i < COLUMNS; i++) {
      features[offset + i] = value(source, row, i, "pixel", WHITE) / (float) WHITE;
    }
    return value(source, row, COLUMNS, "label", CLASSES - 1);
  }

  private static int value(Source source, CsvRecord row, int column, String what, int max) {
    String text = row.getField(column);
    int value = -1;
    if (text.length() <= 3 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      value = Integer.parseInt(text);
    }
    if (value < 0 || value > max) {
      throw source.error(
          "line "
              + row.getStartingLineNumber()
              + ", column "
              + (column + 1)
              + ": "
              + what
              + " '"
              + (text.length() > 20 ? text.substring(0, 20) + "…" : text)
              + "' is not a whole number 0.."
              + max);
    }
    return value;
  }
}

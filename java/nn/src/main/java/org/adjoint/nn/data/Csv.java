package org.adjoint.nn.data;

import de.siegmar.fastcsv.reader.CsvRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A table from a CSV file (RFC 4180), plain or gzip'd. A column whose values are all numbers is one
 * of numbers, any other one of categories. The file is read twice: for the columns' kinds, then for
 * the values, so that a value never takes more than its number.
 *
 * @param header whether the first row names the columns; else they are {@code column1} and so on
 * @param separator what stands between two values
 * @param missing the texts, spaces around them aside, that say that a value is missing
 * @param categories the columns that are categories though their values are numbers
 */
public record Csv(boolean header, char separator, Set<String> missing, Set<String> categories) {
  /** No quoted field is buffered beyond so many characters, nor a row. */
  private static final int LONGEST_ROW = 1 << 20;

  private static final int MOST_FIELDS = 1 << 14;

  /** Makes the settings; the sets are copied. */
  public Csv {
    missing = Set.copyOf(missing);
    categories = Set.copyOf(categories);
  }

  /**
   * Returns the common settings: a header, commas, and as missing an empty value, {@code NA},
   * {@code N/A}, {@code NaN}, {@code nan}, {@code null}, {@code NULL}, {@code None} and {@code ?}.
   */
  public static Csv standard() {
    Set<String> missing = Set.of("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?");
    return new Csv(true, ',', missing, Set.of());
  }

  /** Returns these settings with the columns named, which are read as categories. */
  public Csv withCategories(String... columns) {
    return new Csv(header, separator, missing, Set.of(columns));
  }

  /** Returns these settings for a file without a header. */
  public Csv withoutHeader() {
    return new Csv(false, separator, missing, categories);
  }

  /** Returns these settings with another separator, such as a tab. */
  public Csv separatedBy(char other) {
    return new Csv(header, other, missing, categories);
  }

  /**
   * Returns the table of a file.
   *
   * @throws DataException naming the file, the line, the column and the value, if a row has another
   *     width than the first, a column more than 1000 different texts, two columns one name, or the
   *     file is no CSV
   */
  public Table read(Path file) {
    Kinds kinds = new Kinds(file);
    each(file, kinds);
    if (kinds.names.isEmpty()) {
      throw new DataException(file, "has no row");
    }
    for (String column : categories) {
      if (!kinds.names.contains(column)) {
        throw new DataException(file, "has no column '" + column + "', only " + kinds.names);
      }
    }
    Values values = new Values(file, kinds);
    each(file, values);
    return TableBuilder.table(String.valueOf(file.getFileName()), values.columns);
  }

  private void each(Path file, CsvRecords.Visitor visitor) {
    try (Source source = Source.open(file)) {
      new CsvRecords(separator, true, MOST_FIELDS, LONGEST_ROW).each(source, visitor);
    }
  }

  private boolean isMissing(String value) {
    return missing.contains(value);
  }

  /** Returns whether a text is a number as people write it: no hexadecimals, no suffixes. */
  private static boolean isNumber(String value) {
    boolean digit = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      digit |= c >= '0' && c <= '9';
      if ("0123456789+-.eE".indexOf(c) < 0) {
        return false;
      }
    }
    if (!digit) {
      return false;
    }
    try {
      return Double.isFinite(Double.parseDouble(value));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** The first reading: names, widths and kinds. */
  private final class Kinds implements CsvRecords.Visitor {
    private final Path file;
    private final List<String> names = new ArrayList<>();
    private final List<Boolean> areTexts = new ArrayList<>();
    private int rows;

    Kinds(Path file) {
      this.file = file;
    }

    @Override
    public void visit(CsvRecord row) {
      if (names.isEmpty()) {
        name(row);
        if (header) {
          return;
        }
      }
      if (row.getFieldCount() != names.size()) {
        throw new DataException(
            file,
            String.format(
                Locale.ROOT,
                "line %d: %d values, expected %d as in the first row",
                row.getStartingLineNumber(),
                row.getFieldCount(),
                names.size()));
      }
      for (int i = 0; i < names.size(); i++) {
        if (!areTexts.get(i)) {
          String value = row.getField(i).strip();
          areTexts.set(i, !isMissing(value) && !isNumber(value));
        }
      }
      rows++;
    }

    private void name(CsvRecord row) {
      Set<String> seen = new LinkedHashSet<>();
      for (int i = 0; i < row.getFieldCount(); i++) {
        String text = row.getField(i).strip();
        String name = header && !text.isEmpty() ? text : "column" + (i + 1);
        if (i == 0 && name.startsWith("\ufeff")) {
          name = name.substring(1); // the byte order mark that some programs begin a file with
        }
        if (!seen.add(name)) {
          throw new DataException(file, "has two columns '" + name + "'");
        }
        names.add(name);
        areTexts.add(categories.contains(name));
      }
    }
  }

  /** The second reading: values. */
  private final class Values implements CsvRecords.Visitor {
    private final Path file;
    private final Kinds kinds;
    private final List<TableBuilder.Growing> columns = new ArrayList<>();
    private boolean skips = header;

    Values(Path file, Kinds kinds) {
      this.file = file;
      this.kinds = kinds;
      for (int i = 0; i < kinds.names.size(); i++) {
        String name = kinds.names.get(i);
        columns.add(
            kinds.areTexts.get(i)
                ? new TableBuilder.GrowingCategories(file, name, kinds.rows)
                : new TableBuilder.GrowingNumbers(file, name, kinds.rows));
      }
    }

    @Override
    public void visit(CsvRecord row) {
      if (skips) {
        skips = false;
        return;
      }
      if (row.getFieldCount() != columns.size()) {
        throw new DataException(file, "changed while it was read");
      }
      for (int i = 0; i < columns.size(); i++) {
        String value = row.getField(i).strip();
        if (columns.get(i) instanceof TableBuilder.GrowingNumbers numbers) {
          numbers.add(isMissing(value) ? Double.NaN : number(value));
        } else if (columns.get(i) instanceof TableBuilder.GrowingCategories texts) {
          if (isMissing(value)) {
            texts.addMissing();
          } else {
            texts.add(value);
          }
        }
      }
    }

    private double number(String value) {
      try {
        return Double.parseDouble(value);
      } catch (NumberFormatException e) {
        throw new DataException(file, "changed while it was read", e);
      }
    }
  }
}

package org.adjoint.nn.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.adjoint.nn.internal.Heap;

/** Columns that grow a row at a time. */
final class TableBuilder {
  /** More different texts than this are no categories: names, dates, free text. */
  static final int MOST_CATEGORIES = 1000;

  private static final int FEWEST = 16;

  private TableBuilder() {}

  /** A column that grows. */
  abstract static class Growing {
    final Object source;
    final String name;
    int rows;

    Growing(Object source, String name) {
      this.source = source;
      this.name = name;
    }

    abstract Table.Column column();

    /** Returns the room that {@code rows} full ones are to grow to. */
    final <A> A grown(int bytes, IntFunction<A> make) {
      long room = Math.max(FEWEST, rows + (long) (rows >> 1));
      return Heap.array(source, "column '" + name + "' of " + rows + " rows", room, bytes, make);
    }
  }

  static final class GrowingNumbers extends Growing {
    private double[] values;

    GrowingNumbers(Object source, String name, int room) {
      super(source, name);
      this.values = new double[room];
    }

    void add(double value) {
      if (rows == values.length) {
        double[] longer = grown(Double.BYTES, double[]::new);
        System.arraycopy(values, 0, longer, 0, rows);
        values = longer;
      }
      values[rows++] = value;
    }

    @Override
    Table.Column column() {
      return new Table.Numbers(name, rows == values.length ? values : Arrays.copyOf(values, rows));
    }
  }

  static final class GrowingCategories extends Growing {
    private final Map<String, Integer> codeOf = new LinkedHashMap<>();
    private int[] codes;

    GrowingCategories(Object source, String name, int room) {
      super(source, name);
      this.codes = new int[room];
    }

    void add(String text) {
      Integer code = codeOf.get(text);
      if (code == null) {
        if (codeOf.size() == MOST_CATEGORIES) {
          throw new DataException(
              source,
              "row "
                  + (rows + 1)
                  + ": column '"
                  + name
                  + "' has more than "
                  + MOST_CATEGORIES
                  + " different texts, too many for categories; leave the column out");
        }
        code = codeOf.size();
        codeOf.put(text, code);
      }
      put(code);
    }

    void addMissing() {
      put(-1);
    }

    private void put(int code) {
      if (rows == codes.length) {
        int[] longer = grown(Integer.BYTES, int[]::new);
        System.arraycopy(codes, 0, longer, 0, rows);
        codes = longer;
      }
      codes[rows++] = code;
    }

    @Override
    Table.Column column() {
      return new Table.Categories(
          name,
          rows == codes.length ? codes : Arrays.copyOf(codes, rows),
          new ArrayList<>(codeOf.keySet()));
    }
  }

  static Table table(String name, List<? extends Growing> columns) {
    int rows = columns.isEmpty() ? 0 : columns.get(0).rows;
    return new Table(name, rows, columns.stream().map(Growing::column).toList());
  }
}

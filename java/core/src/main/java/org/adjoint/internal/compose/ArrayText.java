package org.adjoint.internal.compose;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import org.adjoint.DType;
import org.adjoint.Tensor;

/**
 * The elements of a tensor as text, laid out as NumPy does: aligned, large ones by their edges, in
 * powers of ten where the sizes differ much. The default locale plays no part.
 */
public final class ArrayText {
  /** From more elements than that on, only the edges of each axis are shown. */
  private static final long MOST = 1000;

  private static final int EDGE = 3;
  private static final int WIDTH = 75;

  private final String[] cells;
  private final long[] shown;
  private final boolean[] cut;

  private ArrayText(String[] cells, long[] shown, boolean[] cut) {
    this.cells = cells;
    this.shown = shown;
    this.cut = cut;
  }

  /** Returns the elements of x, floating ones with at most {@code precision} decimals. */
  public static String of(Tensor x, int precision) {
    if (precision < 0) {
      throw new IllegalArgumentException(
          "format: the precision must not be negative, got " + precision);
    }
    x.eval();
    if (x.size() == 0) {
      return "[]";
    }
    Tensor shown = x;
    boolean[] cut = new boolean[x.rank()];
    for (int axis = 0; axis < cut.length && x.size() > MOST; axis++) {
      long n = x.dim(axis);
      cut[axis] = n > 2 * EDGE;
      if (cut[axis]) {
        shown = Tensor.concat(axis, shown.slice(axis, 0, EDGE), shown.slice(axis, n - EDGE, n));
      }
    }
    String[] cells = cells(shown, precision);
    ArrayText text = new ArrayText(cells, shown.shape().dims(), cut);
    return x.rank() == 0 ? cells[0].strip() : text.nested(0, 0, " ", WIDTH);
  }

  // ---- layout ----

  /** Returns the part from element {@code first} on that the axes from {@code axis} on span. */
  private String nested(int axis, int first, String indent, int width) {
    int inner = 1;
    for (int i = axis + 1; i < shown.length; i++) {
      inner *= (int) shown[i];
    }
    boolean last = axis == shown.length - 1;
    String gap = last ? " " : "\n".repeat(shown.length - 1 - axis);
    StringBuilder text = new StringBuilder();
    StringBuilder line = new StringBuilder(indent);
    int n = (int) shown[axis];
    for (int i = 0; i < n; i++) {
      if (cut[axis] && i == EDGE) {
        append(text, line, "...", last, indent, width);
        line.append(gap).append(last ? "" : indent);
      }
      int at = first + i * inner;
      String part = last ? cells[at] : nested(axis + 1, at, indent + " ", width - 1);
      append(text, line, part, last, indent, width);
      if (i < n - 1) {
        line.append(gap).append(last ? "" : indent);
      }
    }
    return "[" + text.append(line).substring(indent.length()) + "]";
  }

  /** Appends to the line, which moves to the text and begins anew where the part does not fit. */
  private void append(
      StringBuilder text, StringBuilder line, String part, boolean last, String indent, int width) {
    boolean full = last && line.length() + part.length() > width - 1;
    if (full && line.length() > indent.length()) {
      text.append(line.toString().stripTrailing()).append('\n');
      line.setLength(0);
      line.append(indent);
    }
    line.append(part);
  }

  // ---- elements ----

  private static String[] cells(Tensor x, int precision) {
    DType dtype = x.dtype();
    if (dtype == DType.BOOL) {
      boolean[] flags = x.toBooleanArray();
      String[] cells = new String[flags.length];
      Arrays.setAll(cells, i -> flags[i] ? " True" : "False");
      return cells;
    }
    if (dtype.isInteger()) {
      long[] whole = x.toLongArray();
      return aligned(Arrays.stream(whole).mapToObj(Long::toString).toArray(String[]::new));
    }
    double[] values = x.toDoubleArray();
    BigDecimal[] decimals = new BigDecimal[values.length];
    for (int i = 0; i < values.length; i++) {
      if (Double.isFinite(values[i])) {
        // The fewest digits that tell the number from its neighbours in its own dtype.
        String digits =
            dtype == DType.F64 ? Double.toString(values[i]) : Float.toString((float) values[i]);
        decimals[i] = new BigDecimal(digits).abs();
      }
    }
    boolean scalar = x.rank() == 0;
    int most = scalar ? 17 : precision;
    String[] cells = new String[values.length];
    if (inPowers(decimals, scalar)) {
      powers(cells, values, decimals, most);
    } else {
      plain(cells, values, decimals, most);
    }
    if (scalar && cells[0].endsWith(".")) {
      cells[0] += "0";
    }
    return aligned(cells);
  }

  private static boolean inPowers(BigDecimal[] decimals, boolean scalar) {
    BigDecimal least = null;
    BigDecimal largest = null;
    for (BigDecimal d : decimals) {
      if (d != null && d.signum() != 0) {
        least = least == null ? d : least.min(d);
        largest = largest == null ? d : largest.max(d);
      }
    }
    if (least == null) {
      return false;
    }
    return least.compareTo(new BigDecimal("1e-4")) < 0
        || largest.compareTo(new BigDecimal(scalar ? "1e16" : "1e8")) >= 0
        || largest.compareTo(least.movePointRight(3)) > 0;
  }

  /** Writes numbers with a point, filled with spaces to the same decimals. */
  private static void plain(String[] cells, double[] values, BigDecimal[] decimals, int most) {
    int longest = 0;
    for (int i = 0; i < cells.length; i++) {
      if (decimals[i] == null) {
        continue;
      }
      BigDecimal d = decimals[i].setScale(most, RoundingMode.HALF_EVEN).stripTrailingZeros();
      String digits = (d.scale() < 0 ? d.setScale(0) : d).toPlainString();
      cells[i] = sign(values[i]) + digits + (digits.contains(".") ? "" : ".");
      longest = Math.max(longest, decimalsOf(cells[i]));
    }
    for (int i = 0; i < cells.length; i++) {
      cells[i] =
          cells[i] == null
              ? notFinite(values[i])
              : cells[i] + " ".repeat(longest - decimalsOf(cells[i]));
    }
  }

  private static int decimalsOf(String cell) {
    return cell.length() - 1 - cell.indexOf('.');
  }

  /** Writes numbers as d.dde±dd, filled with zeros to the same decimals. */
  private static void powers(String[] cells, double[] values, BigDecimal[] decimals, int most) {
    BigDecimal[] rounded = new BigDecimal[cells.length];
    int longest = 0;
    for (int i = 0; i < cells.length; i++) {
      if (decimals[i] != null) {
        MathContext digits = new MathContext(most + 1, RoundingMode.HALF_EVEN);
        rounded[i] = decimals[i].round(digits).stripTrailingZeros();
        longest = Math.max(longest, rounded[i].precision() - 1);
      }
    }
    for (int i = 0; i < cells.length; i++) {
      if (rounded[i] == null) {
        cells[i] = notFinite(values[i]);
        continue;
      }
      String digits = rounded[i].unscaledValue().toString();
      int power = rounded[i].signum() == 0 ? 0 : rounded[i].precision() - rounded[i].scale() - 1;
      cells[i] =
          sign(values[i])
              + digits.charAt(0)
              + "."
              + digits.substring(1)
              + "0".repeat(longest - (digits.length() - 1))
              + (power < 0 ? "e-" : "e+")
              + (Math.abs(power) < 10 ? "0" : "")
              + Math.abs(power);
    }
  }

  private static String sign(double value) {
    return Math.copySign(1, value) < 0 ? "-" : "";
  }

  private static String notFinite(double value) {
    return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }

  private static String[] aligned(String... cells) {
    int longest = 0;
    for (String cell : cells) {
      longest = Math.max(longest, cell.length());
    }
    for (int i = 0; i < cells.length; i++) {
      cells[i] = " ".repeat(longest - cells[i].length()) + cells[i];
    }
    return cells;
  }
}

package org.adjoint.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.adjoint.Adjoint;
import org.adjoint.DType;

/**
 * The table of what is checked: op × check × dtype, on one backend. A cell has the rows of {@link
 * OpCases} that it runs, or says why there are none.
 */
public final class OpCells {
  private static final List<DType> DTYPES = List.of(DType.F32, DType.F64);

  private OpCells() {}

  /**
   * One cell.
   *
   * @param op the op's name in the op table
   * @param check what is checked
   * @param dtype in which dtype
   * @param backend on which backend
   * @param rows what is run
   * @param reasons why other rows of the op are not
   */
  public record Cell(
      String op,
      OpCheck check,
      DType dtype,
      String backend,
      List<OpCase> rows,
      Set<String> reasons) {

    /** Returns why nothing is run here; empty if something is. */
    public Optional<String> leftOut() {
      return rows.isEmpty() ? Optional.of(String.join(" or ", reasons)) : Optional.empty();
    }

    /**
     * Runs the check on every row, on the cell's backend.
     *
     * @throws AssertionError of the first row that fails, with those of the others as suppressed
     *     ones
     */
    public void run() {
      Adjoint.backend(backend);
      AssertionError first = null;
      for (OpCase row : rows) {
        try {
          OpChecks.run(check, row, dtype);
        } catch (AssertionError e) {
          if (first == null) {
            first = e;
          } else {
            first.addSuppressed(e);
          }
        }
      }
      if (first != null) {
        throw first;
      }
    }

    @Override
    public String toString() {
      return op + ", " + check + ", " + dtype + ", " + backend;
    }
  }

  /** Returns every cell of a backend, those left out included. */
  public static List<Cell> on(String backend) {
    Map<String, List<OpCase>> byOp = new LinkedHashMap<>();
    for (OpCase row : OpCases.all()) {
      byOp.computeIfAbsent(row.op(), op -> new ArrayList<>()).add(row);
    }
    List<Cell> cells = new ArrayList<>();
    for (Map.Entry<String, List<OpCase>> op : byOp.entrySet()) {
      for (OpCheck check : OpCheck.values()) {
        for (DType dtype : DTYPES) {
          cells.add(cell(op.getKey(), op.getValue(), check, dtype, backend));
        }
      }
    }
    return cells;
  }

  private static Cell cell(
      String op, List<OpCase> all, OpCheck check, DType dtype, String backend) {
    List<OpCase> rows = new ArrayList<>();
    Set<String> reasons = new TreeSet<>();
    for (OpCase row : all) {
      OpChecks.leftOut(check, row, dtype, backend)
          .ifPresentOrElse(reasons::add, () -> rows.add(row));
    }
    return new Cell(
        op, check, dtype, backend, List.copyOf(rows), Collections.unmodifiableSet(reasons));
  }

  /**
   * Returns one line: how many cells were run, on how many rows, and how many were left out, by
   * reason.
   *
   * @param cells all cells
   * @param run those that were run to their end
   */
  public static String summary(List<Cell> cells, Set<Cell> run) {
    long rows = 0;
    Map<String, Integer> reasons = new TreeMap<>();
    Set<String> backends = new TreeSet<>();
    int leftOut = 0;
    for (Cell cell : cells) {
      backends.add(cell.backend());
      if (run.contains(cell)) {
        rows += cell.rows().size();
      }
      if (cell.leftOut().isPresent()) {
        leftOut++;
        reasons.merge(cell.leftOut().get(), 1, Integer::sum);
      }
    }
    List<String> counts = new ArrayList<>();
    reasons.forEach((reason, count) -> counts.add(count + " (" + reason + ")"));
    return "cells: "
        + run.size()
        + " run, "
        + leftOut
        + " left out on "
        + String.join(", ", backends)
        + " ("
        + rows
        + " checks of rows): "
        + String.join(", ", counts);
  }
}

package org.adjoint.internal.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.Shape;
import org.adjoint.op.IndexOps;
import org.adjoint.op.Op;
import org.adjoint.op.ScanOps;
import org.adjoint.symbolic.Algebra;
import org.adjoint.symbolic.Expression;

/** The formulas of scans, and of gather and scatterAdd where the index is numbers. */
public final class SymbolicScans {
  public static final Map<Op, SymbolicShapes.Rule> RULES =
      Map.ofEntries(
          SymbolicShapes.always(
              ScanOps.CUMSUM, c -> scan(c, (before, at) -> plus(c, before, c.inputs()[0][at]))),
          SymbolicShapes.always(ScanOps.LINEAR_SCAN, SymbolicScans::linear),
          SymbolicShapes.always(ScanOps.SCALE_SCAN, SymbolicScans::linear),
          SymbolicShapes.always(ScanOps.LOG_CUM_SUM_EXP, SymbolicScans::logCumSumExp),
          Map.entry(IndexOps.GATHER, c -> indexed(c, true)),
          Map.entry(IndexOps.SCATTER_ADD, c -> indexed(c, false)));

  private SymbolicScans() {}

  /** One step along the axis: from what came before, if anything, and the place of the element. */
  private interface Step {
    Expression of(Optional<Expression> before, int at);
  }

  private static Expression[] scan(SymbolicCall call, Step step) {
    Shape shape = call.type().shape();
    int axis = (int) call.attrs()[0];
    boolean reverse = call.attrs()[1] != 0;
    int n = (int) shape.dim(axis);
    int stride = (int) SymbolicCall.strides(shape)[axis];
    Expression[] entries = new Expression[call.size()];
    for (int line = 0; n > 0 && line < entries.length / n; line++) {
      int start = line / stride * stride * n + line % stride;
      Optional<Expression> before = Optional.empty();
      for (int i = 0; i < n; i++) {
        int at = start + (reverse ? n - 1 - i : i) * stride;
        entries[at] = step.of(before, at);
        before = Optional.of(entries[at]);
      }
    }
    return entries;
  }

  private static Expression plus(SymbolicCall call, Optional<Expression> before, Expression x) {
    return before.isEmpty() ? x : call.algebra().sum(List.of(before.get(), x));
  }

  private static Expression[] linear(SymbolicCall call) {
    Algebra a = call.algebra();
    return scan(
        call,
        (before, at) -> {
          Expression b = call.inputs()[1][at];
          Optional<Expression> carried =
              before.map(h -> a.product(List.of(call.inputs()[0][at], h)));
          return carried.isEmpty() ? b : a.sum(List.of(b, carried.get()));
        });
  }

  private static Expression[] logCumSumExp(SymbolicCall call) {
    Algebra a = call.algebra();
    Expression[] sums = scan(call, (before, at) -> plus(call, before, a.exp(call.inputs()[0][at])));
    for (int i = 0; i < sums.length; i++) {
      sums[i] = SymbolicShapes.log(a, sums[i]);
    }
    return sums;
  }

  /**
   * Values [batch, outer, n, inner] and their picks [batch, outer, k, inner]: gather reads them,
   * scatterAdd adds them up.
   */
  private static Optional<Expression[]> indexed(SymbolicCall call, boolean gather) {
    Expression[] index = call.inputs()[gather ? 1 : 0];
    Shape values = gather ? call.shape(0) : call.type().shape();
    int axis = (int) call.attrs()[0];
    int batchAxes = (int) call.attrs()[1];
    int n = (int) values.dim(axis);
    int inner = (int) SymbolicCall.strides(values)[axis];
    int batch = size(values, 0, batchAxes);
    int outer = size(values, batchAxes, axis);
    int picks = index.length / Math.max(1, batch);
    List<List<Expression>> entries = new ArrayList<>();
    for (int i = 0; i < call.size(); i++) {
      entries.add(new ArrayList<>());
    }
    for (int b = 0; b < batch; b++) {
      for (int k = 0; k < picks; k++) {
        Expression which = index[b * picks + k];
        if (!which.variables().isEmpty()) {
          return Optional.empty();
        }
        int i = checked(call, which, n);
        for (int o = 0; o < outer; o++) {
          for (int in = 0; in < inner; in++) {
            int value = ((b * outer + o) * n + i) * inner + in;
            int pick = ((b * outer + o) * picks + k) * inner + in;
            entries
                .get(gather ? pick : value)
                .add(call.inputs()[gather ? 0 : 1][gather ? value : pick]);
          }
        }
      }
    }
    return Optional.of(
        entries.stream()
            .map(terms -> SymbolicShapes.total(call.algebra(), terms))
            .toArray(Expression[]::new));
  }

  /** Returns an index that is a number, checked against the size of its axis. */
  public static int checked(SymbolicCall call, Expression index, int n) {
    double i = index.evaluate(Map.of());
    if (i < 0 || i >= n) {
      throw new IndexOutOfBoundsException(
          call.op() + ": index " + (long) i + " is outside 0 … " + (n - 1));
    }
    return (int) i;
  }

  private static int size(Shape shape, int from, int to) {
    int size = 1;
    for (int axis = from; axis < to; axis++) {
      size *= (int) shape.dim(axis);
    }
    return size;
  }
}

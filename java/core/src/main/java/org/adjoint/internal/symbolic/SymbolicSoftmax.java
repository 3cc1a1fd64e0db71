package org.adjoint.internal.symbolic;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.adjoint.op.Op;
import org.adjoint.op.SoftmaxOps;
import org.adjoint.symbolic.Algebra;
import org.adjoint.symbolic.Expression;

/**
 * The formulas of softmax and its kin, as textbooks write them: without the row's maximum, which
 * the graph takes away first so that nothing overflows, and without the case of a row of −∞.
 */
public final class SymbolicSoftmax {
  public static final Map<Op, SymbolicShapes.Rule> RULES =
      Map.ofEntries(
          SymbolicShapes.always(SoftmaxOps.SOFTMAX, c -> softmax(c, false)),
          SymbolicShapes.always(SoftmaxOps.LOG_SOFTMAX, c -> softmax(c, true)),
          SymbolicShapes.always(SoftmaxOps.LOG_SUM_EXP, SymbolicSoftmax::logSumExp),
          entry(SoftmaxOps.SOFTMAX_CROSS_ENTROPY, SymbolicSoftmax::crossEntropy),
          entry(SoftmaxOps.SOFTMAX_CROSS_ENTROPY_GRAD, SymbolicSoftmax::crossEntropyGrad));

  private SymbolicSoftmax() {}

  private static int columns(SymbolicCall call) {
    return (int) call.shape(0).dim(-1);
  }

  private static Expression[] softmax(SymbolicCall call, boolean log) {
    Algebra a = call.algebra();
    Expression[] x = call.inputs()[0];
    Expression[] entries = new Expression[x.length];
    for (int at = 0; at < x.length; at++) {
      Expression sum = sumOfExponentials(call, at / columns(call));
      entries[at] = log ? a.minus(x[at], SymbolicShapes.log(a, sum)) : a.divide(a.exp(x[at]), sum);
    }
    return entries;
  }

  private static Expression[] logSumExp(SymbolicCall call) {
    Expression[] entries = new Expression[call.size()];
    for (int row = 0; row < entries.length; row++) {
      entries[row] = SymbolicShapes.log(call.algebra(), sumOfExponentials(call, row));
    }
    return entries;
  }

  private static Optional<Expression[]> crossEntropy(SymbolicCall call) {
    if (!areNumbers(call.inputs()[1])) {
      return Optional.empty();
    }
    Algebra a = call.algebra();
    Expression[] entries = logSumExp(call);
    for (int row = 0; row < entries.length; row++) {
      int label = SymbolicScans.checked(call, call.inputs()[1][row], columns(call));
      entries[row] = a.minus(entries[row], call.inputs()[0][row * columns(call) + label]);
    }
    return Optional.of(entries);
  }

  private static Optional<Expression[]> crossEntropyGrad(SymbolicCall call) {
    if (!areNumbers(call.inputs()[1])) {
      return Optional.empty();
    }
    Algebra a = call.algebra();
    int n = columns(call);
    Expression[] entries = softmax(call, false);
    for (int at = 0; at < entries.length; at++) {
      int label = SymbolicScans.checked(call, call.inputs()[1][at / n], n);
      Expression error = at % n == label ? a.minus(entries[at], a.number(1)) : entries[at];
      entries[at] = a.product(List.of(call.inputs()[2][at / n], error));
    }
    return Optional.of(entries);
  }

  private static boolean areNumbers(Expression[] labels) {
    for (Expression label : labels) {
      if (!label.variables().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private static Expression sumOfExponentials(SymbolicCall call, int row) {
    List<Expression> terms = new ArrayList<>();
    for (int i = 0; i < columns(call); i++) {
      terms.add(call.algebra().exp(call.inputs()[0][row * columns(call) + i]));
    }
    return SymbolicShapes.total(call.algebra(), terms);
  }
}

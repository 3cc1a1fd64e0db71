package org.adjoint.lens.modes;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.adjoint.symbolic.Expression;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Operator;

/** Walks through a formula that meet each shared part once, without recursion. */
final class Parts {
  private Parts() {}

  /** Returns a formula's parts, each once and after its operands, itself last. */
  static List<Expression> of(Expression formula) {
    List<Expression> parts = new ArrayList<>();
    Set<Expression> opened = new HashSet<>();
    Set<Expression> closed = new HashSet<>();
    Deque<Expression> rest = new ArrayDeque<>(List.of(formula));
    while (!rest.isEmpty()) {
      Expression top = rest.peek();
      if (opened.add(top)) {
        top.operands().forEach(rest::push);
      } else {
        rest.pop();
        if (closed.add(top)) {
          parts.add(top);
        }
      }
    }
    return parts;
  }

  /**
   * Returns how many operations the formula asks for as it is written: a part that is used twice
   * counts twice. Exact up to 2⁵³.
   */
  static double written(Expression formula) {
    Map<Expression, Double> known = new HashMap<>();
    double all = 0;
    for (Expression part : of(formula)) {
      all = operations(part);
      for (Expression operand : part.operands()) {
        all += known.get(operand);
      }
      known.put(part, all);
    }
    return all;
  }

  private static double operations(Expression part) {
    if (part.head() instanceof Operator operator) {
      return operator == Operator.POWER ? 1 : part.operands().size() - 1;
    }
    return part.head() instanceof Function ? 1 : 0;
  }
}

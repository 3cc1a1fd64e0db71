package org.adjoint.lens.modes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Grad;
import org.adjoint.Tensor;
import org.adjoint.symbolic.Symbolic;

/**
 * How formulas of higher derivatives grow, written out, and how the graphs behind them do. Of a
 * function of several numbers these are the derivatives along (1, …, 1): how it moves as all of
 * them grow alike.
 *
 * @param orders from the function itself on
 */
record Swell(List<Order> orders) {
  private static final int MOST_ORDERS = 4;

  /** Where the next order would take seconds. */
  private static final int MOST_NODES = 600;

  /**
   * One derivative.
   *
   * @param literal the symbols of the formula as the rules give it
   * @param simplified its symbols after simplification
   * @param nodes the nodes of its graph
   * @param text the simplified formula, empty if it is too long to be read
   */
  record Order(double literal, double simplified, int nodes, String text) {}

  Swell {
    orders = List.copyOf(orders);
  }

  /** Differentiates a function that has a formula, again and again. */
  static Swell of(Subject subject) {
    List<Tensor> along =
        subject.inputs().stream().map(x -> Tensor.ones(x.dtype(), x.shape().dims())).toList();
    List<Order> orders = new ArrayList<>();
    Tensor derivative = subject.value();
    Optional<Symbolic> formula = subject.formula(derivative);
    while (formula.isPresent()) {
      orders.add(order(formula.get()));
      if (orders.size() > MOST_ORDERS || formula.get().nodes() > MOST_NODES) {
        break;
      }
      derivative = Grad.jvp(derivative, subject.inputs(), along);
      formula = subject.formula(derivative);
    }
    return new Swell(orders);
  }

  private static Order order(Symbolic formula) {
    return new Order(
        formula.unsimplified().symbols(),
        formula.symbols(),
        formula.nodes(),
        formula.expression().isWritable() ? Notation.readable(formula.infix()) : "");
  }
}

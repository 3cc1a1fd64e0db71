package org.adjoint.tails;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.adjoint.Tensor;

/**
 * A function of each element of a vector, and its truth: value, first and second derivative by
 * formulas that cancel nowhere in {@link Real}s.
 *
 * @param truth by order; a missing order is not looked at
 * @param low the domain is the open interval from here
 * @param high to here
 * @param crossings where a truth passes through zero
 * @param wide whether each element costs a row of many, so that fewer are tried
 */
public record Tail(
    String name,
    UnaryOperator<Tensor> f,
    double low,
    double high,
    List<UnaryOperator<Real>> truth,
    List<Crossing> crossings,
    boolean wide) {
  private static final double INF = Double.POSITIVE_INFINITY;

  /**
   * A neighbourhood of a zero of a truth, in which the error is held against the function's size
   * there or the size of what cancels: two units in the last place of {@code scale}.
   */
  public record Crossing(int order, double from, double to, double scale) {}

  /** Returns a function on all numbers. */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  static Tail of(String name, UnaryOperator<Tensor> f, UnaryOperator<Real>... truth) {
    return new Tail(name, f, -INF, INF, List.of(truth), List.of(), false);
  }

  Tail asWide() {
    return new Tail(name, f, low, high, truth, crossings, true);
  }

  Tail on(double from, double to) {
    return new Tail(name, f, from, to, truth, crossings, wide);
  }

  Tail crossing(int order, double from, double to, double scale) {
    List<Crossing> more = new ArrayList<>(crossings);
    more.add(new Crossing(order, from, to, scale));
    return new Tail(name, f, low, high, truth, List.copyOf(more), wide);
  }

  @Override
  public String toString() {
    return name;
  }
}

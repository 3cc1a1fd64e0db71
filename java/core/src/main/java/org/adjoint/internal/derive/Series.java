package org.adjoint.internal.derive;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;

/** The coefficients of one node's outputs; those known to be zero are empty. */
final class Series {
  private final List<Tensor> values;
  private final List<List<Optional<Tensor>>> terms = new ArrayList<>();
  private Optional<Rule> rule = Optional.empty();

  /** Makes a series that is constant until it follows a rule. */
  Series(List<Tensor> values) {
    this.values = values;
  }

  /** Returns this series, which from now on has the terms that a rule gives. */
  Series follows(Rule how) {
    rule = Optional.of(how);
    return this;
  }

  /** Returns a coefficient, after computing those of lower orders. */
  Optional<Tensor> term(int output, int k) {
    if (k == 0) {
      return Optional.of(values.get(output));
    }
    if (rule.isEmpty()) {
      return Optional.empty();
    }
    while (terms.size() < k) {
      terms.add(rule.get().terms(terms.size() + 1));
    }
    return terms.get(k - 1).get(output);
  }

  /** Returns the value of each output, its coefficient of order 0. */
  List<Tensor> values() {
    return values;
  }

  /** Gives the terms of order k of all outputs; those of lower orders are there. */
  @FunctionalInterface
  interface Rule {
    List<Optional<Tensor>> terms(int k);
  }

  /** One output of a series. */
  record Factor(Series series, int output) {
    Optional<Tensor> term(int k) {
      return series.term(output, k);
    }

    Tensor value() {
      return series.values.get(output);
    }

    boolean varies() {
      return series.rule.isPresent() && value().dtype().isFloating();
    }
  }
}

package org.adjoint.symbolic;

import java.util.List;
import java.util.Optional;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;

/** Formulas on one line of ASCII. */
final class Infix extends Notation {
  static final Infix NOTATION = new Infix();

  private Infix() {}

  @Override
  void number(Numeral value, Pieces out) {
    out.symbol(value.toString());
  }

  @Override
  void variable(String name, Pieces out) {
    out.symbol(name);
  }

  @Override
  void constant(Constant constant, Pieces out) {
    out.symbol(
        switch (constant) {
          case E -> "e";
          case INFINITY -> "inf";
          case NAN -> "nan";
        });
  }

  @Override
  void exponential(Expression exponent, Pieces out) {
    out.symbol("exp").mark("(").part(exponent, ANYTHING).mark(")");
  }

  @Override
  void root(Expression x, Pieces out) {
    out.symbol("sqrt").mark("(").part(x, ANYTHING).mark(")");
  }

  @Override
  void exponent(Numeral exponent, Pieces out) {
    out.symbol("^");
    if (exponent.isWrittenAsFraction()) {
      out.mark("(").symbol("" + exponent.numerator()).symbol("/");
      out.symbol("" + exponent.denominator()).mark(")");
    } else {
      number(exponent, out);
    }
  }

  @Override
  void exponent(Expression exponent, Pieces out) {
    out.symbol("^").part(exponent, ATOM);
  }

  @Override
  void call(Function function, List<Expression> operands, Pieces out) {
    if (RELATIONS.contains(function.name())) {
      out.part(operands.get(0), SUM);
      out.symbol(" " + function.name() + " ");
      out.part(operands.get(1), SUM);
    } else {
      out.symbol(function.name()).mark("(").parts(operands).mark(")");
    }
  }

  @Override
  void fraction(
      Optional<Numeral> over,
      List<Split.Factor> numerator,
      Optional<Numeral> under,
      List<Split.Factor> denominator,
      Pieces out) {
    factors(over, numerator, out);
    out.symbol("/");
    boolean several = denominator.size() + (under.isPresent() ? 1 : 0) > 1;
    out.mark(several ? "(" : "");
    factors(under, denominator, out);
    out.mark(several ? ")" : "");
  }

  @Override
  void factors(Optional<Numeral> number, List<Split.Factor> factors, Pieces out) {
    number.ifPresent(k -> number(k, out));
    for (int i = 0; i < factors.size(); i++) {
      if (i > 0 || number.isPresent()) {
        out.symbol("*");
      }
      factor(factors.get(i), POWER, out);
    }
  }

  @Override
  String open() {
    return "(";
  }

  @Override
  String close() {
    return ")";
  }

  @Override
  int binding(Function function) {
    return ATOM;
  }

  @Override
  int exponentialBinding() {
    return ATOM;
  }
}

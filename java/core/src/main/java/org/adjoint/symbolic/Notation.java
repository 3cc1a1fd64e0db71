package org.adjoint.symbolic;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Head;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;
import org.adjoint.symbolic.Expression.Variable;

/**
 * How formulas are written, whatever the language: signs, fractions, roots, and brackets where they
 * are needed and nowhere else. A formula is laid out one level at a time, so its symbols can be
 * counted without writing it, each shared part once.
 */
abstract class Notation {
  /** How tightly an expression binds, from the loosest. */
  static final int ANYTHING = 0;

  static final int SUM = 1;
  static final int PRODUCT = 2;
  static final int POWER = 3;
  static final int ATOM = 4;

  /** The most symbols that are written. */
  static final int MOST_SYMBOLS = 10_000;

  static final Set<String> RELATIONS = Set.of("=", "!=", "<", "<=", ">", ">=");

  private static final Numeral HALF = Numeral.of(0.5);

  // ---- what a language decides ----

  abstract void number(Numeral value, Pieces out);

  abstract void variable(String name, Pieces out);

  abstract void constant(Constant constant, Pieces out);

  abstract void exponential(Expression exponent, Pieces out);

  abstract void root(Expression x, Pieces out);

  /** Writes what stands after a base; the exponent is positive. */
  abstract void exponent(Numeral exponent, Pieces out);

  abstract void exponent(Expression exponent, Pieces out);

  abstract void call(Function function, List<Expression> operands, Pieces out);

  abstract void fraction(
      Optional<Numeral> over,
      List<Split.Factor> numerator,
      Optional<Numeral> under,
      List<Split.Factor> denominator,
      Pieces out);

  abstract void factors(Optional<Numeral> number, List<Split.Factor> factors, Pieces out);

  abstract String open();

  abstract String close();

  /** Returns how tightly a function of its operands binds, one that is no relation. */
  abstract int binding(Function function);

  abstract int exponentialBinding();

  // ---- writing and counting ----

  final String text(Expression root) {
    double symbols = symbols(root);
    if (symbols > MOST_SYMBOLS) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "symbolic: the formula has %.4g symbols, and at most %d are written; name tensors on"
                  + " the way, Symbolic.of(y, Map.of(h, \"h\")), and write the parts",
              symbols,
              MOST_SYMBOLS));
    }
    StringBuilder text = new StringBuilder();
    Deque<Pieces.Piece> rest = new ArrayDeque<>();
    rest.push(new Pieces.Part(root, ANYTHING));
    while (!rest.isEmpty()) {
      Pieces.Piece piece = rest.pop();
      if (piece instanceof Pieces.Text t) {
        text.append(t.text());
      } else if (piece instanceof Pieces.Part part) {
        boolean brackets = binding(part.expression()) < part.least();
        List<Pieces.Piece> level = new ArrayList<>(layout(part.expression()));
        if (brackets) {
          level.add(0, new Pieces.Text(open(), false));
          level.add(new Pieces.Text(close(), false));
        }
        for (int i = level.size() - 1; i >= 0; i--) {
          rest.push(level.get(i));
        }
      }
    }
    return text.toString();
  }

  /** Returns how many symbols writing would take. */
  final double symbols(Expression root) {
    Map<Expression, Double> counts = new HashMap<>();
    for (Expression part : root.parts()) {
      double count = 0;
      for (Pieces.Piece piece : layout(part)) {
        if (piece instanceof Pieces.Text t) {
          count += t.isSymbol() ? 1 : 0;
        } else if (piece instanceof Pieces.Part p) {
          count += counts.get(p.expression());
        }
      }
      counts.put(part, count);
    }
    return counts.get(root);
  }

  // ---- one level ----

  private List<Pieces.Piece> layout(Expression e) {
    Pieces out = new Pieces();
    Head head = e.head();
    if (head instanceof Variable v) {
      variable(v.name(), out);
    } else if (head instanceof Constant c) {
      constant(c, out);
    } else if (head instanceof Function f) {
      call(f, e.operands(), out);
    } else if (head == Operator.SUM) {
      sum(e.operands(), out);
    } else if (Split.isExponential(e)) {
      exponential(e.operands().get(1), out);
    } else if (head == Operator.POWER && !(e.operands().get(1).head() instanceof Number)) {
      out.part(e.operands().get(0), ATOM);
      exponent(e.operands().get(1), out);
    } else {
      Split split = Split.of(e);
      if (split.isNegative()) {
        out.symbol("-");
      }
      unsigned(split, out);
    }
    return out.list();
  }

  private void sum(List<Expression> terms, Pieces out) {
    for (int i = 0; i < terms.size(); i++) {
      Expression term = terms.get(i);
      boolean isScaled = term.is(Operator.PRODUCT) || term.head() instanceof Number;
      if (!isScaled) {
        if (i > 0) {
          out.symbol(" + ");
        }
        out.part(term, i == 0 ? SUM : PRODUCT);
        continue;
      }
      Split split = Split.of(term);
      if (split.isNegative()) {
        out.symbol(i == 0 ? "-" : " - ");
      } else if (i > 0) {
        out.symbol(" + ");
      }
      unsigned(split, out);
    }
  }

  /** Writes a product without its sign. */
  private void unsigned(Split split, Pieces out) {
    Optional<Numeral> over = split.coefficient();
    Optional<Numeral> under = Optional.empty();
    if (split.isNegative()) {
      // A minus before the other factors says it all.
      boolean bare = over.get().equals(Numeral.MINUS_ONE) && !split.numerator().isEmpty();
      over = bare ? Optional.empty() : over.map(Numeral::negate);
    }
    if (over.isPresent() && over.get().isWrittenAsFraction()) {
      under = over.map(k -> Numeral.of(k.denominator()));
      boolean bare = over.get().numerator() == 1 && !split.numerator().isEmpty();
      over = bare ? Optional.empty() : over.map(k -> Numeral.of(k.numerator()));
    }
    if (under.isPresent() || !split.denominator().isEmpty()) {
      boolean nothing = over.isEmpty() && split.numerator().isEmpty();
      fraction(
          nothing ? Optional.of(Numeral.ONE) : over,
          split.numerator(),
          under,
          split.denominator(),
          out);
    } else {
      factors(over, split.numerator(), out);
    }
  }

  /** Writes a factor. */
  final void factor(Split.Factor factor, int least, Pieces out) {
    if (factor.isPlain()) {
      out.part(factor.base(), least);
    } else if (factor.exponent().equals(HALF)) {
      root(factor.base(), out);
    } else {
      out.part(factor.base(), ATOM);
      exponent(factor.exponent(), out);
    }
  }

  private int binding(Expression e) {
    if (e.head() instanceof Number n) {
      return n.value().isNegative() || n.value().isWrittenAsFraction() ? PRODUCT : ATOM;
    } else if (e.head() instanceof Function f) {
      return RELATIONS.contains(f.name()) ? ANYTHING : binding(f);
    } else if (e.head() instanceof Operator operator) {
      return switch (operator) {
        case SUM -> SUM;
        case PRODUCT -> PRODUCT;
        case POWER -> powerBinding(e);
      };
    }
    return ATOM;
  }

  private int powerBinding(Expression e) {
    if (Split.isExponential(e)) {
      return exponentialBinding();
    }
    Numeral exponent = Split.numericExponent(e).orElse(Numeral.ONE);
    return exponent.isNegative() ? PRODUCT : exponent.equals(HALF) ? ATOM : POWER;
  }
}

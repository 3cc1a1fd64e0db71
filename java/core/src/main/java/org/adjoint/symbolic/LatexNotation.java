package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.adjoint.symbolic.Expression.Constant;
import org.adjoint.symbolic.Expression.Function;
import org.adjoint.symbolic.Expression.Number;
import org.adjoint.symbolic.Expression.Operator;

/** Formulas in LaTeX's mathematics; choices are amsmath's {@code cases}. */
final class LatexNotation extends Notation {
  static final LatexNotation NOTATION = new LatexNotation();

  /** Functions that LaTeX has under another name or with other brackets: before and after. */
  private static final Map<String, List<String>> CALLS =
      Map.of(
          "abs", List.of("\\left|", "\\right|"),
          "floor", List.of("\\left\\lfloor ", "\\right\\rfloor"),
          "ceil", List.of("\\left\\lceil ", "\\right\\rceil"),
          "asin", List.of("\\arcsin\\left(", "\\right)"),
          "acos", List.of("\\arccos\\left(", "\\right)"),
          "atan", List.of("\\arctan\\left(", "\\right)"),
          "sigmoid", List.of("\\sigma\\left(", "\\right)"),
          "digamma", List.of("\\psi\\left(", "\\right)"));

  private static final Set<String> OWN_NAMES =
      Set.of("sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "max", "min");

  private static final Map<String, String> RELATION_SIGNS =
      Map.of("!=", " \\neq ", "<=", " \\leq ", ">=", " \\geq ");

  private static final Set<String> GREEK =
      Set.of(
          "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda",
          "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega");

  private static final Pattern NAME = Pattern.compile("([^_]*?)([0-9]*)(?:_(.*))?");
  private static final Pattern SPECIAL = Pattern.compile("[#$%&_{}]");

  private LatexNotation() {}

  @Override
  void number(Numeral value, Pieces out) {
    String digits = value.toString();
    int mantissa = digits.indexOf('E');
    out.symbol(
        mantissa < 0
            ? digits
            : digits.substring(0, mantissa)
                + " \\cdot 10^{"
                + digits.substring(mantissa + 1)
                + "}");
  }

  @Override
  void variable(String name, Pieces out) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches() || matcher.group(1).isEmpty()) {
      out.symbol(upright(name));
      return;
    }
    List<String> subscripts = new ArrayList<>();
    if (!matcher.group(2).isEmpty()) {
      subscripts.add(matcher.group(2));
    }
    if (matcher.group(3) != null) {
      for (String part : matcher.group(3).split("_", -1)) {
        subscripts.add(part.matches("[0-9]+|[A-Za-z]") ? part : upright(part));
      }
    }
    String subscript = subscripts.isEmpty() ? "" : "_{" + String.join(",", subscripts) + "}";
    out.symbol(letters(matcher.group(1)) + subscript);
  }

  private static String letters(String letters) {
    if (letters.length() == 1) {
      return SPECIAL.matcher(letters).replaceAll("\\\\$0");
    }
    return GREEK.contains(letters) ? "\\" + letters : upright(letters);
  }

  private static String upright(String name) {
    return "\\mathrm{" + SPECIAL.matcher(name).replaceAll("\\\\$0") + "}";
  }

  @Override
  void constant(Constant constant, Pieces out) {
    out.symbol(
        switch (constant) {
          case E -> "e";
          case INFINITY -> "\\infty";
          case NAN -> "\\mathrm{NaN}";
        });
  }

  @Override
  void exponential(Expression exponent, Pieces out) {
    out.symbol("e^").mark("{").part(exponent, ANYTHING).mark("}");
  }

  @Override
  void root(Expression x, Pieces out) {
    out.symbol("\\sqrt").mark("{").part(x, ANYTHING).mark("}");
  }

  @Override
  void exponent(Numeral exponent, Pieces out) {
    out.symbol("^").mark("{");
    if (exponent.isWrittenAsFraction()) {
      out.symbol(exponent.numerator() + "/" + exponent.denominator());
    } else {
      number(exponent, out);
    }
    out.mark("}");
  }

  @Override
  void exponent(Expression exponent, Pieces out) {
    out.symbol("^").mark("{").part(exponent, ANYTHING).mark("}");
  }

  @Override
  void call(Function function, List<Expression> operands, Pieces out) {
    String name = function.name();
    if (RELATIONS.contains(name)) {
      out.part(operands.get(0), SUM);
      out.symbol(RELATION_SIGNS.getOrDefault(name, " " + name + " "));
      out.part(operands.get(1), SUM);
    } else if (name.equals("where")) {
      out.symbol("\\begin{cases} ").part(operands.get(1), ANYTHING).mark(" & \\text{if } ");
      out.part(operands.get(0), ANYTHING).mark(" \\\\ ").part(operands.get(2), ANYTHING);
      out.mark(" & \\text{otherwise} \\end{cases}");
    } else {
      String command = OWN_NAMES.contains(name) ? "\\" + name : "\\operatorname{" + name + "}";
      List<String> around = CALLS.getOrDefault(name, List.of(command + "\\left(", "\\right)"));
      out.symbol(around.get(0)).parts(operands).mark(around.get(1));
    }
  }

  @Override
  void fraction(
      Optional<Numeral> over,
      List<Split.Factor> numerator,
      Optional<Numeral> under,
      List<Split.Factor> denominator,
      Pieces out) {
    out.symbol("\\frac").mark("{");
    alone(over, numerator, out);
    out.mark("}{");
    alone(under, denominator, out);
    out.mark("}");
  }

  /** Writes factors inside braces, where a sum that stands alone needs no brackets. */
  private void alone(Optional<Numeral> number, List<Split.Factor> factors, Pieces out) {
    if (number.isEmpty() && factors.size() == 1) {
      factor(factors.get(0), ANYTHING, out);
    } else {
      factors(number, factors, out);
    }
  }

  @Override
  void factors(Optional<Numeral> number, List<Split.Factor> factors, Pieces out) {
    number.ifPresent(k -> number(k, out));
    for (int i = 0; i < factors.size(); i++) {
      if (i > 0 || number.isPresent()) {
        out.mark(startsWithDigit(factors.get(i).base()) ? " \\cdot " : " ");
      }
      factor(factors.get(i), POWER, out);
    }
  }

  private static boolean startsWithDigit(Expression e) {
    Expression first = e.is(Operator.POWER) ? e.operands().get(0) : e;
    return first.head() instanceof Number;
  }

  @Override
  String open() {
    return "\\left(";
  }

  @Override
  String close() {
    return "\\right)";
  }

  @Override
  int binding(Function function) {
    return function.name().equals("where") ? SUM : ATOM;
  }

  @Override
  int exponentialBinding() {
    return POWER;
  }
}

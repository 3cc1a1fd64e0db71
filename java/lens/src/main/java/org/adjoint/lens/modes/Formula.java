package org.adjoint.lens.modes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.adjoint.Tensor;

/**
 * A function of scalars that is given as text, such as {@code x*sin(y) + x^2}: numbers, {@code pi}
 * and {@code e}, names of variables, {@code + - * / ^} with the usual precedence (a power binds
 * more than a minus before it, and to the right), brackets, and functions of one argument. It is
 * the syntax that {@link org.adjoint.symbolic.Symbolic#infix} writes, without its functions of
 * several arguments.
 */
public final class Formula implements Function<List<Tensor>, Tensor> {
  private static final Map<String, UnaryOperator<Tensor>> FUNCTIONS =
      Map.ofEntries(
          Map.entry("sin", Tensor::sin),
          Map.entry("cos", Tensor::cos),
          Map.entry("tan", Tensor::tan),
          Map.entry("asin", Tensor::asin),
          Map.entry("acos", Tensor::acos),
          Map.entry("atan", Tensor::atan),
          Map.entry("sinh", Tensor::sinh),
          Map.entry("cosh", Tensor::cosh),
          Map.entry("tanh", Tensor::tanh),
          Map.entry("exp", Tensor::exp),
          Map.entry("log", Tensor::log),
          Map.entry("sqrt", Tensor::sqrt),
          Map.entry("abs", Tensor::abs),
          Map.entry("sigmoid", Tensor::sigmoid),
          Map.entry("relu", Tensor::relu),
          Map.entry("softplus", Tensor::softplus),
          Map.entry("erf", Tensor::erf));

  private static final Map<String, Double> CONSTANTS = Map.of("pi", Math.PI, "e", Math.E);

  /** What a part of the text means where the variables are these. */
  private interface Term {
    Tensor at(List<Tensor> variables);
  }

  /** A number, which a power takes as it is. */
  private record Constant(double value) implements Term {
    @Override
    public Tensor at(List<Tensor> variables) {
      return Tensor.scalar(value, variables.get(0).dtype());
    }
  }

  private final String text;
  private final List<String> variables = new ArrayList<>();
  private final Term whole;
  private int at;

  private Formula(String text) {
    this.text = text;
    this.whole = sum();
    if (at < text.length()) {
      throw unexpected("an operator or the end");
    }
    if (variables.isEmpty()) {
      throw new IllegalArgumentException(
          "function: '" + text + "' has no variable to differentiate by; write one, such as x");
    }
  }

  /**
   * Returns the function that a text means.
   *
   * @throws IllegalArgumentException if the text is none, saying where, or has no variable
   */
  public static Formula of(String text) {
    return new Formula(text);
  }

  /** Returns the names of the variables, in the order in which the text has them. */
  public List<String> variables() {
    return List.copyOf(variables);
  }

  /** Returns the value as a graph over the variables, which are scalars of one dtype. */
  @Override
  public Tensor apply(List<Tensor> values) {
    return whole.at(values);
  }

  private Term sum() {
    Term left = product();
    while (true) {
      Term a = left;
      if (take('+')) {
        Term b = product();
        left = x -> a.at(x).plus(b.at(x));
      } else if (take('-')) {
        Term b = product();
        left = x -> a.at(x).minus(b.at(x));
      } else {
        return left;
      }
    }
  }

  private Term product() {
    Term left = signed();
    while (true) {
      Term a = left;
      if (take('*')) {
        Term b = signed();
        left = x -> a.at(x).times(b.at(x));
      } else if (take('/')) {
        Term b = signed();
        left = x -> a.at(x).div(b.at(x));
      } else {
        return left;
      }
    }
  }

  private Term signed() {
    if (take('-')) {
      Term a = signed();
      return a instanceof Constant c ? new Constant(-c.value()) : x -> a.at(x).neg();
    }
    return power();
  }

  private Term power() {
    Term base = atom();
    if (!take('^')) {
      return base;
    }
    Term exponent = signed();
    return exponent instanceof Constant c
        ? x -> base.at(x).pow(c.value())
        : x -> base.at(x).pow(exponent.at(x));
  }

  private Term atom() {
    if (take('(')) {
      Term inside = sum();
      if (!take(')')) {
        throw unexpected("')'");
      }
      return inside;
    }
    int from = at;
    while (at < text.length() && isDigit(text.charAt(at))) {
      at++;
    }
    if (at > from) {
      return number(from);
    }
    while (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
      at++;
    }
    if (at == from) {
      throw unexpected("a number, a name or '('");
    }
    return named(text.substring(from, at));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9' || c == '.';
  }

  private Term number(int from) {
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      int digits = at + 1;
      if (digits < text.length() && "+-".indexOf(text.charAt(digits)) >= 0) {
        digits++;
      }
      if (digits < text.length() && Character.isDigit(text.charAt(digits))) {
        at = digits;
        while (at < text.length() && isDigit(text.charAt(at))) {
          at++;
        }
      }
    }
    String digits = text.substring(from, at);
    try {
      return new Constant(Double.parseDouble(digits));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("function: '" + digits + "' is no number", e);
    }
  }

  private Term named(String name) {
    if (take('(')) {
      UnaryOperator<Tensor> function = FUNCTIONS.get(name);
      if (function == null) {
        throw new IllegalArgumentException(
            "function: '"
                + name
                + "' is not one of "
                + FUNCTIONS.keySet().stream().sorted().toList());
      }
      Term argument = sum();
      if (!take(')')) {
        throw unexpected("')'");
      }
      return x -> function.apply(argument.at(x));
    }
    if (CONSTANTS.containsKey(name)) {
      return new Constant(CONSTANTS.get(name));
    }
    if (!variables.contains(name)) {
      variables.add(name);
    }
    int place = variables.indexOf(name);
    return x -> x.get(place);
  }

  /** Steps over a character, and blanks before it, if it is the next. */
  private boolean take(char wanted) {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    boolean found = at < text.length() && text.charAt(at) == wanted;
    if (found) {
      at++;
    }
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return found;
  }

  private IllegalArgumentException unexpected(String wanted) {
    String found = at < text.length() ? "'" + text.charAt(at) + "'" : "the end";
    return new IllegalArgumentException(
        "function: found "
            + found
            + " at character "
            + (at + 1)
            + " of '"
            + text
            + "', expected "
            + wanted);
  }
}

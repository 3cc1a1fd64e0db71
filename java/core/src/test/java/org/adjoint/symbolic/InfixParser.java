package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads a formula back from one line and computes it, so that brackets can be checked. */
final class InfixParser {
  private final String text;
  private final Map<String, Double> values;
  private int at;

  InfixParser(String text, Map<String, Double> values) {
    this.text = text.replace(" ", "");
    this.values = values;
  }

  double value() {
    double value = relation();
    if (at != text.length()) {
      throw new IllegalArgumentException("left over: " + text.substring(at) + " of " + text);
    }
    return value;
  }

  private boolean takes(String token) {
    boolean found = text.startsWith(token, at);
    at += found ? token.length() : 0;
    return found;
  }

  private double relation() {
    double left = sum();
    for (String sign : List.of("!=", "<=", ">=", "<", ">", "=")) {
      if (takes(sign)) {
        double right = sum();
        boolean holds =
            switch (sign) {
              case "!=" -> left != right;
              case "<=" -> left <= right;
              case ">=" -> left >= right;
              case "<" -> left < right;
              case ">" -> left > right;
              default -> left == right;
            };
        return holds ? 1 : 0;
      }
    }
    return left;
  }

  private double sum() {
    double value = takes("-") ? -product() : product();
    for (; ; ) {
      if (takes("+")) {
        value += product();
      } else if (takes("-")) {
        value -= product();
      } else {
        return value;
      }
    }
  }

  private double product() {
    double value = power();
    for (; ; ) {
      if (takes("*")) {
        value *= power();
      } else if (takes("/")) {
        value /= power();
      } else {
        return value;
      }
    }
  }

  private double power() {
    double base = atom();
    return takes("^") ? Math.pow(base, atom()) : base;
  }

  private double atom() {
    if (takes("(")) {
      double value = relation();
      expect(")");
      return value;
    }
    int start = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    String word = text.substring(start, at);
    if (Character.isDigit(word.charAt(0))) {
      return Double.parseDouble(word);
    }
    return takes("(") ? call(word) : values.get(word);
  }

  private boolean isWord(char c) {
    boolean signOfExponent =
        (c == '-' || c == '+')
            && text.charAt(at - 1) == 'E'
            && Character.isDigit(text.charAt(at - 2));
    return Character.isLetterOrDigit(c) || c == '_' || c == '.' || signOfExponent;
  }

  private double call(String name) {
    List<Double> x = new ArrayList<>();
    do {
      x.add(relation());
    } while (takes(","));
    expect(")");
    return switch (name) {
      case "tanh" -> Math.tanh(x.get(0));
      case "exp" -> Math.exp(x.get(0));
      case "log" -> Math.log(x.get(0));
      case "sqrt" -> Math.sqrt(x.get(0));
      case "abs" -> Math.abs(x.get(0));
      case "sigmoid" -> 1 / (1 + Math.exp(-x.get(0)));
      case "where" -> x.get(0) != 0 ? x.get(1) : x.get(2);
      default -> throw new IllegalArgumentException("function " + name + " in " + text);
    };
  }

  private void expect(String token) {
    if (!takes(token)) {
      throw new IllegalArgumentException("expected '" + token + "' at " + at + " of " + text);
    }
  }
}

package org.adjoint.symbolic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * A formula: a head over operands. Immutable; equal parts of one {@link Algebra} are one object, so
 * a formula that would fill a library may take little memory. Every walk here keeps its own stack
 * and meets a shared part once.
 */
public final class Expression {
  /** What stands above the operands. */
  public sealed interface Head permits Number, Variable, Constant, Operator, Function {}

  /** A finite number; no operands. */
  public record Number(Numeral value) implements Head {}

  /** A name that stands for a number; no operands. */
  public record Variable(String name) implements Head {}

  /** What has a name instead of digits; no operands. */
  public enum Constant implements Head {
    /** Euler's number: exp(x) is a power of it. */
    E(Math.E),
    INFINITY(Double.POSITIVE_INFINITY),
    NAN(Double.NaN);

    private final double value;

    Constant(double value) {
      this.value = value;
    }

    double value() {
      return value;
    }
  }

  /** The operators: a sum and a product of any number of operands, a base and its exponent. */
  public enum Operator implements Head {
    SUM,
    PRODUCT,
    POWER
  }

  /**
   * A function of its operands. The relations {@code = != < <= > >=} are functions whose value is 1
   * or 0, and {@code where} picks its second operand where the first is not 0, else the third.
   *
   * @param name what it is written as
   * @param exact whether its values at fractions are computed without rounding
   * @param value its value at the operands' values
   */
  public record Function(String name, boolean exact, ToDoubleFunction<double[]> value)
      implements Head {}

  private final Head head;
  private final List<Expression> operands;
  private final int id;
  private final int height;
  private final double degree;

  Expression(Head head, List<Expression> operands, int id) {
    this.head = head;
    this.operands = operands;
    this.id = id;
    this.height = 1 + operands.stream().mapToInt(Expression::height).max().orElse(0);
    this.degree = Order.degree(head, operands);
  }

  /** Returns what stands above the operands. */
  public Head head() {
    return head;
  }

  /** Returns the operands, in the order in which they are written. */
  public List<Expression> operands() {
    return operands;
  }

  /** Returns how many levels it has. */
  int height() {
    return height;
  }

  /** Returns the degree as a polynomial, in which a function counts as a variable. */
  double degree() {
    return degree;
  }

  boolean is(Operator operator) {
    return head == operator;
  }

  boolean isNumber(double value) {
    return head instanceof Number n && n.value().value() == value;
  }

  /** Returns whether 0 times it is not simply 0: infinity, NaN, and powers of those and of 0. */
  boolean isInfinite() {
    Expression base = is(Operator.POWER) ? operands.get(0) : this;
    boolean powerOfZero = base != this && base.isNumber(0);
    return powerOfZero || base.head == Constant.INFINITY || base.head == Constant.NAN;
  }

  /** Returns this and all its parts, each once and after its operands. */
  List<Expression> parts() {
    List<Expression> parts = new ArrayList<>();
    Set<Expression> seen = new HashSet<>();
    seen.add(this);
    parts.add(this);
    for (int i = 0; i < parts.size(); i++) {
      for (Expression operand : parts.get(i).operands) {
        if (seen.add(operand)) {
          parts.add(operand);
        }
      }
    }
    parts.sort(Comparator.comparingInt(part -> part.id));
    return parts;
  }

  /** Returns the names of the variables, in alphabetical order. */
  public Set<String> variables() {
    Set<String> names = new TreeSet<>();
    for (Expression part : parts()) {
      if (part.head instanceof Variable v) {
        names.add(v.name());
      }
    }
    return names;
  }

  /**
   * Returns the value where the variables have these values, computed in doubles.
   *
   * @throws IllegalArgumentException if a variable has none
   */
  public double evaluate(Map<String, Double> values) {
    Map<Expression, Double> known = new HashMap<>();
    double last = 0;
    for (Expression part : parts()) {
      double[] x = new double[part.operands.size()];
      for (int i = 0; i < x.length; i++) {
        x[i] = known.get(part.operands.get(i));
      }
      last = value(part.head, part.operands, x, values);
      known.put(part, last);
    }
    return last;
  }

  private static double value(
      Head head, List<Expression> operands, double[] x, Map<String, Double> values) {
    if (head instanceof Number n) {
      return n.value().value();
    } else if (head instanceof Constant c) {
      return c.value();
    } else if (head instanceof Function f) {
      return f.value().applyAsDouble(x);
    } else if (head instanceof Variable v) {
      if (!values.containsKey(v.name())) {
        throw new IllegalArgumentException(
            "evaluate: variable '" + v.name() + "' has no value; given are " + values.keySet());
      }
      return values.get(v.name());
    }
    return switch ((Operator) head) {
      case SUM -> sum(x);
      case PRODUCT -> product(x);
      case POWER -> operands.get(0).head == Constant.E ? Math.exp(x[1]) : power(x[0], x[1]);
    };
  }

  private static double sum(double[] x) {
    double sum = x[0];
    for (int i = 1; i < x.length; i++) {
      sum += x[i];
    }
    return sum;
  }

  private static double product(double[] x) {
    double product = x[0];
    for (int i = 1; i < x.length; i++) {
      product *= x[i];
    }
    return product;
  }

  private static double power(double base, double exponent) {
    return exponent == 0.5 ? Math.sqrt(base) : Math.pow(base, exponent);
  }

  /**
   * Returns how many numbers, variables, functions and operators {@link #infix} writes; brackets
   * and commas do not count. Shared parts count each time they are written, and are met once here.
   * Exact up to 2⁵³, then rounded, +∞ beyond the largest double.
   */
  public double symbols() {
    return Infix.NOTATION.symbols(this);
  }

  /** Returns whether the formula has few enough symbols to be written: at most 10 000. */
  public boolean isWritable() {
    return symbols() <= Notation.MOST_SYMBOLS;
  }

  /**
   * Returns the formula on one line, such as {@code x*(1 - tanh(w*x)^2)}: ASCII, with the brackets
   * of Java's and Python's arithmetic and {@code ^} for powers.
   *
   * @throws IllegalStateException if it has more than 10 000 {@link #symbols}
   */
  public String infix() {
    return Infix.NOTATION.text(this);
  }

  /**
   * Returns the formula in LaTeX's mathematics, such as {@code x^{2}}. A name {@code w1_0} becomes
   * {@code w_{1,0}}; {@code cases} needs the package amsmath.
   *
   * @throws IllegalStateException if it has more than 10 000 {@link #symbols}
   */
  public String latex() {
    return LatexNotation.NOTATION.text(this);
  }

  /** Returns the head and the number of operands; {@link #infix} writes the formula. */
  @Override
  public String toString() {
    return head + "/" + operands.size();
  }
}

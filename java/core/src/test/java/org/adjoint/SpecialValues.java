package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.adjoint.op.ActivationOps;
import org.adjoint.op.Elementwise;
import org.adjoint.op.ElementwiseOps;
import org.adjoint.op.SpecialOps;
import org.adjoint.op.TrigonometricOps;

/**
 * Functions of one tensor, each of one elementwise op or composed of two, and the numbers at which
 * rules go wrong: 0 · ∞ in one mode and not in the other.
 */
final class SpecialValues {
  /** Zeros of both signs, ones, infinities, NaN, the smallest number, and ordinary ones. */
  static final double[] POINTS = {
    0,
    -0.0,
    1,
    -1,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    0.5,
    -2
  };

  private SpecialValues() {}

  /** A function and what it is made of. */
  record Named(String name, UnaryOperator<Tensor> function) {}

  private static List<Elementwise> rows(int arity) {
    return Stream.of(ElementwiseOps.ALL, TrigonometricOps.ALL, SpecialOps.ALL, ActivationOps.ALL)
        .flatMap(List::stream)
        .filter(op -> op.arity() == arity && op.isDifferentiable(0))
        .toList();
  }

  /** Returns every differentiable op of one input. */
  static List<Named> unary() {
    List<Named> all = new ArrayList<>();
    for (Elementwise op : rows(1)) {
      all.add(new Named(op.name(), x -> op.apply(x)));
    }
    all.add(new Named("round", Tensor::round));
    all.add(new Named("clamp", x -> x.clamp(-1, 1)));
    all.add(new Named("elu", x -> x.elu(1)));
    all.add(new Named("leakyRelu", x -> x.leakyRelu(0.01)));
    all.add(new Named("^0.5", x -> x.pow(0.5)));
    all.add(new Named("^3", x -> x.pow(3)));
    return all;
  }

  /** Returns g(f(x)) for all f and g, and f(x) ∘ x for all f and all ops ∘ of two inputs. */
  static List<Named> composed() {
    List<Named> all = new ArrayList<>();
    for (Named inner : unary()) {
      for (Named outer : unary()) {
        all.add(
            new Named(
                outer.name() + " of " + inner.name(),
                x -> outer.function().apply(inner.function().apply(x))));
      }
      for (Elementwise op : rows(2)) {
        if (op != ElementwiseOps.SCALE) {
          all.add(
              new Named(
                  op.name() + " of " + inner.name() + " and x",
                  x -> op.apply(inner.function().apply(x), x)));
        }
      }
    }
    return all;
  }

  /** Returns so many of them, drawn at random. */
  static List<Named> some(List<Named> all, int count, long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> all.get(random.nextInt(all.size()))).limit(count).toList();
  }

  static Tensor points() {
    return Tensor.of(POINTS, POINTS.length);
  }

  /** Returns whether all entries are equal to rounding; NaN equals NaN, and −0 equals 0. */
  static boolean same(double[] a, double[] b) {
    for (int i = 0; i < a.length; i++) {
      boolean both = Double.isNaN(a[i]) && Double.isNaN(b[i]);
      boolean close = Math.abs(a[i] - b[i]) <= 1e-12 * Math.max(Math.abs(a[i]), Math.abs(b[i]));
      if (!both && a[i] != b[i] && !close) {
        return false;
      }
    }
    return true;
  }

  /** Returns how two ways differ, empty if they do not. */
  static String difference(Named f, String way, double[] got, String other, double[] expected) {
    return same(got, expected)
        ? ""
        : f.name()
            + ": "
            + way
            + " "
            + Arrays.toString(got)
            + ", "
            + other
            + " "
            + Arrays.toString(expected)
            + "\n";
  }
}

package org.adjoint.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.stream.Stream;
import org.adjoint.DType;
import org.adjoint.Grad;
import org.adjoint.Parameter;
import org.adjoint.Scope;
import org.adjoint.Shape;
import org.adjoint.Tensor;

/**
 * One function at one point: its derivatives by the rules and by central differences. The outputs
 * enter with fixed random weights in [0.5, 1.5); the n-th derivative is taken of the weighted
 * gradient of order n − 1.
 */
final class Point {
  private final GradCheck.Settings settings;
  private final Function<List<Tensor>, List<Tensor>> f;
  private final List<Tensor> xs;
  private final List<double[]> values = new ArrayList<>();
  private final DType narrowest;

  /** Reads the point, and checks that the function can be differentiated there. */
  Point(GradCheck.Settings settings, Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs) {
    this.settings = settings;
    this.f = f;
    this.xs = List.copyOf(xs);
    if (!settings.names().isEmpty() && settings.names().size() != xs.size()) {
      throw new IllegalArgumentException(
          "gradcheck: " + xs.size() + " inputs, but names " + settings.names());
    }
    if (xs.stream().noneMatch(x -> x.dtype().isFloating())) {
      throw new IllegalArgumentException(
          "gradcheck: none of the inputs "
              + xs.stream().map(Tensor::type).toList()
              + " is F32 or F64; integers and booleans have no derivative");
    }
    for (int i = 0; i < xs.size(); i++) {
      if (xs.get(i).dtype() == DType.BF16) {
        throw new IllegalArgumentException(
            "gradcheck: "
                + name(i)
                + " is "
                + xs.get(i).type()
                + ", too coarse for central differences; cast() it to F32 first");
      }
      boolean moves = xs.get(i).dtype().isFloating();
      double[] value = moves ? xs.get(i).toDoubleArray() : new double[0];
      require(Double::isFinite, name(i), value, xs.get(i).shape());
      values.add(value);
    }
    this.narrowest = checkFunction();
  }

  /** Returns what an input is called. */
  String name(int input) {
    if (!settings.names().isEmpty()) {
      return "input " + input + " (" + settings.names().get(input) + ")";
    }
    return xs.get(input) instanceof Parameter p
        ? "input " + input + " (" + p.name() + ")"
        : "input " + input;
  }

  /** Returns how many inputs there are. */
  int inputs() {
    return xs.size();
  }

  /** Returns how many entries of an input can be moved; 0 for integers and booleans. */
  int entries(int input) {
    return values.get(input).length;
  }

  /** Returns the index along each axis of an entry of an input. */
  List<Long> index(int input, long flat) {
    return index(xs.get(input).shape(), flat);
  }

  /** Returns the narrowest dtype among inputs and outputs. */
  DType narrowest() {
    return narrowest;
  }

  private static void require(DoublePredicate fits, String what, double[] values, Shape shape) {
    for (int i = 0; i < values.length; i++) {
      if (!fits.test(values[i])) {
        throw new IllegalArgumentException(
            "gradcheck: "
                + what
                + " is "
                + values[i]
                + " at entry "
                + index(shape, i)
                + "; derivatives are checked where the function is finite");
      }
    }
  }

  /** Returns the narrowest dtype among inputs and outputs. */
  @SuppressWarnings("try") // the scope is there for its end
  private DType checkFunction() {
    try (Scope ignored = Scope.open()) {
      List<Tensor> bound = bind(0, values.get(0));
      List<Tensor> ys = outputs(bound);
      List<double[]> first = read(ys);
      List<double[]> second = read(outputs(bind(0, values.get(0))));
      if (second.size() != first.size()) {
        throw changed(first.size() + " outputs, and " + second.size());
      }
      for (int i = 0; i < first.size(); i++) {
        // Infinite outputs are allowed, as logSumExp of nothing gives: both evaluations must agree.
        require(y -> !Double.isNaN(y), "output " + i, first.get(i), ys.get(i).shape());
        requireSame(i, first.get(i), second.get(i), ys.get(i).shape());
      }
      boolean wide = Stream.concat(xs.stream(), ys.stream()).noneMatch(t -> t.dtype() == DType.F32);
      return wide ? DType.F64 : DType.F32;
    }
  }

  private static void requireSame(int output, double[] first, double[] second, Shape shape) {
    if (second.length != first.length) {
      throw changed("output " + output + " of " + first.length + " entries, and " + second.length);
    }
    for (int i = 0; i < first.length; i++) {
      if (Double.compare(first[i], second[i]) != 0) {
        String entry = "output " + output + ", entry " + index(shape, i);
        throw changed(first[i] + " for " + entry + ", and " + second[i]);
      }
    }
  }

  private static IllegalArgumentException changed(String how) {
    return new IllegalArgumentException(
        "gradcheck: the function is not a function of its inputs alone: it gives "
            + how
            + " when called again; draw random numbers from a fixed Key");
  }

  /**
   * A way to move an input: between two points that its dtype can represent.
   *
   * @param u what their difference is, divided by {@code length}
   */
  record Direction(int input, double[] up, double[] down, double[] u, double length) {}

  /** Returns the way to move one entry alone, by one step either way. */
  Direction entry(int input, int entry) {
    double[] x = values.get(input);
    double h = step(Math.abs(x[entry]));
    double[] up = x.clone();
    double[] down = x.clone();
    double[] u = new double[x.length];
    up[entry] = round(input, x[entry] + h);
    down[entry] = round(input, x[entry] - h);
    u[entry] = 1;
    if (up[entry] == down[entry]) {
      throw new IllegalArgumentException(
          "gradcheck: a step of " + h + " does not move " + x[entry] + "; take a larger one");
    }
    return new Direction(input, up, down, u, up[entry] - down[entry]);
  }

  /** Returns the way along part of a unit vector. */
  Direction direction(int input, double[] wanted) {
    double[] x = values.get(input);
    // So far along a unit vector that each entry moves by about one step.
    double h = step(Arrays.stream(x).map(Math::abs).max().orElse(0)) * Math.sqrt(x.length);
    double[] up = new double[x.length];
    double[] down = new double[x.length];
    double[] u = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      up[i] = round(input, x[i] + h * wanted[i]);
      down[i] = round(input, x[i] - h * wanted[i]);
      u[i] = (up[i] - down[i]) / (2 * h);
    }
    return new Direction(input, up, down, u, 2 * h);
  }

  private double step(double x) {
    return settings.stepFor(narrowest) * Math.max(1, x);
  }

  private double round(int input, double x) {
    return xs.get(input).dtype() == DType.F32 ? (float) x : x;
  }

  /** Returns the n-th derivative by each input, in reverse mode; of no entries by integers. */
  @SuppressWarnings("try") // the scope is there for its end
  List<double[]> gradients(int order) {
    try (Scope ignored = Scope.open()) {
      List<Tensor> bound = bind(0, values.get(0));
      List<double[]> gradients = new ArrayList<>();
      List<double[]> floating = read(derivative(order, bound));
      int next = 0;
      for (Tensor x : xs) {
        gradients.add(x.dtype().isFloating() ? floating.get(next++) : new double[0]);
      }
      return gradients;
    }
  }

  /** Returns the n-th derivative along a direction, in forward mode over n − 1 times reverse. */
  @SuppressWarnings("try") // the scope is there for its end
  double forward(int order, Direction d) {
    try (Scope ignored = Scope.open()) {
      List<Tensor> bound = bind(0, values.get(0));
      Tensor x = bound.get(d.input());
      Tensor u = Tensor.of(d.u(), x.shape().dims()).cast(x.dtype());
      List<Tensor> pushed = new ArrayList<>();
      for (Tensor y : derivative(order - 1, bound)) {
        pushed.add(Grad.jvp(y, x, u));
      }
      return weightedSum(order, read(pushed));
    }
  }

  /** Returns the central difference of the derivative of order n − 1. */
  double numeric(int order, Direction d) {
    List<double[]> up = at(order - 1, d.input(), d.up());
    List<double[]> down = at(order - 1, d.input(), d.down());
    for (int i = 0; i < up.size(); i++) {
      for (int j = 0; j < up.get(i).length; j++) {
        double difference = up.get(i)[j] - down.get(i)[j];
        up.get(i)[j] = up.get(i)[j] == down.get(i)[j] ? 0 : difference / d.length();
      }
    }
    return weightedSum(order, up);
  }

  @SuppressWarnings("try") // the scope is there for its end
  private List<double[]> at(int order, int input, double[] moved) {
    try (Scope ignored = Scope.open()) {
      return read(derivative(order, bind(input, moved)));
    }
  }

  /** Returns the outputs, or the gradients of the weighted gradient, of order n by all inputs. */
  private List<Tensor> derivative(int order, List<Tensor> bound) {
    Tensor[] by = bound.stream().filter(x -> x.dtype().isFloating()).toArray(Tensor[]::new);
    List<Tensor> ys = outputs(bound);
    for (int n = 1; n <= order; n++) {
      Tensor sum = Tensor.scalar(0.0);
      for (int i = 0; i < ys.size(); i++) {
        Tensor y = ys.get(i);
        Tensor w = Tensor.of(weights((int) y.size(), salt(n, i)), y.shape().dims());
        sum = sum.plus(y.cast(DType.F64).times(w).sum());
      }
      ys = Grad.grad(sum, by);
    }
    return ys;
  }

  private List<Tensor> outputs(List<Tensor> bound) {
    List<Tensor> ys = f.apply(bound);
    List<Tensor> floating = ys.stream().filter(y -> y.dtype().isFloating()).toList();
    if (floating.isEmpty()) {
      throw new IllegalArgumentException(
          "gradcheck: the function gives "
              + ys.stream().map(Tensor::type).toList()
              + "; integers and booleans have no derivative");
    }
    return floating;
  }

  /** Returns fresh inputs, one of them moved. */
  private List<Tensor> bind(int input, double[] moved) {
    List<Tensor> bound = new ArrayList<>();
    for (int i = 0; i < xs.size(); i++) {
      Tensor x = xs.get(i);
      boolean moves = x.dtype().isFloating();
      bound.add(moves ? leaf(i == input ? moved : values.get(i), x).variable() : x);
    }
    return bound;
  }

  private static Tensor leaf(double[] values, Tensor like) {
    if (like.dtype() == DType.F64) {
      return Tensor.of(values, like.shape().dims());
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return Tensor.of(narrow, like.shape().dims());
  }

  private static List<double[]> read(List<Tensor> ys) {
    Tensor.evalAll(ys.toArray(new Tensor[0]));
    List<double[]> read = new ArrayList<>();
    for (Tensor y : ys) {
      read.add(y.toDoubleArray());
    }
    return read;
  }

  private static double weightedSum(int order, List<double[]> ys) {
    double sum = 0;
    for (int i = 0; i < ys.size(); i++) {
      sum += dot(ys.get(i), weights(ys.get(i).length, salt(order, i)));
    }
    return sum;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static long salt(int order, int output) {
    return 0x9E3779B97F4A7C15L * order + output;
  }

  /** Returns numbers in [0.5, 1.5) that depend on {@code salt} alone. */
  static double[] weights(int size, long salt) {
    return new SplittableRandom(salt).doubles(size, 0.5, 1.5).toArray();
  }

  /** Returns the index along each axis of an element, in row-major order. */
  static List<Long> index(Shape shape, long flat) {
    Long[] index = new Long[shape.rank()];
    long rest = flat;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return List.of(index);
  }
}

package org.adjoint.lens.modes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.adjoint.DType;
import org.adjoint.Tensor;
import org.adjoint.symbolic.Symbolic;

/** A function with the point at which it is differentiated, and the graph of its value there. */
final class Subject {
  private final Function<List<Tensor>, Tensor> f;
  private final List<Tensor> inputs = new ArrayList<>();
  private final Map<Tensor, String> given = new LinkedHashMap<>();
  private final List<String> names = new ArrayList<>();
  private final double[] point;
  private final DType dtype;
  private final Tensor value;

  /**
   * Builds the graph.
   *
   * @param at the arguments by name, all F64 or all F32
   * @throws IllegalArgumentException if the function returns no floating scalar
   */
  Subject(Function<List<Tensor>, Tensor> f, Map<String, Tensor> at) {
    this.f = f;
    at.forEach(
        (name, x) -> {
          Tensor input = x.detach().eval().variable();
          inputs.add(input);
          given.put(input, name);
          Symbolic.entries(input, Map.of(input, name)).forEach(one -> names.add(one.infix()));
        });
    if (new HashSet<>(names).size() < names.size()) {
      throw new IllegalArgumentException(
          "modes: two of the numbers would have one name: " + names + "; rename an argument");
    }
    this.dtype = inputs.get(0).dtype();
    this.point = inputs.stream().flatMapToDouble(x -> Arrays.stream(numbers(x))).toArray();
    this.value = f.apply(inputs);
    if (value.shape().rank() != 0 || !value.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "modes: the function should return a floating scalar, got " + value.type());
    }
  }

  /** Returns the numbers of a floating tensor. */
  static double[] numbers(Tensor x) {
    return x.cast(DType.F64).toDoubleArray();
  }

  List<Tensor> inputs() {
    return inputs;
  }

  /** Returns what the numbers are called that the function depends on. */
  List<String> names() {
    return names;
  }

  DType dtype() {
    return dtype;
  }

  double[] point() {
    return point.clone();
  }

  /** Returns the graph of the function's value at the point. */
  Tensor value() {
    return value;
  }

  /** Returns the point by name. */
  Map<String, Double> named() {
    Map<String, Double> named = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      named.put(names.get(i), point[i]);
    }
    return named;
  }

  /** Returns the function's value at another point. */
  double at(double[] x) {
    List<Tensor> moved = new ArrayList<>();
    int from = 0;
    for (Tensor input : inputs) {
      int to = from + Math.toIntExact(input.size());
      Tensor part = Tensor.of(Arrays.copyOfRange(x, from, to), input.shape().dims());
      moved.add(part.cast(dtype));
      from = to;
    }
    return f.apply(moved).item();
  }

  /** Returns the unit tangents of an input, one for each of its numbers. */
  static List<Tensor> units(Tensor input) {
    List<Tensor> units = new ArrayList<>();
    for (int i = 0; i < input.size(); i++) {
      double[] unit = new double[Math.toIntExact(input.size())];
      unit[i] = 1;
      boolean scalar = input.shape().rank() == 0;
      Tensor tangent = scalar ? Tensor.scalar(1.0) : Tensor.of(unit, input.shape().dims());
      units.add(tangent.cast(input.dtype()).eval());
    }
    return units;
  }

  /** Returns the function as a formula, empty if it has an op without one, such as a draw. */
  Optional<Symbolic> formula() {
    return formula(value);
  }

  /** Returns the formula of a graph over the same inputs, empty likewise. */
  Optional<Symbolic> formula(Tensor graph) {
    try {
      return Optional.of(Symbolic.of(graph, given));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}

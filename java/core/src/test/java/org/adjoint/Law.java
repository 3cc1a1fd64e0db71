package org.adjoint;

import java.util.List;
import java.util.Optional;

/**
 * What holds for every {@link RandomGraph}: two ways to the same numbers. A new law is a method
 * that returns both as lists of tensors, and a line in {@link LawsTest}.
 *
 * @param name how it reads, such as {@code vmap(f) = loop}
 * @param tolerance how far |a − b| may be from 0 in units of max(1, |a|, |b|); 0 for the same bits
 * @param sides the two ways, of a graph and a seed for its inputs
 */
record Law(String name, double tolerance, Sides sides) {
  /** How the two sides are computed. */
  @FunctionalInterface
  interface Sides {
    /** Returns both sides. */
    Both of(RandomGraph graph, long seed);
  }

  /** The two sides of an equation. */
  record Both(List<Tensor> left, List<Tensor> right) {}

  /** A graph that breaks a law, and how. */
  record Broken(RandomGraph graph, String how, Class<?> kind) {}

  /** Checks seeds 0 … n − 1 and, at the first that breaks the law, shrinks its graph. */
  void check(int seeds, int size) {
    for (long seed = 0; seed < seeds; seed++) {
      Optional<Broken> broken = tryOn(RandomGraph.random(seed, size), seed);
      if (broken.isPresent()) {
        Broken least = shrunk(broken.get(), seed);
        throw new AssertionError(
            name + " is broken by seed " + seed + ": " + least.how() + " in\n" + least.graph());
      }
    }
  }

  /** Returns a graph that breaks the law in the same way, and none smaller by a step does. */
  private Broken shrunk(Broken first, long seed) {
    Broken least = first;
    boolean again = true;
    while (again) {
      again = false;
      for (RandomGraph candidate : least.graph().smaller()) {
        Optional<Broken> broken = tryOn(candidate, seed);
        if (broken.isPresent() && broken.get().kind() == least.kind()) {
          least = broken.get();
          again = true;
          break;
        }
      }
    }
    return least;
  }

  @SuppressWarnings("try") // the scope is there for its end
  private Optional<Broken> tryOn(RandomGraph graph, long seed) {
    try (Scope ignored = Scope.open()) {
      Both both = sides.of(graph, seed);
      compare(both.left(), both.right());
      return Optional.empty();
    } catch (AssertionError | RuntimeException e) {
      return Optional.of(new Broken(graph, e.toString(), e.getClass()));
    }
  }

  private void compare(List<Tensor> left, List<Tensor> right) {
    if (left.size() != right.size()) {
      throw new AssertionError(left.size() + " results on the left, " + right.size() + " right");
    }
    Tensor.evalAll(left.toArray(new Tensor[0]));
    Tensor.evalAll(right.toArray(new Tensor[0]));
    for (int i = 0; i < left.size(); i++) {
      double[] a = left.get(i).toDoubleArray();
      double[] b = right.get(i).toDoubleArray();
      if (a.length != b.length) {
        throw new AssertionError(
            "result " + i + " is " + left.get(i).type() + " and " + right.get(i).type());
      }
      for (int at = 0; at < a.length; at++) {
        double size = Math.max(1, Math.max(Math.abs(a[at]), Math.abs(b[at])));
        boolean same = Double.compare(a[at], b[at]) == 0 && !Double.isNaN(a[at]);
        if (!same && !(Math.abs(a[at] - b[at]) <= tolerance * size)) {
          throw new AssertionError(
              "entry " + at + " of result " + i + " is " + a[at] + " and " + b[at]);
        }
      }
    }
  }
}

package org.adjoint.nn.optim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The last steps of a minimisation, s = x′ − x with y = ∇f(x′) − ∇f(x), and the inverse Hessian
 * that they imply: Nocedal and Wright, "Numerical Optimization", 2nd ed., algorithm 7.4. A step
 * without measurable positive curvature along it is left out.
 */
final class CurvatureHistory {
  /** The smallest cosine of the angle between s and y that is no rounding error. */
  private static final double LEAST_COSINE = 1e-10;

  private final int capacity;
  private final Deque<Pair> pairs = new ArrayDeque<>();

  private record Pair(double[] s, double[] y, double sy) {}

  CurvatureHistory(int capacity) {
    this.capacity = capacity;
  }

  boolean isEmpty() {
    return pairs.isEmpty();
  }

  void clear() {
    pairs.clear();
  }

  /** Remembers the step between two points, in the memory of the oldest one once it is full. */
  void add(FlatLoss.Point from, FlatLoss.Point to) {
    int n = to.x().length;
    Pair oldest = pairs.size() == capacity ? pairs.removeFirst() : null;
    double[] s = oldest == null ? new double[n] : oldest.s;
    double[] y = oldest == null ? new double[n] : oldest.y;
    Vectors.difference(to.x(), from.x(), s);
    Vectors.difference(to.gradient(), from.gradient(), y);
    double sy = Vectors.dot(s, y);
    double lengths = Math.sqrt(Vectors.dot(s, s)) * Math.sqrt(Vectors.dot(y, y));
    if (sy > LEAST_COSINE * lengths && sy < Double.POSITIVE_INFINITY) {
      pairs.addLast(new Pair(s, y, sy));
    }
  }

  /** Returns −H·gradient; without history −gradient. */
  double[] direction(double[] gradient) {
    double[] q = new double[gradient.length];
    Vectors.add(q, -1, gradient);
    if (pairs.isEmpty()) {
      return q;
    }
    List<Pair> oldestFirst = new ArrayList<>(pairs);
    double[] alpha = new double[oldestFirst.size()];
    for (int i = alpha.length - 1; i >= 0; i--) {
      Pair pair = oldestFirst.get(i);
      alpha[i] = Vectors.dot(pair.s, q) / pair.sy;
      Vectors.add(q, -alpha[i], pair.y);
    }
    Pair last = pairs.getLast();
    double scale = last.sy / Vectors.dot(last.y, last.y);
    for (int i = 0; i < q.length; i++) {
      q[i] *= scale;
    }
    for (int i = 0; i < alpha.length; i++) {
      Pair pair = oldestFirst.get(i);
      double beta = Vectors.dot(pair.y, q) / pair.sy;
      Vectors.add(q, alpha[i] - beta, pair.s);
    }
    return q;
  }
}

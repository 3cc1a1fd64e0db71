package org.adjoint.nn.metric;

/** A compensated sum: Kahan's, with Neumaier's care for a summand above the sum. */
final class Sum {
  private double sum;
  private double lost;

  void add(double x) {
    double next = sum + x;
    if (Double.isFinite(next)) {
      lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    }
    sum = next;
  }

  double value() {
    return sum + lost;
  }

  void reset() {
    sum = 0;
    lost = 0;
  }
}

package org.adjoint.nn.optim;

/**
 * A line search for a step a that satisfies the strong Wolfe conditions f(a) ≤ f(0) + c₁·a·f′(0)
 * and |f′(a)| ≤ c₂·|f′(0)|: first steps grow until one is too long, then the interval shrinks by
 * cubic interpolation, kept away from its ends. Where loss or slope is not finite, a step is too
 * long.
 *
 * <p>Source: J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed., 2006, algorithms 3.5 and
 * 3.6, equation 3.59.
 */
final class StrongWolfe {
  static final double C1 = 1e-4;
  static final double C2 = 0.9;

  private static final int MOST_TRIALS = 40;
  private static final double LEAST_GROWTH = 2;
  private static final double MOST_GROWTH = 10;
  private static final double MARGIN = 0.1;

  private final Line line;
  private final Trial origin;
  private int left;

  /** What evaluates a step. */
  @FunctionalInterface
  interface Line {
    Trial at(double step);
  }

  /**
   * One step that was tried.
   *
   * @param step its length in directions
   * @param slope the derivative of the loss by the length there
   * @param point where it leads
   */
  record Trial(double step, double slope, FlatLoss.Point point) {
    double loss() {
      return point.loss();
    }

    private boolean isFinite() {
      return Double.isFinite(loss()) && Double.isFinite(slope);
    }
  }

  /**
   * What a search gives.
   *
   * @param accepted whether the step satisfies the conditions
   * @param trial that step, else the best one that was found: it may be the origin
   */
  record Outcome(boolean accepted, Trial trial) {}

  /**
   * Prepares a search.
   *
   * @param line what evaluates a step
   * @param origin the step 0, with a negative slope
   * @param evaluations how many steps may be tried
   */
  StrongWolfe(Line line, Trial origin, int evaluations) {
    this.line = line;
    this.origin = origin;
    this.left = Math.min(evaluations, MOST_TRIALS);
  }

  /** Searches from a first step &gt; 0 on. */
  Outcome search(double first) {
    Trial before = origin;
    double step = first;
    while (left > 0 && step < Double.POSITIVE_INFINITY) {
      Trial trial = next(step);
      if (isTooHigh(trial) || (before != origin && trial.loss() >= before.loss())) {
        return zoom(before, trial);
      }
      if (isFlat(trial)) {
        return new Outcome(true, trial);
      }
      if (trial.slope >= 0) {
        return zoom(trial, before);
      }
      double cubic = minimiser(before, trial);
      step = clamp(cubic, LEAST_GROWTH * step, MOST_GROWTH * step);
      before = trial;
    }
    return new Outcome(false, before);
  }

  /**
   * Searches between two steps: {@code low} is the best so far that lowers the loss enough, and its
   * slope points to {@code high}.
   */
  private Outcome zoom(Trial low, Trial high) {
    while (left > 0) {
      double width = high.step - low.step;
      double middle = low.step + 0.5 * width;
      double step = high.isFinite() ? minimiser(low, high) : middle;
      double near = low.step + MARGIN * width;
      double far = high.step - MARGIN * width;
      step = clamp(step, Math.min(near, far), Math.max(near, far));
      if (step == low.step || step == high.step) {
        break; // no number lies between them
      }
      Trial trial = next(step);
      if (isTooHigh(trial) || trial.loss() >= low.loss()) {
        high = trial;
        continue;
      }
      if (isFlat(trial)) {
        return new Outcome(true, trial);
      }
      if (trial.slope * width >= 0) {
        high = low;
      }
      low = trial;
    }
    return new Outcome(false, low);
  }

  private Trial next(double step) {
    left--;
    return line.at(step);
  }

  private boolean isTooHigh(Trial trial) {
    return !trial.isFinite() || trial.loss() > origin.loss() + C1 * trial.step * origin.slope;
  }

  private boolean isFlat(Trial trial) {
    return Math.abs(trial.slope) <= -C2 * origin.slope;
  }

  /** Returns where the cubic through both has its minimum; NaN if it has none. */
  private static double minimiser(Trial a, Trial b) {
    double d1 = a.slope + b.slope - 3 * (a.loss() - b.loss()) / (a.step - b.step);
    double d2 = Math.signum(b.step - a.step) * Math.sqrt(d1 * d1 - a.slope * b.slope);
    return b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  }

  /** Returns x within bounds; the middle of them if x is NaN. */
  private static double clamp(double x, double least, double most) {
    return Double.isNaN(x) ? 0.5 * (least + most) : Math.max(least, Math.min(most, x));
  }
}

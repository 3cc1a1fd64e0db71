package org.adjoint.nn.train;

import java.util.Arrays;

/**
 * How the learning rate changes over a training: a factor for each step. A schedule is a function
 * and has no state, so a training can be resumed anywhere ({@link Plateau}, which reads the loss,
 * is the exception); another schedule is a lambda. The rate is an input of a step's program, so no
 * schedule compiles anything.
 *
 * <p>The formulas are those of {@code torch.optim.lr_scheduler}, relative to the base rate.
 */
@FunctionalInterface
public interface Schedule {

  /**
   * Returns what the base learning rate is multiplied by.
   *
   * @param step how many steps are done, from 0 at the first
   * @param steps how many there are in all, ≥ 1
   */
  double factor(long step, long steps);

  /** Returns 1 throughout. */
  static Schedule constant() {
    return (step, steps) -> 1;
  }

  /** Returns a straight line from 1 at the start to 0 behind the last step. */
  static Schedule linear() {
    return polynomial(1);
  }

  /**
   * Returns (1 − step / steps)ⁿ, from 1 at the start to 0 behind the last step.
   *
   * @param power n &gt; 0
   * @throws IllegalArgumentException naming n, if it is not
   */
  static Schedule polynomial(double power) {
    require(power > 0 && power < Double.POSITIVE_INFINITY, "power", power, "(0, inf)");
    return (step, steps) -> Math.pow(1 - Math.min(1, (double) step / steps), power);
  }

  /**
   * Returns γ to the number of times that {@code every} steps have passed.
   *
   * @param every ≥ 1
   * @param gamma γ ≥ 0
   * @throws IllegalArgumentException naming the value that is out of range
   */
  static Schedule step(long every, double gamma) {
    requireSteps("every", every);
    requireFactor("gamma", gamma);
    return (step, steps) -> Math.pow(gamma, step / every);
  }

  /**
   * Returns γ to the number of milestones that are reached.
   *
   * @param gamma γ ≥ 0
   * @param milestones the steps before which the rate changes, in any order
   * @throws IllegalArgumentException naming γ, if it is negative or not finite
   */
  static Schedule multiStep(double gamma, long... milestones) {
    requireFactor("gamma", gamma);
    long[] sorted = milestones.clone();
    Arrays.sort(sorted);
    return (step, steps) -> {
      int reached = 0;
      while (reached < sorted.length && sorted[reached] <= step) {
        reached++;
      }
      return Math.pow(gamma, reached);
    };
  }

  /**
   * Returns γ to the number of steps.
   *
   * @param gamma γ ≥ 0
   * @throws IllegalArgumentException naming γ, if it is negative or not finite
   */
  static Schedule exponential(double gamma) {
    return step(1, gamma);
  }

  /**
   * Returns half a cosine, from 1 at the start to {@code least} behind the last step.
   *
   * <p>Source: I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
   * ICLR 2017, equation 5.
   *
   * @param least in [0, 1]
   * @throws IllegalArgumentException naming it, if it is not
   */
  static Schedule cosine(double least) {
    require(least >= 0 && least <= 1, "least", least, "[0, 1]");
    return (step, steps) -> fall(1, least, Math.min(1, (double) step / steps));
  }

  /**
   * Returns half cosines from 1 to {@code least}, each {@code growth} times as long as the one
   * before; see {@link #cosine}.
   *
   * @param first how many steps the first takes, ≥ 1
   * @param growth ≥ 1; steps are whole, so a length is rounded down
   * @param least in [0, 1]
   * @throws IllegalArgumentException naming the value that is out of range
   */
  static Schedule cosineRestarts(long first, double growth, double least) {
    requireSteps("first", first);
    require(growth >= 1 && growth < Double.POSITIVE_INFINITY, "growth", growth, "[1, inf)");
    require(least >= 0 && least <= 1, "least", least, "[0, 1]");
    return (step, steps) -> {
      if (growth == 1) {
        return fall(1, least, (double) (step % first) / first);
      }
      long at = step;
      double length = first;
      while (at >= (long) length) {
        at -= (long) length;
        length *= growth;
      }
      return fall(1, least, (double) at / (long) length);
    };
  }

  /**
   * Returns a straight line from {@code from} at the start to 1 at step {@code length}, and 1 from
   * then on: {@code warmUp(500, 0).times(cosine(0))}.
   *
   * @param length ≥ 1
   * @param from ≥ 0
   * @throws IllegalArgumentException naming the value that is out of range
   */
  static Schedule warmUp(long length, double from) {
    requireSteps("length", length);
    requireFactor("from", from);
    return (step, steps) -> step >= length ? 1 : from + (1 - from) * step / length;
  }

  /**
   * Returns a rise from {@code 1 / start} to 1 in the first {@code rise} of the steps, and a fall
   * to {@code 1 / (start · end)} at the last step, both half cosines; PyTorch's defaults are 0.3,
   * 25 and 10⁴.
   *
   * <p>Source: L. N. Smith, N. Topin, "Super-Convergence", 2018.
   *
   * @param rise in (0, 1)
   * @param start ≥ 1
   * @param end ≥ 1
   * @throws IllegalArgumentException naming the value that is out of range
   */
  static Schedule oneCycle(double rise, double start, double end) {
    require(rise > 0 && rise < 1, "rise", rise, "(0, 1)");
    require(start >= 1 && start < Double.POSITIVE_INFINITY, "start", start, "[1, inf)");
    require(end >= 1 && end < Double.POSITIVE_INFINITY, "end", end, "[1, inf)");
    return (step, steps) -> {
      double top = rise * steps - 1;
      double last = steps - 1;
      if (step < top) {
        return fall(1 / start, 1, step / top);
      }
      double from = Math.max(top, 0);
      return fall(
          1, 1 / (start * end), last > from ? Math.min(1, (step - from) / (last - from)) : 1);
    };
  }

  /** Returns the product of this schedule and another. */
  default Schedule times(Schedule other) {
    return (step, steps) -> factor(step, steps) * other.factor(step, steps);
  }

  /**
   * Returns this schedule for the first {@code length} steps, as if there were no more, and then
   * another for the rest, as if it began there.
   *
   * @param length ≥ 1
   * @throws IllegalArgumentException naming it, if it is not
   */
  default Schedule then(long length, Schedule other) {
    requireSteps("length", length);
    return (step, steps) ->
        step < length
            ? factor(step, length)
            : other.factor(step - length, Math.max(1, steps - length));
  }

  private static double fall(double from, double to, double share) {
    return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * share));
  }

  private static void requireSteps(String name, long steps) {
    require(steps >= 1, name, steps, "[1, inf)");
  }

  private static void requireFactor(String name, double value) {
    require(value >= 0 && value < Double.POSITIVE_INFINITY, name, value, "[0, inf)");
  }

  private static void require(boolean inRange, String name, double value, String range) {
    if (!inRange) {
      throw new IllegalArgumentException("schedule: " + name + " " + value + " is not in " + range);
    }
  }
}

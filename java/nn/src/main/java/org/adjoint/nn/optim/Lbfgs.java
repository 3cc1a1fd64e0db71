package org.adjoint.nn.optim;

import java.util.List;
import java.util.function.Supplier;
import org.adjoint.Parameter;
import org.adjoint.Tensor;

/**
 * Limited-memory BFGS: a quasi-Newton method for losses that are smooth and computed over all data
 * at once, such as residuals of differential equations. It needs no learning rate, but it does need
 * the same loss at the same parameters every time: no dropout, no fresh batches.
 *
 * <p>The loss is a function, because an iteration evaluates it several times. Each evaluation
 * builds the graph anew, runs loss and gradient as one program and frees both. Directions are
 * computed in double precision in Java arrays: for each number in the parameters they take about
 * 16·history bytes of heap, and 4·history multiply-adds an iteration. Parameters may be F32 and
 * F64, of any shapes, and each is rounded to its own type. How far a loss can be minimised is up to
 * its digits: in F32 steps end where it changes by a relative 10⁻⁷.
 *
 * <p>An object of this class belongs to one thread at a time.
 *
 * <p>Source: J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed., 2006: algorithms 7.4 and
 * 7.5, equation 7.20 for the scaling, algorithms 3.5 and 3.6 for the line search.
 */
public final class Lbfgs {
  /** A share of x that is no rounding error, 2⁻²⁶. */
  private static final double LEAST_MOVE = 0x1p-26;

  private final List<Parameter> parameters;
  private final Settings settings;

  /**
   * The length of the history and the limits that end a minimisation. Settings are made by {@link
   * #DEFAULTS} and the {@code with…} methods.
   *
   * @param history how many of the last steps shape a direction, ≥ 1
   * @param maxIterations how many steps there are at most, ≥ 1
   * @param maxEvaluations how often the loss is evaluated at most, ≥ 1
   * @param gradientTolerance stops where max |gᵢ|·max(1, |xᵢ|) ≤ gradientTolerance·min(1, F), ≥ 0.
   *     The left side is the change of the loss per share by which a parameter is moved; F is the
   *     largest magnitude of the loss at the start and after steps. So neither large parameters nor
   *     small losses look like a minimum. After J. E. Dennis, R. B. Schnabel, "Numerical Methods
   *     for Unconstrained Optimization and Nonlinear Equations", 1983, equation 7.2.5.
   * @param changeTolerance stops after a step that lowers the loss by no more than this share of
   *     it, ≥ 0
   */
  public record Settings(
      int history,
      int maxIterations,
      int maxEvaluations,
      double gradientTolerance,
      double changeTolerance) {
    /** 10 steps of history, 1000 iterations, 2000 evaluations, tolerances 10⁻⁷ and 10⁻⁹. */
    public static final Settings DEFAULTS = new Settings(10, 1000, 2000, 1e-7, 1e-9);

    /**
     * Makes the settings.
     *
     * @throws IllegalArgumentException naming the value that is out of range
     */
    public Settings {
      if (history < 1 || maxIterations < 1 || maxEvaluations < 1) {
        throw new IllegalArgumentException(
            "lbfgs: history "
                + history
                + ", maxIterations "
                + maxIterations
                + " and maxEvaluations "
                + maxEvaluations
                + " must all be at least 1");
      }
      tolerance("gradientTolerance", gradientTolerance);
      tolerance("changeTolerance", changeTolerance);
    }

    private static void tolerance(String name, double value) {
      if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("lbfgs: " + name + " " + value + " is not in [0, inf)");
      }
    }

    /** Returns this with another length of the history; 20 to 100 suit ill-conditioned losses. */
    public Settings withHistory(int history) {
      return new Settings(
          history, maxIterations, maxEvaluations, gradientTolerance, changeTolerance);
    }

    /** Returns this with another number of steps, and twice as many evaluations. */
    public Settings withMaxIterations(int maxIterations) {
      int evaluations = (int) Math.min(Integer.MAX_VALUE, 2L * maxIterations);
      return new Settings(history, maxIterations, evaluations, gradientTolerance, changeTolerance);
    }

    /** Returns this with another limit on evaluations. */
    public Settings withMaxEvaluations(int maxEvaluations) {
      return new Settings(
          history, maxIterations, maxEvaluations, gradientTolerance, changeTolerance);
    }

    /** Returns this with other tolerances; 0 switches one off. */
    public Settings withTolerances(double gradient, double change) {
      return new Settings(history, maxIterations, maxEvaluations, gradient, change);
    }
  }

  /** Why a minimisation ended. */
  public enum Reason {
    /** The gradient is within {@link Settings#gradientTolerance}: a stationary point. */
    GRADIENT,
    /** The last step lowered the loss by no more than the tolerance. */
    CHANGE,
    /** The iterations are used up. */
    ITERATIONS,
    /** The evaluations are used up. */
    EVALUATIONS,
    /**
     * No step was found that lowers the loss as it should, not even along the gradient: most often
     * the loss has no more digits to give; otherwise it is not smooth, or differs from call to
     * call.
     */
    LINE_SEARCH
  }

  /**
   * How a minimisation ended; the parameters are where the loss was lowest.
   *
   * @param loss the loss there
   * @param gradientNorm the largest magnitude of a component of the gradient there
   * @param iterations how many steps were made
   * @param evaluations how often the loss was evaluated
   * @param reason why it ended
   */
  public record Result(
      double loss, double gradientNorm, int iterations, int evaluations, Reason reason) {}

  /**
   * Where a minimisation stands after a step, at which the parameters are. The step satisfies the
   * strong Wolfe conditions with c₁ = 10⁻⁴ and c₂ = 0.9.
   *
   * @param number the number of the step, from 1
   * @param evaluations how often the loss was evaluated so far
   * @param loss the loss
   * @param gradientNorm the largest magnitude of a component of its gradient
   * @param stepLength what the direction was multiplied by; mostly 1
   */
  public record Iteration(
      int number, int evaluations, double loss, double gradientNorm, double stepLength) {}

  /**
   * Called after each iteration, on the thread that minimises; an exception of the listener ends
   * the minimisation.
   */
  @FunctionalInterface
  public interface Listener {
    /** Called after one iteration. */
    void stepped(Iteration iteration);
  }

  /** Makes an optimizer with {@link Settings#DEFAULTS}. */
  public Lbfgs(List<Parameter> parameters) {
    this(parameters, Settings.DEFAULTS);
  }

  /**
   * Makes an optimizer.
   *
   * @param parameters what to move; trainable, each once; those that are frozen when a minimisation
   *     begins stay
   * @param settings the length of the history and the limits
   * @throws IllegalArgumentException naming the parameter, if one is a buffer or listed twice, or
   *     if there are more numbers in them than a Java array holds
   */
  public Lbfgs(List<Parameter> parameters, Settings settings) {
    this.parameters = Optimizer.checked(parameters);
    this.settings = settings;
    FlatLoss.size(this.parameters);
  }

  /** Minimises a loss as {@link #minimise(Supplier, Listener)} does, without a listener. */
  public Result minimise(Supplier<Tensor> loss) {
    return minimise(loss, iteration -> {});
  }

  /**
   * Moves the parameters to where the loss is lower, until a limit of the settings is met. They end
   * at the best point that was found, also if something throws. A loss that is not finite at some
   * point only shortens the step there. Every call starts without history.
   *
   * @param loss builds the loss from the parameters, a floating scalar: the same function at every
   *     call
   * @param listener called after each iteration
   * @return where it ended, and why
   * @throws IllegalArgumentException if the loss is no floating scalar, or reaches none of the
   *     parameters
   * @throws IllegalStateException if the loss or its gradient is not finite at the start
   */
  public Result minimise(Supplier<Tensor> loss, Listener listener) {
    FlatLoss flat = new FlatLoss(parameters.stream().filter(Parameter::isTrainable).toList(), loss);
    Run run = new Run(flat, listener);
    try {
      return run.toTheEnd();
    } finally {
      flat.moveTo(run.at.x());
    }
  }

  /** One minimisation. */
  private final class Run {
    private final FlatLoss loss;
    private final Listener listener;
    private final CurvatureHistory history;
    private FlatLoss.Point at;
    private double largestLoss;
    private int iterations;

    Run(FlatLoss loss, Listener listener) {
      this.loss = loss;
      this.listener = listener;
      this.history = new CurvatureHistory(settings.history);
      this.at = loss.start();
      this.largestLoss = Math.abs(at.loss());
    }

    Result toTheEnd() {
      boolean failed = false;
      for (; ; ) {
        if (isStationary()) {
          return result(Reason.GRADIENT);
        }
        if (iterations >= settings.maxIterations) {
          return result(Reason.ITERATIONS);
        }
        int left = settings.maxEvaluations - loss.evaluations();
        if (left <= 0) {
          return result(Reason.EVALUATIONS);
        }
        StrongWolfe.Outcome found = step(left);
        FlatLoss.Point before = at;
        at = found.trial().point();
        if (!found.accepted()) {
          if (failed && loss.evaluations() < settings.maxEvaluations) {
            return result(Reason.LINE_SEARCH);
          }
          failed = true; // once more, along the gradient alone
          history.clear();
          continue;
        }
        failed = false;
        iterations++;
        largestLoss = Math.max(largestLoss, Math.abs(at.loss()));
        history.add(before, at);
        listener.stepped(
            new Iteration(
                iterations, loss.evaluations(), at.loss(), norm(at), found.trial().step()));
        double scale = Math.max(Math.abs(before.loss()), Math.abs(at.loss()));
        if (before.loss() - at.loss() <= settings.changeTolerance * scale) {
          return result(Reason.CHANGE);
        }
      }
    }

    private boolean isStationary() {
      double[] x = at.x();
      double[] gradient = at.gradient();
      double change = 0;
      for (int i = 0; i < x.length; i++) {
        change = Math.max(change, Math.abs(gradient[i]) * Math.max(1, Math.abs(x[i])));
      }
      return change <= settings.gradientTolerance * Math.min(1, largestLoss);
    }

    /**
     * Searches along the quasi-Newton direction, or along the gradient where that leads nowhere.
     */
    private StrongWolfe.Outcome step(int evaluations) {
      double[] direction = history.direction(at.gradient());
      double slope = Vectors.dot(at.gradient(), direction);
      if (!(slope < 0 && slope > Double.NEGATIVE_INFINITY)) {
        history.clear();
        direction = history.direction(at.gradient());
        slope = Vectors.dot(at.gradient(), direction);
      }
      double first = history.isEmpty() ? firstStep() : 1;
      StrongWolfe.Trial origin = new StrongWolfe.Trial(0, slope, at);
      return new StrongWolfe(loss.along(at, direction), origin, evaluations).search(first);
    }

    /**
     * Returns the first step along the gradient: at most a distance of 1, and at least what x can
     * be told from afterwards.
     */
    private double firstStep() {
      double length = Vectors.norm(at.gradient());
      double least = LEAST_MOVE * Vectors.maxNorm(at.x()) / length;
      return Math.max(Math.min(1, 1 / length), least);
    }

    private Result result(Reason reason) {
      return new Result(at.loss(), norm(at), iterations, loss.evaluations(), reason);
    }

    private static double norm(FlatLoss.Point point) {
      return Vectors.maxNorm(point.gradient());
    }
  }
}

package org.adjoint.nn.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.internal.RestoredState;

/**
 * A schedule that multiplies the learning rate by γ whenever a loss has not fallen for a while, as
 * {@code torch.optim.lr_scheduler.ReduceLROnPlateau} does in its mode "min" with a relative
 * threshold. Who trains calls {@link #observe} once an epoch.
 */
public final class Plateau implements Schedule, Stateful {
  private final double gamma;
  private final int patience;
  private final double threshold;
  private double factor = 1;
  private double best = Double.POSITIVE_INFINITY;
  private int waited;

  /**
   * Makes the schedule.
   *
   * @param gamma γ in (0, 1)
   * @param patience how many observations without a better loss are borne, ≥ 0; the next one lowers
   *     the rate
   * @param threshold how much smaller than the best a better loss is, as a share in [0, 1)
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public Plateau(double gamma, int patience, double threshold) {
    if (!(gamma > 0 && gamma < 1) || patience < 0 || !(threshold >= 0 && threshold < 1)) {
      throw new IllegalArgumentException(
          "plateau: gamma %s is not in (0, 1), patience %d not in [0, inf) or threshold %s not in [0, 1)"
              .formatted(gamma, patience, threshold));
    }
    this.gamma = gamma;
    this.patience = patience;
    this.threshold = threshold;
  }

  /** Takes a loss; NaN is no better loss. */
  public void observe(double loss) {
    if (loss < best * (1 - threshold) || loss < best && best == Double.POSITIVE_INFINITY) {
      best = loss;
      waited = 0;
    } else if (++waited > patience) {
      factor *= gamma;
      waited = 0;
    }
  }

  @Override
  public double factor(long step, long steps) {
    return factor;
  }

  /** Returns the factor, the best loss and the observations since, each an F64 scalar. */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("factor", Tensor.scalar(factor));
    state.put("best", Tensor.scalar(best));
    state.put("waited", Tensor.scalar((double) waited));
    return state;
  }

  /**
   * Takes a state.
   *
   * @throws IllegalArgumentException naming the entry, if one is missing, unknown or no F64 scalar
   */
  @Override
  public void restore(Map<String, Tensor> state) {
    RestoredState.require("plateau", state(), state);
    double[] values =
        state().keySet().stream().mapToDouble(name -> state.get(name).item()).toArray();
    factor = values[0];
    best = values[1];
    waited = (int) values[2];
  }
}

package org.adjoint.nn.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.adjoint.DType;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.internal.RestoredState;

/**
 * An average of parameters over a training, which often generalises better than the last ones: of
 * all steps that are added (stochastic weight averaging), or one that forgets (an exponential
 * moving average). A running mean a of n values takes the next as a ← a + (p − a)·w with w = 1 / (n
 * + 1), or w = 1 − β but 1 for the first.
 *
 * <p>Sources: P. Izmailov et al., "Averaging Weights Leads to Wider Optima and Better
 * Generalization", UAI 2018; B. T. Polyak, A. B. Juditsky, "Acceleration of Stochastic
 * Approximation by Averaging", 1992; the first value as in {@code torch.optim.swa_utils}.
 */
public final class WeightAverage implements Stateful {
  private final List<Parameter> parameters;
  private final List<Parameter> averages = new ArrayList<>();
  private final Parameter count = Parameter.buffer(Tensor.zeros(DType.F64), "average.count");
  private final double beta;

  private WeightAverage(List<Parameter> parameters, double beta) {
    this.parameters = Optimizer.checked(parameters);
    this.beta = beta;
    for (Parameter p : parameters) {
      Tensor zero = Tensor.zeros(p.dtype(), p.shape().dims());
      averages.add(Parameter.buffer(zero, "average." + p.name()));
    }
  }

  /**
   * Returns the mean of all values that are added.
   *
   * @throws IllegalArgumentException naming the parameter, if one is a buffer or listed twice
   */
  public static WeightAverage mean(List<Parameter> parameters) {
    return new WeightAverage(parameters, -1);
  }

  /**
   * Returns a mean that keeps β of itself whenever a value is added.
   *
   * @throws IllegalArgumentException naming β, if it is not in [0, 1), or the parameter, if one is
   *     a buffer or listed twice
   */
  public static WeightAverage exponential(List<Parameter> parameters, double beta) {
    return new WeightAverage(parameters, Optimizer.fraction("average: beta", beta));
  }

  /** Adds the parameters as they are; called after a step. It runs one program. */
  public void add() {
    Tensor one = count.onesLike();
    Tensor weight =
        beta < 0
            ? count.plus(1).reciprocal()
            : Tensor.where(count.eq(0), one, count.fullLike(1 - beta));
    for (int i = 0; i < parameters.size(); i++) {
      Parameter p = parameters.get(i);
      Parameter average = averages.get(i);
      average.assign(average.plus(p.minus(average).times(weight.cast(p.dtype()))));
    }
    count.assign(count.plus(1));
    Parameters.commit(buffers());
  }

  private List<Parameter> buffers() {
    List<Parameter> buffers = new ArrayList<>(averages);
    buffers.add(0, count);
    return buffers;
  }

  /**
   * Returns what {@code body} gives with the average in the place of the parameters, which are not
   * changed: an evaluation.
   *
   * @throws IllegalStateException if nothing was added yet
   */
  public <T> T with(Supplier<T> body) {
    requireValues();
    Map<Parameter, Tensor> values = new LinkedHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      values.put(parameters.get(i), averages.get(i));
    }
    return Parameters.with(values, body);
  }

  /**
   * Gives the parameters the values of the average, at the end of a training.
   *
   * @throws IllegalStateException if nothing was added yet
   */
  public void assign() {
    requireValues();
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get(i).assign(averages.get(i).times(1)); // a value of its own
    }
    Parameters.commit(parameters);
  }

  private void requireValues() {
    if (count.item() == 0) {
      throw new IllegalStateException("average: nothing was added yet; call add() after a step");
    }
  }

  /** Returns the number of values and the averages, in the order of the parameters. */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("count", count);
    for (int i = 0; i < averages.size(); i++) {
      state.put(i + "." + parameters.get(i).name(), averages.get(i));
    }
    return state;
  }

  /**
   * Takes a state.
   *
   * @throws IllegalArgumentException naming the entry, if one is missing, unknown, or of another
   *     shape or dtype; nothing has changed then
   */
  @Override
  public void restore(Map<String, Tensor> state) {
    Map<String, Tensor> own = state();
    RestoredState.require("average", own, state);
    List<Parameter> buffers = buffers();
    int i = 0;
    for (String name : own.keySet()) {
      buffers.get(i++).assign(state.get(name));
    }
    Parameters.commit(buffers);
  }
}

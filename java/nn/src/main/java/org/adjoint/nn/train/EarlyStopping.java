package org.adjoint.nn.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.adjoint.Parameter;
import org.adjoint.Parameters;
import org.adjoint.Tensor;
import org.adjoint.nn.Layer;

/**
 * Ends a training when a figure has not become better for some epochs, and gives the model back the
 * parameters and buffers of its best epoch, whatever ended the training. NaN is never better.
 */
public final class EarlyStopping implements Callback {
  private final List<Parameter> values;
  private final String figure;
  private final double sign;
  private final int patience;
  private final List<Tensor> best = new ArrayList<>();
  private double bestScore = Double.NEGATIVE_INFINITY;
  private int bestEpoch;
  private int waited;

  private EarlyStopping(Layer model, String figure, double sign, int patience) {
    if (patience < 0) {
      throw new IllegalArgumentException("early stopping: patience " + patience + " is below 0");
    }
    this.values = List.copyOf(model.named().values());
    this.figure = figure;
    this.sign = sign;
    this.patience = patience;
  }

  /**
   * Returns a callback that wants a small figure.
   *
   * @param model what is trained
   * @param figure one of {@link EpochReport#figures}: {@code validation log loss}
   * @param patience how many epochs without a better figure are borne, ≥ 0; the next one is the
   *     last
   * @throws IllegalArgumentException naming the patience, if it is negative
   */
  public static EarlyStopping lowest(Layer model, String figure, int patience) {
    return new EarlyStopping(model, figure, -1, patience);
  }

  /**
   * Returns a callback that wants a large figure; see {@link #lowest}.
   *
   * @throws IllegalArgumentException naming the patience, if it is negative
   */
  public static EarlyStopping highest(Layer model, String figure, int patience) {
    return new EarlyStopping(model, figure, 1, patience);
  }

  /**
   * Takes an epoch.
   *
   * @throws IllegalArgumentException naming the figures that there are, if there is none of the
   *     name
   */
  @Override
  public Next epochEnded(EpochReport report) {
    Map<String, Double> figures = report.figures();
    if (!figures.containsKey(figure)) {
      throw new IllegalArgumentException(
          "early stopping: no figure is called '" + figure + "'; there are " + figures.keySet());
    }
    double score = sign * figures.get(figure);
    if (score > bestScore) {
      bestScore = score;
      bestEpoch = report.epoch();
      waited = 0;
      forget();
      values.forEach(value -> best.add(value.snapshot()));
      return Next.GO_ON;
    }
    return ++waited > patience ? Next.STOP : Next.GO_ON;
  }

  private void forget() {
    best.forEach(Tensor::release);
    best.clear();
  }

  /** Gives the model the values of the best epoch, if there was one. */
  @Override
  public void trainingEnded() {
    if (best.isEmpty()) {
      return;
    }
    for (int i = 0; i < values.size(); i++) {
      values.get(i).assign(best.get(i));
    }
    Parameters.commit(values);
    forget();
  }

  /** Returns the epoch of the best figure, 0 before the first. */
  public int bestEpoch() {
    return bestEpoch;
  }

  /** Returns the best figure; infinite before the first. */
  public double best() {
    return sign * bestScore;
  }
}

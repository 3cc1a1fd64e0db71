package org.adjoint.nn.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An epoch that ended.
 *
 * @param epoch from 1
 * @param steps how many steps there were in all until it ended
 * @param loss the mean over its rows, each taken just before the step that learnt from it
 * @param accuracy the share of these rows that were right; NaN where nothing is classified
 * @param learningRate of its last step
 * @param validation what the metrics say about the validation rows; empty without any
 */
public record EpochReport(
    int epoch,
    long steps,
    double loss,
    double accuracy,
    double learningRate,
    Map<String, Double> validation) {
  /** Makes the value; the map is copied in its order. */
  public EpochReport {
    validation = Collections.unmodifiableMap(new LinkedHashMap<>(validation));
  }

  /** Returns all figures by name, those of the validation behind {@code validation }. */
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", loss);
    figures.put("accuracy", accuracy);
    figures.put("learning rate", learningRate);
    validation.forEach((name, value) -> figures.put("validation " + name, value));
    return figures;
  }
}

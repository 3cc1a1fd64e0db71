package org.adjoint.nn.metric;

import java.util.Map;
import org.adjoint.Tensor;

/**
 * Figures about a model's outputs, over all rows that are added since the last {@link #reset}. A
 * metric keeps counts, sums or the rows themselves, never a mean of batches, so that it gives the
 * same for one batch of all rows and for many. Another metric implements this interface; a Trainer
 * adds each batch of its evaluation.
 */
public interface Metric {
  /**
   * Adds the rows of a batch; reads their values.
   *
   * @param output the model's, of shape [n, …]
   * @param target what it should be, of shape [n] for classes
   * @throws IllegalArgumentException naming the shapes or the value, if they do not fit
   */
  void add(Tensor output, Tensor target);

  /** Returns the figures by name, in a fixed order; NaN where the rows say nothing. */
  Map<String, Double> values();

  /** Forgets all rows. */
  void reset();
}

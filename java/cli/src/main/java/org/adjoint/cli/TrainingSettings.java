package org.adjoint.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.adjoint.Tensor;
import org.adjoint.nn.Stateful;

/**
 * The numbers that make a training what it is. A checkpoint has them, and a training that goes on
 * must have the same: with others it would end with the bits of neither.
 *
 * @param values by the names of their options
 */
record TrainingSettings(Map<String, Double> values) implements Stateful {
  TrainingSettings {
    values = new LinkedHashMap<>(values);
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    values.forEach((name, value) -> state.put(name, Tensor.scalar((double) value)));
    return state;
  }

  @Override
  public void restore(Map<String, Tensor> state) {
    values.forEach(
        (name, value) -> {
          double saved = state.get(name).item();
          if (saved != value) {
            throw new IllegalArgumentException(
                "was saved with %s %s, and is resumed with %s; give the options that it began with"
                    .formatted(name, text(saved), text(value)));
          }
        });
  }

  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}

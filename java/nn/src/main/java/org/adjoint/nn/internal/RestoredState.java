package org.adjoint.nn.internal;

import java.util.Map;
import org.adjoint.Tensor;

/** Compares a state that is to be restored with the one that it replaces. */
public final class RestoredState {
  private RestoredState() {}

  /**
   * Refuses a state that is not another value of {@code own}.
   *
   * @param owner what is restored, for the error: {@code optimizer}
   * @param own the present state
   * @param given the state to take
   * @throws IllegalArgumentException naming the first entry that is missing, unknown, or of another
   *     shape or dtype
   */
  public static void require(String owner, Map<String, Tensor> own, Map<String, Tensor> given) {
    own.forEach(
        (name, value) -> {
          Tensor other = given.get(name);
          if (other == null) {
            throw new IllegalArgumentException(
                "%s: the state to restore has no '%s', only %s; restore into one with the same settings"
                    .formatted(owner, name, given.keySet()));
          }
          if (!other.type().equals(value.type())) {
            throw new IllegalArgumentException(
                "%s: '%s' of the state to restore is %s, not %s; restore into one of the same model"
                    .formatted(owner, name, other.type(), value.type()));
          }
        });
    for (String name : given.keySet()) {
      if (!own.containsKey(name)) {
        throw new IllegalArgumentException(
            "%s: the state to restore has '%s', which is none of %s; restore into one with the same settings"
                .formatted(owner, name, own.keySet()));
      }
    }
  }
}

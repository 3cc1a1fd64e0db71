package org.adjoint.internal.compose;

import static java.util.Objects.requireNonNull;

/** What is given as an array, element by element. */
public final class Elements {
  private Elements() {}

  /**
   * Returns if there is an array without a null in it.
   *
   * @throws NullPointerException that says which method was called with what
   */
  public static void require(String method, String name, Object[] elements) {
    requireNonNull(elements, () -> method + ": " + name + " is null");
    for (int i = 0; i < elements.length; i++) {
      int at = i;
      requireNonNull(elements[i], () -> method + ": " + name + "[" + at + "] is null");
    }
  }
}

package org.adjoint.internal.ir;

/**
 * What a backend must know of an op: its name, by which native kernels are found, its scalar
 * function if it is elementwise, and which outputs may overwrite which inputs. The contract of each
 * kernel stands in native/src/kernels/README.md.
 *
 * @param name the op's name, as in error messages
 * @param scalar its meaning on one element, {@link ScalarFunction#NONE} if it has none
 * @param inPlace output i may be input {@code inPlace[i]} exactly; −1 where it may not, −2 for any
 *     input of that type
 */
public record Kernel(String name, ScalarFunction scalar, int... inPlace) {
  /** In {@link #inPlace}: the output may overwrite any input that has its type. */
  public static final int ANY = -2;

  @Override
  public String toString() {
    return name;
  }
}

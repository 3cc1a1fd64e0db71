package org.adjoint.internal.ir;

import java.util.Optional;

/**
 * What a backend must know of an op: its name, by which native kernels are found, its scalar
 * function if it is elementwise, and which outputs may overwrite which inputs. The contract of each
 * kernel stands in native/src/kernels/README.md.
 *
 * @param name the op's name, as in error messages
 * @param scalar its meaning on one element, {@link ScalarFunction#NONE} if it has none
 * @param lists how its operands form lists, if there are as many as a caller likes
 * @param checksFirst whether the kernel validates its data before its first write, so that it may
 *     fail and still overwrite its inputs
 * @param inPlace output i may be input {@code inPlace[i]} exactly; −1 where it may not, −2 for any
 *     input of that type. With lists: first the single outputs, then for each list of outputs the
 *     list of inputs whose members its own may be
 */
public record Kernel(
    String name,
    ScalarFunction scalar,
    Optional<Lists> lists,
    boolean checksFirst,
    int... inPlace) {
  /** In {@link #inPlace}: the output may overwrite any input that has its type. */
  public static final int ANY = -2;

  /** In {@link #inPlace}: the output may overwrite no input. */
  public static final int NONE = -1;

  /**
   * Operands that come in lists of equal length, behind some single ones.
   *
   * @param inputs how many single inputs there are
   * @param outputs how many single outputs there are
   */
  public record Lists(int inputs, int outputs) {}

  /** Makes a kernel whose operands each have a place of their own. */
  public Kernel(String name, ScalarFunction scalar, int... inPlace) {
    this(name, scalar, Optional.empty(), false, inPlace);
  }

  /**
   * Returns which input an output may be: a number, {@link #NONE} or {@link #ANY}.
   *
   * @param output the output
   * @param outputs how many outputs the call has
   */
  public int inPlace(int output, int outputs) {
    if (lists.isEmpty() || output < lists.get().outputs()) {
      return output < inPlace.length ? inPlace[output] : NONE;
    }
    int single = lists.get().outputs();
    int length = listLength(outputs);
    int list = inPlace[single + (output - single) / length];
    return list < 0 ? NONE : lists.get().inputs() + list * length + (output - single) % length;
  }

  /**
   * Returns how many members each list has.
   *
   * @param outputs how many outputs the call has
   */
  public int listLength(int outputs) {
    int single = lists.orElseThrow().outputs();
    return (outputs - single) / (inPlace.length - single);
  }

  @Override
  public String toString() {
    return name;
  }
}

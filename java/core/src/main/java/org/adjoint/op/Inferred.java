package org.adjoint.op;

import java.util.Arrays;
import java.util.List;
import org.adjoint.Type;

/**
 * A cache of an op's last inferred types by input types and attributes: a training step asks the
 * same questions in the same order each time, and is answered without computing a shape. Any thread
 * may use the cache: a race may lose an entry, and never makes a wrong one.
 *
 * <p>Serves the define-by-run rows of {@code Overhead}: when this class came, building the forward
 * part of 784-256-128-10 took 5.5 µs instead of 7.9, and Adam's op 3.7 instead of 4.9.
 */
final class Inferred {
  /** A power of two. */
  private static final int MOST = 8;

  private static final Type[] NO_TYPES = {};

  private final Entry[] entries = new Entry[MOST];

  /** The place of the entry found last. */
  private int last;

  private record Entry(Type[] inputs, long[] attrs, Type[] outputs) {
    boolean fits(Type[] types, long... numbers) {
      if (types.length != inputs.length) {
        return false;
      }
      for (int i = 0; i < inputs.length; i++) {
        if (types[i] != inputs[i] && !types[i].equals(inputs[i])) {
          return false;
        }
      }
      return Arrays.equals(numbers, attrs);
    }
  }

  /** Returns the types of the outputs, which nobody may change. */
  Type[] types(Op op, Type[] inputs, long... attrs) {
    int before = last;
    for (int i = 1; i <= MOST; i++) {
      int at = (before + i) & (MOST - 1);
      Entry entry = entries[at];
      if (entry != null && entry.fits(inputs, attrs)) {
        last = at;
        return entry.outputs;
      }
    }
    List<Type> found = op.infer(Arrays.asList(inputs), attrs);
    // A copy of the attributes: users hand them in, and may use their array for another op.
    Entry made = new Entry(inputs, attrs.clone(), found.toArray(NO_TYPES));
    last = (before + 1) & (MOST - 1);
    entries[(before + 1) & (MOST - 1)] = made;
    return made.outputs;
  }
}

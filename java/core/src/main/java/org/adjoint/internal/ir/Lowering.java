package org.adjoint.internal.ir;

import org.adjoint.DType;
import org.adjoint.Type;

/** How one node of a graph becomes views of memory and kernel calls. */
@FunctionalInterface
public interface Lowering {
  /**
   * Returns where the node's outputs stand, after emitting the calls that write them.
   *
   * @param emitter takes calls and gives memory
   * @param attrs the node's attributes
   * @param inputs where its inputs stand
   * @param outputs the types of its outputs
   */
  Ref[] lower(Emitter emitter, long[] attrs, Ref[] inputs, Type[] outputs);

  /** What a lowering may do. */
  interface Emitter {
    /** Returns fresh contiguous memory for a value; planned later. */
    Ref allocate(Type type);

    /** Appends a kernel call. */
    void call(Kernel kernel, long[] ints, Ref[] inputs, Ref[] outputs);

    /** Returns {@code ref} itself if it is row-major without gaps, else a copy that is. */
    Ref contiguous(Ref ref);

    /** Appends a copy of {@code from} into {@code to}, which shows the same dims. */
    void copy(Ref from, Ref to);

    /** Appends the call that runs the body of a loop; returns where the loop's outputs stand. */
    Ref[] loop(Loop loop, long[] attrs, Ref[] inputs, Type[] outputs);

    /** Returns a scalar of that type and value, which is part of the program. */
    Ref constant(DType dtype, double value);
  }
}

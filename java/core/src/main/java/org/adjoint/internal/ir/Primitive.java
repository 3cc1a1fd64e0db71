package org.adjoint.internal.ir;

/**
 * What the compiler must know of an op: its name and id, the kernel that the op may call and how to
 * turn a node into calls. Each row of the op table has one; derivatives stay in the room above.
 *
 * @param id unique in the process, for comparing expressions
 * @param name the op's name
 * @param fallible whether running it may fail on the data, as an index out of range does
 * @param kernel the name that a backend is asked for; {@link #NO_KERNEL} for a view op
 * @param lowering how one node becomes views and kernel calls
 */
public record Primitive(int id, String name, boolean fallible, Kernel kernel, Lowering lowering) {
  /** The kernel of ops that only look at memory in another way. */
  public static final Kernel NO_KERNEL = new Kernel("", ScalarFunction.NONE);

  @Override
  public String toString() {
    return name;
  }
}

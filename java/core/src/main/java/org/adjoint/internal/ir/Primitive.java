package org.adjoint.internal.ir;

import java.util.Optional;

/**
 * What the compiler must know of an op: its name and id, the kernel that the op may call and how to
 * turn a node into calls. Each row of the op table has one; derivatives stay in the room above.
 *
 * @param id unique in the process, for comparing expressions
 * @param name the op's name
 * @param fallible whether running it may fail on the data, as an index out of range does
 * @param kernel the name that a backend is asked for; {@link #NO_KERNEL} for a view op
 * @param lowering how one node becomes views and kernel calls
 * @param loop the body that the op runs turn by turn, empty for all ops but loops
 */
public record Primitive(
    int id, String name, boolean fallible, Kernel kernel, Lowering lowering, Optional<Loop> loop) {
  /** The kernel of ops that only look at memory in another way. */
  public static final Kernel NO_KERNEL = new Kernel("", ScalarFunction.NONE);

  /** Makes the primitive of an op that is no loop. */
  public Primitive(int id, String name, boolean fallible, Kernel kernel, Lowering lowering) {
    this(id, name, fallible, kernel, lowering, Optional.empty());
  }

  /** Returns the primitive of a loop. */
  public static Primitive of(int id, Loop loop) {
    return new Primitive(
        id,
        Loop.KERNEL.name(),
        loop.isFallible(),
        Loop.KERNEL,
        (emitter, attrs, in, out) -> emitter.loop(loop, attrs, in, out),
        Optional.of(loop));
  }

  @Override
  public String toString() {
    return name;
  }
}

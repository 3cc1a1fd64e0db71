package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.internal.backend.Backend;

/**
 * A program, where its leaves come from and where its roots go. There are two kinds: the leaves of
 * a {@link TracedStep} are found by matching a pending graph with a template; those of a recorded
 * function were noted. A {@link Run} treats both alike.
 *
 * <p>The program overwrites memory of parameters that it computes anew. A run that cannot own all
 * of that memory uses a second program, which overwrites nothing and is compiled when it is first
 * needed.
 */
public abstract class Step {
  /** Stands for no leaf and for no root. */
  public static final int NONE = -1;

  private final Backend backend;
  private final CompiledGraph inPlace;
  private final int[] donors;

  /** The program that overwrites nothing, null until it is needed. */
  private volatile CompiledGraph apart;

  /**
   * Compiles a trace.
   *
   * @param donors by root the leaf whose memory the root may take, {@link #NONE} for none
   */
  protected Step(Backend backend, Trace trace, int... donors) {
    this.backend = backend;
    this.donors = donors;
    this.inPlace = CompiledGraph.compile(backend, trace, donors);
  }

  /** Returns the backend that runs the programs. */
  public final Backend backend() {
    return backend;
  }

  /** Returns the program that overwrites all donors. */
  public final CompiledGraph inPlace() {
    return inPlace;
  }

  /** Returns the program that overwrites nothing, empty if that was not compiled yet. */
  final Optional<CompiledGraph> apart() {
    return overwritesNothing() ? Optional.of(inPlace) : Optional.ofNullable(apart);
  }

  /** Compiles the program that overwrites nothing, unless that was done before. */
  public final void compileApart(Supplier<Trace> trace) {
    if (apart().isEmpty()) {
      int[] none = new int[donors.length];
      Arrays.fill(none, NONE);
      apart = CompiledGraph.compile(backend, trace.get(), none);
    }
  }

  private boolean overwritesNothing() {
    for (int donor : donors) {
      if (donor != NONE) {
        return false;
      }
    }
    return true;
  }
}

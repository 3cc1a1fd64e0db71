package org.adjoint.internal.run;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.internal.backend.Backend;

/**
 * A program, where its leaves come from and where its roots go. There are two kinds: a {@link
 * TracedStep} finds its leaves by matching a pending graph with its template; a recorded function
 * has noted them. A {@link Run} does with both the same.
 *
 * <p>The program overwrites memory of parameters that it computes anew. A run that cannot have all
 * of that memory to itself uses another one that overwrites nothing, compiled when it is first
 * needed.
 */
public abstract class Step {
  /** No leaf, no root. */
  public static final int NONE = -1;

  private final Backend backend;
  private final CompiledGraph inPlace;
  private final int[] donors;

  /** The program that overwrites nothing, null until it is needed. */
  private volatile CompiledGraph apart;

  /**
   * Compiles a trace.
   *
   * @param donors by root the leaf whose memory it may take, {@link #NONE} for none
   */
  protected Step(Backend backend, Trace trace, int... donors) {
    this.backend = backend;
    this.donors = donors;
    this.inPlace = CompiledGraph.compile(backend, trace, donors);
  }

  /** Returns the backend that runs it. */
  public final Backend backend() {
    return backend;
  }

  /** Returns the program that overwrites all the memory it may. */
  public final CompiledGraph inPlace() {
    return inPlace;
  }

  /** Returns the program that overwrites nothing, empty if it was not compiled yet. */
  final Optional<CompiledGraph> apart() {
    return overwritesNothing() ? Optional.of(inPlace) : Optional.ofNullable(apart);
  }

  /** Compiles the program that overwrites nothing, unless it is there. */
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

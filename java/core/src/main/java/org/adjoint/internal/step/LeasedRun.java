package org.adjoint.internal.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.BoundRun;
import org.adjoint.internal.backend.KernelException;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.run.CompiledGraph;

/**
 * The runs of a {@link CompiledStep} while its {@link Lease} lasts: what it changes is bound to the
 * program once, and a run looks at nothing but the function's arguments and results and at scalars
 * that live. After a large program each object is a cache miss, and this is all that a training
 * loop does in Java: hence few objects, and nothing that could be done when it is made.
 */
public final class LeasedRun {
  private final Lease lease;
  private final StepHolds holds;
  private final CompiledGraph graph;
  private final Backend backend;
  private final StepScalars scalars;

  /** The leaves that each run pins anew, and the arguments of the program that they are. */
  private final StepLayout.Source[] pinned;

  /** Which arguments each run brings: those leaves, then what the program makes. */
  private final int[] open;

  /** The sizes of what the program makes. */
  private final long[] made;

  private final StepLayout layout;

  /** By result its place among what is open, or −1 − its argument if that is bound. */
  private final int[] results;

  /** Made by the first run, since many a lease ends before it: guarded by the lease. */
  private BoundRun bound;

  /** Makes the runs on what one run has held and a lease goes on holding. */
  public LeasedRun(
      Lease lease,
      StepHolds holds,
      CompiledGraph graph,
      Backend backend,
      StepLayout layout,
      StepScalars scalars) {
    this.lease = lease;
    this.holds = holds;
    this.graph = graph;
    this.backend = backend;
    this.layout = layout;
    this.scalars = scalars;
    int[] leaves = layout.leavesToPin();
    this.pinned = new StepLayout.Source[leaves.length];
    long[] sizes = graph.program().argumentBytes();
    int bound = layout.sources().length;
    this.open = new int[leaves.length + sizes.length - bound];
    this.made = new long[sizes.length - bound];
    int[] places = new int[sizes.length];
    for (int at = 0; at < places.length; at++) {
      places[at] = -1 - at;
    }
    for (int i = 0; i < open.length; i++) {
      open[i] = i < leaves.length ? leaves[i] : bound + i - leaves.length;
      places[open[i]] = i;
    }
    for (int i = 0; i < pinned.length; i++) {
      pinned[i] = layout.sources()[leaves[i]];
    }
    System.arraycopy(sizes, bound, made, 0, made.length);
    this.results = new int[layout.results()];
    for (int i = 0; i < results.length; i++) {
      results[i] = places[graph.program().rootArguments()[i]];
    }
  }

  public boolean hasEnded() {
    return lease.hasEnded();
  }

  /**
   * Runs on evaluated arguments of the recorded types; empty if another run is on or holds one of
   * them alone, or if the lease has ended.
   */
  public Optional<List<Tensor>> run(List<Tensor> arguments) {
    long[] now = scalars.now(); // before anything is held that a live one may read
    Storage[] storages = new Storage[open.length]; // nothing may fail between start and try
    if (!lease.tryStart()) {
      return Optional.empty();
    }
    boolean done = false;
    try {
      done = pin(arguments, storages) && run(storages, now);
    } finally {
      for (int i = 0; i < pinned.length && storages[i] != null; i++) {
        storages[i].unpin();
      }
      for (int i = pinned.length; !done && i < storages.length && storages[i] != null; i++) {
        storages[i].close();
      }
      lease.stop();
    }
    return done ? Optional.of(results(storages)) : Optional.empty();
  }

  private boolean pin(List<Tensor> arguments, Storage... storages) {
    for (int i = 0; i < pinned.length; i++) {
      Optional<Storage> storage = StepHolds.pinned(pinned[i].tensor(arguments));
      if (storage.isEmpty()) {
        return false;
      }
      storages[i] = storage.get();
    }
    return true;
  }

  private boolean run(Storage[] storages, long... now) {
    for (int i = 0; i < made.length; i++) {
      storages[pinned.length + i] = backend.allocate(made[i]);
    }
    if (bound == null) {
      bound = graph.bind(scalars, holds.storages(), open);
    }
    try {
      bound.run(storages, now);
    } catch (KernelException failure) {
      throw graph.explain(failure, layout::parameterOf);
    }
    return true;
  }

  private List<Tensor> results(Storage... storages) {
    List<Tensor> values = new ArrayList<>(results.length);
    for (int i = 0; i < results.length; i++) {
      int place = results[i];
      Storage storage = place >= 0 ? storages[place] : holds.storages()[-1 - place];
      values.add(layout.result(i, storage));
    }
    return values;
  }
}

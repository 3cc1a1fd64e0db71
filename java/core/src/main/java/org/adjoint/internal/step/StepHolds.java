package org.adjoint.internal.step;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.run.Evaluator;

/**
 * What one run of a {@link CompiledStep} holds: pins on what it reads, sole ownership of what it
 * overwrites, and of each parameter that it writes the right to do so.
 */
public final class StepHolds {
  private final StepLayout.Source[] sources;
  private final Storage[] storages;

  /** The versions whose memory is owned; null for leaves that are pinned. */
  private final Version[] donors;

  private final ParameterState[] changed;
  private int locked;

  /** The source that is being taken. */
  private int taken;

  private boolean ownsAll = true;

  public StepHolds(StepLayout.Source[] sources, ParameterState[] changed) {
    this.sources = sources;
    this.changed = changed;
    this.storages = new Storage[sources.length];
    this.donors = new Version[sources.length];
  }

  /** Returns the storages of all leaves. */
  public Storage[] storages() {
    return storages;
  }

  public boolean ownsAllThatIsWritten() {
    return ownsAll;
  }

  /** Returns which leaves' memory this run owns. */
  public BitSet owned() {
    BitSet owned = new BitSet();
    for (int i = 0; i < donors.length; i++) {
      owned.set(i, donors[i] != null);
    }
    return owned;
  }

  /** Takes the right to change parameters; returns false if another run is changing one. */
  public boolean lock() {
    while (locked < changed.length && changed[locked].tryWrite()) {
      locked++;
    }
    return locked == changed.length;
  }

  /** Returns false if another run holds something alone right now. */
  public boolean takeAll(List<Tensor> arguments) {
    for (int i = 0; i < storages.length; i++) {
      if (!take(i, arguments)) {
        return false;
      }
    }
    return true;
  }

  private boolean take(int at, List<Tensor> arguments) {
    taken = at;
    StepLayout.Source source = sources[at];
    if (source instanceof StepLayout.Value v) {
      return take(v);
    } else if (source instanceof StepLayout.Gradient g) {
      return pinGradient(g.parameter());
    }
    return pin(source.tensor(arguments));
  }

  private boolean take(StepLayout.Value v) {
    if (v.isWritten()) {
      Optional<Version> donor = v.parameter().donateCurrent();
      if (donor.isPresent()) {
        Version version = donor.get();
        donors[taken] = version;
        storages[taken] = version.value(0).orElseThrow();
        return true;
      }
      // Its memory is needed elsewhere: the new value gets memory of its own.
      ownsAll = false;
    }
    Version version = v.parameter().current();
    return !version.isPending() && pin(Access.tensor(version, 0));
  }

  /** Another thread may take a gradient away at any time; then the step is chosen anew. */
  private boolean pinGradient(ParameterState parameter) {
    Optional<Tensor> before = parameter.settledGradient();
    try {
      return before.isPresent() && pin(before.get());
    } catch (IllegalStateException closed) {
      if (parameter.settledGradient().equals(before)) {
        throw closed;
      }
      return false;
    }
  }

  private boolean pin(Tensor tensor) {
    Optional<Storage> found = pinned(tensor);
    found.ifPresent(storage -> storages[taken] = storage);
    return found.isPresent();
  }

  /**
   * Returns the storage of an evaluated tensor, pinned; empty if another run holds it alone right
   * now.
   *
   * @throws IllegalStateException if it was freed
   */
  public static Optional<Storage> pinned(Tensor tensor) {
    Node node = Access.node(tensor);
    Optional<Storage> found = node.value(Access.index(tensor));
    if (found.isEmpty()) {
      return found;
    }
    Storage storage = found.get();
    switch (storage.tryPin()) {
      case PINNED -> {
        if (node.value(Access.index(tensor)).isPresent()) {
          return found;
        }
        storage.unpin();
      }
      case CLOSED -> {
        if (node.value(Access.index(tensor)).isPresent()) {
          throw Evaluator.closed(tensor.type());
        }
      }
      case BUSY -> {}
    }
    return Optional.empty();
  }

  /**
   * Gives a parameter the value that leaf {@code at} has become. In the same memory, and if nobody
   * has seen the version before, that version simply has the new value.
   */
  public void settle(int at, ParameterState parameter, Storage value) {
    Version donor = donors[at];
    if (donor == null || donor.isHandedOut() || value != storages[at]) {
      parameter.replace(value);
    }
  }

  /** Lets go of all that is pinned. */
  public void unpin() {
    for (int i = 0; i < storages.length; i++) {
      unpin(i);
    }
  }

  private void unpin(int at) {
    if (donors[at] == null && storages[at] != null) {
      storages[at].unpin();
      storages[at] = null;
    }
  }

  public void release() {
    unpin();
    for (int i = 0; i < storages.length; i++) {
      if (donors[i] != null) {
        storages[i].disown();
      }
    }
    for (int i = 0; i < locked; i++) {
      changed[i].endWrite();
    }
  }
}

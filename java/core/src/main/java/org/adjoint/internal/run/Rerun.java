package org.adjoint.internal.run;

import java.util.Optional;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;

/**
 * Runs the program of the step before on a graph of the same structure. It holds what {@link
 * Evaluator} would hold; where anything is not as it was then, nothing has happened, and the
 * evaluation goes the long way, which waits, copies or names the error.
 */
public final class Rerun {
  private final StepTemplate.Match match;
  private final Storage[] bound;
  private int claimed;
  private int owned;
  private int pinned;

  private Rerun(StepTemplate.Match match) {
    this.match = match;
    this.bound = new Storage[match.leaves()];
  }

  /** Returns whether the program has run and its results are published. */
  public static boolean run(Backend backend, CompiledGraph graph, StepTemplate.Match match) {
    long[] words = match.words(); // before anything is held that a live one may read
    Rerun run = new Rerun(match);
    try {
      if (!run.claim() || !run.own() || !run.pin()) {
        return false;
      }
      run.publish(graph.run(backend, words, run.bound, run::parameterOf));
      return true;
    } finally {
      run.release();
    }
  }

  private boolean claim() {
    while (claimed < match.versions()) {
      Version version = match.version(claimed);
      if (!version.parameter().tryWrite()) {
        return false;
      }
      claimed++;
      if (!version.isPending() || version.parameter().current() != version) {
        return false;
      }
    }
    return true;
  }

  /** Takes over the memory of the versions that this run supersedes. */
  private boolean own() {
    for (; owned < match.versions(); owned++) {
      int leaf = match.donor(owned);
      Optional<Version> donor = match.version(owned).parameter().donate();
      if (donor.isEmpty()) {
        if (leaf >= 0) {
          return false; // a snapshot or another run needs it
        }
        continue;
      }
      Storage memory = donor.get().value(0).orElseThrow();
      if (leaf < 0 || donor.get() != match.leaf(leaf)) {
        memory.disown();
        return false;
      }
      bound[leaf] = memory;
    }
    return true;
  }

  private boolean pin() {
    for (; pinned < bound.length; pinned++) {
      if (match.isDonated(pinned)) {
        continue;
      }
      Node leaf = match.leaf(pinned);
      int index = match.leafIndex(pinned);
      Optional<Storage> value = leaf.value(index);
      if (value.isEmpty() || value.get().tryPin() != Storage.Pin.PINNED) {
        return false;
      }
      if (leaf.value(index).isEmpty()) { // a step has taken it meanwhile
        value.get().unpin();
        return false;
      }
      bound[pinned] = value.get();
    }
    return true;
  }

  private Optional<ParameterState> parameterOf(int leaf) {
    boolean known = leaf >= 0 && leaf < match.leaves();
    return known && match.leaf(leaf) instanceof Version version
        ? Optional.of(version.parameter())
        : Optional.empty();
  }

  private void publish(Storage... results) {
    int at = 0;
    for (int i = 0; i < match.roots(); i++) {
      at = Evaluator.publish(match.root(i), results, at);
    }
    int plain = match.roots() - match.versions();
    for (int i = 0; i < plain; i++) {
      match.root(i).cut(); // all sources that it reached are superseded
    }
  }

  private void release() {
    for (int i = 0; i < pinned; i++) {
      if (!match.isDonated(i)) {
        bound[i].unpin();
      }
    }
    for (int i = 0; i < owned; i++) {
      if (match.donor(i) >= 0) {
        bound[match.donor(i)].disown();
      }
    }
    for (int i = 0; i < claimed; i++) {
      match.version(i).parameter().endWrite();
    }
  }
}

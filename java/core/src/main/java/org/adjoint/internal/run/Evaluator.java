package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.adjoint.Tensor;
import org.adjoint.Type;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.graph.Access;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Node;
import org.adjoint.internal.graph.NodeMap;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.Version;
import org.adjoint.internal.ir.Program;

/**
 * Turns pending graphs into values: traces what is pending, finds or compiles its program, runs it
 * in one call, publishes the results, and lets go of history that no derivative needs. Pending
 * versions of parameters are computed along, in the memory of the versions that they supersede.
 */
public final class Evaluator {
  private static final long WAIT_NANOS = 20_000;
  private static final int NO_DONOR = -1;

  private Evaluator() {}

  /** Another run holds memory or versions that this one needs for a moment. */
  private enum Outcome {
    DONE,
    BUSY
  }

  /**
   * Computes the values of {@code wanted}, and every assignment this thread has pending. If that
   * fails, the assignments are evaluated apart; those that cannot be are dropped.
   */
  public static void evaluate(List<Tensor> wanted) {
    if (Anomaly.isSearching()) {
      finish(wanted, List.of()); // what is assigned waits for the run that is being searched
      return;
    }
    List<Version> versions = Pending.versions();
    if (versions.isEmpty() && allKnown(wanted)) {
      Pending.clear();
      return;
    }
    try {
      finish(wanted, versions);
    } catch (RuntimeException | Error failure) {
      if (!wanted.isEmpty()) {
        versions.forEach(Evaluator::settleAlone);
      } else {
        versions.forEach(version -> version.parameter().abandon(version));
      }
      Pending.clear();
      throw failure;
    }
    Pending.clear();
  }

  private static boolean allKnown(List<Tensor> wanted) {
    for (Tensor tensor : wanted) {
      Node node = Access.node(tensor);
      if (!node.isEvaluated() && node.kind() != Node.Kind.SCALAR) {
        return false;
      }
    }
    return true;
  }

  /**
   * Computes values and assignments as one whole: if anything fails, every assignment is dropped.
   */
  public static void evaluateTogether(List<Tensor> wanted) {
    List<Version> versions = Pending.versions();
    try {
      finish(wanted, versions);
    } catch (RuntimeException | Error failure) {
      versions.forEach(version -> version.parameter().abandon(version));
      throw failure;
    } finally {
      Pending.clear();
    }
  }

  /** Returns the program that would compute {@code wanted} now; empty if nothing is pending. */
  public static Optional<Program> program(List<Tensor> wanted) {
    Trace trace = new Trace();
    fill(trace, wanted.stream().map(Access::fixed).toList(), List.of());
    if (trace.roots().isEmpty()) {
      return Optional.empty();
    }
    int[] donors = new int[trace.roots().size()];
    Arrays.fill(donors, NO_DONOR);
    long[] key = trace.key(donors);
    return Optional.of(Backends.cache().get(Backends.current(), key, trace, donors).program());
  }

  private static void settleAlone(Version version) {
    try {
      finish(List.of(), List.of(version));
    } catch (RuntimeException | Error dropped) {
      version.parameter().abandon(version);
    }
  }

  private static void finish(List<Tensor> wanted, List<Version> versions) {
    while (attempt(wanted, versions) == Outcome.BUSY) {
      LockSupport.parkNanos(WAIT_NANOS);
    }
  }

  /**
   * Returns the storage of a tensor, computed and pinned. Of a parameter it is that of a version
   * that was current during the call, however fast other threads step.
   */
  public static Storage read(Tensor tensor) {
    for (; ; ) {
      Tensor fixed = Access.fixed(tensor);
      Node node = Access.node(fixed);
      evaluate(List.of(tensor));
      Optional<Storage> storage = node.value(Access.index(fixed));
      boolean superseded = node instanceof Version v && v.isSuperseded() && !v.isSnapshot();
      if (storage.isEmpty() || superseded) {
        if (tensor == fixed && node instanceof Version v) {
          throw v.supersededError();
        }
        continue;
      }
      Storage found = storage.get();
      switch (found.tryPin()) {
        case PINNED -> {
          if (node.value(Access.index(fixed)).isPresent()) {
            return found;
          }
          found.unpin();
        }
        case CLOSED -> {
          if (node.value(Access.index(fixed)).isPresent()) {
            throw closed(fixed.type());
          }
        }
        case BUSY -> LockSupport.parkNanos(WAIT_NANOS);
      }
    }
  }

  /** Returns the error for reading a value that was freed. */
  public static IllegalStateException closed(Type type) {
    return new IllegalStateException(
        "tensor "
            + type
            + " was closed, by release() or by the Scope it was made in; Scope.keep() keeps one");
  }

  private static Outcome attempt(List<Tensor> wanted, List<Version> assigned) {
    List<Tensor> fixed = new ArrayList<>(wanted.size());
    for (Tensor tensor : wanted) {
      fixed.add(Access.fixed(tensor));
    }
    if (!Anomaly.isOn() && Backends.cache().rerun(Backends.current(), fixed, assigned)) {
      return Outcome.DONE;
    }
    Trace trace = new Trace(Backends.cache().guess());
    try {
      return attempt(trace, fixed, assigned);
    } catch (IllegalStateException e) {
      // What looks superseded may be the graph of a version that another thread has just settled.
      for (Version version : trace.pending()) {
        if (!version.isPending()) {
          return Outcome.BUSY;
        }
      }
      for (int i = 0; i < fixed.size(); i++) {
        if (Access.node(wanted.get(i)) != Access.node(fixed.get(i))) {
          return Outcome.BUSY;
        }
      }
      throw e;
    }
  }

  private static Outcome attempt(Trace trace, List<Tensor> wanted, List<Version> assigned) {
    fill(trace, wanted, assigned);
    if (trace.roots().isEmpty()) {
      return Outcome.DONE;
    }
    if (Anomaly.isOn()) {
      Anomaly.search(trace, trace.leaves().stream().map(Trace.Leaf::tensor).toList());
    }
    long[] words = trace.words();
    Holds holds = new Holds();
    try {
      List<Version> versions = trace.pending();
      int[] donors = new int[trace.roots().size()];
      Arrays.fill(donors, NO_DONOR);
      for (int i = 0; i < versions.size(); i++) {
        if (!holds.claim(versions.get(i))) {
          return Outcome.BUSY;
        }
      }
      boolean[] owned = new boolean[trace.leaves().size() + versions.size()];
      for (int i = 0; i < versions.size(); i++) {
        Optional<Version> donor = holds.takeOver(versions.get(i).parameter());
        if (donor.isPresent() && trace.isOp(donor.get())) {
          return Outcome.BUSY; // it settled after this trace had found it pending
        }
        int root = donors.length - versions.size() + i;
        if (donor.isPresent()) {
          donors[root] = trace.leafNumber(donor.get(), 0);
          owned[donors[root]] = true;
        }
      }
      long[] key = trace.key(donors);
      Storage[] bound = new Storage[trace.leaves().size()];
      for (int i = 0; i < bound.length; i++) {
        Optional<Storage> storage = holds.bind(trace.leaves().get(i), owned[i]);
        if (storage.isEmpty()) {
          return Outcome.BUSY;
        }
        bound[i] = storage.get();
      }
      run(trace, key, donors, words, bound);
      return Outcome.DONE;
    } finally {
      holds.release();
    }
  }

  /** Gathers what is pending. */
  private static void fill(Trace trace, List<Tensor> wanted, List<Version> assigned) {
    NodeMap seen = new NodeMap(wanted.size());
    for (Tensor tensor : wanted) {
      Node node = Access.node(tensor);
      boolean needed = node.kind() == Node.Kind.OP && !node.isEvaluated();
      if (node instanceof Version || node.kind() == Node.Kind.ARGUMENT) {
        trace.walk(node); // a pending version becomes a root at the end, by itself
      } else if (needed && seen.get(node) == NodeMap.ABSENT) {
        seen.put(node, 0);
        trace.walk(node);
        // Unless another thread has evaluated it just now.
        for (int output = 0; trace.isOp(node) && output < node.outputs(); output++) {
          trace.addRoot(Access.tensor(node, output));
        }
      }
    }
    for (Version version : assigned) {
      if (isPendingVersion(version)) {
        trace.walk(version);
      }
    }
    // Versions met on the way come last, so that their donations line up behind the other roots.
    for (Version version : trace.pending()) {
      trace.addRoot(Access.tensor(version, 0));
    }
  }

  private static boolean isPendingVersion(Node node) {
    return node instanceof Version v && v.isPending() && v.parameter().current() == v;
  }

  private static void run(Trace trace, long[] key, int[] donors, long[] words, Storage[] bound) {
    Backend backend = Backends.current();
    CompiledGraph compiled = Backends.cache().get(backend, key, trace, donors);
    List<Tensor> roots = trace.roots();
    Storage[] results = compiled.run(backend, words, bound, leaf -> parameterOf(trace, leaf));
    publish(trace, roots, results);
  }

  /** Returns the parameter that a leaf is a version of, if it is one. */
  private static Optional<ParameterState> parameterOf(Trace trace, int leaf) {
    boolean known = leaf >= 0 && leaf < trace.leaves().size();
    return known && trace.leaves().get(leaf).node() instanceof Version version
        ? Optional.of(version.parameter())
        : Optional.empty();
  }

  private static void publish(Trace trace, List<Tensor> roots, Storage[] results) {
    int at = 0;
    while (at < roots.size()) {
      at = publish(Access.node(roots.get(at)), results, at);
    }
    History.drop(trace);
  }

  /** Gives a node its values, the results from {@code at} on; returns where those of others are. */
  public static int publish(Node node, Storage[] results, int at) {
    int end = at + node.outputs();
    Storage[] values = Arrays.copyOfRange(results, at, end);
    if (node instanceof Version version) {
      version.parameter().settle(version, values);
    } else if (node.publish(values)) {
      for (int output = 0; output < values.length; output++) {
        Access.register(Access.tensor(node, output));
      }
    } else {
      for (Storage value : values) {
        value.close();
      }
    }
    return end;
  }

  /**
   * What one attempt holds: the right to write parameters, pins on leaves, sole ownership of
   * donated memory.
   */
  private static final class Holds {
    private final List<ParameterState> writing = new ArrayList<>();
    private final List<Storage> pinned = new ArrayList<>();
    private final List<Storage> owned = new ArrayList<>();

    boolean claim(Version version) {
      if (!version.parameter().tryWrite()) {
        return false; // another run is computing this version or the next
      }
      writing.add(version.parameter());
      return version.isPending() && version.parameter().current() == version;
    }

    /** Returns the version whose memory the next one of a parameter may overwrite, if any. */
    Optional<Version> takeOver(ParameterState parameter) {
      Optional<Version> donor = parameter.donate();
      donor.ifPresent(version -> owned.add(version.value(0).orElseThrow()));
      return donor;
    }

    /**
     * Returns a leaf's storage, held until the end; empty if another run holds it alone right now.
     */
    Optional<Storage> bind(Trace.Leaf leaf, boolean isOwned) {
      Node node = leaf.node();
      Optional<Storage> value = node.value(leaf.index());
      if (value.isEmpty()) {
        throw ((Version) node).supersededError();
      }
      Storage storage = value.get();
      if (isOwned) {
        return value;
      }
      switch (storage.tryPin()) {
        case PINNED -> {
          pinned.add(storage);
          // While this waited, a step may have given the memory to a newer version.
          return node.value(leaf.index());
        }
        case CLOSED -> {
          if (node.value(leaf.index()).isPresent()) {
            throw closed(leaf.type());
          }
          return Optional.empty();
        }
        default -> {
          // Another node may have the memory that this run owns.
          return owned.contains(storage) ? value : Optional.empty();
        }
      }
    }

    void release() {
      for (Storage storage : pinned) {
        storage.unpin();
      }
      owned.forEach(Storage::disown);
      writing.forEach(ParameterState::endWrite);
    }
  }
}

package org.adjoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Storage;

/**
 * Turns pending graphs into values: traces what is pending, finds or compiles its program, runs it
 * in one call, publishes the results, and lets go of history that no derivative needs. Pending
 * versions of parameters are computed along, in the memory of the versions that they supersede.
 */
final class Evaluator {
  private static final long WAIT_NANOS = 20_000;
  private static final int NO_DONOR = -1;

  private Evaluator() {}

  /** Another run holds memory or versions that this one needs for a moment. */
  private enum Outcome {
    DONE,
    BUSY
  }

  /** Computes the values of {@code wanted}, and every assignment this thread has pending. */
  static void evaluate(List<Tensor> wanted) {
    try {
      finish(wanted);
    } catch (IndexOutOfBoundsException | BackendException | NativeMemoryException failure) {
      if (!wanted.isEmpty() && !Pending.versions().isEmpty()) {
        flushAfter(failure);
      }
      throw failure;
    }
    Pending.clear();
  }

  private static void finish(List<Tensor> wanted) {
    while (attempt(wanted) == Outcome.BUSY) {
      LockSupport.parkNanos(WAIT_NANOS);
    }
  }

  /**
   * Evaluates the assignments that came along with something that failed; if they fail by
   * themselves, their parameters go back to the values they had.
   */
  private static void flushAfter(RuntimeException failure) {
    List<Version> versions = Pending.versions();
    try {
      finish(List.of());
    } catch (IndexOutOfBoundsException | BackendException | NativeMemoryException again) {
      versions.forEach(version -> version.parameter().abandon(version));
      if (!again.getMessage().equals(failure.getMessage())) {
        failure.addSuppressed(again);
      }
    }
    Pending.clear();
  }

  /** Returns a tensor's storage, pinned; the tensor was just evaluated. */
  static Storage pinned(Tensor tensor, Node node) {
    for (; ; ) {
      if (!node.isEvaluated()) {
        throw ((Version) node).supersededError();
      }
      Storage storage = node.value(tensor.index());
      switch (storage.tryPin()) {
        case PINNED -> {
          return storage;
        }
        case CLOSED -> throw closed(node.type(tensor.index()));
        case BUSY -> LockSupport.parkNanos(WAIT_NANOS);
      }
    }
  }

  private static IllegalStateException closed(Type type) {
    return new IllegalStateException(
        "tensor "
            + type
            + " was closed, by release() or by the Scope it was made in; Scope.keep() keeps one");
  }

  private static Outcome attempt(List<Tensor> wanted) {
    Trace trace = trace(wanted);
    if (trace.roots().isEmpty()) {
      return Outcome.DONE;
    }
    Holds holds = new Holds();
    try {
      List<Version> versions = trace.pending();
      for (Version version : versions) {
        if (!holds.claim(version)) {
          return Outcome.BUSY;
        }
      }
      int[] donors = new int[trace.roots().size()];
      Arrays.fill(donors, NO_DONOR);
      for (int i = 0; i < versions.size(); i++) {
        donors[donors.length - versions.size() + i] = donor(trace, versions.get(i), holds);
      }
      long[] key = trace.key(donors);
      List<Storage> bound = new ArrayList<>();
      for (Trace.Leaf leaf : trace.leaves()) {
        Optional<Storage> storage = holds.bind(leaf);
        if (storage.isEmpty()) {
          return Outcome.BUSY;
        }
        bound.add(storage.get());
      }
      run(trace, key, donors, bound);
      return Outcome.DONE;
    } finally {
      holds.release();
    }
  }

  private static Trace trace(List<Tensor> wanted) {
    Trace trace = new Trace();
    Set<Node> seen = new LinkedHashSet<>();
    for (Tensor tensor : wanted) {
      Node node = tensor.node();
      boolean needed = node.kind() == Node.Kind.OP && !node.isEvaluated();
      if (needed && seen.add(node) && !isPendingVersion(node)) {
        for (int output = 0; output < node.outputs(); output++) {
          trace.addRoot(new Tensor(node, output));
        }
      } else if (isPendingVersion(node)) {
        trace.visit(node);
      }
    }
    for (Version version : Pending.versions()) {
      trace.visit(version);
    }
    // Versions met on the way come last, so that their donations line up behind the other roots.
    for (Version version : trace.pending()) {
      trace.addRoot(new Tensor(version, 0));
    }
    return trace;
  }

  private static boolean isPendingVersion(Node node) {
    return node instanceof Version v && v.isPending() && v.parameter().current() == v;
  }

  /**
   * Returns the number of the leaf whose memory a version takes over, or −1 where it needs memory
   * of its own.
   */
  private static int donor(Trace trace, Version version, Holds holds) {
    Optional<Version> settled = version.parameter().settled();
    if (settled.isEmpty() || settled.get().isSnapshot() || !settled.get().isEvaluated()) {
      return NO_DONOR;
    }
    Node before = settled.get();
    return holds.own(before.value(0)) ? trace.leafNumber(before, 0) : NO_DONOR;
  }

  private static void run(Trace trace, long[] key, int[] donors, List<Storage> bound) {
    Backend backend = Backends.current();
    CompiledGraph compiled = Backends.cache().get(backend, key, trace, donors);
    List<Tensor> roots = trace.roots();
    Storage[] results = compiled.run(backend, trace, bound);
    publish(trace, roots, results);
  }

  private static void publish(Trace trace, List<Tensor> roots, Storage[] results) {
    int at = 0;
    while (at < roots.size()) {
      Node node = roots.get(at).node();
      Storage[] values = Arrays.copyOfRange(results, at, at + node.outputs());
      if (node instanceof Version version) {
        settle(version, values);
      } else if (node.publish(values)) {
        for (int output = 0; output < values.length; output++) {
          Scope.register(new Tensor(node, output));
        }
      } else {
        for (Storage value : values) {
          value.close();
        }
      }
      at += node.outputs();
    }
    dropHistory(trace);
  }

  private static void settle(Version version, Storage[] values) {
    Parameter parameter = version.parameter();
    parameter.settled().ifPresent(old -> freeUnlessDonated(old, values[0]));
    version.publish(values);
    version.dropInputs();
    parameter.settle(version);
  }

  private static void freeUnlessDonated(Version old, Storage taken) {
    if (!old.isSnapshot() && old.isEvaluated() && old.value(0) != taken) {
      old.value(0).close();
    }
  }

  /**
   * Makes leaves of the roots that reach no current version and no variable; the others remember
   * what they reach.
   */
  private static void dropHistory(Trace trace) {
    Set<Node> sources = new LinkedHashSet<>();
    boolean[] reaches = trace.reachesSource(sources);
    Node[] reached = sources.toArray(new Node[0]);
    for (Tensor root : trace.roots()) {
      Node node = root.node();
      if (node instanceof Version || node.kind() != Node.Kind.OP) {
        continue;
      }
      if (reaches[trace.opNumber(node)]) {
        node.keepFor(reached);
      } else {
        node.cut();
      }
    }
  }

  /**
   * What one attempt holds: claims on versions, pins on leaves, sole ownership of donated memory.
   */
  private static final class Holds {
    private final List<Version> claimed = new ArrayList<>();
    private final List<Storage> pinned = new ArrayList<>();
    private final Set<Storage> owned = new LinkedHashSet<>();

    boolean claim(Version version) {
      if (!version.claim()) {
        return false;
      }
      claimed.add(version);
      return version.isPending() && version.parameter().current() == version;
    }

    boolean own(Storage storage) {
      boolean own = storage.tryOwn();
      if (own) {
        owned.add(storage);
      }
      return own;
    }

    /**
     * Returns a leaf's storage, held until the end; empty if another run holds it alone right now.
     */
    Optional<Storage> bind(Trace.Leaf leaf) {
      Node node = leaf.node();
      if (!node.isEvaluated()) {
        throw ((Version) node).supersededError();
      }
      Storage storage = node.value(leaf.index());
      if (owned.contains(storage)) {
        return Optional.of(storage);
      }
      return switch (storage.tryPin()) {
        case PINNED -> {
          pinned.add(storage);
          // While this waited, a step may have given the memory to a newer version.
          yield node.isEvaluated() ? Optional.of(storage) : Optional.empty();
        }
        case CLOSED -> throw closed(leaf.type());
        case BUSY -> Optional.empty();
      };
    }

    void release() {
      for (Storage storage : pinned) {
        storage.unpin();
      }
      for (Storage storage : owned) {
        storage.disown();
      }
      for (Version version : claimed) {
        version.release();
      }
    }
  }
}

package org.adjoint.internal.run;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.internal.graph.ParameterState;
import org.adjoint.internal.graph.ThreadState;
import org.adjoint.internal.graph.Version;

/**
 * The assignments that each thread has made and not evaluated yet; any evaluation on that thread
 * flushes them.
 */
public final class Pending {
  private Pending() {}

  /** One assigned to twice is there twice: that costs nothing, and a set costs every step. */
  public static void add(ParameterState parameter) {
    ThreadState.get().assigned.add(parameter);
  }

  /** Returns whether this thread has assigned nothing since it last evaluated something. */
  public static boolean isEmpty() {
    return ThreadState.get().assigned.isEmpty();
  }

  /** Returns the versions this thread has assigned that are still current and pending. */
  public static List<Version> versions() {
    List<ParameterState> assigned = ThreadState.get().assigned;
    if (assigned.isEmpty()) {
      return List.of();
    }
    List<Version> versions = new ArrayList<>(assigned.size());
    for (ParameterState parameter : assigned) {
      Version version = parameter.current();
      if (version.isPending()) {
        versions.add(version);
      }
    }
    return versions;
  }

  /** Forgets what this thread has assigned, once it is evaluated or abandoned. */
  public static void clear() {
    ThreadState.get().assigned.clear();
  }
}

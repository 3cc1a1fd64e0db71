package org.adjoint;

import java.util.ArrayList;
import java.util.List;

/**
 * The assignments that each thread has made and not evaluated yet; any evaluation on that thread
 * flushes them.
 */
final class Pending {
  /** One assigned to twice is there twice: that costs nothing, and a set costs every step. */
  private static final ThreadLocal<List<Parameter>> ASSIGNED =
      ThreadLocal.withInitial(ArrayList::new);

  private Pending() {}

  static void add(Parameter parameter) {
    ASSIGNED.get().add(parameter);
  }

  /** Returns the versions this thread has assigned that are still current and pending. */
  static List<Version> versions() {
    List<Parameter> assigned = ASSIGNED.get();
    if (assigned.isEmpty()) {
      return List.of();
    }
    List<Version> versions = new ArrayList<>(assigned.size());
    for (Parameter parameter : assigned) {
      Version version = parameter.current();
      if (version.isPending()) {
        versions.add(version);
      }
    }
    return versions;
  }

  /** Forgets what this thread has assigned, once it is evaluated or abandoned. */
  static void clear() {
    ASSIGNED.get().clear();
  }
}

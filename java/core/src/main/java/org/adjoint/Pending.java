package org.adjoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The assignments that each thread has made and not evaluated yet; any evaluation on that thread
 * flushes them.
 */
final class Pending {
  private static final ThreadLocal<Set<Parameter>> ASSIGNED =
      ThreadLocal.withInitial(LinkedHashSet::new);

  private Pending() {}

  static void add(Parameter parameter) {
    ASSIGNED.get().add(parameter);
  }

  /** Returns the versions this thread has assigned that are still current and pending. */
  static List<Version> versions() {
    Set<Parameter> assigned = ASSIGNED.get();
    if (assigned.isEmpty()) {
      return List.of();
    }
    List<Version> versions = new ArrayList<>();
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

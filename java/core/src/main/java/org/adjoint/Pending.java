package org.adjoint;

import java.util.ArrayList;
import java.util.List;

/**
 * The assignments that each thread has made and not evaluated yet; any evaluation on that thread
 * flushes them.
 */
final class Pending {
  private Pending() {}

  /** One assigned to twice is there twice: that costs nothing, and a set costs every step. */
  static void add(Parameter parameter) {
    Local.get().assigned.add(parameter);
  }

  /** Returns whether this thread has assigned nothing since it last evaluated something. */
  static boolean isEmpty() {
    return Local.get().assigned.isEmpty();
  }

  /** Returns the versions this thread has assigned that are still current and pending. */
  static List<Version> versions() {
    List<Parameter> assigned = Local.get().assigned;
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
    Local.get().assigned.clear();
  }
}

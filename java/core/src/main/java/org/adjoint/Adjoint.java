package org.adjoint;

/**
 * What holds for the whole process: which backend runs programs, and on how many threads. Choose
 * before the first value is made; later changes hold for what is evaluated from then on.
 */
public final class Adjoint {
  private static volatile int threads = defaultThreads();

  private Adjoint() {}

  private static int defaultThreads() {
    Integer given = Integer.getInteger("org.adjoint.threads");
    return given != null && given > 0 ? given : Runtime.getRuntime().availableProcessors();
  }

  /**
   * Returns the name of the backend in use, choosing it if that has not happened: the one named by
   * the system property {@code org.adjoint.backend}, else {@code native} if it loads, else {@code
   * reference} with a warning.
   */
  public static String backend() {
    return Backends.current().name();
  }

  /**
   * Uses the backend of this name from now on; it never falls back to another.
   *
   * @throws BackendException if there is none of that name or it cannot be opened, with the reason
   */
  public static void backend(String name) {
    Backends.use(name);
  }

  /** Returns one line about the backend in use: instruction set, threads, libraries. */
  public static String description() {
    return Backends.current().description();
  }

  /**
   * Returns how many cores runs may keep busy together, callers included; at first the number of
   * processors.
   */
  public static int threads() {
    return threads;
  }

  /**
   * Sets how many cores runs may keep busy together. It holds for a backend that {@link
   * #backend(String)} chooses after it.
   *
   * @throws IllegalArgumentException if {@code count} is less than 1
   */
  public static void threads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("threads: needs at least 1, got " + count);
    }
    threads = count;
  }
}

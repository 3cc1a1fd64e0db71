package org.adjoint;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;
import org.adjoint.internal.graph.Anomaly;
import org.adjoint.internal.graph.Eager;
import org.adjoint.internal.run.Backends;

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
   * reference} with a warning. A native backend that did not load is tried again later, at most
   * every two seconds, and taken when it does.
   *
   * @throws BackendException if the backend that the property names cannot be opened, or an option
   *     such as {@code org.adjoint.memory} cannot be read: the message names it
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
   * Returns what a bug report needs, a line each: the versions of Adjoint, Java and the system, the
   * backend with its instruction set, how many threads, and the memory budget in bytes. Chooses the
   * backend if that has not happened.
   */
  public static String info() {
    String inJar = Adjoint.class.getPackage().getImplementationVersion();
    ModuleDescriptor module = Adjoint.class.getModule().getDescriptor(); // null off the module path
    Memory.Report memory = Memory.report();
    return String.join(
        System.lineSeparator(),
        "Adjoint  "
            + Optional.ofNullable(inJar)
                .or(() -> Optional.ofNullable(module).flatMap(ModuleDescriptor::rawVersion))
                .orElse("of unknown version"),
        "Java     " + Runtime.version() + " (" + System.getProperty("java.vm.name") + ")",
        "system   " + System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        "backend  " + description(),
        "threads  " + threads(),
        "memory   "
            + (memory.budget() == 0 ? "no budget" : "budget " + memory.budget() + " bytes")
            + ", outstanding "
            + memory.outstanding()
            + ", peak "
            + memory.peak());
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

  /**
   * Chooses whether each op is computed as soon as it is built, on all threads: for stepping
   * through a program in a debugger. A derivative is one operation. The numbers are the same; whole
   * graphs run faster. Mark with {@link Tensor#variable} what you differentiate by before you build
   * on it: what has been computed keeps no other history.
   */
  public static void eager(boolean on) {
    Eager.set(on);
  }

  /**
   * Chooses whether evaluations look for the first NaN, and the first infinity that no input had,
   * and throw an {@link AnomalyException} that names op, shapes and the line of your program that
   * built it. Switch it on before building the graph. Every op then runs by itself, several times
   * slower.
   */
  public static void anomaly(boolean on) {
    Anomaly.set(on);
  }
}

package org.adjoint.internal.backend;

/**
 * What the library tells its user beside results: rare lines, by way of {@link System.Logger}. A
 * logger is made when there is something to say, since making one can fail: where the locale cannot
 * write the current folder's name, the JVM has none to give, and the line goes to standard error.
 */
public final class Log {
  private Log() {}

  /** Says that something is not as the user would want it; {@code source} names the logger. */
  public static void warn(Class<?> source, String text) {
    log(System.Logger.Level.WARNING, source, text);
  }

  /** Gives the user a hint. */
  public static void info(Class<?> source, String text) {
    log(System.Logger.Level.INFO, source, text);
  }

  private static void log(System.Logger.Level level, Class<?> source, String text) {
    System.Logger logger;
    try {
      logger = System.getLogger(source.getName());
    } catch (LinkageError | RuntimeException e) {
      System.err.println(level + ": " + text);
      return;
    }
    logger.log(level, text);
  }
}

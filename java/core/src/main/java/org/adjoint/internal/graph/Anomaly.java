package org.adjoint.internal.graph;

import java.lang.StackWalker.StackFrame;
import java.security.CodeSource;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.Tensor;

/**
 * The switch that has anomalies searched for: every new node then remembers the user's line that
 * built the node, and evaluations look at the result of each op.
 */
public final class Anomaly {
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private static volatile boolean on;

  /** The node whose derivative is being built on this thread. */
  private static final ThreadLocal<Node> DIFFERENTIATED = new ThreadLocal<>();

  private Anomaly() {}

  /** Where a node was built: the user's line, and the node that it is the derivative of. */
  public record Site(String line, Optional<String> derivativeOf) {
    @Override
    public String toString() {
      return derivativeOf.map(of -> "built for the derivative of " + of + ", ").orElse("built ")
          + "at "
          + line;
    }
  }

  /** Switches for all threads. */
  public static void set(boolean now) {
    on = now;
  }

  /** Returns whether anomalies are searched for. */
  public static boolean isOn() {
    return on;
  }

  /**
   * Returns the user's line that is building a node; empty while anomalies are not searched for.
   */
  public static Optional<Site> here() {
    if (!on) {
      return Optional.empty();
    }
    return Optional.of(
        new Site(userLine(), Optional.ofNullable(DIFFERENTIATED.get()).map(Anomaly::named)));
  }

  /** Returns the line of the user's program that this thread is in. */
  static String userLine() {
    return WALKER.walk(
        frames ->
            frames
                .filter(frame -> !isLibrary(frame.getDeclaringClass()))
                .findFirst()
                .map(StackFrame::toString)
                .orElse("a place unknown"));
  }

  private static String named(Node node) {
    String built = node.site().map(site -> " (" + site + ")").orElse("");
    return node.op().name() + built;
  }

  /** Returns whether a class is Adjoint's own, and so never the user's line. */
  private static boolean isLibrary(Class<?> c) {
    CodeSource core = Tensor.class.getProtectionDomain().getCodeSource();
    CodeSource its = c.getProtectionDomain().getCodeSource();
    boolean same =
        core != null && its != null && Objects.equals(core.getLocation(), its.getLocation());
    String room = c.getPackageName();
    return same || room.equals("org.adjoint.nn") || room.startsWith("org.adjoint.nn.");
  }

  /**
   * Returns what {@code build} returns, a derivative of {@code node}: the {@link Site} of each node
   * that {@code build} makes names {@code node}.
   */
  public static <T> T differentiating(Node node, Supplier<T> build) {
    if (!on) {
      return build.get();
    }
    Node before = DIFFERENTIATED.get();
    DIFFERENTIATED.set(node);
    try {
      return build.get();
    } finally {
      if (before == null) {
        DIFFERENTIATED.remove();
      } else {
        DIFFERENTIATED.set(before);
      }
    }
  }
}

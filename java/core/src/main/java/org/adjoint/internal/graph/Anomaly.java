package org.adjoint.internal.graph;

import java.lang.StackWalker.StackFrame;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.adjoint.AnomalyException;
import org.adjoint.Scope;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.internal.run.Evaluator;
import org.adjoint.internal.run.Trace;

/**
 * Finds where a NaN or an infinity comes from: remembers the user's line at every node, and runs a
 * graph op by op before the program, looking at each result. Several times slower; for searching.
 */
public final class Anomaly {
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private static volatile boolean on;

  /** The node whose derivative is being built on this thread. */
  private static final ThreadLocal<Node> DIFFERENTIATED = new ThreadLocal<>();

  /** Whether this thread is inside a search, which runs programs itself. */
  private static final ThreadLocal<Boolean> SEARCHING = ThreadLocal.withInitial(() -> false);

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

  public static void set(boolean now) {
    on = now;
  }

  public static boolean isOn() {
    return on;
  }

  /** Returns where the node that is being built stands in the user's program, if that matters. */
  public static Optional<Site> here() {
    if (!on) {
      return Optional.empty();
    }
    String line =
        WALKER.walk(
            frames ->
                frames
                    .filter(frame -> !isLibrary(frame.getDeclaringClass()))
                    .findFirst()
                    .map(StackFrame::toString)
                    .orElse("a place unknown"));
    return Optional.of(
        new Site(line, Optional.ofNullable(DIFFERENTIATED.get()).map(Anomaly::named)));
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

  /** Builds a derivative of {@code node}: what comes of it remembers that. */
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

  /**
   * Runs a trace op by op and looks for a NaN, or for an infinity that no input has.
   *
   * @param leaves the values of the trace's leaves
   * @throws AnomalyException for the first one found
   */
  public static void search(Trace trace, List<Tensor> leaves) {
    if (SEARCHING.get()) {
      return;
    }
    SEARCHING.set(true);
    try {
      Scope.run(() -> runApart(trace, leaves));
    } finally {
      SEARCHING.remove();
    }
  }

  /** Returns whether this thread is inside a search. */
  public static boolean isSearching() {
    return on && SEARCHING.get();
  }

  private static void runApart(Trace trace, List<Tensor> leaves) {
    NodeMap numbers = new NodeMap();
    List<List<Tensor>> results = new ArrayList<>();
    for (int at = 0; at < trace.ops().size(); at++) {
      Node node = trace.ops().get(at);
      Node[] from = trace.inputs(at);
      Tensor[] inputs = new Tensor[from.length];
      for (int i = 0; i < inputs.length; i++) {
        int number = numbers.get(from[i]);
        int index = node.index(i);
        if (number != NodeMap.ABSENT) {
          inputs[i] = results.get(number).get(index);
        } else if (trace.isLeaf(from[i])) {
          inputs[i] = leaves.get(trace.leafNumber(from[i], index));
        } else {
          inputs[i] = Access.tensor(from[i], index);
        }
      }
      List<Tensor> outputs = Eager.suspended(() -> Graphs.apply(node.op(), node.attrs(), inputs));
      Evaluator.evaluate(outputs);
      for (Tensor output : outputs) {
        judge(node, inputs, output);
      }
      numbers.put(node, results.size());
      results.add(outputs);
    }
  }

  private static void judge(Node node, Tensor[] inputs, Tensor output) {
    if (!output.dtype().isFloating()) {
      return;
    }
    double[] values = output.toDoubleArray();
    for (int i = 0; i < values.length; i++) {
      boolean infinite = Double.isInfinite(values[i]);
      if (Double.isNaN(values[i]) || (infinite && !hasInfinity(inputs))) {
        throw new AnomalyException(text(node, inputs, output, i, values[i]));
      }
    }
  }

  private static boolean hasInfinity(Tensor... inputs) {
    for (Tensor input : inputs) {
      if (input.dtype().isFloating()
          && Arrays.stream(input.toDoubleArray()).anyMatch(Double::isInfinite)) {
        return true;
      }
    }
    return false;
  }

  private static String text(Node node, Tensor[] inputs, Tensor output, int at, double value) {
    StringBuilder text = new StringBuilder("anomaly: ").append(node.op().name()).append(" of");
    for (Tensor input : inputs) {
      text.append(' ').append(input.type());
    }
    text.append(" gave ").append(value).append(" at ").append(index(output.shape(), at));
    for (int i = 0; i < inputs.length; i++) {
      Tensor input = inputs[i];
      if (input.dtype().isFloating() && input.shape().broadcastsTo(output.shape())) {
        double there = input.broadcastTo(output.shape().dims()).toDoubleArray()[at];
        text.append(i == 0 ? ", where input " : ", input ").append(i).append(" is ").append(there);
      }
    }
    text.append("; ").append(node.site().map(Site::toString).orElse("built before anomaly(true)"));
    return text.toString();
  }

  private static String index(Shape shape, int at) {
    long[] index = new long[shape.rank()];
    long rest = at;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return Arrays.toString(index);
  }
}

package org.adjoint.benchmarks.overhead;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import org.adjoint.Adjoint;
import org.adjoint.Compiled;
import org.adjoint.DType;
import org.adjoint.Key;
import org.adjoint.Scope;
import org.adjoint.Tensor;
import org.adjoint.nn.Activation;
import org.adjoint.nn.Init;
import org.adjoint.nn.Losses;
import org.adjoint.nn.Mlp;
import org.adjoint.nn.optim.Adam;

/**
 * What Java costs in a training step: the whole step (Adam, the loss read back, a scope), minus the
 * time inside the program, for a compiled function and for a graph that is built in every step.
 * Both take turns in one process. Arguments are networks, {@code 784-256-128-10} like.
 */
public final class Overhead {
  private static final List<String> NETWORKS = List.of("2-16-16-1", "784-256-128-10");
  private static final int BATCH = 64;
  private static final int ROUNDS = 31;

  /**
   * So small that the labels are never learned: gradients that fade away become subnormal numbers,
   * on which processors are slow.
   */
  private static final double LEARNING_RATE = 1e-7;

  private static final long TURN_NANOS = 100_000_000;
  private static final long WARM_UP_NANOS = 8_000_000_000L;

  private Overhead() {}

  /** One way to make a step, and what was measured of it: µs in the step, and outside programs. */
  private static final class Way {
    private final Runnable step;
    private final List<Double> whole = new ArrayList<>();
    private final List<Double> java = new ArrayList<>();

    Way(Runnable step) {
      this.step = step;
    }

    void turn(long nanos, boolean counts) {
      long inside = TimedProvider.NANOS.get();
      long all = 0;
      int steps = 0;
      while (all < nanos) {
        all += time();
        steps++;
      }
      if (counts) {
        whole.add(all / 1e3 / steps);
        java.add((all - TimedProvider.NANOS.get() + inside) / 1e3 / steps);
      }
    }

    /**
     * Returns the nanoseconds of one step. In a method of its own, which the JVM soon compiles: a
     * loop of so few turns stays interpreted, and that took 1 µs a turn.
     */
    private long time() {
      long from = System.nanoTime();
      step.run();
      return System.nanoTime() - from;
    }
  }

  /** Prints the table. */
  public static void main(String[] args) {
    Adjoint.backend(TimedProvider.NAME);
    System.out.println(
        "network, batch " + BATCH + "    way              step µs    program µs    Java µs");
    for (String network : args.length == 0 ? NETWORKS : List.of(args)) {
      BinaryOperator<Tensor> step = step(sizes(network));
      BinaryOperator<Tensor> compiled = Compiled.of(step(sizes(network)));
      Key key = Key.of(0).fold(2);
      List<Integer> sizes = sizes(network);
      Tensor x = key.uniform(DType.F32, BATCH, sizes.get(0)).eval();
      int[] classOf = new int[BATCH];
      Arrays.setAll(classOf, row -> row % sizes.get(sizes.size() - 1));
      Tensor labels = Tensor.of(classOf, BATCH).eval();
      Way fast = new Way(() -> Scope.run(() -> compiled.apply(x, labels).item()));
      Way built = new Way(() -> Scope.run(() -> step.apply(x, labels).item()));
      for (Way way : List.of(fast, built)) {
        way.turn(WARM_UP_NANOS, false);
      }
      for (int round = 0; round < ROUNDS; round++) {
        fast.turn(TURN_NANOS, true);
        built.turn(TURN_NANOS, true);
      }
      print(network, "compiled", fast);
      print(network, "define-by-run", built);
    }
  }

  private static List<Integer> sizes(String network) {
    return Arrays.stream(network.split("-")).map(Integer::valueOf).toList();
  }

  private static BinaryOperator<Tensor> step(List<Integer> sizes) {
    Mlp model =
        Mlp.of(sizes, Activation.RELU, Activation.IDENTITY, Init::heNormal, Key.of(0).fold(1));
    Adam adam = new Adam(model.parameters(), LEARNING_RATE);
    return (x, labels) -> {
      Tensor loss = Losses.softmaxCrossEntropy(model.apply(x), labels);
      loss.backward();
      adam.step(loss);
      adam.zeroGrad();
      return loss;
    };
  }

  private static void print(String network, String name, Way way) {
    double whole = median(way.whole);
    double java = median(way.java);
    System.out.printf(
        Locale.ROOT,
        "%-20s    %-16s %8.2f      %8.2f   %8.2f%n",
        network,
        name,
        whole,
        whole - java,
        java);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }
}

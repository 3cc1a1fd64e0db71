package org.adjoint.benchmarks;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.adjoint.scalar.Tape;
import org.adjoint.scalar.Value;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * An expression of a million scalar nodes, recorded on a tape that is reused, and differentiated.
 * The time is that of one node: its object if it has one, its value, and its part of the backward
 * loop. Before it times, it checks that objects and plain nodes give the same gradients.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
public class ScalarTape {
  private static final int NODES = 1_000_000;
  private static final int LEAVES = 1024;

  /**
   * What is computed. {@code neurons}: the sum of tanh(b + w · x) of 16 inputs each. {@code
   * arithmetic}: + · ÷ − in turn, of the last node and a random leaf. {@code all}: the sum of
   * chains of the thirteen ops. {@code scattered}: the mean of the last node and one from anywhere
   * on the tape, so that neither value nor gradient is where the cache expects it. {@code kept}:
   * the same, with all million objects alive.
   */
  @Param({"neurons", "arithmetic", "all", "scattered", "kept"})
  public String expression;

  private final Tape tape = Tape.of("benchmark", 2 * NODES);
  private final Value[] leaves = new Value[LEAVES];
  private final int[] leafNodes = new int[LEAVES];
  private final int[] random = new int[NODES];
  private Value[] kept;
  private int mark;

  /** Records the leaves, draws the operands, and compares the gradients of both ways. */
  @Setup
  public void setUp() {
    SplittableRandom source = new SplittableRandom(0);
    double low = expression.equals("neurons") ? -0.5 : 0.5;
    for (int i = 0; i < LEAVES; i++) {
      leaves[i] = tape.value(source.nextDouble(low, low + 1));
      leafNodes[i] = leaves[i].node();
    }
    mark = tape.mark();
    boolean scattered = expression.equals("scattered") || expression.equals("kept");
    for (int i = 0; i < NODES; i++) {
      random[i] = source.nextInt(scattered ? LEAVES + i : LEAVES);
    }
    kept = Arrays.copyOf(leaves, LEAVES + NODES);
    values();
    double[] expected = gradients();
    tape.zeroGrad();
    tape.backward(record());
    int reached = 0;
    for (int i = mark; i < mark + NODES; i++) {
      reached += tape.grad(i) != 0 ? 1 : 0;
    }
    if (!Arrays.equals(expected, gradients()) || tape.size() != mark + NODES) {
      throw new IllegalStateException("Value and Tape differ");
    }
    if (reached < 0.99 * NODES || !Double.isFinite(Arrays.stream(expected).sum())) {
      throw new IllegalStateException("only " + reached + " nodes have a gradient, or one is NaN");
    }
    tape.rewind(mark);
  }

  private double[] gradients() {
    return Arrays.stream(leaves).mapToDouble(Value::grad).toArray();
  }

  /** Returns the gradient of a leaf, computed with {@link Value} objects. */
  @Benchmark
  @OperationsPerInvocation(NODES)
  public double values() {
    Value y =
        switch (expression) {
          case "neurons" -> neuronValues();
          case "arithmetic" -> arithmeticValues();
          case "all" -> allValues();
          case "scattered" -> scatteredValues();
          default -> keptValues();
        };
    y.backward();
    tape.rewind(mark);
    return leaves[0].grad();
  }

  /** Returns the gradient of a leaf, computed with the {@code int} nodes of a tape. */
  @Benchmark
  @OperationsPerInvocation(NODES)
  public double nodes() {
    tape.backward(record());
    tape.rewind(mark);
    return tape.grad(leafNodes[0]);
  }

  private int record() {
    return switch (expression) {
      case "neurons" -> neuronNodes();
      case "arithmetic" -> arithmeticNodes();
      case "all" -> allNodes();
      default -> scatteredNodes();
    };
  }

  private Value neuronValues() {
    Value total = leaves[0];
    int end = mark + NODES;
    int w = 16;
    while (tape.size() <= end - 34) {
      Value sum = leaves[w];
      for (int i = 0; i < 16; i++) {
        w = (w + 1) % LEAVES;
        sum = sum.add(leaves[w].mul(leaves[i]));
      }
      total = total.add(sum.tanh());
    }
    while (tape.size() < end) {
      total = total.neg();
    }
    return total;
  }

  private int neuronNodes() {
    int total = leafNodes[0];
    int end = mark + NODES;
    int w = 16;
    while (tape.size() <= end - 34) {
      int sum = leafNodes[w];
      for (int i = 0; i < 16; i++) {
        w = (w + 1) % LEAVES;
        sum = tape.add(sum, tape.mul(leafNodes[w], leafNodes[i]));
      }
      total = tape.add(total, tape.tanh(sum));
    }
    while (tape.size() < end) {
      total = tape.neg(total);
    }
    return total;
  }

  private Value arithmeticValues() {
    Value x = leaves[0];
    for (int i = 0; i < NODES; i += 4) {
      x = x.add(leaves[random[i]]);
      x = x.mul(leaves[random[i + 1]]);
      x = x.div(leaves[random[i + 1]]);
      x = x.sub(leaves[random[i + 2]]);
    }
    return x;
  }

  private int arithmeticNodes() {
    int x = leafNodes[0];
    for (int i = 0; i < NODES; i += 4) {
      x = tape.add(x, leafNodes[random[i]]);
      x = tape.mul(x, leafNodes[random[i + 1]]);
      x = tape.div(x, leafNodes[random[i + 1]]);
      x = tape.sub(x, leafNodes[random[i + 2]]);
    }
    return x;
  }

  private Value allValues() {
    Value total = leaves[0];
    int end = mark + NODES;
    for (int i = 0; tape.size() <= end - 14; i += 6) {
      Value x = leaves[random[i]].sin().exp().mul(leaves[random[i + 1]]).relu();
      x = x.add(leaves[random[i + 2]]).log().tanh().neg().cos().sqrt();
      x = x.pow(leaves[random[i + 3]]).div(leaves[random[i + 4]]).sub(leaves[random[i + 5]]);
      total = total.add(x);
    }
    while (tape.size() < end) {
      total = total.neg();
    }
    return total;
  }

  private int allNodes() {
    int total = leafNodes[0];
    int end = mark + NODES;
    for (int i = 0; tape.size() <= end - 14; i += 6) {
      int x = tape.exp(tape.sin(leafNodes[random[i]]));
      x = tape.relu(tape.mul(x, leafNodes[random[i + 1]]));
      x = tape.tanh(tape.log(tape.add(x, leafNodes[random[i + 2]])));
      x = tape.sqrt(tape.cos(tape.neg(x)));
      x = tape.div(tape.pow(x, leafNodes[random[i + 3]]), leafNodes[random[i + 4]]);
      total = tape.add(total, tape.sub(x, leafNodes[random[i + 5]]));
    }
    while (tape.size() < end) {
      total = tape.neg(total);
    }
    return total;
  }

  private Value scatteredValues() {
    Value x = leaves[0];
    for (int i = 0; i < NODES; i += 2) {
      x = x.add(tape.view(random[i])).mul(0.5);
    }
    return x;
  }

  private Value keptValues() {
    Value x = leaves[0];
    for (int i = 0; i < NODES; i += 2) {
      x = x.add(kept[random[i]]);
      kept[LEAVES + i] = x;
      x = x.mul(0.5);
      kept[LEAVES + i + 1] = x;
    }
    return x;
  }

  private int scatteredNodes() {
    int x = leafNodes[0];
    for (int i = 0; i < NODES; i += 2) {
      x = tape.add(x, random[i]);
      x = tape.mulConstant(x, 0.5);
    }
    return x;
  }
}
